"""I/O. The API server over HTTPS: requests with deadlines, streams, and WebSockets, each from a pool of its own.

Three pools, so that a burst of one kind never starves another: API calls (16 at once), watches and execs (as many as their
owners open). Laws: an answer is success only with a success status, the right content type and a body of the expected shape;
everything else becomes one `WorldError` with one sentence. A request is sent once: aiohttp's own second try is suppressed,
because an exec is a GET too, and 401 alone is tried again, with a token read anew. Redirects are refused, the environment's
proxies are ignored, and no deadline is missing but the total one of streams.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.connection import Bearer, Connection, tls
from kube_vxlan_controller.kube.wire import WebSocket, beginning, expect_json, keep_alive_socket, once, told
from kube_vxlan_controller.ports import Unknown, Unreachable

T = TypeVar("T")

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_JSON = "application/json"

Params = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds."""

    connect: float = 5.0
    """For TCP and TLS together."""
    request: float = 30.0
    """For one API call from queueing to the last byte of its answer, and for the answer to an upgrade or a watch to begin."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a writing request carries: anything that msgspec can make JSON of."""

    value: Any
    kind: str = _JSON


class ApiClient:
    """One API server. Use it as a context: `async with ApiClient(connection) as api`."""

    def __init__(self, connection: Connection, deadlines: Deadlines | None = None) -> None:
        self._connection = connection
        self._deadlines = deadlines or Deadlines()
        self._bearer = Bearer(connection.token)
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises `BadConnection`. Nothing is sent yet."""
        context = tls(self._connection)

        async def pool(limit: int) -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(limit=limit, ssl=context, socket_factory=keep_alive_socket)
            return await self._open.enter_async_context(self._session(connector))

        self._calls, self._watches, self._execs = await pool(16), await pool(0), await pool(0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        await self._open.aclose()

    async def get(self, path: str, type_: type[T], params: Params = ()) -> T:
        """Read one object, or a list as a whole. Raises `Gone`, `Forbidden`, `Unreachable`, `answers.Invalid`."""
        return await self.request("GET", path, type_, params)

    async def create(self, path: str, value: object, type_: type[T]) -> T:
        """POST. Raises also `answers.Conflict` (it exists) and `Unknown` (nobody can tell whether it was done)."""
        return await self.request("POST", path, type_, body=Body(value))

    async def replace(self, path: str, value: object, type_: type[T]) -> T:
        """PUT. Raises as `create`; `answers.Conflict` when the resourceVersion in `value` is no longer the last."""
        return await self.request("PUT", path, type_, body=Body(value))

    async def patch(self, path: str, value: object, type_: type[T], kind: str = MERGE_PATCH) -> T:
        """PATCH. Raises as `create`."""
        return await self.request("PATCH", path, type_, body=Body(value, kind))

    async def request(self, method: str, path: str, type_: type[T], params: Params = (), body: Body | None = None) -> T:
        """One API call; its answer is decoded as `type_`."""
        what, writes = f"{method} {path}", method != "GET"
        headers = {"Content-Type": body.kind} if body else {}
        data = msgspec.json.encode(body.value) if body else None
        with told(what, writes):
            async with self._calls.request(
                method,
                self._url(path, params),
                data=data,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self._deadlines.request, sock_connect=self._deadlines.connect),
                server_hostname=self._connection.server_name,
            ) as response:
                content = await response.read()
        try:
            expect_json(response)
            return msgspec.json.decode(content, type=type_)
        except (msgspec.MsgspecError, ValueError) as error:
            nonsense = f"{what}: the answer makes no sense ({error}): {answers.excerpt(content)!r}"
            raise (Unknown if writes else Unreachable)(nonsense) from error

    @contextlib.asynccontextmanager
    async def stream(self, path: str, params: Params, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """The pieces of an answer without end, cut anywhere.

        Raises `Unreachable` when nothing at all arrives for `silence` seconds, and whatever `get` raises before the first
        piece. What its user raises inside passes unchanged, unless it is an `OSError`.
        """
        what = f"watching {path}"
        with told(what, writes=False):
            async with (
                asyncio.timeout(self._deadlines.request) as starting,
                self._watches.get(
                    self._url(path, params),
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._deadlines.connect, sock_read=silence),
                    server_hostname=self._connection.server_name,
                ) as response,
            ):
                starting.reschedule(None)
                try:
                    expect_json(response)
                except ValueError as error:
                    begin = await response.content.read(answers.SHOWN)
                    raise Unreachable(f"{what}: the answer makes no sense ({error}): {answers.excerpt(begin)!r}") from error
                yield response.content.iter_any()

    async def websocket(self, path: str, params: Params, protocols: tuple[str, ...], writes: bool = False) -> WebSocket:
        """An upgraded connection; a refusal's body is in the message.

        `writes` tells that the upgrade alone may change something: a connection that is lost before the answer is then
        `Unknown`, else `Unreachable`.
        """
        what = f"upgrade of {path}"
        with told(what, writes):
            async with asyncio.timeout(self._deadlines.request):
                opened = await self._execs.ws_connect(
                    self._url(path, params),
                    protocols=protocols,
                    compress=0,
                    heartbeat=60.0,
                    max_msg_size=4 << 20,
                    server_hostname=self._connection.server_name,
                )
        assert isinstance(opened, WebSocket)
        return opened

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            # Compressing a list costs both ends more time than the wire gains inside a data centre.
            headers={"User-Agent": self._connection.user_agent, "Accept": _JSON, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._deadlines.connect),
            middlewares=(self._exchange,),
            ws_response_class=WebSocket,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._connection.proxy,
            trust_env=False,
        )

    def _url(self, path: str, params: Params) -> URL:
        # Encoded here and once: yarl's normal form leaves `+` and `;` in a query, which servers read differently.
        query = urlencode(params if isinstance(params, Mapping) else list(params), quote_via=quote, safe="")
        url = f"{self._connection.server.rstrip('/')}{quote(path, safe='/:')}"
        return URL(f"{url}?{query}" if query else url, encoded=True)

    async def _exchange(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """What all requests share, upgrades included: the token, the second try after 401, refusals as `WorldError`."""
        used = await self._bearer.current()
        response = await once(request, send, used)
        if response.status == 401 and used is not None:
            renewed = await self._bearer.instead_of(used)
            if renewed is not None and renewed.header != used.header:
                response.close()
                response = await once(request, send, renewed)
        if response.status < 300:
            return response
        try:
            body = await beginning(response)
        finally:
            response.close()
        answer = answers.read(response.status, response.reason or "", body, response.headers.get("Retry-After"))
        raise answers.meaning(answer, f"{request.method} {request.url.path}", writes=request.method != "GET")
