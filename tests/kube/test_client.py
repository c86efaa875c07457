import asyncio
import time
from dataclasses import replace

import msgspec
import pytest
import trustme
from aiohttp import web

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.client import JSON_PATCH, ApiClient, Deadlines
from kube_vxlan_controller.kube.connection import Connection, Token, fixed_token
from kube_vxlan_controller.ports import Forbidden, Gone, Unknown, Unreachable, WorldError
from tests.kube.scripted import Part, Scripted, page, refuses, says, scripted, text


class Thing(msgspec.Struct):
    name: str


def differing(scripted_server: Scripted, /, **changes: str) -> Connection:
    return replace(scripted_server.connection(), **changes)  # type: ignore[arg-type]


async def fails(server: Scripted, api: ApiClient, part: Part, method: str = "GET") -> WorldError:
    server.play(part)
    with pytest.raises(WorldError) as caught:
        await api.request(method, "/api/v1/things/a", Thing)
    assert "/api/v1/things/a" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    return caught.value


async def test_a_request_carries_who_we_are_and_what_we_ask(server: Scripted, api: ApiClient) -> None:
    server.play(says({"name": "a", "more": [1]}))
    assert await api.get("/api/v1/a b", Thing, {"labelSelector": "x in (a,b+c);&=é"}) == Thing("a")
    (request,) = server.requests
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["User-Agent"] == "kube-vxlan-controller"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.path == "/api/v1/a b"
    assert dict(request.query) == {"labelSelector": "x in (a,b+c);&=é"}


@pytest.mark.parametrize("method", ["create", "replace", "patch"])
async def test_writes_carry_their_body(server: Scripted, api: ApiClient, method: str) -> None:
    bodies = []

    async def part(request: web.Request) -> web.StreamResponse:
        bodies.append((await request.json(), request.content_type))
        return await says({"name": "b"}, 201)(request)

    server.play(part)
    assert await getattr(api, method)("/x", Thing("a"), Thing) == Thing("b")
    assert bodies == [({"name": "a"}, "application/merge-patch+json" if method == "patch" else "application/json")]


async def test_other_kinds_of_patch(server: Scripted, api: ApiClient) -> None:
    server.play(says({"name": "b"}))
    await api.patch("/x", [], Thing, JSON_PATCH)
    assert server.requests[0].content_type == JSON_PATCH


async def test_refusals_tell_what_the_server_said(server: Scripted, api: ApiClient) -> None:
    forbidden = await fails(server, api, refuses(403, "Forbidden", "things is forbidden: User x cannot get"))
    assert isinstance(forbidden, Forbidden)
    assert "User x cannot get" in str(forbidden)
    assert "RBAC" in str(forbidden)


@pytest.mark.parametrize(
    ("part", "error", "says_"),
    [
        (refuses(404, "NotFound", "no a"), Gone, "no a"),
        (refuses(409, "AlreadyExists", "a exists"), answers.Conflict, "a exists"),
        (refuses(422, "Invalid", "bad"), answers.Invalid, "bad"),
        (text("<html><h1>502 Bad Gateway</h1></html>", 502, "text/html"), Unreachable, "502 Bad Gateway</h1>"),
        (text("", 200), Unreachable, "makes no sense"),
        (text("hello", 200), Unreachable, "hello"),
        (text("hello", 200, "application/json"), Unreachable, "hello"),
        (says({"kind": "Status"}), Unreachable, "missing required field"),
        (text("", 302, headers={"Location": "/elsewhere"}), Unreachable, "Redirects are refused"),
    ],
)
async def test_no_answer_but_the_expected_is_success(
    server: Scripted, api: ApiClient, part: Part, error: type[WorldError], says_: str
) -> None:
    found = await fails(server, api, part)
    assert isinstance(found, error)
    assert says_ in str(found)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "part",
    [text("Too many requests", 429, headers={"Retry-After": "7"}), refuses(429, "TooManyRequests", "x", {"Retry-After": "7"})],
)
async def test_429_brings_its_wait(server: Scripted, api: ApiClient, part: Part) -> None:
    found = await fails(server, api, part)
    assert isinstance(found, Unreachable)
    assert found.retry_after == 7.0


@pytest.mark.parametrize(("method", "error"), [("GET", Unreachable), ("PATCH", Unknown)])
async def test_an_aborted_request_is_sent_once_and_a_write_may_have_been_done(
    server: Scripted, api: ApiClient, method: str, error: type[WorldError]
) -> None:
    assert type(await fails(server, api, server.aborts(), method)) is error
    assert len(server.requests) == 1


@pytest.mark.parametrize(("method", "error"), [("GET", Unreachable), ("POST", Unknown)])
async def test_silence_ends_at_the_deadline(server: Scripted, method: str, error: type[WorldError]) -> None:
    async with ApiClient(server.connection(), Deadlines(request=0.2)) as api:
        began = time.monotonic()
        found = await fails(server, api, server.silent(), method)
        assert type(found) is error
        assert "in time" in str(found)
        assert time.monotonic() - began < 2


async def test_garbage_after_a_write_leaves_it_unknown(server: Scripted, api: ApiClient) -> None:
    assert type(await fails(server, api, text("<html>"), "POST")) is Unknown


