"""Events, written to the lab's API server, which refuses what a real one refuses, and read as people read them."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.connection import Connection, from_kubeconfig
from kube_vxlan_controller.kube.events import Events, Limits
from kube_vxlan_controller.kube.notes import Event, Regarding
from kube_vxlan_controller.tempo import Tempo
from tests.kube.scripted import Scripted, says
from tests.lab.apiserver.hosted import HAS_KUBECTL, Hosted, a_pod, hosted

EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"
LIMITS = Limits(retry=0.01)
MANY = Limits(every=0.001, object_burst=1000)
POD = Regarding("Pod", "default", "a", "u")
WIRED = Event(POD, True, "Wired", "Wiring", "vxeth1 192.168.11.2/29 with 2 peers")
REFUSED = Event(POD, False, "Refused", "Reading", "unknown-option: no\n    vxeth1 ipp=1\n           ^^^\n    write `ip`")


class Writing:
    """Somebody who writes Events, and how each one ended."""

    def __init__(self, api: ApiClient, limits: Limits) -> None:
        self.outcomes: Counter[str] = Counter()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.events = Events(api, "host-1", self._count, limits)

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] += 1
        task = asyncio.get_running_loop().create_task(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def ended(self, **outcomes: int) -> None:
        """Wait for exactly these outcomes."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: self.outcomes.total() >= sum(outcomes.values()))
        assert self.outcomes == outcomes


@contextlib.asynccontextmanager
async def writing(api: ApiClient, limits: Limits = LIMITS) -> AsyncIterator[Writing]:
    made = Writing(api, limits)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.events.run())
        yield made
        running.cancel()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as running:
        yield running


@pytest.fixture
async def lab_api(lab: Hosted) -> AsyncIterator[ApiClient]:
    async with ApiClient(await from_kubeconfig(str(lab.home / "config"))) as client:
        yield client


async def held(lab: Hosted) -> list[dict[str, Any]]:
    """The Events that the server holds."""
    status, body = await lab.ask("GET", EVENTS)
    assert status == 200
    items: list[dict[str, Any]] = body["items"]
    return items


