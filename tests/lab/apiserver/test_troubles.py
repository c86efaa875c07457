"""What can go wrong with the server when somebody asks for it: execs, connections, watches."""

import asyncio
from datetime import datetime

import aiohttp
import pytest

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.apiserver.troubles import How, Trouble
from tests.lab.apiserver.hosted import Hosted, a_pod
from tests.lab.apiserver.test_executing import BOTH, opened, started
from tests.lab.apiserver.test_watching import watching

EXEC = "/api/v1/namespaces/default/pods/a/exec"
ECHO = ("sh", "-c", "echo hello; exec cat")


@pytest.fixture
def uid(server: Hosted) -> str:
    created: Json = server.store.create(a_pod(nodeName="n"))
    return str(created["metadata"]["uid"])


async def silent(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        await socket.receive(timeout=0.2)
    except TimeoutError:
        return True
    return False


async def test_an_exec_that_hangs_says_nothing_and_goes_on_when_it_is_over(server: Hosted, uid: str) -> None:
    async with opened(server, EXEC, *ECHO) as socket:
        await started(socket, b"hello\n")
        server.api.troubles.set(uid, Trouble(How.HANG))
        await socket.send_bytes(b"\x00one\n")
        assert await silent(socket)
        async with opened(server, EXEC, *ECHO) as other:
            assert (await other.receive(timeout=5)).data == b"\x01"
            assert await silent(other)
            server.api.troubles.set(uid, Trouble(How.WORK))
            assert (await other.receive(timeout=5)).data == b"\x01hello\n"
        assert (await socket.receive(timeout=5)).data == b"\x01one\n"


async def test_a_slow_exec_answers_later(server: Hosted, uid: str) -> None:
    async with opened(server, EXEC, *ECHO) as socket:
        await started(socket, b"hello\n")
        server.api.troubles.set(uid, Trouble(How.SLOW, seconds=0.3))
        began = asyncio.get_running_loop().time()
        await socket.send_bytes(b"\x00one\n")
        assert (await socket.receive(timeout=5)).data == b"\x01one\n"
        assert asyncio.get_running_loop().time() - began >= 0.3


async def test_an_exec_that_is_cut_has_been_carried_out(server: Hosted, uid: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    server.api.troubles.set(uid, Trouble(How.CUT, times=1))
    script = f"echo hello; read line; echo $line >{tmp_path}/done; echo answer; exec cat"
    async with opened(server, EXEC, "sh", "-c", script) as socket:
        await started(socket, b"hello\n")
        await socket.send_bytes(b"\x00one\n")
        message = await socket.receive(timeout=5)
        assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR)
    assert (tmp_path / "done").read_text() == "one\n"
    async with opened(server, EXEC, *ECHO) as socket:
        await started(socket, b"hello\n")
        await socket.send_bytes(b"\x00two\n")
        assert (await socket.receive(timeout=5)).data == b"\x01two\n"


@pytest.mark.parametrize("lost", [False, True])
async def test_what_is_held_at_the_barrier_goes_on_or_never_arrives(server: Hosted, uid: str, lost: bool) -> None:
    async with opened(server, EXEC, *ECHO, protocols=BOTH) as socket:
        await started(socket, b"hello\n")
        server.api.troubles.barrier.lower(3)
        await socket.send_bytes(b"\x00one\n")
        assert (await socket.receive(timeout=5)).data == b"\x01one\n"
        await socket.send_bytes(b"\x00two\n")
        assert await server.api.troubles.barrier.closed(5.0)
        assert await silent(socket)
        server.api.troubles.barrier.lift(lost=lost)
        # What was lost ends the command's input, and with that the command.
        assert (await socket.receive(timeout=5)).data[:1] == (b"\x03" if lost else b"\x01")


@pytest.mark.parametrize("code", [500, 403])
async def test_a_refused_exec_starts_nothing(server: Hosted, uid: str, code: int) -> None:
    server.api.troubles.set(uid, Trouble(How.REFUSE, code=code))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await opened(server, EXEC, *ECHO)
    assert refused.value.status == code
    assert server.runtime.started == []


async def test_after_a_restart_all_is_there_but_the_connections(server: Hosted, uid: str) -> None:
    async with watching(server, "/api/v1/pods", "") as stream, opened(server, EXEC, *ECHO, protocols=BOTH) as socket:
        await started(socket, b"hello\n")
        assert (await stream.event())[0] == "ADDED"
        await server.api.restart(0.05)
        message = await socket.receive(timeout=5)
        assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR)
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await stream.ends()
    code, found = await server.ask("GET", "/api/v1/namespaces/default/pods/a")
    assert (code, found["metadata"]["uid"]) == (200, uid)


async def test_while_it_is_away_nobody_gets_in(server: Hosted) -> None:
    async with asyncio.TaskGroup() as tasks:
        away = tasks.create_task(server.api.restart(0.5))
        refusals = 0
        while not away.done():
            try:
                await server.ask("GET", "/version")
            except aiohttp.ClientError:
                refusals += 1
            await asyncio.sleep(0.02)
    assert refusals > 0
    assert (await server.ask("GET", "/version"))[0] == 200


async def test_watches_that_are_cut_end_and_those_that_are_hushed_do_not(server: Hosted) -> None:
    async with watching(server, "/api/v1/pods", "&resourceVersion=0") as hushed:
        server.api.hush_watches()
        async with watching(server, "/api/v1/pods", "&resourceVersion=0") as heard:
            server.store.create(a_pod("b"))
            assert (await heard.event())[1]["metadata"]["name"] == "b"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await hushed.event()
            server.api.cut_watches()
            with pytest.raises((aiohttp.ClientError, ConnectionError)):
                await heard.ends()


async def test_a_door_answers_and_refuses_and_without_one_there_is_nothing(server: Hosted) -> None:
    asked: list[tuple[str, Json]] = []

    async def door(name: str, what: Json) -> None:
        asked.append((name, what))
        if name != "restart":
            raise Refusal(404, "NotFound", "no such fault")
        await server.api.restart(0)

    assert (await server.ask("POST", "/lab/restart", {}))[0] == 404
    server.api.let_in(door)
    assert (await server.ask("POST", "/lab/restart", {"seconds": 1}))[0] == 200
    assert (await server.ask("POST", "/lab/other"))[0] == 404
    assert asked == [("restart", {"seconds": 1}), ("other", {})]
    async with server.session.post(server.url + "/lab/restart", headers={"Authorization": "Bearer x"}) as answer:
        assert answer.status == 401


async def test_who_looks_on_sees_which_watches_are_open_and_when_something_was_last_sent(server: Hosted) -> None:
    async def accounts() -> list[Json]:
        found: list[Json] = (await server.ask("GET", "/lab/watches"))[1]["items"]
        return found

    assert (await server.ask("GET", "/lab/watches"))[0] == 404
    server.api.let_in(nothing)
    agent = {"User-Agent": "somebody/1"}
    async with watching(server, "/api/v1/pods", "&resourceVersion=0", **agent) as watch:
        (before,) = await accounts()
        assert (before["path"], before["client"]) == ("/api/v1/pods", "somebody/1")
        server.store.create(a_pod("b"))
        await watch.event()
        (after,) = await accounts()
        assert datetime.fromisoformat(after["spoke"]) > datetime.fromisoformat(before["spoke"])
        server.api.hush_watches()
        server.store.create(a_pod("c"))
        assert await accounts() == [after]
    async with asyncio.timeout(5):
        while await accounts():
            pass


async def nothing(name: str, what: Json) -> None:
    """A door behind which nothing happens."""
