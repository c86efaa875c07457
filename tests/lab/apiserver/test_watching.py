import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice

import aiohttp
import msgspec
import pytest

from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, PODS, Json
from kube_vxlan_lab.apiserver.watching import BOOKMARK_PERIOD, bookmark_times
from tests.lab.apiserver.hosted import Hosted, a_configmap, a_pod

LIST = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"


class Stream:
    """A watch as its client reads it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def event(self) -> tuple[str, Json]:
        async with asyncio.timeout(5):
            event = msgspec.json.decode(await self._response.content.readline())
        return event["type"], event["object"]

    async def ends(self) -> bool:
        async with asyncio.timeout(5):
            return await self._response.content.readline() == b""


@asynccontextmanager
async def watching(server: Hosted, plural: str, query: str, **headers: str) -> AsyncIterator[Stream]:
    async with server.session.get(f"{server.url}{plural}?watch=1{query}", headers=headers) as response:
        assert response.status == 200
        yield Stream(response)


async def test_a_watch_list_begins_with_the_state_and_says_where_it_ends(server: Hosted) -> None:
    server.store.create(a_pod("a"))
    server.store.create(a_pod("b"))
    async with watching(server, "/api/v1/pods", LIST) as stream:
        events = [await stream.event() for _ in range(3)]
        assert [(kind, obj["metadata"].get("name")) for kind, obj in events] == [
            ("ADDED", "a"),
            ("ADDED", "b"),
            ("BOOKMARK", None),
        ]
        bookmark = events[2][1]
        assert bookmark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert bookmark["metadata"]["resourceVersion"] == str(server.store.history.version)
        assert (bookmark["kind"], bookmark["apiVersion"]) == ("Pod", "v1")
        server.store.create(a_pod("c"))
        kind, obj = await stream.event()
        assert (kind, obj["metadata"]["name"], obj["kind"]) == ("ADDED", "c", "Pod")


async def test_a_watch_from_a_version_tells_what_came_after(server: Hosted) -> None:
    made = server.store.create(a_configmap("a", v="1"))
    server.store.update(a_configmap("a", v="2"))
    server.store.create({**a_configmap("b"), "metadata": {"name": "b", "namespace": "kube-system"}})
    server.store.delete(CONFIGMAPS, "default", "a")
    version = made["metadata"]["resourceVersion"]
    async with watching(server, "/api/v1/namespaces/default/configmaps", f"&resourceVersion={version}") as stream:
        kinds = [await stream.event() for _ in range(2)]
        assert [kind for kind, _ in kinds] == ["MODIFIED", "DELETED"]
        assert kinds[1][1]["metadata"]["resourceVersion"] == str(server.store.history.version)
        assert kinds[1][1]["data"] == {"v": "2"}


@pytest.mark.parametrize("version", ["", "&resourceVersion=0"])
async def test_a_watch_without_a_version_begins_with_the_state(server: Hosted, version: str) -> None:
    server.store.create(a_configmap())
    async with watching(server, "/api/v1/configmaps", version) as stream:
        assert (await stream.event())[0] == "ADDED"


async def test_what_begins_or_ceases_to_be_chosen_is_added_or_deleted(server: Hosted) -> None:
    made = server.store.create(a_pod())
    async with watching(
        server, "/api/v1/pods", f"&labelSelector=x%3Dy&resourceVersion={server.store.history.version}"
    ) as stream:
        for labels in ({"x": "y"}, {"x": "y", "z": "1"}, {"z": "1"}, {"z": "2"}, {"x": "y"}):
            server.store.modify(
                PODS, "default", "a", lambda obj, new=labels: {**obj, "metadata": {**obj["metadata"], "labels": new}}
            )
        server.store.remove(PODS, "default", "a", made["metadata"]["uid"])
        events = [await stream.event() for _ in range(5)]
        assert [kind for kind, _ in events] == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"]
        assert events[2][1]["metadata"]["labels"] == {"x": "y", "z": "1"}, "the last state that was chosen"
        assert int(events[2][1]["metadata"]["resourceVersion"]) > int(events[1][1]["metadata"]["resourceVersion"])


async def test_a_version_that_is_forgotten_is_an_error_event(server: Hosted) -> None:
    made = server.store.create(a_configmap())
    server.store.update(a_configmap(v="2"))
    server.store.compact()
    async with watching(server, "/api/v1/configmaps", f"&resourceVersion={made['metadata']['resourceVersion']}") as stream:
        kind, status = await stream.event()
        assert (kind, status["kind"], status["code"], status["reason"]) == ("ERROR", "Status", 410, "Expired")
        assert await stream.ends()


async def test_a_watch_ends_when_the_client_said_after_a_last_bookmark(server: Hosted) -> None:
    version = server.store.history.version
    query = f"&resourceVersion={version}&timeoutSeconds=3&allowWatchBookmarks=true"
    async with watching(server, "/api/v1/pods", query) as stream:
        kind, obj = await stream.event()
        assert (kind, obj["metadata"]["resourceVersion"]) == ("BOOKMARK", str(version))
        assert obj["spec"] == {"containers": None}, "the real server prints required fields of an empty object"
        assert await stream.ends()


async def test_a_watch_of_events_speaks_the_version_that_was_asked_for(server: Hosted) -> None:
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "message": "told", "type": "Normal"}
    server.store.create({**event, "involvedObject": {"namespace": "default"}})
    async with watching(server, "/apis/events.k8s.io/v1/events", "") as stream:
        assert (await stream.event())[1]["note"] == "told"


async def test_a_watch_of_tables(server: Hosted) -> None:
    server.store.create(a_pod())
    async with watching(server, "/api/v1/pods", "", Accept="application/json;as=Table;v=v1;g=meta.k8s.io") as stream:
        kind, table = await stream.event()
        assert (kind, table["kind"], table["rows"][0]["cells"][0]) == ("ADDED", "Table", "a")


async def test_combinations_that_the_api_refuses(server: Hosted) -> None:
    code, status = await server.ask("GET", "/api/v1/pods?watch=1&sendInitialEvents=true")
    assert (code, status["reason"]) == (422, "Invalid")
    assert "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan" in status["message"]


def test_bookmarks_come_about_once_a_minute_and_once_before_the_end() -> None:
    now = [0.0]
    times = bookmark_times(lambda: now[0], 150.0)
    dues = []
    for due in islice(times, 5):
        dues.append(due)
        now[0] = due
        if due == 148.0:
            break
    gaps = [after - before for before, after in zip([0.0, *dues], dues, strict=False)]
    assert dues[-1] == 148.0
    assert 3 <= len(dues) <= 4
    assert all(0.75 * BOOKMARK_PERIOD <= gap <= BOOKMARK_PERIOD for gap in gaps[:-1])
