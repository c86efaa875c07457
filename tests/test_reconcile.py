import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from kube_vxlan_controller.desired import Desired, Policy, desire
from kube_vxlan_controller.kernel.netns import EMPTY
from kube_vxlan_controller.model import Namespace
from kube_vxlan_controller.ports import Ask, Finally, Forbidden, Gone, NotRunning, Rejected, Target, Unknown, Unreachable
from kube_vxlan_controller.reconcile import Reconciler
from kube_vxlan_controller.snapshot import Change, ConfigSeen, Fresh, Kind, PodGone, PodSeen, PodsListed, Snapshot, Stale, fold
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.views import AgentState, ConfigRef, ConfigView, PodView
from tests.answering import AnsweringAgents, Counts, Hearing
from tests.objects import NETWORKS, place, pod

pytestmark = pytest.mark.looptime
TEMPO = Tempo()


def bare(name: str, address: str = "", *, init: AgentState = AgentState.ENDED, leaves_at: float | None = None) -> PodView:
    """A pod that is a member of nothing: an empty namespace is all that it wishes for."""
    return pod(name, None, address or f"10.0.0.{ord(name[0])}", init=init, leaves_at=leaves_at)


class Hand:
    """A reconciler at work."""

    def __init__(self, agents: AnsweringAgents, policy: Policy = Policy()) -> None:  # noqa: B008
        self.agents, self.counts, self.heard = agents, Counts(), Hearing()
        self.reconciler = Reconciler(agents, policy, self.counts, self.heard, TEMPO)

    @property
    def snapshot(self) -> Snapshot:
        return self.reconciler.snapshot

    def accept(self, *changes: Change) -> None:
        for change in changes:
            self.reconciler.accept(change)

    async def until(self, condition: Callable[[], bool], within: float = 600.0) -> None:
        """Wait, in virtual seconds, for something to become true."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
                await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(agents: AnsweringAgents, *pods: PodView, policy: Policy = Policy()) -> AsyncIterator[Hand]:  # noqa: B008
    hand = Hand(agents, policy)
    hand.accept(PodsListed(pods), ConfigSeen(NETWORKS))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hand.reconciler.run())
        yield hand
        hand.reconciler.stop()
        await running


def failing(*names: str, error: BaseException) -> Callable[[Target, Ask], BaseException | None]:
    return lambda target, _: error if target.place.name in names else None


async def test_nothing_is_asked_before_every_kind_has_been_listed() -> None:
    agents = AnsweringAgents()
    hand = Hand(agents)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hand.reconciler.run())
        hand.accept(PodsListed((bare("a"),)))
        await asyncio.sleep(300)
        assert agents.asked == []
        hand.accept(ConfigSeen(NETWORKS))
        await hand.until(lambda: len(agents.asked) == 1)
        hand.reconciler.stop()
        await running


async def test_who_stands_by_knows_everything_and_asks_nobody() -> None:
    agents = AnsweringAgents()
    hand = Hand(agents)
    async with asyncio.TaskGroup() as tasks:
        standing_by = tasks.create_task(hand.reconciler.stand_by())
        hand.accept(PodsListed((bare("a"),)), ConfigSeen(NETWORKS))
        await asyncio.sleep(300)
        hand.accept(PodSeen(bare("b")))
        await asyncio.sleep(300)
        assert set(hand.reconciler.snapshot.pods) == {place("a"), place("b")}
        assert agents.asked == []
        standing_by.cancel()
        running = tasks.create_task(hand.reconciler.run())
        await hand.until(lambda: len(agents.asked) == 2, within=1.0)
        hand.reconciler.stop()
        await running


async def test_who_stands_by_stops_at_once() -> None:
    hand = Hand(AnsweringAgents())
    async with asyncio.timeout(1), asyncio.TaskGroup() as tasks:
        tasks.create_task(hand.reconciler.stand_by())
        await asyncio.sleep(0.5)
        hand.reconciler.stop()


async def test_a_place_is_read_once_and_told_once() -> None:
    async with at_work(AnsweringAgents(), bare("a")) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Found"])
        hand.accept(PodSeen(bare("a")), Fresh(Kind.PODS))
        await asyncio.sleep(1)
        assert len(hand.agents.asked) == 1
        assert hand.counts.states["wired"] == 1


async def test_a_burst_of_changes_is_one_request_per_place() -> None:
    async with at_work(AnsweringAgents()) as hand:
        for name in "abcdefgh":
            hand.accept(PodSeen(bare(name)))
        await hand.until(lambda: len(hand.heard.tales) == 8)
        assert len(hand.agents.asked) == 8
        first, last = hand.agents.asked[0][0], hand.agents.asked[-1][0]
        assert last - first < 0.001


async def test_a_place_that_fails_slows_no_other() -> None:
    sick = [f"s{number}" for number in range(40)]
    agents = AnsweringAgents(failing(*sick, error=Unreachable("down")), takes=0.01)
    pods = [pod(name, None, f"10.1.0.{number}") for number, name in enumerate(sick)]
    async with at_work(agents, *pods) as hand:
        await asyncio.sleep(20)
        hand.accept(PodSeen(bare("z")))
        before = asyncio.get_running_loop().time()
        await hand.until(lambda: hand.heard.of("z") == ["Found"])
        assert asyncio.get_running_loop().time() - before < 0.1


async def test_what_peers_do_is_no_reason_to_try_a_silent_agent_again() -> None:
    agents = AnsweringAgents(failing("b", error=Unreachable("down")))
    async with at_work(agents, pod("b", "vxeth1", "10.0.0.2")) as hand:
        await asyncio.sleep(120)
        before = len(agents.times("b"))
        for number in range(30):
            hand.accept(PodSeen(pod(f"n{number}", "vxeth1", f"10.1.0.{number}", init=AgentState.RUNNING)))
            await asyncio.sleep(0.1)
        tried = len(agents.times("b"))
        assert tried - before <= 3, "its own backoff goes on"
        hand.accept(PodSeen(pod("b", "vxeth2", "10.0.0.2")))
        await asyncio.sleep(0.1)
        assert len(agents.times("b")) == tried + 1, "it is another one itself"


async def test_failures_are_tried_again_ever_more_slowly_and_a_few_at_a_time() -> None:
    agents = AnsweringAgents(failing("a", error=Unreachable("down")))
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: len(agents.asked) >= 12)
        gaps = [later - earlier for earlier, later in zip(agents.times("a"), agents.times("a")[1:], strict=False)]
        for failures, gap in enumerate(gaps, start=1):
            assert gap <= TEMPO.retry_within(failures) + 0.01
        assert max(gaps) > 2 * TEMPO.retry_first
        assert hand.heard.of("a") == ["Degraded"]


@pytest.mark.parametrize(("takes", "bound"), [(TEMPO.retry_turn * 0.9, 1), (TEMPO.retry_turn * 3.5, 4)])
async def test_retries_are_bounded_at_any_moment(takes: float, bound: int) -> None:
    """What takes longer than a turn counts no more, so that so many more may begin in each turn."""
    sick = [f"s{number}" for number in range(200)]
    agents = AnsweringAgents(failing(*sick, error=Unreachable("down")), takes=takes)
    async with at_work(agents, *(pod(name, None, f"10.1.0.{number}") for number, name in enumerate(sick))):
        await asyncio.sleep(takes + 0.5)
        assert agents.most_at_once == 200
        agents.most_at_once = 0
        await asyncio.sleep(120)
        assert 0 < agents.most_at_once <= TEMPO.retries_at_once * bound


async def test_the_server_says_when_to_come_back() -> None:
    agents = AnsweringAgents(failing("a", error=Unreachable("full", retry_after=50.0)))
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: len(agents.asked) == 2)
        first, second = agents.times("a")
        assert second - first >= 50.0


@pytest.mark.parametrize("error", [Forbidden("no"), NotRunning("not yet"), Unknown("lost"), Unreachable("down")], ids=repr)
async def test_it_ends_well_when_the_world_does(error: Exception) -> None:
    remaining = [error] * 4
    agents = AnsweringAgents(lambda *_: remaining.pop() if remaining else None)
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: hand.heard.of("a")[-1:] == ["Recovered"], within=1000)
        assert hand.counts.states["wired"] == 1


async def test_an_api_server_that_was_just_started_refuses_for_a_moment() -> None:
    """It answers before it knows who may do what, and before that it was away."""
    errors: list[Exception] = [Unreachable("down")] * 10 + [Forbidden("no rights yet")] * (TEMPO.forbidden_after - 1)
    coming = iter(errors)
    async with at_work(AnsweringAgents(lambda *_: next(coming, None)), bare("a")) as hand:
        await hand.until(lambda: "read forbidden" in hand.counts.outcomes, within=300.0)
        within = sum(TEMPO.retry_within(number) for number in range(1, TEMPO.forbidden_after))
        await hand.until(lambda: hand.heard.of("a")[-1] == "Recovered", within=within)


async def test_what_is_forbidden_is_told_soon_and_then_tried_slowly() -> None:
    agents = AnsweringAgents(failing("a", error=Forbidden("no")))
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Degraded"], within=5.0)
        tries = len(agents.asked)
        await asyncio.sleep(TEMPO.retry_refused * 10)
        assert 9 <= len(agents.asked) - tries <= 21 + TEMPO.forbidden_after


async def test_one_lost_stream_is_nothing_to_tell() -> None:
    remaining: list[Exception] = [Unknown("lost")]
    agents = AnsweringAgents(lambda *_: remaining.pop() if remaining else None)
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: "Found" in hand.heard.of("a"))
        assert hand.heard.of("a") == ["Found"]


async def test_what_is_gone_is_not_tried_again() -> None:
    agents = AnsweringAgents(failing("a", error=Gone("no such pod")))
    async with at_work(agents, bare("a")):
        await asyncio.sleep(TEMPO.audit_every / 2)
        assert len(agents.asked) == 1


async def test_news_cut_a_wait_short() -> None:
    agents = AnsweringAgents(failing("a", error=Forbidden("no")))
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: hand.heard.of("a") == ["Degraded"])
        agents.behave = lambda *_: None
        hand.accept(PodSeen(bare("a", init=AgentState.RUNNING)))
        before = asyncio.get_running_loop().time()
        await hand.until(lambda: hand.heard.of("a")[-1] == "Recovered")
        assert asyncio.get_running_loop().time() - before < 1.0


async def test_a_place_that_is_gone_is_forgotten_in_the_middle_of_its_wait() -> None:
    agents = AnsweringAgents(failing("a", error=Unreachable("down")))
    async with at_work(agents, bare("a")) as hand:
        await hand.until(lambda: len(agents.asked) == 2)
        hand.accept(PodGone(place("a")))
        await hand.until(lambda: agents.forgotten == [place("a")])
        asked = len(agents.asked)
        await asyncio.sleep(300)
        assert len(agents.asked) == asked
        assert sum(hand.counts.states.values()) == 0


async def test_a_terminating_pod_leaves_when_its_time_is_over_without_any_event() -> None:
    async with at_work(AnsweringAgents(), bare("a", leaves_at=1.0)) as hand:
        await hand.until(lambda: hand.reconciler.snapshot.now > 1.0)
        await asyncio.sleep(1)
        assert hand.agents.asked == []


class TestGate:
    async def test_an_init_agent_is_released_once(self) -> None:
        async with at_work(AnsweringAgents(), bare("a", init=AgentState.RUNNING)) as hand:
            await hand.until(lambda: hand.agents.opened("a") == [Finally.RELEASE])
            await asyncio.sleep(30)
            assert hand.agents.opened("a") == [Finally.RELEASE]

    async def test_a_native_sidecar_gets_its_ready_mark(self) -> None:
        native = pod("a", None, init=AgentState.ABSENT, native=True, started=False)
        async with at_work(AnsweringAgents(), native) as hand:
            await hand.until(lambda: hand.agents.opened("a") == [Finally.READY])

    async def test_a_fault_keeps_it_shut(self) -> None:
        async with at_work(AnsweringAgents(), pod("a", "nosuch", init=AgentState.RUNNING)) as hand:
            await hand.until(lambda: "Refused" in hand.heard.of("a"))
            await asyncio.sleep(300)
            assert hand.agents.opened("a") == []

    @pytest.mark.parametrize("seed", range(20))
    async def test_pods_that_start_together_do_not_wait_for_each_others_gates(self, seed: int) -> None:
        """Not even when their wishes change while they wait for each other's kernels, whatever the order."""
        chance = random.Random(seed)
        agents = AnsweringAgents()
        async with at_work(agents) as hand:

            def obey(target: Target, ask: Ask) -> None:
                agents.slow[target.place.name] = chance.uniform(0.001, 0.1)
                if ask.writes:
                    wishes = desire(hand.reconciler.snapshot, Desired(Policy())).wishes
                    agents.kernels[target.place.name] = wishes[target.place].netns

            agents.behave = obey
            for name, text in {"a": "vxeth1", "b": "vxeth2", "g": "vxeth1, vxeth2", "c": "vxeth1", "d": "vxeth2"}.items():
                hand.accept(PodSeen(pod(name, text, f"10.0.0.{ord(name)}", init=AgentState.RUNNING)))
                await asyncio.sleep(chance.uniform(0.0, 0.1))
            await hand.until(lambda: all(agents.opened(name) for name in "abcdg"), within=1.5)

    async def test_peers_that_hang_hold_it_for_two_seconds_at_most(self) -> None:
        def hang(target: Target, ask: Ask) -> BaseException | None:
            return Unreachable("down") if target.place.name == "peer" else None

        agents = AnsweringAgents(hang, takes=0.5)
        sleepy = pod("peer", "vxeth1", "10.0.0.2")
        async with at_work(agents, sleepy) as hand:
            await asyncio.sleep(5)
            agents.takes = 0.0
            hand.accept(PodSeen(pod("new", None, "10.0.0.3", init=AgentState.RUNNING)))
            before = asyncio.get_running_loop().time()
            await hand.until(lambda: hand.agents.opened("new") == [Finally.RELEASE])
            assert asyncio.get_running_loop().time() - before < TEMPO.gate_patience + 0.5


