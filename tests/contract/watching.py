"""Watches: what they begin with, what they tell, how they refuse."""

from tests.contract.server import MERGE, Server, pod

NEWEST = {"resourceVersionMatch": "NotOlderThan", "resourceVersion": ""}
INITIAL = {"sendInitialEvents": "true", "allowWatchBookmarks": "true", **NEWEST}


async def a_watch_from_a_lists_version_tells_what_comes_after_it(server: Server) -> None:
    await server.config("before")
    version = (await server.ask("GET", server.path("configmaps"))).body["metadata"]["resourceVersion"]
    async with server.watching("configmaps", resourceVersion=version) as watch:
        made = await server.config("a", k="1")
        added = await watch.event()
        assert (added["type"], added["object"]) == ("ADDED", made)
        await server.ask("PATCH", server.path("configmaps", "a"), {"data": {"k": "2"}}, MERGE)
        changed = await watch.event()
        assert (changed["type"], changed["object"]["data"]) == ("MODIFIED", {"k": "2"})
        await server.ask("DELETE", server.path("configmaps", "a"))
        gone = await watch.event()
        assert (gone["type"], gone["object"]["data"]) == ("DELETED", {"k": "2"})
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in (added, changed, gone)]
    assert int(version) < versions[0] < versions[1] < versions[2]


async def an_object_that_a_selector_loses_is_told_as_deleted(server: Server) -> None:
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"in": "yes"}}}
    version = (await server.create("configmaps", made))["metadata"]["resourceVersion"]
    async with server.watching("configmaps", resourceVersion=version, labelSelector="in=yes") as watch:
        await server.ask("PATCH", server.path("configmaps", "a"), {"metadata": {"labels": {"in": "no"}}}, MERGE)
        event = await watch.event()
        assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "a")
        await server.ask("PATCH", server.path("configmaps", "a"), {"metadata": {"labels": {"in": "yes"}}}, MERGE)
        assert (await watch.event())["type"] == "ADDED"


async def a_watch_with_initial_events_begins_with_what_is_there_and_says_where_that_ends(server: Server) -> None:
    """Where the store behind the server can do that at all: etcd below 3.4.25 cannot, and then the first event says so."""
    await server.config("a")
    await server.config("b")
    async with server.watching("configmaps", **INITIAL, fieldSelector="metadata.name!=kube-root-ca.crt") as watch:
        first = [await watch.any() for _ in range(3)]
        assert [event["type"] for event in first] == ["ADDED", "ADDED", "BOOKMARK"]
        assert {event["object"]["metadata"]["name"] for event in first[:2]} == {"a", "b"}
        assert first[2]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        made = await server.config("c")
        after = await watch.event()
        assert (after["type"], after["object"]) == ("ADDED", made)
    assert int(made["metadata"]["resourceVersion"]) > int(first[2]["object"]["metadata"]["resourceVersion"])


async def initial_events_need_to_be_told_how_new_they_must_be(server: Server) -> None:
    answer = await server.ask("GET", server.path("configmaps"), watch="1", sendInitialEvents="true", timeoutSeconds="1")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert "sendInitialEvents" in answer.body["message"]


async def a_watch_from_a_version_that_is_forgotten_is_told_so(server: Server) -> None:
    async with server.watching("configmaps", resourceVersion="1") as watch:
        event = await watch.any()
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def a_watch_ends_when_it_was_to_end(server: Server) -> None:
    listed = (await server.ask("GET", server.path("configmaps"))).body["metadata"]["resourceVersion"]
    asked = {"watch": "1", "timeoutSeconds": "1", "resourceVersion": listed, "fieldSelector": "metadata.name=none"}
    async with server.session.get(server.url + server.path("configmaps"), params=asked) as response:
        assert (response.status, await response.text()) == (200, "")


async def a_bookmark_has_a_version_and_nothing_else(server: Server) -> None:
    """The real server sends one each minute or so, and one shortly before a watch ends."""
    made = await server.config("a")
    version = made["metadata"]["resourceVersion"]
    asked = {
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "4",
        "fieldSelector": "metadata.name=a",
    }
    async with server.watching("configmaps", **asked) as watch:
        other = await server.config("b")
        event = await watch.any()
    assert event["type"] == "BOOKMARK"
    told = event["object"]
    assert (told["kind"], told["apiVersion"]) == ("ConfigMap", "v1")
    assert "name" not in told["metadata"]
    assert "data" not in told
    assert int(told["metadata"]["resourceVersion"]) >= int(other["metadata"]["resourceVersion"])


async def without_asking_for_bookmarks_there_are_none(server: Server) -> None:
    made = await server.config("a")
    asked = {"watch": "1", "resourceVersion": made["metadata"]["resourceVersion"], "timeoutSeconds": "3"}
    answer = await server.session.get(
        server.url + server.path("configmaps"), params=asked | {"fieldSelector": "metadata.name=a"}
    )
    assert (answer.status, await answer.text()) == (200, "")


async def a_pods_life_is_told_to_its_end(server: Server) -> None:
    """From its creation over its address and its deletion, which it is told of before it is gone."""
    async with server.watching("pods", resourceVersion=await _now(server)) as watch:
        await server.create("pods", pod("a", server.image))
        events = [await watch.event()]
        while "running" not in str(events[-1]["object"]["status"].get("containerStatuses")):
            events.append(await watch.event())
        address = events[-1]["object"]["status"]["podIP"]
        assert events[-1]["object"]["status"]["podIPs"][0] == {"ip": address}
        await server.ask("DELETE", server.path("pods", "a"))
        while "deletionTimestamp" not in events[-1]["object"]["metadata"]:
            events.append(await watch.event())
        assert (events[-1]["type"], events[-1]["object"]["metadata"]["deletionGracePeriodSeconds"]) == ("MODIFIED", 1)
        while events[-1]["type"] != "DELETED":
            events.append(await watch.event())
    assert [event["type"] for event in events].count("ADDED") == 1
    assert len({event["object"]["metadata"]["uid"] for event in events}) == 1


async def _now(server: Server) -> str:
    return str((await server.ask("GET", server.path("pods"))).body["metadata"]["resourceVersion"])
