"""What planning costs: `python -m tests.bench.plan` prints milliseconds, the best of five; nothing is asserted."""

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

from kube_vxlan_controller.kernel.destinations import Destinations, Generation
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import EMPTY, Device, Link, Mark, Netns
from kube_vxlan_controller.kernel.plan import plan
from kube_vxlan_controller.kernel.readings import digest
from kube_vxlan_controller.model import InterfaceName, Route, UdpPort, Vni

PLACES = 1000
MEMBERS = tuple(ip_address("10.244.0.0") + number for number in range(PLACES + 1))
ROUTE = Route(ip_network("172.16.0.0/16"), ip_address("192.168.0.1"))


def link(number: int, members: Generation) -> Link:
    """One place's link, with an address and a route."""
    device = Device(InterfaceName("vx1"), Vni(101), UdpPort(8472), InterfaceName("eth0"))
    addresses = frozenset({ip_interface(f"192.168.{number // 250}.{number % 250 + 2}/16")})
    destinations = Destinations(members, MEMBERS[number])
    return Link(device, Mark("net", addresses, True), True, addresses, frozenset({ROUTE}), destinations)


def as_read(number: int, destinations: Destinations) -> Netns:
    """The same as a kernel tells it: equal, but other objects."""
    found = link(number, Generation(frozenset()))
    return Netns((replace(found, device=replace(found.device, ttl=0, mtu=1450), destinations=destinations),))


def measure(what: str, run: Callable[[], object]) -> None:
    """Print how long it takes."""
    best = float("inf")
    for _ in range(5):
        gc.collect()
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    print(f"{best * 1000:8.2f} ms  {what}")


def main() -> None:
    """One more member joins a network of a thousand."""
    before, after = Generation(frozenset(MEMBERS[:-1])), Generation(frozenset(MEMBERS))
    want = [Netns((link(number, after),)) for number in range(PLACES)]
    old = [Destinations(before, MEMBERS[number]) for number in range(PLACES)]
    same = [Netns((replace(place.links[0], destinations=there),)) for place, there in zip(want, old, strict=True)]
    equal = [as_read(number, there) for number, there in enumerate(old)]
    alone = [as_read(number, Destinations.of(there)) for number, there in enumerate(old)]
    newcomer = Netns((link(PLACES, after),))
    plans = [plan(wish, there) for wish, there in zip(want, same, strict=True)]
    assert all(len(planned.steps) == 1 for planned in plans)
    steps = plan(newcomer, EMPTY).steps
    print(f"{PLACES} places, one joins")
    measure(
        "all plans, parts are the same objects", lambda: [plan(wish, there) for wish, there in zip(want, same, strict=True)]
    )
    measure(
        "all plans, parts are equal, sets shared", lambda: [plan(wish, there) for wish, there in zip(want, equal, strict=True)]
    )
    measure(
        "all plans, parts are equal, sets not shared",
        lambda: [plan(wish, there) for wish, there in zip(want, alone, strict=True)],
    )
    measure("all plans, nothing to do", lambda: [plan(wish, wish) for wish in want])
    measure("their text", lambda: [render(planned.steps) for planned in plans])
    measure("the newcomer's plan", lambda: plan(newcomer, EMPTY))
    measure("its text", lambda: render(steps))
    measure("a digest of all", lambda: digest(MEMBERS))


if __name__ == "__main__":
    main()