class TestAudit:
    async def test_every_place_is_compared_with_its_kernel_once_a_minute(self) -> None:
        async with at_work(AnsweringAgents(), *(bare(name) for name in "abc")) as hand:
            await asyncio.sleep(TEMPO.audit_every * 3.5)
            for name in "abc":
                assert 3 <= len(hand.agents.times(name)) <= 5  # the first read, and two to four audits
            assert set(hand.counts.outcomes) == {"read ok", "audit ok"}

    async def test_a_place_that_comes_and_goes_takes_nobodys_turn(self) -> None:
        async with at_work(AnsweringAgents(), bare("a"), bare("b")) as hand:
            for _ in range(20):
                hand.accept(PodGone(place("a")))
                await asyncio.sleep(0.1)
                hand.accept(PodSeen(bare("a")))
                await asyncio.sleep(0.1)
            before = {name: len(hand.agents.times(name)) for name in "ab"}
            await asyncio.sleep(TEMPO.audit_every * 10)
            for name in "ab":
                assert 9 <= len(hand.agents.times(name)) - before[name] <= 11

    async def test_an_init_agent_that_was_told_to_go_is_not_audited(self) -> None:
        agents = AnsweringAgents()
        async with at_work(agents, bare("a", init=AgentState.RUNNING)) as hand:
            await hand.until(lambda: agents.opened("a") == [Finally.RELEASE])
            before = len(agents.asked)
            await asyncio.sleep(TEMPO.audit_every * 2.5)
            assert len(agents.asked) == before
            hand.accept(PodSeen(bare("a")))
            await hand.until(lambda: len(agents.asked) > before, within=1.0)

    async def test_a_place_that_is_asked_for_longer_than_audits_are_apart_is_as_wished_all_the_same(self) -> None:
        agents = AnsweringAgents(takes=TEMPO.audit_every * 1.1)
        async with at_work(agents, bare("a")) as hand:
            await asyncio.sleep(TEMPO.audit_every * 20)
            assert hand.heard.of("a") == ["Found"]
            assert hand.counts.states["wired"] == 1

    def test_many_places_are_audited_no_faster_than_execs_allow(self) -> None:
        assert TEMPO.audit_gap(10) == 6.0
        assert TEMPO.audit_gap(100_000) == 1 / TEMPO.audits_per_second
        assert TEMPO.audit_gap(0) == 60.0


