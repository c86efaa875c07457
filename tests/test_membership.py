from collections.abc import Mapping
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.membership import Membership, owner, reclaim, regroup
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.oddities import cross_warnings
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.sources.pods import read_pod
from kube_vxlan_controller.views import PodView
from tests.objects import NETWORKS, place, pod

TABLE = read_networks(NETWORKS)
Pods = Mapping[Place, PodView]


def pods(*seen: PodView) -> Pods:
    return {one.place: one for one in seen}


def membership(*seen: PodView) -> Membership:
    return changed(Membership(), {}, pods(*seen))


def changed(before: Membership, old: Pods, new: Pods) -> Membership:
    readings = tuple({where: read_pod(seen, TABLE) for where, seen in some.items()} for some in (old, new))
    claims = reclaim(before.claims, old, new, old.keys() | new.keys())
    return regroup(before, claims, new, (readings[0], readings[1]), old.keys() | new.keys())


@pytest.mark.parametrize(
    ("seen", "belongs_to"),
    [
        ((pod("a", address="10.0.0.1"),), place("a")),
        ((pod("a", address="10.0.0.1"), pod("b", address="10.0.0.1")), None),
        ((pod("a", address="10.0.0.1", leaves_at=9.0), pod("b", address="10.0.0.1")), place("b")),
        ((pod("a", address="10.0.0.1", leaves_at=9.0), pod("b", address="10.0.0.1", leaves_at=8.0)), None),
        ((pod("a", address="10.0.0.1", host_network=True), pod("b", address="10.0.0.1")), place("b")),
        ((), None),
    ],
    ids=["one", "two", "one of them terminating", "both terminating", "a node's own", "nobody"],
)
def test_whose_an_address_is(seen: tuple[PodView, ...], belongs_to: Place | None) -> None:
    there = pods(*seen)
    assert owner(reclaim({}, {}, there, there), there, ip_address("10.0.0.1")) == belongs_to


def test_claims_are_the_same_object_while_nobodys_address_changes() -> None:
    before = pods(pod("a", "vxeth1"))
    claims = reclaim({}, {}, before, before)
    assert reclaim(claims, before, pods(pod("a", "vxeth2")), before) is claims


def test_groups_are_by_name_vni_port_and_family() -> None:
    found = membership(
        pod("a", "vxeth1", "10.0.0.1"),
        pod("b", "vxeth1 id=9", "10.0.0.2"),
        pod("c", "vxeth1 port=4789", "10.0.0.3"),
        pod("d", "vxeth1 family=ipv6", "10.0.0.4 fd00::4"),
    )
    assert sorted((key.vni, key.port, key.family, len(group.members)) for key, group in found.groups.items()) == [
        (9, 8472, "ipv4", 1),
        (101, 4789, "ipv4", 1),
        (101, 8472, "ipv4", 1),
        (101, 8472, "ipv6", 1),
    ]
    assert {len(keys) for keys in found.keys.values()} == {4}


def test_a_generation_stays_the_same_object_while_its_addresses_do() -> None:
    old = pods(pod("a", "vxeth1 ip=10.9.0.1/24", "10.0.0.1"), pod("b", "vxeth1", "10.0.0.2"))
    before = membership(*old.values())
    edited = pods(pod("a", "vxeth1 ip=10.9.0.7/24", "10.0.0.1"), old[place("b")])
    after = changed(before, old, edited)
    (key,) = before.groups
    assert after.groups[key].generation is before.groups[key].generation
    assert after.groups[key].members != before.groups[key].members


def test_the_last_member_takes_its_group_along() -> None:
    old = pods(pod("a", "vxeth1"))
    after = changed(membership(*old.values()), old, {})
    assert (after.groups, after.keys, after.claims) == ({}, {}, {})


def test_a_group_knows_who_holds_an_overlay_address() -> None:
    same = "vxeth1 ip=10.9.0.1/24"
    old = pods(pod("a", same, "10.0.0.1"), pod("b", same, "10.0.0.2"), pod("c", "vxeth1", "10.0.0.3"))
    before = membership(*old.values())
    (group,) = before.groups.values()
    assert group.holders == {ip_address("10.9.0.1"): {place("a"), place("b")}}
    after = changed(before, old, pods(pod("b", "vxeth1", "10.0.0.2"), pod("c", same, "10.0.0.3")))
    (group,) = after.groups.values()
    assert group.holders == {ip_address("10.9.0.1"): {place("c")}}


@pytest.mark.parametrize(("others", "told"), [(1, "also that of default/b."), (4, "also that of more than 3 other pods.")])
def test_a_few_with_one_overlay_address_are_named_and_of_many_it_is_told_that_they_are(others: int, told: str) -> None:
    seen = [pod(name, "vxeth1 ip=10.9.0.1/24", f"10.0.0.{ord(name)}") for name in "abcdef"[: others + 1]]
    found = membership(*seen)
    (warning,) = cross_warnings(found, pods(*seen), read_pod(seen[0], TABLE))
    assert told in warning.message


def test_pods_that_claim_one_address_are_named_or_told_to_be_many() -> None:
    seen = [pod(name, "vxeth1", "10.0.0.1") for name in "abcde"]
    for number, told in {3: "claimed by default/b, default/c;", 5: "claimed by more than 3 other pods;"}.items():
        found = membership(*seen[:number])
        (warning,) = cross_warnings(found, pods(*seen[:number]), read_pod(seen[0], TABLE))
        assert told in warning.message