async def test_the_certificate_must_be_of_our_ca(server: Scripted) -> None:
    stranger = trustme.CA().cert_pem.bytes().decode()
    async with ApiClient(differing(server, ca_data=stranger)) as api:
        found = await fails(server, api, says({}))
    assert isinstance(found, Unreachable)
    assert f"the certificate of localhost:{server.port} is not accepted: " in str(found)
    assert not server.requests


async def test_the_certificate_must_bear_the_name(ca: trustme.CA) -> None:
    async with scripted(ca, "other.example") as server:
        async with ApiClient(server.connection()) as api:
            assert "ostname mismatch" in str(await fails(server, api, says({})))
        assert not server.requests
        async with ApiClient(differing(server, server_name="other.example")) as api:
            server.script.clear()
            server.play(says({"name": "a"}))
            assert await api.get("/x", Thing) == Thing("a")


async def test_nobody_listens(server: Scripted) -> None:
    async with ApiClient(differing(server, server="https://localhost:1")) as api:
        found = await fails(server, api, says({}), "POST")
    assert type(found) is Unreachable
    assert str(found).endswith("no connection to localhost:1: Connection refused")


async def test_no_tls_behind_the_port(ca: trustme.CA) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 speak plain text\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with ApiClient(differing(Scripted(port, ca))) as api:
            with pytest.raises(Unreachable, match=f"no TLS with localhost:{port}"):
                await api.get("/x", Thing)


class Rotating:
    """A token source that has another token each time it is asked."""

    def __init__(self, fresh_for: float = float("inf")) -> None:
        self.asked = 0
        self._fresh_for = fresh_for

    async def __call__(self) -> Token:
        self.asked += 1
        return Token(f"Bearer {self.asked}", self._fresh_for)


async def test_a_refused_token_is_read_anew_once_for_all(server: Scripted) -> None:
    source = Rotating()

    async def part(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == "Bearer 2"
        return await (says({"name": "a"}) if good else refuses(401, "Unauthorized", "no"))(request)

    server.play(part)
    async with ApiClient(server.connection(source)) as api, asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(api.get("/x", Thing))
    assert source.asked == 2


async def test_a_token_that_stays_refused_is_told_after_one_second_try(server: Scripted) -> None:
    async with ApiClient(server.connection(Rotating())) as api:
        found = await fails(server, api, refuses(401, "Unauthorized", "no"))
    assert isinstance(found, Forbidden)
    assert "token or certificate" in str(found)
    assert len(server.requests) == 2


async def test_an_unchanged_token_is_not_tried_again(server: Scripted) -> None:
    async with ApiClient(server.connection(fixed_token("secret"))) as api:
        assert isinstance(await fails(server, api, refuses(401, "Unauthorized", "no")), Forbidden)
    assert len(server.requests) == 1


async def test_a_body_is_sent_again_after_401(server: Scripted) -> None:
    bodies = []

    def then(part: Part) -> Part:
        async def reading(request: web.Request) -> web.StreamResponse:
            bodies.append(await request.read())
            return await part(request)

        return reading

    server.play(then(refuses(401, "Unauthorized", "no")), then(says({"name": "a"})))
    async with ApiClient(server.connection(Rotating())) as api:
        assert await api.create("/x", {"a": 1}, Thing) == Thing("a")
    assert bodies == [b'{"a":1}'] * 2


async def test_a_stream_ends_when_nothing_arrives(server: Scripted, api: ApiClient) -> None:
    server.play(server.streams(b"one", stays=True))
    found = bytearray()

    async def reads() -> None:
        async with api.stream("/x", {}, silence=0.2) as pieces:
            async for piece in pieces:
                found.extend(piece)

    with pytest.raises(Unreachable, match="no answer in time"):
        await reads()
    assert found == b"one"


@pytest.mark.parametrize(
    ("part", "error"),
    [(text("<html>"), Unreachable), (text(""), Unreachable), (refuses(410, "Expired", "old"), Gone), (page(), None)],
)
async def test_a_stream_is_checked_before_its_first_piece(
    server: Scripted, api: ApiClient, part: Part, error: type[WorldError] | None
) -> None:
    server.play(part)
    if error is None:
        async with api.stream("/x", {}, silence=1.0) as pieces:
            assert b"".join([piece async for piece in pieces]).startswith(b'{"kind":"PodList"')
        return
    with pytest.raises(error):
        async with api.stream("/x", {}, silence=1.0):
            pytest.fail("the stream was given to its user")


async def test_a_stream_whose_answer_never_begins(server: Scripted) -> None:
    async with ApiClient(server.connection(), Deadlines(request=0.2)) as api:
        server.play(server.silent())
        with pytest.raises(Unreachable, match="no answer in time"):
            async with api.stream("/x", {}, silence=60.0):
                pytest.fail("the stream was given to its user")


async def test_a_burst_of_calls_leaves_watches_alone(server: Scripted, api: ApiClient) -> None:
    server.play(*[server.silent()] * 16, server.streams(b"news", stays=True))
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(api.get("/slow", Thing)) for _ in range(17)]
        await server.asked(16)
        async with api.stream("/watch", {}, silence=2.0) as pieces:
            assert await anext(pieces) == b"news"
        assert len(server.requests) == 17
        for call in calls:
            call.cancel()
