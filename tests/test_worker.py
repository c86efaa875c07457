"""What a worker does when the kernel does not do as it is told. (Waiting and retrying: test_reconcile.)"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.desired import Desired, Policy, desire
from kube_vxlan_controller.kernel.netns import EMPTY, Entry, Netns
from kube_vxlan_controller.ports import Ask, Finally, NotRunning, Rejected, StreamEnded, Target, Unknown, Unreachable
from kube_vxlan_controller.snapshot import ConfigSeen, PodSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.views import AgentState, PodView
from tests.answering import AnsweringAgents
from tests.objects import NETWORKS, place, pod
from tests.test_reconcile import Hand, at_work

pytestmark = pytest.mark.looptime
A = pod("a", "vxeth1 ip=192.168.11.2/29", "10.244.1.1")
STRAY = Entry("02:00:00:00:00:06", ip_address("10.9.9.9"))
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


async def test_what_was_learned_of_a_stranger_goes_and_is_no_repair() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        (link,) = agents.kernels["a"].links
        learned = frozenset({Entry("02:00:00:00:00:07", ip_address("10.9.9.9"))})
        agents.kernels["a"] = Netns((replace(link, learned=learned, strays=frozenset({STRAY})),))
        await hand.until(lambda: "Repaired" in hand.heard.of("a"), within=Tempo().audit_every * 2.5)
        lines = [line for _, _, ask in agents.asked for line in ask.entries]
        assert sorted(lines) == [f"fdb del 02:00:00:00:00:0{n} dst 10.9.9.9 dev vxeth1 self" for n in (6, 7)]
        (repaired,) = [tale for tale in hand.heard.tales if tale.reason == "Repaired"]
        assert "02:00:00:00:00:06" in repaired.note
        assert "02:00:00:00:00:07" not in repaired.note
        assert hand.counts.repairs["DeleteEntry"] == 1


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


@pytest.mark.parametrize("address", ["10.244.1.77", "10.244.1.1"], ids=["told", "not told yet"])
async def test_a_sandbox_that_was_made_anew_is_no_repair(address: str) -> None:
    """A kubelet was seen to tell of the container that runs in it one second before it told the address."""
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.kernels["a"] = EMPTY
        hand.accept(PodSeen(replace(A, addresses=(ip_address(address),), instance="another")))
        await hand.until(lambda: agents.kernels["a"] == wished(A), within=Tempo().audit_every / 2)
        await hand.until(lambda: hand.heard.of("a") == ["Wired", "Wired"])


async def test_what_is_put_back_after_the_agent_was_started_anew_is_a_repair() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        (link,) = agents.kernels["a"].links
        agents.kernels["a"] = Netns((replace(link, addresses=frozenset()),))
        hand.accept(PodSeen(replace(A, instance="another")))
        await hand.until(lambda: hand.heard.of("a") == ["Wired", "Repaired"], within=Tempo().audit_every / 2)


async def test_the_newest_wish_counts_in_the_middle_of_the_one_before() -> None:
    agents = AnsweringAgents(takes=1.0)
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: len(agents.asked) == 1)
        hand.accept(PodSeen(replace(A, text=None)))
        await hand.until(lambda: hand.heard.of("a") == ["Found"])
        assert agents.kernels["a"] == EMPTY
        assert not any(ask.writes for _, _, ask in agents.asked)


async def churn(hand: Hand, every: float, until: Callable[[], bool], within: float) -> float:
    """Have a pod join every so many seconds until something is the case; how long that took. Raises `TimeoutError`."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.timeout(within):
        for number in itertools.count():
            if until():
                return loop.time() - begun
            hand.accept(PodSeen(pod(f"n{number}", "vxeth1", f"10.1.{number // 200}.{number % 200}")))
            await asyncio.sleep(every)
    raise AssertionError


def carrying_out(agents: AnsweringAgents, hand: Hand, *sick: str) -> None:
    """Let every change lead to what is wished for; those that are sick do not answer."""

    def behave(target: Target, ask: Ask) -> BaseException | None:
        if target.place.name in sick:
            return Unreachable("it does not answer")
        wish = desire(hand.snapshot, Desired(Policy())).wishes.get(target.place)
        if ask.writes and wish is not None:
            agents.kernels[target.place.name] = wish.netns
        return None

    agents.behave = behave


@pytest.mark.parametrize("every", [0.5, 1.9])
async def test_a_gate_waits_for_a_sick_peer_no_longer_because_others_join(every: float) -> None:
    agents = AnsweringAgents(slow={"sick": 15.0})
    async with at_work(agents) as hand:
        carrying_out(agents, hand, "sick")
        hand.accept(PodSeen(pod("sick", "vxeth1", "10.0.0.99")))
        hand.accept(PodSeen(pod("a", "vxeth1", "10.0.0.1", init=AgentState.RUNNING)))
        assert await churn(hand, every, lambda: bool(agents.opened("a")), within=60.0) < Tempo().gate_patience + 2.1


@pytest.mark.parametrize("takes", [0.03, 0.06])
async def test_a_gate_opens_while_peers_join_without_end(takes: float) -> None:
    agents = AnsweringAgents(takes=takes)
    async with at_work(agents) as hand:
        carrying_out(agents, hand)
        hand.accept(PodSeen(pod("a", "vxeth1", "10.0.0.1", init=AgentState.RUNNING)))
        hand.accept(PodSeen(replace(pod("g", "vxeth1", "10.0.0.2"), gated=True)))
        assert await churn(hand, 0.05, lambda: bool(agents.opened("a")), within=60.0) < Tempo().gate_patience + 1.0


