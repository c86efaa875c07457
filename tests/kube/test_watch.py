import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.happenings import Fresh, Happening, Listed, Stale, Timing, Trouble
from kube_vxlan_controller.kube.watch import follow
from kube_vxlan_controller.views import PodObject
from tests.kube.following import PODS, QUICK, following
from tests.kube.scripted import Part, Scripted, bookmark, event, gone, page, pod, refuses, text

NO_WATCH_LIST = refuses(
    422,
    "Invalid",
    "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
)


def initial(*names: str, version: str = "10") -> list[bytes]:
    return [event("ADDED", pod(name)) for name in names] + [bookmark(version, ends=True)]


async def test_a_watch_list_is_told_as_one_list_and_followed(server: Scripted) -> None:
    live = [event("ADDED", pod("c", "11")), event("MODIFIED", pod("a", "12")), event("DELETED", pod("b", "13"))]
    server.play(server.streams(*initial("a", "b"), *live, stays=True))
    async with following(server) as told:
        await told.until(lambda _: told.names() == ["=a,b", "+c", "+a", "-b"])
    (request,) = server.requests
    query = dict(request.query)
    assert 300 <= int(query.pop("timeoutSeconds")) <= 600
    assert query == {
        "watch": "1",
        "labelSelector": "vxlan=true",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "resourceVersion": "",
    }


async def test_what_changes_while_the_initial_list_comes_is_part_of_it(server: Scripted) -> None:
    changes = [event("MODIFIED", pod("a", "7")), event("DELETED", pod("b"))]
    server.play(
        server.streams(event("ADDED", pod("a")), event("ADDED", pod("b")), bookmark("8"), *changes, *initial(), stays=True)
    )
    async with following(server) as told:
        await told.several(Listed)
        assert told.names() == ["=a"]
        (listed,) = told.of(Listed)
        assert isinstance(listed, Listed)
        assert listed.objects[0].metadata.resource_version == "7"


async def test_a_list_in_pages_where_the_server_has_no_watch_list(server: Scripted) -> None:
    server.play(
        NO_WATCH_LIST,
        page(pod("a"), more="next"),
        page(pod("b"), version="10"),
        server.streams(event("ADDED", pod("c", "11"))),
        refuses(410, "Expired", "too old"),
        page(pod("c"), version="20"),
        server.streams(stays=True),
    )
    async with following(server) as told:
        await server.asked(7)
    assert told.names() == ["=a,b", "+c", "=c"]
    first, _, second, watch, again, relist, _ = [dict(request.query) for request in server.requests]
    assert "sendInitialEvents" in first
    assert second == {"labelSelector": "vxlan=true", "limit": "500", "continue": "next"}
    assert watch["resourceVersion"] == "10"
    assert "sendInitialEvents" not in watch
    assert again["resourceVersion"] == "11"
    assert relist == {"labelSelector": "vxlan=true", "limit": "500"}


async def test_a_list_in_pages_where_the_store_behind_the_server_is_too_old_for_a_watch_list(server: Scripted) -> None:
    status = {
        "kind": "Status",
        "status": "Failure",
        "message": "a watch stream was requested by the client but the required storage feature "
        "RequestWatchProgress is disabled",
        "reason": "InternalError",
        "code": 500,
    }  # what 1.34 says with etcd 3.4 behind it
    server.play(server.streams(event("ERROR", status)), page(pod("a")), server.streams(stays=True))
    async with following(server) as told:
        await told.several(Listed)
    assert told.names() == ["=a"]
    assert "sendInitialEvents" not in server.requests[1].query


async def test_an_ended_watch_resumes_at_the_last_version_without_a_list(server: Scripted) -> None:
    server.play(
        server.streams(*initial("a", version="10")),
        server.streams(event("MODIFIED", pod("a", "11"))),
        server.streams(bookmark("19")),
        server.streams(event("ADDED", pod("b", "20")), aborts=True),
        server.aborts(),
        text("<html>bad gateway</html>", 502),
        server.streams(stays=True),
    )
    async with following(server) as told:
        await server.asked(7)
    assert told.names() == ["=a", "+a", "+b"]
    assert [request.query["resourceVersion"] for request in server.requests] == ["", "10", "11", "19", "20", "20", "20"]


@pytest.mark.parametrize("end", ["event", "status", "garbage", "invalid"])
async def test_what_makes_it_list_again(server: Scripted, end: str) -> None:
    bad: dict[str, Part] = {
        "event": server.streams(gone()),
        "status": refuses(410, "Expired", "too old resource version: 1 (9)"),
        "garbage": server.streams(b"this is no event\n"),
        "invalid": refuses(400, "BadRequest", "resourceVersion: Invalid value"),
    }
    server.play(server.streams(*initial("a", "b")), bad[end], server.streams(*initial("b", version="30"), stays=True))
    async with following(server) as told:
        await told.several(Listed, 2)
    # The deletion of `a` was never told; the list shows it.
    assert told.names() == ["=a,b", "=b"]
    assert any("no event" in str(trouble) for trouble in told.of(Trouble)) is (end == "garbage")


