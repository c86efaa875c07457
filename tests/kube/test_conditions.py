"""What a readiness gate is told: by tables, and as the lab's API server then has it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.conditions import LONGEST, Conditions, changed
from kube_vxlan_controller.kube.connection import from_kubeconfig
from kube_vxlan_controller.kube.happenings import Changed, Listed, Removed
from kube_vxlan_controller.model import Namespace, Place, PodName, PodUid
from kube_vxlan_controller.telling import Readiness
from kube_vxlan_controller.views import CONFIG_HASH, READY, Condition, PodObject
from kube_vxlan_lab.apiserver.resources import PODS
from tests.kube.scripted import Scripted, refuses, says
from tests.lab.apiserver.hosted import Hosted, a_pod, hosted

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SINCE = "2026-01-02T03:04:05Z"
A = Place(Namespace("default"), PodName("a"), PodUid("u"))
YES = Readiness(A, True, "Wired", "well")
NO = Readiness(A, False, "Refused", "no-such-network: ...")
WHO_KNOWS = Readiness(A, None, "Waiting", "nobody to ask")


def there(readiness: Readiness) -> Condition:
    return Condition(READY, str(bool(readiness.ready)), readiness.reason, readiness.message)


@pytest.mark.parametrize(
    ("before", "wish", "written"),
    [
        (None, YES, {"status": "True", "reason": "Wired", "message": "well", "lastTransitionTime": SINCE}),
        (None, WHO_KNOWS, {"status": "False", "reason": "Waiting", "message": "nobody to ask", "lastTransitionTime": SINCE}),
        (there(YES), YES, None),
        (there(YES), WHO_KNOWS, None),
        (there(NO), WHO_KNOWS, None),
        (there(YES), NO, {"status": "False", "reason": "Refused", "message": NO.message, "lastTransitionTime": SINCE}),
        (there(WHO_KNOWS), NO, {"status": "False", "reason": "Refused", "message": NO.message}),
        (
            there(NO),
            Readiness(A, False, "Refused", "x" * 2000),
            {"status": "False", "reason": "Refused", "message": "x" * LONGEST},
        ),
    ],
)
def test_what_is_written(before: Condition | None, wish: Readiness, written: dict[str, object] | None) -> None:
    assert changed(before, wish, NOW) == (None if written is None else {"type": READY, **written})


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as running:
        yield running


class Gates:
    """Conditions at work in a lab, which is looked at like a reflector does."""

    def __init__(self, lab: Hosted, api: ApiClient) -> None:
        self.lab, self.api = lab, api
        self.outcomes: list[str] = []
        self.conditions = Conditions(api, self.outcomes.append)

    async def pod(self, name: str, *gates: str, **annotations: str) -> PodObject:
        made = a_pod(name, readinessGates=[{"conditionType": gate} for gate in gates])
        self.lab.store.create({**made, "metadata": {**made["metadata"], "annotations": annotations}})
        return await self.api.get(f"/api/v1/namespaces/default/pods/{name}", PodObject)

    def wish(self, pod: PodObject, ready: bool | None, reason: str = "R") -> None:
        place = Place(Namespace("default"), PodName(pod.metadata.name), PodUid(pod.metadata.uid))
        self.conditions.wish(Readiness(place, ready, reason, "m"))

    def condition(self, name: str) -> dict[str, Any] | None:
        found = self.lab.store.get(PODS, "default", name)["status"].get("conditions") or ()
        return next((one for one in found if one["type"] == READY), None)

    async def written(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.outcomes) < count:  # noqa: ASYNC110  a count has no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def gates(lab: Hosted) -> AsyncIterator[Gates]:
    async with ApiClient(await from_kubeconfig(str(lab.home / "config"))) as api, asyncio.TaskGroup() as tasks:
        made = Gates(lab, api)
        over = asyncio.Event()
        tasks.create_task(made.conditions.during(over.wait))
        yield made
        over.set()


async def test_a_gate_is_told_when_it_changes(lab: Hosted) -> None:
    async with gates(lab) as it:
        pod = await it.pod("a", READY, "other/gate")
        it.conditions.saw(Listed((pod,)))
        for number, ready in enumerate((False, True, True, None, False, True)):
            it.wish(pod, ready)
            await it.written((1, 2, 2, 2, 3, 4)[number])
            found = it.condition("a")
            assert found is not None
            assert found["status"] == ("False", "True", "True", "True", "False", "True")[number]
        assert it.outcomes == ["ok"] * 4


async def test_a_pod_without_the_gate_is_left_alone(lab: Hosted) -> None:
    async with gates(lab) as it:
        bare, gated = await it.pod("bare", "other/gate"), await it.pod("gated", READY)
        it.conditions.saw(Listed((bare, gated)))
        it.wish(bare, True)
        it.wish(gated, True)
        await it.written(1)
        assert (it.condition("bare"), it.condition("gated") is not None) == (None, True)


async def test_what_is_there_is_not_written_by_the_next_leader(lab: Hosted) -> None:
    async with gates(lab) as it:
        pod = await it.pod("a", READY)
        it.conditions.saw(Changed(pod))
        it.wish(pod, True)
        await it.written(1)
    async with gates(lab) as it:
        pod, other = await it.api.get("/api/v1/namespaces/default/pods/a", PodObject), await it.pod("b", READY)
        it.conditions.saw(Listed((pod, other)))
        it.wish(pod, True)
        it.wish(other, True)
        await it.written(1)
        assert it.condition("b") is not None
        assert it.outcomes == ["ok"], "of b"


async def test_another_pod_of_the_name_is_never_told(lab: Hosted, caplog: pytest.LogCaptureFixture) -> None:
    async with gates(lab) as it:
        old = await it.pod("a", READY)
        it.conditions.saw(Listed((old,)))
        lab.store.remove(PODS, "default", "a", old.metadata.uid)
        new = await it.pod("a", READY)
        it.wish(old, True)
        await it.written(1)
        assert "ok" not in it.outcomes
        assert it.condition("a") is None
        assert not caplog.records, "the watch will tell"
        it.conditions.saw(Removed(old))
        it.conditions.saw(Changed(new))
        it.wish(new, True)
        await it.written(2)
        assert it.condition("a") is not None


class TestStaticPods:
    """Those whose object is a mirror: its uid is one, the place's another (law 1)."""

    async def mirror(self, it: Gates) -> PodObject:
        return await it.pod("a", READY, **{CONFIG_HASH: "hash"})

    async def test_it_is_told_by_the_place_that_the_hand_knows(self, lab: Hosted) -> None:
        async with gates(lab) as it:
            it.conditions.saw(Listed((await self.mirror(it),)))
            it.conditions.wish(replace(YES, place=replace(A, uid=PodUid("hash"))))
            await it.written(1)
            assert it.outcomes == ["ok"]

    async def test_a_mirror_that_was_made_anew_is_told_too(self, lab: Hosted) -> None:
        """The hand may see no change: the pod itself runs on."""
        async with gates(lab) as it:
            old = await self.mirror(it)
            it.conditions.saw(Listed((old,)))
            it.conditions.wish(replace(YES, place=replace(A, uid=PodUid("hash"))))
            await it.written(1)
            lab.store.remove(PODS, "default", "a", old.metadata.uid)
            it.conditions.saw(Removed(old))
            it.conditions.saw(Changed(await self.mirror(it)))
            await it.written(2)
            assert it.condition("a") is not None


