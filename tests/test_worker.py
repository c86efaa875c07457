"""What a worker does when the kernel does not do as it is told. (Waiting and retrying: test_reconcile.)"""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.desired import Desired, Policy, desire
from kube_vxlan_controller.kernel.netns import EMPTY, Netns
from kube_vxlan_controller.ports import Ask, Finally, Target, Unknown
from kube_vxlan_controller.snapshot import ConfigSeen, PodSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.views import AgentState, PodView
from tests.answering import AnsweringAgents
from tests.objects import NETWORKS, place, pod
from tests.test_reconcile import at_work

pytestmark = pytest.mark.looptime
A = pod("a", "vxeth1 ip=192.168.11.2/29", "10.244.1.1")
ADDRESS = "addr replace 192.168.11.2/29 dev vxeth1"


def wished(seen: PodView) -> Netns:
    return desire(fold(Snapshot(), [PodsListed((seen,)), ConfigSeen(NETWORKS)]), Desired(Policy())).wishes[place("a")].netns


def obeying(agents: AnsweringAgents, seen: PodView) -> None:
    """Let every change lead to what is wished for this pod."""

    def obey(_: Target, ask: Ask) -> None:
        if ask.writes:
            agents.kernels["a"] = wished(seen)

    agents.behave = obey


async def test_a_kernel_that_refuses_is_told_twice_and_then_slowly_and_its_words_are_passed_on() -> None:
    agents = AnsweringAgents(complaints=('Cannot find device "eth9"', "Command failed -:1") * 2)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Degraded"])
        note = hand.heard.tales[0].note
        assert 'the pod\'s kernel refuses: Cannot find device "eth9" (still to do: link add name vxeth1' in note
        assert "Command failed" not in note
        assert [ask.writes for _, _, ask in agents.asked] == [False, True]


async def test_a_kernel_that_does_not_do_as_told_and_says_nothing() -> None:
    agents = AnsweringAgents()
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Degraded"])
        assert "the pod's kernel refuses, and does not say why (still to do: link add name" in hand.heard.tales[0].note


async def test_the_gate_stays_shut_meanwhile() -> None:
    agents = AnsweringAgents(complaints=("no",))
    async with at_work(agents, replace(A, init=AgentState.RUNNING)) as hand:
        await hand.until(lambda: len(agents.asked) > 6)
        assert agents.opened("a") == []
        obeying(agents, A)
        await hand.until(lambda: agents.opened("a") == [Finally.RELEASE])


async def test_what_somebody_else_changed_is_put_back_and_told() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        (link,) = agents.kernels["a"].links
        agents.kernels["a"] = Netns((replace(link, addresses=frozenset()),))
        await hand.until(lambda: "Repaired" in hand.heard.of("a"), within=Tempo().audit_every * 2.5)
        assert agents.kernels["a"] == wished(A)
        (repaired,) = [tale for tale in hand.heard.tales if tale.reason == "Repaired"]
        assert ADDRESS in repaired.note


async def test_what_a_user_changed_is_no_repair() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        edited = replace(A, text="vxeth1 ip=192.168.11.3/29")
        obeying(agents, edited)
        hand.accept(PodSeen(edited))
        await hand.until(lambda: agents.kernels["a"] == wished(edited))
        await hand.until(lambda: hand.heard.of("a") == ["Wired", "Wired"])


async def test_what_is_put_back_when_a_peer_joins_is_a_repair_all_the_same() -> None:
    agents = AnsweringAgents(complaints=('Cannot find device "vxeth1"',))
    b = pod("b", "vxeth1", "10.244.1.2")

    def obey(target: Target, ask: Ask) -> None:
        if ask.batch:
            agents.kernels[target.place.name] = desire(hand.snapshot, Desired(Policy())).wishes[target.place].netns

    agents.behave = obey
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.kernels["a"] = EMPTY
        hand.accept(PodSeen(b))
        await hand.until(lambda: "Repaired" in hand.heard.of("a"))
        assert [reason for reason in hand.heard.of("a") if reason != "Peers"] == ["Wired", "Repaired"]
        assert hand.counts.repairs.keys() >= {"AddLink", "SetMark", "AddAddress"}
        (told,) = [tale.note for tale in hand.heard.tales if tale.reason == "Repaired"]
        assert "link add name vxeth1" in told


async def test_what_users_changed_back_before_it_was_done_is_no_repair() -> None:
    """An edit is on its way, its answer is lost, and the text becomes what it was."""
    agents = AnsweringAgents()
    obeying(agents, A)
    edited = replace(A, text="vxeth1 ip=192.168.11.3/29")
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])

        def half(_: Target, ask: Ask) -> BaseException | None:
            if not ask.writes:
                return None
            agents.kernels["a"] = wished(edited)
            obeying(agents, A)
            return Unknown("the answer is lost")

        agents.behave = half
        hand.accept(PodSeen(edited))
        await hand.until(lambda: agents.kernels["a"] == wished(edited))
        hand.accept(PodSeen(A))
        await hand.until(lambda: agents.kernels["a"] == wished(A))
        await hand.until(lambda: hand.heard.of("a") == ["Wired", "Wired"])


async def test_a_sandbox_that_was_made_anew_is_no_repair() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.kernels["a"] = EMPTY
        hand.accept(PodSeen(replace(A, addresses=(ip_address("10.244.1.77"),), instance="another")))
        await hand.until(lambda: agents.kernels["a"] == wished(A), within=Tempo().audit_every / 2)
        await hand.until(lambda: hand.heard.of("a") == ["Wired", "Wired"])


async def test_the_newest_wish_counts_in_the_middle_of_the_one_before() -> None:
    agents = AnsweringAgents(takes=1.0)
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: len(agents.asked) == 1)
        hand.accept(PodSeen(replace(A, text=None)))
        await hand.until(lambda: hand.heard.of("a") == ["Found"])
        assert agents.kernels["a"] == EMPTY
        assert not any(ask.writes for _, _, ask in agents.asked)
