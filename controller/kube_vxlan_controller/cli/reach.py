"""Pure. Who should be able to reach whom over the networks, judged by what the pods' annotations say.

A pod reaches the others in the subnet of its own address, and those in a subnet that it has a route to.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kube_vxlan_controller.model import Address, Member, Place, Prefix


@dataclass(frozen=True, slots=True)
class Ping:
    """One pod should get an answer from an address of another."""

    source: Place
    target: Address
    routed: bool
    """Through a gateway."""


def pings(members: Sequence[Member], most: int) -> list[Ping]:
    """At most `most` pings for every pod and subnet, in the order of the members; the routed ones first."""
    found = dict.fromkeys(ping for member in members for ping in _pings(member, members, most))
    return sorted(found, key=lambda ping: not ping.routed)


def _pings(member: Member, members: Sequence[Member], most: int) -> Iterator[Ping]:
    if not member.options.up:
        return
    for route in member.options.route:
        yield from islice(_inside(member, route.subnet, members, routed=True), most)
    for own in member.options.ip:
        neighbours = [other for other in members if other.key == member.key]
        yield from islice(_inside(member, own.network, neighbours, routed=False), most)


def _inside(member: Member, subnet: Prefix, others: Iterable[Member], routed: bool) -> Iterator[Ping]:
    for other in others:
        if other.place != member.place and other.options.up:
            yield from (Ping(member.place, one.ip, routed) for one in other.options.ip if one.ip in subnet)
