"""Every step has its sentence and its reason: a wish against a kernel, no agent needed."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from kube_vxlan_controller.cli.prospect import Prospect, deed_lines, deeds, held
from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import NO_MARK, Entry, Foreign, ForeignRoute, Link, Mark, Netns
from kube_vxlan_controller.model import InterfaceName, Place, Route, Vni
from kube_vxlan_controller.rounds import Known, next_round
from kube_vxlan_controller.snapshot import ConfigSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.views import PodView
from tests.objects import NETWORKS, pod

TEXT = "vxeth1 ip=192.168.11.1/29 route=10.9.0.0/16:192.168.11.2"
A = pod("a", TEXT, "10.244.1.1")
PEERS = (pod("b", "vxeth1", "10.244.1.2"), pod("c", "vxeth2", "10.244.1.3"))
STRAY, WRONG = Entry("4e:00:00:00:00:01", ip_address("10.244.1.2")), ip_address("10.244.9.9")


def world(*pods: PodView) -> Desired:
    return desire(fold(Snapshot(), [PodsListed(pods), ConfigSeen(NETWORKS)]), Desired(Policy()))


def foreseen(desired: Desired, place: Place, have: Callable[[Wish], Netns]) -> Prospect:
    wish = desired.wishes[place]
    netns = have(wish)
    return Prospect(wish, netns, next_round(wish, Known(wish.target, None, netns, read_for=wish), blind=False))


def told(have: Callable[[Link], Link]) -> list[str]:
    desired = world(A, *PEERS)
    return deed_lines(deeds(desired, foreseen(desired, A.place, lambda wish: Netns(tuple(map(have, wish.netns.links))))), False)


@pytest.mark.parametrize(
    ("have", "lines"),
    [
        (lambda link: link, []),
        (lambda link: replace(link, up=False), ["raise vxeth1: it is down"]),
        (
            lambda link: replace(link, routes=frozenset()),
            [
                (
                    "set the route to 10.9.0.0/16 through 192.168.11.2 on vxeth1:"
                    " the network's options say so, and the kernel does not have it"
                )
            ],
        ),
        (
            lambda link: replace(link, routes=frozenset({Route(ip_network("10.9.0.0/16"), ip_address("192.168.11.3"))})),
            ["set the route to 10.9.0.0/16 through 192.168.11.2 on vxeth1: it goes through 192.168.11.3"],
        ),
        (
            lambda link: replace(link, device=replace(link.device, learning=False, lower=InterfaceName("eth9"))),
            ["change vxeth1 in place: dev should be eth0 and is eth9; learning should be true and is false"],
        ),
        (
            lambda link: replace(link, mark=Mark("vxeth1", link.addresses, raised=False)),
            ["record in the alias of vxeth1 that it is ours, of the network vxeth1: the alias tells something else now"],
        ),
        (
            lambda link: replace(link, destinations=Destinations.of([*link.destinations, WRONG]), strays=frozenset({STRAY})),
            [
                "no longer send frames of vxeth1 to 10.244.9.9: it is no member of vxeth1",
                (
                    "no longer send frames of vxeth1 for 4e:00:00:00:00:01 to default/b at 10.244.1.2:"
                    " a permanent entry for a single MAC is never ours to want"
                ),
            ],
        ),
        (
            lambda link: replace(link, destinations=Destinations.of([ip_address("10.244.1.3")])),
            [
                (
                    "send frames of vxeth1 to default/b at 10.244.1.2:"
                    " it is a member of vxeth1, and the kernel has no entry for it"
                ),
                "no longer send frames of vxeth1 to default/c at 10.244.1.3: it is no member of vxeth1",
            ],
        ),
    ],
)
def test_a_step_tells_what_differs(have: Callable[[Link], Link], lines: list[str]) -> None:
    assert told(have) == lines


def test_an_address_that_is_no_longer_asked_for_goes_with_its_reason() -> None:
    old = ip_interface("192.168.11.9/28")

    def have(link: Link) -> Link:
        both = link.addresses | {old}
        return replace(link, addresses=both, mark=replace(link.mark, addresses=both))

    assert (
        told(have)[0]
        == "take the address 192.168.11.9/28 from vxeth1: it was given by us, and no network of this pod asks for it now"
    )


def test_what_is_put_back_says_so() -> None:
    others = (
        ForeignRoute(ip_network("10.50.0.0/16"), ip_address("192.168.99.1"), 186),
        ForeignRoute(ip_network("fd50::/64"), None, 3),
    )
    lines = told(
        lambda link: replace(
            link,
            device=replace(link.device, vni=Vni(999)),
            others=(ip_interface("192.168.99.2/24"),),
            other_routes=frozenset(others),
        )
    )
    why = "it is not ours, and the kernel takes it away with what is removed before"
    assert [line for line in lines if line.startswith("put ")] == [
        f"put the address 192.168.99.2/24 back on vxeth1: {why}",
        f"put the route to 10.50.0.0/16 through 192.168.99.1 back on vxeth1: {why}",
        f"put the route to fd50::/64 back on vxeth1: {why}",
    ]


def test_what_the_pod_has_no_network_for_goes_and_what_the_ancestor_made_is_taken_over() -> None:
    desired = world(A, *PEERS)

    def have(wish: Wish) -> Netns:
        (link,) = wish.netns.links
        device = replace(link.device, name=InterfaceName("old"), vni=999)
        return Netns(
            (Link(device, Mark("past")),),
            Foreign({link.name: replace(link, mark=NO_MARK, others=(*link.addresses,), addresses=frozenset())}),
        )

    lines = deed_lines(deeds(desired, foreseen(desired, A.place, have)), False)
    gone = "it is ours, of the network past, and the pod has no network with a link of this name now"
    assert lines[:2] == [
        f"delete the link old with all that is on it: {gone}",
        "record in the alias of vxeth1 that it is ours, of the network vxeth1: it has no mark yet",
    ]


def test_many_entries_are_summed_up_unless_all_is_asked_for() -> None:
    desired = world(A, *(pod(f"p{n}", "vxeth1", f"10.244.2.{n}") for n in range(1, 8)))
    prospect = foreseen(
        desired, A.place, lambda wish: Netns(tuple(replace(x, destinations=Destinations.of(())) for x in wish.netns.links))
    )
    lines = deed_lines(deeds(desired, prospect), False)
    assert [line.split(":")[0] for line in lines] == [
        "send frames of vxeth1 to default/p1 at 10.244.2.1",
        "send frames of vxeth1 to default/p2 at 10.244.2.2",
        "send frames of vxeth1 to default/p3 at 10.244.2.3",
        "... and the same for 4 more on vxeth1",
    ]
    assert sum("fdb append" in line for line in deed_lines(deeds(desired, prospect), True)) == 7


def test_what_is_held_is_told_where_it_matters() -> None:
    bad, worse = pod("bad", "vxeth1 ip=x", "10.244.3.1"), pod("worse", "=", "10.244.3.2")
    desired = world(A, *PEERS, bad, worse)
    unreadable = "Entries for default/worse at 10.244.3.2 are neither added nor removed, because its annotation does not tell"
    refused = "Entries for default/bad at 10.244.3.1 are neither added nor removed, because its annotation does not tell"

    def of(one: PodView) -> tuple[str, ...]:
        return held(desired, Prospect(desired.wishes[one.place]))

    assert of(A) == (f"{refused} whether it is a member of vxeth1.", f"{unreadable} whether it is a member of any network.")
    assert of(PEERS[1]) == (f"{unreadable} whether it is a member of any network.",)
    assert of(bad) == ("What the pod has of vxeth1 stays as it is, because that part of the annotation cannot be honoured.",)
    assert of(worse) == ("All that the pod has stays as it is, because its annotation cannot be read.",)
