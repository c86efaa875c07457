"""I/O. The server: one TLS port, one token, and the way from a request to who answers it."""

import asyncio
import hmac
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.discovery import SWAGGER, SWAGGER_FORM, document
from kube_vxlan_lab.apiserver.executing import Backend, container_of, execute, parse_wish
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.namespaces import collect_namespaces
from kube_vxlan_lab.apiserver.paths import Target, parse
from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.apiserver.runtime import LogWish, NotThere, Runtime
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.apiserver.troubles import Troubles
from kube_vxlan_lab.apiserver.verbs import Verbs, decoded, reply
from kube_vxlan_lab.apiserver.watching import Watch

_LEAVE = 0.1
"""Seconds that open requests have when the server stops; what is open then is a watch or an exec."""
_BODY_LIMIT = 3 * 2**20
"""Bytes of a request's body, as on the real server."""
_HEAD_LIMIT = 2**20
"""Bytes of a request's first line, as on the real server: an exec's argv travels in it."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen and whom to let in."""

    tls: ssl.SSLContext
    token: str
    """The bearer token; whoever has it may do everything."""
    host: str = "127.0.0.1"
    port: int = 0
    """0: any free one."""


Door = Callable[[str, Json], Awaitable[None]]
"""Who answers `POST /lab/NAME`: the name and the body. Raises `Refusal`."""


@asynccontextmanager
async def serving(store: Store, runtime: Runtime, listen: Listen) -> AsyncIterator["Server"]:
    """Serve the store while the context is open. Raises OSError if the port is taken."""
    server = Server(store, runtime, listen)
    stop_collecting = collect_namespaces(store)
    try:
        await server.start()
        yield server
    finally:
        stop_collecting()
        await server.stop()


class Server:
    """The server as whoever runs it sees it: where it is, and what can go wrong with it."""

    def __init__(self, store: Store, runtime: Runtime, listen: Listen) -> None:
        self.troubles = Troubles()
        self._router = _Router(store, Backend(runtime, self.troubles), listen.token)
        self._server = web.Server(self._router.answer, request_factory=_request, access_log=None, max_line_size=_HEAD_LIMIT)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=_LEAVE)
        self._listen = listen

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://{self._listen.host}:{self._listen.port}"

    def let_in(self, door: Door) -> None:
        """Have requests below `/lab/` answered; without this there is nothing."""
        self._router.door = door

    async def start(self) -> None:
        """Listen, at the same port as before if it has done so."""
        if self._runner.server is None:
            await self._runner.setup()
        self._site = web.TCPSite(self._runner, self._listen.host, self._listen.port, ssl_context=self._listen.tls)
        await self._site.start()
        self._listen = replace(self._listen, port=self._runner.addresses[0][1])

    async def stop(self) -> None:
        """End all connections, and listen no more."""
        await self._runner.cleanup()

    async def restart(self, away: float) -> None:
        """Reset all connections but those that asked for it, and let nobody in for `away` seconds. All objects stay."""
        await self._site.stop()
        for connection in tuple(self._server.connections):
            transport = connection.transport
            if isinstance(transport, asyncio.Transport) and transport not in self._router.at_the_door:
                transport.abort()
        await asyncio.sleep(away)
        await self.start()

    def cut_watches(self) -> None:
        """Reset the connections of all watches."""
        for watch in tuple(self._router.watches):
            watch.cut()

    def hush_watches(self) -> None:
        """Let all watches that are open now say nothing any more."""
        for watch in self._router.watches:
            watch.hush()


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_BODY_LIMIT)


class _Router:
    """Answers every request, or refuses it with a Status."""

    def __init__(self, store: Store, backend: Backend, token: str) -> None:
        self._store = store
        self._backend = backend
        self._credential = f"Bearer {token}".encode()
        self._verbs = Verbs(store)
        self.door: Door | None = None
        self.at_the_door: set[asyncio.Transport | None] = set()
        """The connections of those who ask for a fault just now: they shall hear that it is done."""

    @property
    def watches(self) -> Set[Watch]:
        """Those that are open."""
        return self._verbs.watches

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Every request comes here."""
        try:
            return await self._answer(request)
        except web.HTTPRequestEntityTooLarge:
            refusal = Refusal(413, "RequestEntityTooLarge", f"Request entity too large: limit is {_BODY_LIMIT}", {})
        except Refusal as error:
            refusal = error
        return reply(refusal.status(), refusal.code)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, self._credential):
            raise failures.unauthorised()
        if request.path.startswith("/lab/") and request.method == "POST" and self.door is not None:
            return await self._go_wrong(request, self.door)
        if request.path == "/lab/watches" and request.method == "GET" and self.door is not None:
            return reply({"items": [watch.account() for watch in self.watches if watch.is_open]})
        target = parse(request.path)
        if request.path == "/openapi/v2":
            return web.Response(body=SWAGGER, content_type=SWAGGER_FORM)
        if target is None:
            found = document(request.path)
            if found is None or request.method != "GET":
                raise failures.no_such_path()
            return reply(found)
        match target.subresource:
            case "exec":
                pod = self._store.peek(target.resource, target.namespace, target.name)
                container = container_of(pod, request.query.get("container", ""))
                return await execute(request, self._backend, container, parse_wish(request.query))
            case "log":
                return await self._log(request, target)
            case _:
                return await self._verbs.answer(request, target)

    async def _go_wrong(self, request: web.BaseRequest, door: Door) -> web.StreamResponse:
        self.at_the_door.add(request.transport)
        try:
            body = await request.read()
            await door(request.path.removeprefix("/lab/"), decoded(body) if body else {})
        finally:
            self.at_the_door.discard(request.transport)
        return reply({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})

    async def _log(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        query = request.query
        pod = self._store.peek(target.resource, target.namespace, target.name)
        container = container_of(pod, query.get("container", ""))
        tail = query.get("tailLines", "")
        if tail and not tail.isdecimal():
            raise failures.bad_request(f'tailLines: Invalid value: "{tail}": must be a number')
        follow, previous, timestamps = (query.get(key) == "true" for key in ("follow", "previous", "timestamps"))
        pieces = self._backend.runtime.logs(container, LogWish(follow, int(tail) if tail else None, previous, timestamps))
        try:
            first = await anext(pieces, b"")
        except NotThere as error:
            raise failures.bad_request(str(error)) from None
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
        except ConnectionError:
            pass  # The reader has seen enough.
        return response