class TestBlindness:
    async def test_while_a_kind_is_stale_places_are_looked_after_and_when_it_is_fresh_all_are_looked_at_again(self) -> None:
        async with at_work(AnsweringAgents(), bare("a")) as hand:
            await hand.until(lambda: hand.heard.of("a") == ["Found"])
            hand.accept(Stale(Kind.PODS))
            hand.accept(PodSeen(bare("b")))
            await hand.until(lambda: hand.heard.of("b") == ["Found"])
            hand.accept(Fresh(Kind.PODS))
            await asyncio.sleep(1)
            assert hand.counts.states["wired"] == 2


class TestStopping:
    async def test_a_request_on_its_way_is_waited_for(self) -> None:
        agents = AnsweringAgents(takes=3.0)
        async with at_work(agents, bare("a")) as hand:
            await hand.until(lambda: len(agents.asked) == 1)
            hand.reconciler.stop()
        assert hand.counts.outcomes == ["read ok"]

    async def test_but_not_for_ever(self) -> None:
        agents = AnsweringAgents(takes=3000.0)
        before = asyncio.get_running_loop().time()
        async with at_work(agents, bare("a")) as hand:
            await hand.until(lambda: len(agents.asked) == 1)
            hand.reconciler.stop()
        assert asyncio.get_running_loop().time() - before < TEMPO.stop_patience + 1
        assert hand.counts.outcomes == ["read cancelled"]

    async def test_a_wait_for_a_retry_is_not_waited_for(self) -> None:
        agents = AnsweringAgents(failing("a", error=Forbidden("no")))
        async with at_work(agents, bare("a")) as hand:
            await hand.until(lambda: len(agents.asked) == 1)
            before = asyncio.get_running_loop().time()
            hand.reconciler.stop()
        assert asyncio.get_running_loop().time() - before < 1.0