async def test_an_event_has_all_that_the_api_requires(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api) as made:
        made.events.tell(REFUSED)
        await made.ended(ok=1)
    (event,) = await held(lab)
    assert event["regarding"] == {"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "a", "uid": "u"}
    assert (event["type"], event["reason"], event["action"]) == ("Warning", "Refused", "Reading")
    assert event["reportingController"] == "vxlan.openvnf.org/kube-vxlan-controller"
    assert event["reportingInstance"] == "host-1"
    assert event["note"] == REFUSED.note
    assert "series" not in event


async def test_what_waits_when_the_end_comes_is_written(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api) as made:
        made.events.tell(WIRED)
        await made.ended(ok=1)
        made.events.tell(REFUSED)
        made.events.tell(replace(WIRED, note="vxeth2"))
    assert len(await held(lab)) == 3


async def test_the_end_waits_for_a_moment_only() -> None:
    loop = asyncio.get_running_loop()
    async with ApiClient(Connection(server="https://127.0.0.1:1")) as nobody:
        async with writing(nobody, replace(LIMITS, retry=60.0, farewell=0.05)) as made:
            made.events.tell(WIRED)
            await made.ended(unreachable=1)
            made.events.tell(REFUSED)
            began = loop.time()
        assert loop.time() - began < 5.0


async def test_repeats_are_counted_in_the_event_that_is_there(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api) as made:
        made.events.tell(WIRED)
        await made.ended(ok=1)
        made.events.tell(WIRED)
        await made.ended(ok=2)
        made.events.tell(WIRED)
        made.events.tell(WIRED)
        await made.ended(ok=3)
        made.events.tell(REFUSED)
        await made.ended(ok=4)
    wired, refused = sorted(await held(lab), key=lambda event: event["type"])
    assert wired["series"]["count"] == 4
    assert wired["series"]["lastObservedTime"] > wired["eventTime"]
    assert "series" not in refused


def test_what_is_told_again_while_it_lasts_is_one_series() -> None:
    hand, hour = Tempo(), 3600.0
    assert hand.told_again + hand.retry_refused + hand.audit_every < Limits().silence < hour


async def test_after_a_silence_a_repeat_is_a_new_event(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api, replace(LIMITS, silence=0.0)) as made:
        for told in (1, 2):
            made.events.tell(WIRED)
            await made.ended(ok=told)
    assert len(await held(lab)) == 2


async def test_an_event_that_has_expired_is_written_anew(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api) as made:
        made.events.tell(WIRED)
        await made.ended(ok=1)
        (event,) = await held(lab)
        await lab.ask("DELETE", f"{EVENTS}/{event['metadata']['name']}")
        made.events.tell(WIRED)
        await made.ended(ok=2)
    (again,) = await held(lab)
    assert again["metadata"]["name"] != event["metadata"]["name"]


async def test_no_note_is_refused(lab: Hosted, lab_api: ApiClient) -> None:
    chance = random.Random(1)
    letters = ["a", "\n", "\t", "\0", "\x1b", "é", "\ud800", "\uffff", "日", "\U0001f9ff", "\u202e", '"', "\\"]
    notes = [
        "",
        *("".join(chance.choices(letters, k=chance.choice([1, 5, 255, 300, 341, 1023, 1024, 1025, 70000]))) for _ in range(60)),
    ]
    async with writing(lab_api, MANY) as made:
        notes = list(dict.fromkeys(notes))
        for note in notes:
            made.events.tell(replace(WIRED, note=note))
        await made.ended(ok=len(notes))
    assert len(await held(lab)) == len(notes)


async def test_the_longest_name_of_a_pod_leaves_room_for_that_of_the_event(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api) as made:
        made.events.tell(replace(WIRED, regarding=replace(POD, name="a" * 235 + ".b")))
        await made.ended(ok=1)
    assert len(await held(lab)) == 1


async def test_one_object_silences_no_other(lab: Hosted, lab_api: ApiClient) -> None:
    other = replace(WIRED, regarding=replace(POD, name="b", uid="v"))
    async with writing(lab_api) as made:
        for number in range(100):
            made.events.tell(replace(REFUSED, note=f"{number}"))
        made.events.tell(other)
        await made.ended(dropped=99 - LIMITS.object_burst, ok=LIMITS.object_burst + 1)
    assert [event["regarding"]["name"] for event in await held(lab)].count("b") == 1


async def test_of_too_many_on_one_object_the_newest_is_written_in_the_end(lab: Hosted, lab_api: ApiClient) -> None:
    """What is wrong with an object may be told only once: what `describe` shows last must be how it stands."""
    told = [replace(REFUSED, note=f"{number}") for number in range(9)]
    async with writing(lab_api, replace(LIMITS, object_burst=2, object_every=0.3)) as made:
        for event in (*told, WIRED, WIRED):
            made.events.tell(event)
        await made.ended(dropped=7, ok=3)
        made.events.tell(REFUSED)
        await made.ended(dropped=7, ok=4)
    written = sorted(await held(lab), key=lambda event: event["eventTime"])
    assert [event["note"] for event in written] == ["0", "1", WIRED.note, REFUSED.note]
    assert written[2]["series"]["count"] == 2


async def test_one_that_was_told_before_is_the_newest_again(lab: Hosted, lab_api: ApiClient) -> None:
    async with writing(lab_api, replace(LIMITS, object_burst=1, object_every=0.3)) as made:
        for event in (WIRED, REFUSED, WIRED):
            made.events.tell(event)
        await made.ended(dropped=1, ok=2)
    (event,) = await held(lab)
    assert (event["note"], event["series"]["count"]) == (WIRED.note, 2)


async def test_what_is_postponed_counts_among_what_waits_and_is_written_when_the_end_comes(
    server: Scripted, api: ApiClient
) -> None:
    server.play(says({}, 201), says({}, 201))
    async with writing(api, replace(LIMITS, object_burst=1, waiting=1)) as made:
        made.events.tell(WIRED)
        await made.ended(ok=1)
        made.events.tell(REFUSED)
        made.events.tell(replace(WIRED, regarding=replace(POD, name="b", uid="v")))
        await made.ended(ok=1, dropped=1)
    await made.ended(ok=2, dropped=1)


async def test_what_waits_is_bounded_and_nobody_waits_for_it(api: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    made = Writing(api, LIMITS)  # nobody writes
    for number in range(1500):
        made.events.tell(replace(WIRED, regarding=replace(POD, uid=f"{number}")))
    await made.ended(dropped=500)
    assert len(caplog.records) == 1


async def test_a_refusal_is_said_once_and_counted_every_time(
    server: Scripted, api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.play(says({"kind": "Status", "reason": "Forbidden", "message": "events is forbidden", "code": 403}, 403))
    async with writing(api) as made:
        made.events.tell(WIRED)
        made.events.tell(REFUSED)
        await made.ended(forbidden=2)
    (record,) = caplog.records
    assert "events is forbidden" in record.getMessage()


async def test_while_the_server_cannot_be_reached_an_event_is_tried_again(server: Scripted, api: ApiClient) -> None:
    server.play(
        says({"kind": "Status", "message": "busy"}, 429), says({"kind": "Status", "message": "busy"}, 429), says({}, 201)
    )
    async with writing(api) as made:
        made.events.tell(WIRED)
        await made.ended(unreachable=2, ok=1)


async def test_nobody_knows_is_not_done_twice(server: Scripted, api: ApiClient) -> None:
    server.play(server.aborts(), says({}))
    async with writing(api) as made:
        made.events.tell(WIRED)
        await made.ended(unknown=1)
        made.events.tell(WIRED)
        await made.ended(unknown=1, ok=1)
    assert [request.method for request in server.requests] == ["POST", "PATCH"]


@pytest.mark.skipif(not HAS_KUBECTL, reason="kubectl is not installed")
async def test_describe_shows_the_caret_under_its_place(lab: Hosted, lab_api: ApiClient) -> None:
    made_pod = lab.store.create(a_pod("a", nodeName="n"))
    regarding = replace(POD, uid=made_pod["metadata"]["uid"])
    async with writing(lab_api) as made:
        made.events.tell(replace(REFUSED, regarding=regarding))
        await made.ended(ok=1)
        made.events.tell(replace(REFUSED, regarding=regarding))
        await made.ended(ok=2)
    lines = (await lab.run("describe", "pod", "a")).splitlines()
    at = next(number for number, line in enumerate(lines) if "Refused" in line)
    assert lines[at].startswith("  Warning  Refused")
    assert "(x2 over " in lines[at]
    assert lines[at].endswith("unknown-option: no")
    assert lines[at + 1 : at + 4] == ["    vxeth1 ipp=1", "           ^^^", "    write `ip`"]
