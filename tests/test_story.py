from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.kernel.arranging import LINK_IN_THE_WAY
from kube_vxlan_controller.kernel.netns import Foreign, Netns
from kube_vxlan_controller.model import Fault, InterfaceName, NetworkName
from kube_vxlan_controller.ports import Ask, Finally
from kube_vxlan_controller.rounds import NOTHING_KNOWN, Known, Phase, Round, Settled, learn, next_round
from kube_vxlan_controller.snapshot import ConfigSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.story import MOST_TROUBLES, Story, put_back
from kube_vxlan_controller.telling import News, Readiness, Reason, State
from tests.answering import Counts, Hearing
from tests.objects import NETWORKS, place, pod
from tests.test_rounds import told, without

A, B = pod("a", "vxeth1 ip=192.168.11.2/29", "10.244.1.1"), pod("b", "vxeth1", "10.244.1.2")
AGAIN = 100.0


@dataclass
class Told:
    """A story, and what was heard of it."""

    counts: Counts = field(default_factory=Counts)
    heard: Hearing = field(default_factory=Hearing)

    def __post_init__(self) -> None:
        self.story = Story(place("a"), self.counts, self.heard, AGAIN)

    def carry_out(self, due: Round, wished: Wish | None = None) -> None:
        self.story.begins(wished or wish(), due)
        self.story.did(due)

    def reasons(self) -> list[Reason]:
        return [tale.reason for tale in self.heard.tales]


def wish() -> Wish:
    return desire(fold(Snapshot(), [PodsListed((A, B)), ConfigSeen(NETWORKS)]), Desired(Policy())).wishes[place("a")]


def round_from(netns: Netns) -> Round:
    """What is to be done where the kernel holds `netns`."""
    wished = wish()
    known: Known = learn(wished, NOTHING_KNOWN, Round(Phase.READ, reading()), told(netns))
    due = next_round(wished, known, False)
    assert not isinstance(due, Settled)
    return due


def reading() -> Ask:
    due = next_round(wish(), NOTHING_KNOWN, False)
    assert not isinstance(due, Settled)
    return due.ask


@pytest.mark.parametrize("address", ["10.244.1.1", "10.244.1.77"])
def test_what_is_made_in_a_new_sandbox_is_no_repair_where_something_cannot_be_made(address: str) -> None:
    two = replace(A, text=f"{A.text}\nvxeth2 dev=tun0")
    anew = replace(two, addresses=(ip_address(address),), instance="another")
    first, wished = (
        desire(fold(Snapshot(), [PodsListed((one,)), ConfigSeen(NETWORKS)]), Desired(Policy())).wishes[place("a")]
        for one in (two, anew)
    )
    empty = told(Netns(foreign=Foreign(mtus={InterfaceName("eth0"): 1500})))
    due = next_round(wished, learn(wished, NOTHING_KNOWN, Round(Phase.READ, reading()), empty), False)
    assert isinstance(due, Round)
    assert {fault.code for fault in due.plan.faults} == {"no-device"}
    assert put_back(first, wished, due) == frozenset()


def test_what_was_found_as_wished_is_a_detail() -> None:
    it = Told()
    it.story.stands(wish(), State.WIRED, 0.0)
    assert it.reasons() == [Reason.FOUND]
    assert it.story.untouched


def test_what_was_changed_is_news() -> None:
    it = Told()
    it.carry_out(round_from(Netns()))
    it.story.stands(wish(), State.WIRED, 0.0)
    assert it.reasons() == [Reason.WIRED]
    assert not it.story.untouched


def test_a_peer_that_joins_is_a_detail() -> None:
    it = Told()
    it.story.stands(wish(), State.WIRED, 0.0)
    it.carry_out(round_from(without(wish().netns, "10.244.1.2")))
    it.story.stands(wish(), State.WIRED, 1.0)
    assert it.reasons() == [Reason.FOUND, Reason.PEERS]