async def test_a_mistake_of_ours_ends_one_worker_loudly(caplog: pytest.LogCaptureFixture) -> None:
    agents = AnsweringAgents(failing("a", error=ZeroDivisionError("ours")))
    async with at_work(agents, bare("a"), bare("b")) as hand:
        await hand.until(lambda: hand.heard.of("b") == ["Found"])
        await hand.until(lambda: any("default/a" in record.getMessage() for record in caplog.records))
        agents.behave = lambda *_: None
        await hand.until(lambda: hand.heard.of("a") == ["Found"], within=TEMPO.audit_every * 2)


class TestTelling:
    async def test_a_start_among_settled_pods_is_one_line_and_no_news(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        async with at_work(AnsweringAgents(), *(pod(f"p{n}", None, f"10.1.0.{n}") for n in range(200))) as hand:
            await hand.until(lambda: bool(caplog.records))
            await asyncio.sleep(TEMPO.audit_every * 2)
        assert {tale.reason for tale in hand.heard.tales} == {"Found"}
        assert [record.getMessage() for record in caplog.records] == ["200 pods found as wished"]

    async def test_that_line_waits_for_every_pod_and_counts_those_that_were_not_as_wished(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        agents = AnsweringAgents(failing("bad", error=Rejected("uid", "no")))
        gated = bare("c", init=AgentState.RUNNING)
        async with at_work(agents, bare("a"), pod("bad", None, "10.0.0.2"), gated) as hand:
            await hand.until(lambda: bool(caplog.records))
        (record,) = caplog.records
        assert record.getMessage() == "1 pod found as wished"
        assert record.__dict__["degraded"] == 1

    async def test_mistakes_are_counted_as_they_come_and_go(self) -> None:
        async with at_work(AnsweringAgents(), pod("a", "nosuch"), pod("b", "vxeth1", "10.0.0.2")) as hand:
            await hand.until(lambda: hand.counts.mistakes == 1)
            hand.accept(PodSeen(pod("b", "nosuch, neither", "10.0.0.2")))
            await hand.until(lambda: hand.counts.mistakes == 3)
            hand.accept(PodGone(place("b")), PodSeen(pod("a", "vxeth1")))
            await hand.until(lambda: hand.counts.mistakes == 0)

    async def test_what_is_wrong_is_told_again_while_it_lasts(self) -> None:
        nobody = pod("a", "nosuch", init=AgentState.WAITING, sidecar=AgentState.WAITING)
        agents = AnsweringAgents(failing("b", error=Forbidden("no")))
        async with at_work(agents, nobody, bare("b"), bare("c")) as hand:
            await asyncio.sleep(TEMPO.told_again * 3.5)
            assert hand.heard.of("a") == ["Refused"] * 4
            assert hand.heard.of("b") == ["Degraded"] * 4
            assert hand.heard.of("c") == ["Found"]
            hand.accept(PodSeen(pod("a", None)))
            await hand.until(lambda: hand.heard.of("a")[4:] == ["Recovered"])

    async def test_a_mistake_in_the_configmap_is_told_there_once_and_counted(self) -> None:
        ref = ConfigRef(Namespace("kube-system"), "networks", "u")
        wrong = ConfigView((*NETWORKS.data, ("wrong", "id=x")), ref=ref)
        async with at_work(AnsweringAgents()) as hand:
            for config in (wrong, replace(wrong, data=(*wrong.data, ("z", "id=9")))):
                hand.accept(ConfigSeen(config))
                await asyncio.sleep(1)
            assert hand.counts.mistakes == 1
            assert [(tale.about, tale.reason) for tale in hand.heard.tales] == [(ref, "Refused")]

    async def test_a_mistake_in_the_configmap_is_told_again_while_it_lasts(self) -> None:
        ref = ConfigRef(Namespace("kube-system"), "networks", "u")
        wrong = ConfigView((*NETWORKS.data, ("wrong", "id=x")), ref=ref)
        async with at_work(AnsweringAgents()) as hand:
            hand.accept(ConfigSeen(wrong))
            await asyncio.sleep(TEMPO.told_again * 2.5)
            assert [(tale.about, tale.reason) for tale in hand.heard.tales] == [(ref, "Refused")] * 3
            hand.accept(ConfigSeen(replace(wrong, data=NETWORKS.data)))
            await asyncio.sleep(TEMPO.told_again * 2.5)
            assert len(hand.heard.tales) == 3

    async def test_what_was_held_back_while_blind_is_no_repair(self) -> None:
        agents = AnsweringAgents()
        full = desire(fold(Snapshot(), [PodsListed((pod("a", "vxeth1"),)), ConfigSeen(NETWORKS)]), Desired(Policy()))
        agents.kernels["a"] = full.wishes[place("a")].netns

        def obey(target: Target, ask: Ask) -> None:
            if ask.writes:
                agents.kernels["a"] = EMPTY

        agents.behave = obey
        async with at_work(agents, pod("a", "vxeth1")) as hand:
            await hand.until(lambda: hand.heard.of("a") == ["Found"])
            hand.accept(Stale(Kind.PODS), PodSeen(pod("a", None)))
            await asyncio.sleep(1)
            assert agents.kernels["a"] != EMPTY
            hand.accept(Fresh(Kind.PODS))
            await hand.until(lambda: agents.kernels["a"] == EMPTY)
            await asyncio.sleep(1)
            assert hand.heard.of("a") == ["Found", "Unwired"]
