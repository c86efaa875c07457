"""One pod's case and what is made of it; with real kernels and an API server: test_explain.py."""

from dataclasses import replace

from kube_vxlan_controller.cli.explaining import Case, explain, peers_of
from kube_vxlan_controller.cli.explanation import Explanation, Peer
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.kernel.netns import EMPTY
from kube_vxlan_controller.views import PodView
from tests.cli.test_reasons import PEERS, A, foreseen, world
from tests.objects import place, pod


def case(one: PodView, desired: Desired) -> Case:
    """A pod whose own kernel and whose peers' kernels are as wished."""
    prospects = {where: foreseen(desired, where, lambda wish: wish.netns) for where in desired.wishes}
    return Case(one, desired, "net=yes", "example.org/nets", True, prospects.get(one.place), prospects, ())


def about(told: Explanation) -> dict[str, bool]:
    return {answer.about: answer.fine for answer in told.ours}


def test_a_wired_pod_is_fine_and_knows_its_peers() -> None:
    told = explain(case(A, world(A, *PEERS)))
    assert told.fine
    assert told.verdict == "default/a is wired: member of vxeth1."
    assert told.peers == (Peer("vxeth1", "default/b", "10.244.1.2", True, True),)
    assert told.unasked == 0
    assert all(about(told).values())
    (link,) = told.links
    assert (link.link, link.vni, link.entries, link.members, link.others) == ("vxeth1", 101, 1, 1, 0)


def test_each_option_says_where_it_came_from() -> None:
    (network,) = explain(case(A, world(A, *PEERS))).networks
    origins = {option.name: (option.value, option.origin) for option in network.options}
    assert origins["id"] == ("101", "ConfigMap")
    assert origins["ip"] == ("192.168.11.1/29", "annotation")
    assert origins["dev"] == ("eth0", "default")


def test_a_peer_without_an_entry_for_the_pod_is_told() -> None:
    desired = world(A, *PEERS)
    known = case(A, desired)
    told = explain(replace(known, peers={**known.peers, place("b"): foreseen(desired, place("b"), lambda _: EMPTY)}))
    assert [(peer.to, peer.back) for peer in told.peers] == [(True, False)]
    assert not told.fine
    assert "default/b cannot send to it yet" in told.verdict


def test_peers_that_were_not_asked_are_counted() -> None:
    told = explain(replace(case(A, world(A, *PEERS)), peers={}))
    assert (told.peers, told.unasked) == ((), 1)


def test_a_stranger_is_told_what_it_lacks() -> None:
    stranger = pod("x", None, None)
    told = explain(replace(case(stranger, world(A)), labelled=False))
    assert about(told) | {"label": False, "annotation": False, "address": False} == about(told)
    assert told.verdict == "default/x is no member of any network now. It lacks the label net=yes."
    assert not told.fine


def test_peers_are_those_of_the_same_network() -> None:
    pairs = peers_of(world(A, *PEERS), A.place)
    assert [(mine.network, other.place) for mine, other in pairs] == [("vxeth1", place("b"))]