def test_a_repair_is_told_once_it_has_had_its_effect() -> None:
    it, wished = Told(), wish()
    it.story.settled(wished)
    it.story.stands(wished, State.WIRED, 0.0)
    it.carry_out(round_from(Netns()), wished)
    assert Reason.REPAIRED not in it.reasons()
    it.story.stands(wish(), State.WIRED, 1.0)
    it.story.stands(wish(), State.WIRED, 2.0)
    assert it.reasons() == [Reason.FOUND, Reason.REPAIRED]


@pytest.mark.parametrize(("later", "times"), [(AGAIN - 1, 1), (AGAIN + 1, 2)])
def test_what_is_wrong_is_told_again_while_it_lasts(later: float, times: int) -> None:
    it = Told()
    for now in (1000.0, 1000.0 + later):
        it.story.stands(wish(), State.DEGRADED, now, trouble="the node does not answer")
    assert it.reasons() == [Reason.DEGRADED] * times


def test_troubles_that_come_by_turns_are_told_once_each_until_it_is_wired() -> None:
    it = Told()
    for turn in range(10):
        it.story.stands(wish(), State.DEGRADED, float(turn), trouble=("nobody answers", "it was reset")[turn % 2])
        it.story.stands(wish(), State.WIRING, float(turn))
    assert [tale.line for tale in it.heard.tales] == ["nobody answers", "it was reset"]
    it.story.stands(wish(), State.WIRED, 10.0)
    it.story.stands(wish(), State.DEGRADED, 11.0, trouble="nobody answers")
    assert it.reasons() == [Reason.DEGRADED, Reason.DEGRADED, Reason.RECOVERED, Reason.DEGRADED]


def test_what_is_remembered_of_troubles_is_bounded() -> None:
    it = Told()
    for number in range(1000):
        it.story.stands(wish(), State.DEGRADED, 0.0, trouble=f"the answer is {number}")
    assert len(it.story.standing.troubles) == MOST_TROUBLES


def test_places_are_counted_by_state_from_beginning_to_end() -> None:
    it = Told()
    assert dict(it.counts.states) == {"waiting": 1}
    it.story.stands(wish(), State.WIRED, 0.0)
    assert dict(it.counts.states) == {"waiting": 0, "wired": 1}
    it.story.ends()
    assert set(it.counts.states.values()) == {0}


def test_an_opened_gate_is_news() -> None:
    it = Told()
    opening = Round(Phase.OPEN, Ask(finally_=Finally.RELEASE))
    it.carry_out(opening)
    it.story.stands(wish(), State.WIRED, 0.0)
    assert it.reasons() == [Reason.WIRED]


def test_a_link_that_cannot_be_made_is_not_told_as_wired() -> None:
    it = Told()
    fault = Fault(LINK_IN_THE_WAY, "There is a link vxeth1 that is not ours.", network=NetworkName("vxeth1"))
    it.story.stands(wish(), State.DEGRADED, 0.0, trouble="the kernel refuses")
    it.story.stands(wish(), State.WIRED, 1.0, (fault,))
    assert it.reasons() == [Reason.DEGRADED, Reason.REFUSED]


def test_a_gated_pod_is_told_when_it_is_ready_and_no_other() -> None:
    it, gated = Told(), replace(wish(), gated=True)
    it.story.stands(wish(), State.WIRED, 0.0)
    assert not it.story.ready
    heard: list[News] = []
    story = Story(place("a"), it.counts, heard.append, AGAIN)
    for state, trouble, known in (
        (State.WAITING, "", True),
        (State.WIRED, "", True),
        (State.WIRED, "", True),
        (State.DEGRADED, "the agent is silent", False),
        (State.DEGRADED, "the kernel refuses", True),
    ):
        story.stands(gated, state, 0.0, (), trouble, known)
    assert [one.ready for one in heard if isinstance(one, Readiness)] == [None, True, None, False]
