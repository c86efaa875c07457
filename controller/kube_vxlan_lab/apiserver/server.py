"""I/O. The server: one TLS port, one token, and the way from a request to who answers it."""

import asyncio
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.discovery import document
from kube_vxlan_lab.apiserver.executing import container_of, execute, parse_wish
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.namespaces import collect_namespaces
from kube_vxlan_lab.apiserver.paths import Target, parse
from kube_vxlan_lab.apiserver.runtime import LogWish, NotThere, Runtime
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.apiserver.verbs import Verbs, reply

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


@asynccontextmanager
async def serving(store: Store, runtime: Runtime, listen: Listen) -> AsyncIterator[str]:
    """Serve the store while the context is open; its value is the server's URL. Raises OSError if the port is taken."""
    router = _Router(store, runtime, listen.token)
    server = web.Server(router.answer, request_factory=_request, access_log=None, max_line_size=_HEAD_LIMIT)
    runner = web.ServerRunner(server, shutdown_timeout=_LEAVE)
    await runner.setup()
    stop_collecting = collect_namespaces(store)
    try:
        await web.TCPSite(runner, listen.host, listen.port, ssl_context=listen.tls).start()
        host, port = runner.addresses[0][:2]
        yield f"https://{host}:{port}"
    finally:
        stop_collecting()
        await runner.cleanup()


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

    def __init__(self, store: Store, runtime: Runtime, token: str) -> None:
        self._store = store
        self._runtime = runtime
        self._credential = f"Bearer {token}".encode()
        self._verbs = Verbs(store)

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
        target = parse(request.path)
        if target is None:
            found = document(request.path)
            if found is None or request.method != "GET":
                raise failures.no_such_path()
            return reply(found)
        match target.subresource:
            case "exec":
                pod = self._store.peek(target.resource, target.namespace, target.name)
                container = container_of(pod, request.query.get("container", ""))
                return await execute(request, self._runtime, container, parse_wish(request.query))
            case "log":
                return await self._log(request, target)
            case _:
                return await self._verbs.answer(request, target)

    async def _log(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        query = request.query
        pod = self._store.peek(target.resource, target.namespace, target.name)
        container = container_of(pod, query.get("container", ""))
        tail = query.get("tailLines", "")
        if tail and not tail.isdecimal():
            raise failures.bad_request(f'tailLines: Invalid value: "{tail}": must be a number')
        follow, previous, timestamps = (query.get(key) == "true" for key in ("follow", "previous", "timestamps"))
        pieces = self._runtime.logs(container, LogWish(follow, int(tail) if tail else None, previous, timestamps))
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
