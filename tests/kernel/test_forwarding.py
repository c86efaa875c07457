"""What forwarding costs. What it does is told by `test_plan.py`."""

import tracemalloc
from ipaddress import ip_address

from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.forwarding import departed
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Link, Mark
from kube_vxlan_controller.kernel.steps import DeleteEntry, Step
from kube_vxlan_controller.model import Hold, NetworkName
from tests.kernel.steps import PLAIN, VX1


def peak(link: Link, hold: Hold) -> tuple[list[Step], int]:
    """The steps, and how many bytes were in use at once while they were worked out."""
    tracemalloc.start()
    try:
        return list(departed(link, hold)), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_held_link_costs_what_leaves_it_and_not_what_it_holds() -> None:
    members = [ip_address(f"10.244.{number // 250}.{number % 250}") for number in range(5000)]
    link = Link(PLAIN, Mark("net"), destinations=Destinations.of(members))
    for still in (Hold(), Hold(destinations=frozenset(members[:9]), peers={NetworkName("net"): frozenset(members[9:19])})):
        hold = Hold(alive=frozenset(members), destinations=still.destinations, peers=still.peers)
        steps, most = peak(link, hold)
        assert steps == []
        assert most < 10_000
        one_gone = Hold(alive=frozenset(members[:-1]), destinations=still.destinations, peers=still.peers)
        steps, most = peak(link, one_gone)
        assert steps == [DeleteEntry(VX1, Entry(ZERO_MAC, members[-1]))]
        assert most < 10_000