async def test_another_error_event_resumes(server: Scripted) -> None:
    error = event("ERROR", {"kind": "Status", "code": 500, "message": "etcd is slow"})
    server.play(server.streams(*initial("a"), error), server.streams(stays=True))
    async with following(server) as told:
        await server.asked(2)
    assert server.requests[1].query["resourceVersion"] == "10"
    assert any("etcd is slow" in str(trouble) for trouble in told.of(Trouble))


async def test_a_version_that_fails_again_and_again_is_given_up(server: Scripted) -> None:
    error = event("ERROR", {"kind": "Status", "code": 504, "reason": "Timeout", "message": "Too large resource version"})
    server.play(server.streams(*initial("a")), *[server.streams(error)] * 5, server.streams(*initial("b"), stays=True))
    async with following(server) as told:
        await told.several(Listed, 2)
    assert told.names() == ["=a", "=b"]


@pytest.mark.parametrize("kind", ["empty", "429", "429 Status", "502", "empty watch", "closed list", "abort", "403", "404"])
async def test_no_answer_makes_a_hot_loop(server: Scripted, kind: str) -> None:
    parts: dict[str, Part] = {
        "empty": text(""),
        "429": text("Too many requests, please try again later.", 429),
        "429 Status": refuses(429, "TooManyRequests", "storage is (re)initializing"),
        "502": text("<html>", 502),
        "empty watch": server.streams(),
        "closed list": server.streams(*initial("a")),
        "abort": server.aborts(),
        "403": refuses(403, "Forbidden", "no"),
        "404": refuses(404, "NotFound", "no"),
    }
    server.play(parts[kind])
    async with following(server, Timing(first_delay=0.03, last_delay=0.06)) as told:
        await server.asked(6)
    assert min(later - earlier for earlier, later in pairwise(server.times)) >= 0.03
    assert len(told.of(Trouble)) >= 5


async def test_a_server_that_was_away_is_not_listed_for_that(server: Scripted) -> None:
    away = [server.aborts()] * 8
    server.play(server.streams(*initial("a")), *away, server.streams(event("ADDED", pod("b", "11")), stays=True))
    async with following(server) as told:
        await told.until(lambda _: told.names() == ["=a", "+b"])
    assert "sendInitialEvents" not in server.requests[-1].query


async def test_a_server_that_is_back_after_long_is_listed_soon(server: Scripted) -> None:
    away = [server.aborts()] * 16  # doubled each time, the last wait could be of five minutes
    server.play(server.streams(*initial("a")), *away, server.streams(gone()), server.streams(*initial("b"), stays=True))
    async with following(server, Timing(first_delay=0.005, last_delay=600.0, away=0.02)) as told:
        await told.several(Listed, 2)
    assert told.names() == ["=a", "=b"]


async def test_retry_after_is_honoured(server: Scripted) -> None:
    server.play(text("", 429, headers={"Retry-After": "1"}), server.streams(*initial("a"), stays=True))
    async with following(server) as told:
        await told.several(Listed)
    assert server.times[1] - server.times[0] >= 1.0


async def test_a_silent_watch_is_replaced_by_a_list_before_the_view_is_stale(server: Scripted) -> None:
    server.play(server.streams(*initial("a", "b"), stays=True), server.streams(*initial("a"), stays=True))
    async with following(server, replace(QUICK, silence=0.1)) as told:
        await told.several(Listed, 2)
    assert told.names() == ["=a,b", "=a"]
    assert server.requests[1].query["sendInitialEvents"] == "true"
    assert not told.of(Stale)


async def test_a_stale_view_is_made_fresh_by_a_list_and_waits_for_no_bookmark(server: Scripted) -> None:
    server.play(server.streams(*initial("a", "b"), stays=True), server.streams(*initial("a"), stays=True))
    async with following(server, replace(QUICK, stale=0.1, silence=0.2)) as told:
        await told.several(Fresh)
    assert told.names() == ["=a,b", "=a"]
    assert server.requests[1].query["sendInitialEvents"] == "true"


async def test_staleness_is_told_once_and_taken_back(server: Scripted) -> None:
    server.play(server.streams(*initial("a")), text("", 503))
    began = asyncio.get_running_loop().time()
    async with following(server, replace(QUICK, stale=0.3)) as told:
        await told.several(Stale)
        (stale,) = told.of(Stale)
        assert isinstance(stale, Stale)
        assert began <= stale.since <= asyncio.get_running_loop().time() - 0.3
        assert "503" in stale.why
        assert not told.of(Fresh)
        server.script[0] = server.streams(*initial("a"), stays=True)
        await told.several(Fresh)
    assert len(told.of(Stale)) == 1