async def test_what_needs_a_reading_first_is_done_while_peers_join_without_end() -> None:
    agents = AnsweringAgents(takes=0.06)
    async with at_work(agents, A) as hand:
        carrying_out(agents, hand)
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        hand.accept(PodSeen(replace(A, text="vxeth1")))  # an address goes, and what others had beside it must be known
        await churn(hand, 0.05, lambda: not agents.kernels["a"].by_name["vxeth1"].addresses, within=10.0)


async def test_a_node_that_is_dead_keeps_nobody_waiting() -> None:
    sick = [pod(f"s{number}", None, f"10.0.1.{number}") for number in range(60)]
    agents = AnsweringAgents(slow={one.place.name: 15.0 for one in sick})
    tried: set[str] = set()

    def behave(target: Target, _: Ask) -> BaseException | None:
        if target.place.name.startswith("s"):
            return Unreachable("the node does not answer")
        first = target.place.name not in tried
        tried.add(target.place.name)
        return NotRunning("an exec races the status") if first else None

    agents.behave = behave
    async with at_work(agents, *sick) as hand:
        await asyncio.sleep(60)
        hand.accept(PodSeen(pod("b", None, "10.0.2.1")))
        await hand.until(lambda: hand.heard.of("b") == ["Found"], within=6.0)


async def test_a_stream_that_has_ended_is_no_failure() -> None:
    agents = AnsweringAgents()
    b = pod("b", "vxeth1", "10.244.1.2")
    async with at_work(agents, A) as hand:
        carrying_out(agents, hand)
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        carry_out, ended = agents.behave, False

        def end_once(target: Target, ask: Ask) -> BaseException | None:
            nonlocal ended
            if target.place.name == "a" and not ended:
                ended = True
                return StreamEnded("it has ended")
            return carry_out(target, ask)

        agents.behave = end_once
        before = asyncio.get_running_loop().time()
        hand.accept(PodSeen(b))
        await hand.until(lambda: len(agents.kernels["a"].by_name["vxeth1"].destinations) == 1)
        assert asyncio.get_running_loop().time() - before < 0.2
        assert hand.counts.outcomes.count("forward streamended") == 1


async def test_a_link_that_has_gone_is_found_at_once_when_something_is_to_be_changed_on_it() -> None:
    """The agent refuses lines about links that are not there."""
    agents = AnsweringAgents()
    async with at_work(agents, A) as hand:
        carrying_out(agents, hand)
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.kernels["a"] = EMPTY
        carry_out = agents.behave

        def refuse(target: Target, ask: Ask) -> BaseException | None:
            adds = any(line.startswith("link add") for line in ask.batch)
            if ask.batch and not adds and not agents.kernels["a"].links:
                return Rejected("line", "line batch 1 is not allowed")
            return carry_out(target, ask)

        agents.behave = refuse
        hand.accept(PodSeen(replace(A, text="vxeth1 ip=192.168.11.3/29")))
        await hand.until(lambda: bool(agents.kernels["a"].links), within=2.0)
        assert "Degraded" not in hand.heard.of("a")


async def test_a_line_that_is_refused_right_after_a_reading_is_told() -> None:
    agents = AnsweringAgents(lambda _, ask: Rejected("line", "line batch 1 is not allowed") if ask.batch else None)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Degraded"], within=2.0)


async def test_an_open_gate_lets_the_pod_go_on_without_what_its_kernel_refuses() -> None:
    agents = AnsweringAgents(complaints=("no",))
    waiting = replace(A, init=AgentState.RUNNING)
    async with at_work(agents, waiting, policy=Policy(gate_open=True)) as hand:
        await hand.until(lambda: agents.opened("a") == [Finally.RELEASE], within=10.0)
        assert hand.heard.of("a") == ["Degraded"]


async def test_what_the_kernel_said_of_a_forwarding_line_is_told() -> None:
    agents = AnsweringAgents()
    obeying(agents, A)
    async with at_work(agents, A) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.behave, agents.complaints = (lambda _target, _ask: None), ("Address family not supported",)
        hand.accept(PodSeen(pod("b", "vxeth1", "10.244.1.2")))
        await hand.until(lambda: "Degraded" in hand.heard.of("a"))
        await asyncio.sleep(120)
        (told,) = [tale.note for tale in hand.heard.tales if tale.about.name == "a" and tale.reason == "Degraded"]
        assert "Address family not supported (still to do: fdb append 00:00:00:00:00:00 dst 10.244.1.2" in told


async def test_who_does_not_answer_is_not_waited_for_when_its_container_is_another_one() -> None:
    agents = AnsweringAgents()
    async with at_work(agents, replace(A, instance="first")) as hand:
        carrying_out(agents, hand)
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.slow["a"] = 3600.0  # it was killed, and nobody says so
        hand.accept(PodSeen(pod("b", "vxeth1", "10.244.1.2")))
        await hand.until(lambda: agents.under_way[place("a")] == 1)
        del agents.slow["a"]
        hand.accept(PodSeen(replace(A, instance="second")))
        await hand.until(lambda: len(agents.kernels["a"].by_name["vxeth1"].destinations) == 1, within=2.0)
        assert hand.counts.outcomes.count("forward streamended") == 1


async def test_an_answer_on_its_way_is_heard_when_the_container_is_another_one() -> None:
    agents = AnsweringAgents()
    async with at_work(agents, replace(A, instance="first")) as hand:
        carrying_out(agents, hand)
        await hand.until(lambda: hand.heard.of("a") == ["Wired"])
        agents.slow["a"] = 0.5
        hand.accept(PodSeen(pod("b", "vxeth1", "10.244.1.2")))
        await hand.until(lambda: agents.under_way[place("a")] == 1)
        hand.accept(PodSeen(replace(A, instance="second")))
        await hand.until(lambda: hand.counts.outcomes.count("read ok") == 3)  # of both at first, and of the second a
        assert hand.counts.outcomes.count("forward ok") == 1