async def test_a_refusal_is_told_once_and_tried_again(
    server: Scripted, api: ApiClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kube_vxlan_controller.kube.conditions.RETRY", 0.01)
    meta = {"name": "a", "namespace": "default", "uid": "u"}
    gate = {"readinessGates": [{"conditionType": READY}]}
    told = {"conditions": [{"type": READY, "status": "True", "reason": "Wired", "message": "well"}]}
    server.play(refuses(403, "Forbidden", "no"), refuses(403, "Forbidden", "no"))
    server.play(says({"metadata": meta, "spec": gate, "status": told}))
    outcomes: list[str] = []
    conditions = Conditions(api, outcomes.append)

    async def work() -> None:
        conditions.saw(Listed((_decoded(meta, gate),)))
        conditions.wish(YES)
        await server.asked(3)
        async with asyncio.timeout(5):
            while len(outcomes) < 3:  # noqa: ASYNC110  a count has no event
                await asyncio.sleep(0.01)

    await conditions.during(work)
    assert outcomes == ["forbidden", "forbidden", "ok"]
    assert caplog.text.count("a readiness gate was not told") == 1
    assert [request.query["fieldManager"] for request in server.requests] == ["kube-vxlan-controller"] * 3


@pytest.mark.parametrize("cut", [False, True], ids=["its work ends", "its work is cut"])
async def test_nothing_is_written_when_the_leader_has_ended(server: Scripted, api: ApiClient, cut: bool) -> None:
    """Of two that are due one is being written, and its answer never comes."""
    server.play(server.silent(), says({}))
    outcomes: list[str] = []
    conditions = Conditions(api, outcomes.append)

    async def work() -> None:
        for name in ("a", "b"):
            meta = {"name": name, "namespace": "default", "uid": "u"}
            conditions.saw(Changed(_decoded(meta, {"readinessGates": [{"conditionType": READY}]})))
            conditions.wish(Readiness(Place(Namespace("default"), PodName(name), PodUid("u")), True, "Wired", "well"))
        await server.asked(1)
        if cut:
            await asyncio.Event().wait()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as scope, asyncio.TaskGroup() as tasks:
            leading = tasks.create_task(conditions.during(work))
            await server.asked(1)
            if cut:
                scope.reschedule(0)
            await leading
    assert scope.expired() is cut
    conditions.wish(NO)
    await api.get("/what/was/asked/before/this", dict)
    assert [request.path.rpartition("/")[2] for request in server.requests] == ["status", "this"]
    assert outcomes == []


def _decoded(meta: dict[str, Any], spec: dict[str, Any]) -> PodObject:
    return msgspec.convert({"metadata": meta, "spec": spec}, PodObject)