async def test_a_view_that_never_was_is_stale(server: Scripted) -> None:
    server.play(refuses(403, "Forbidden", "pods is forbidden"))
    async with following(server, replace(QUICK, stale=0.4)) as told:
        await told.several(Stale)
    assert "pods is forbidden" in str(told.of(Stale)[0])


async def test_the_list_comes_before_the_word_that_the_view_is_fresh(server: Scripted) -> None:
    async def late(request: object) -> object:
        await told.several(Stale)
        return await server.streams(*initial("a"), stays=True)(request)  # type: ignore[arg-type]

    server.play(late)  # type: ignore[arg-type]
    async with following(server, replace(QUICK, stale=0.05)) as told:
        await told.several(Fresh)
        kinds = [type(happening) for happening in told.all]
        assert kinds.index(Stale) < kinds.index(Listed) < kinds.index(Fresh)


@pytest.mark.parametrize(
    "bad", [None, {}, {"metadata": None}, {"metadata": {"name": 3}}, [], "x", {"metadata": {"name": "x"}, "spec": 1}]
)
async def test_an_object_that_cannot_be_read_is_never_taken_as_absent(server: Scripted, bad: object) -> None:
    server.play(
        server.streams(event("ADDED", pod("a")), event("ADDED", bad), *initial(), event("MODIFIED", bad), stays=True),
        server.streams(*initial("a", "b"), stays=True),
    )
    async with following(server, replace(QUICK, repair=0.1)) as told:
        await told.several(Listed, 2)
    assert told.names() == ["~a", "=a,b"]
    assert len(told.of(Trouble)) == 2


async def test_unreadable_objects_of_a_page(server: Scripted) -> None:
    server.play(
        NO_WATCH_LIST,
        page(pod("a"), None, version="10"),
        server.streams(stays=True),
        page(pod("a")),
        server.streams(stays=True),
    )
    async with following(server, replace(QUICK, repair=0.1)) as told:
        await told.several(Listed, 2)
    assert told.names() == ["~a", "=a"]


async def test_a_line_of_more_than_4_mib_is_dropped_and_listed_for(server: Scripted) -> None:
    huge = pod("huge", annotations={"x": "y" * (4 << 20)})
    server.play(
        server.streams(*initial("a"), event("ADDED", huge), event("ADDED", pod("b", "12")), stays=True),
        server.streams(*initial("a", "b"), stays=True),
    )
    async with following(server, replace(QUICK, repair=0.1)) as told:
        await told.several(Listed, 2)
    assert told.names() == ["=a", "+b", "=a,b"]
    assert "4 MiB" in str(told.of(Trouble)[0])


async def test_a_line_of_almost_4_mib_is_read(server: Scripted) -> None:
    large = event("ADDED", pod("large", "11", annotations={"x": "y" * ((4 << 20) - 200)}))
    server.play(server.streams(*initial(), large, stays=True))
    async with following(server) as told:
        await told.until(lambda _: told.names() == ["=", "+large"])


async def test_a_cut_last_line_is_not_an_event(server: Scripted) -> None:
    whole = event("ADDED", pod("b", "12"))
    server.play(server.streams(*initial("a"), whole[:-1]), server.streams(whole, stays=True))
    async with following(server) as told:
        await told.until(lambda _: told.names() == ["=a", "+b"])
    assert server.requests[1].query["resourceVersion"] == "10"


async def test_everything_is_listed_anew_on_a_clock(server: Scripted) -> None:
    server.play(server.streams(*initial("a", "b"), stays=True), server.streams(*initial("b"), stays=True))
    async with following(server, replace(QUICK, relist=0.2)) as told:
        await told.several(Listed, 2)
    assert told.names()[:2] == ["=a,b", "=b"]
    assert not told.of(Trouble)


async def test_a_server_that_ignores_the_wish_for_a_watch_list(server: Scripted) -> None:
    # Before 1.27 such a watch begins with ADDED events that nothing ends.
    server.play(
        server.streams(event("ADDED", pod("a")), bookmark("9"), stays=True),
        page(pod("a"), pod("b")),
        server.streams(stays=True),
    )
    async with following(server, replace(QUICK, initial=0.1)) as told:
        await told.several(Listed)
    assert told.names() == ["=a,b"]
    assert server.requests[1].query["limit"] == "500"


async def test_an_interrupted_watch_list_tells_nothing(server: Scripted) -> None:
    server.play(server.streams(event("ADDED", pod("a")), aborts=True), server.streams(*initial("b"), stays=True))
    async with following(server) as told:
        await told.several(Listed)
    assert told.names() == ["=b"]


async def test_what_the_consumer_raises_ends_it(server: Scripted, api: ApiClient) -> None:
    server.play(server.streams(*initial("a"), stays=True))

    def consumer(happening: Happening[PodObject]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await follow(api, PODS, consumer)
    assert caught.group_contains(ZeroDivisionError)
