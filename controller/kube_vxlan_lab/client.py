"""I/O. The API as a user of the lab sees it: a few calls over HTTPS, and exec over a WebSocket."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

Json = dict[str, Any]


class ApiError(Exception):
    """The server refused; `str()` is its message, `code` its HTTP code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Access:
    """How to get into a lab."""

    server: str
    ca: str
    """The CA's certificate, PEM."""
    token: str
    """Empty where the server is a proxy that knows who asks; an empty one that is sent makes us nobody."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended that was run by exec."""

    code: int
    out: bytes
    complaint: bytes


class Client:
    """A session with the API server of a lab."""

    def __init__(self, access: Access) -> None:
        self._base = URL(access.server)
        self._tls = ssl.create_default_context(cadata=access.ca)
        self._headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}

    async def __aenter__(self) -> "Client":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls, limit=0), headers=self._headers, timeout=aiohttp.ClientTimeout(30)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str) -> Json:
        """GET an object or a list."""
        return await self._call("GET", path, query=query)

    async def create(self, path: str, obj: Json) -> Json:
        """POST an object to its collection."""
        return await self._call("POST", path, obj)

    async def patch(self, path: str, patch: Json, kind: str = "merge") -> Json:
        """Patch an object; the kind is `merge` or `strategic-merge`."""
        return await self._call("PATCH", path, patch, content=f"application/{kind}-patch+json")

    async def delete(self, path: str, **options: Any) -> Json:
        """DELETE an object; the options are those of DeleteOptions."""
        return await self._call("DELETE", path, options)

    async def apply(self, path: str, obj: Json) -> Json:
        """Create or change an object in the collection `path`, as `kubectl apply --server-side` does."""
        query = {"fieldManager": "lab", "force": "true"}
        return await self._call("PATCH", f"{path}/{obj['metadata']['name']}", obj, "application/apply-patch+yaml", query)

    async def watch(self, path: str, version: str = "", **query: str) -> AsyncGenerator[tuple[str, Json], None]:
        """Events (type and object) after a resourceVersion until the server ends the stream."""
        wanted = {**query, "watch": "1", "resourceVersion": version}
        forever = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._base.with_path(path).with_query(wanted), timeout=forever) as answer:
            await _checked(answer)
            async for line in answer.content:
                event = json.loads(line)
                yield event["type"], event["object"]

    async def exec(self, pod: str, container: str, argv: Sequence[str], deadline: float = 10.0) -> Result:
        """Run a command in a container to its end; `pod` is NAMESPACE/NAME.

        Raises `ApiError` when it could not be started and `TimeoutError` after `deadline` seconds.
        """
        out, complaint = bytearray(), bytearray()
        async with asyncio.timeout(deadline), self._open(pod, container, argv) as socket:
            async for message in socket:
                match message.data[:1]:
                    case b"\x01":
                        out += message.data[1:]
                    case b"\x02":
                        complaint += message.data[1:]
                    case b"\x03":
                        return Result(_exit_code(json.loads(message.data[1:])), bytes(out), bytes(complaint))
        raise ApiError(0, "the connection was lost before the command ended")

    @asynccontextmanager
    async def _open(self, pod: str, container: str, argv: Sequence[str]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        namespace, _, name = pod.partition("/")
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", word) for word in argv)]
        url = self._base.with_path(f"/api/v1/namespaces/{namespace}/pods/{name}/exec").with_query(query)
        try:
            async with self._session.ws_connect(url, protocols=("v5.channel.k8s.io", "v4.channel.k8s.io")) as socket:
                yield socket
        except aiohttp.WSServerHandshakeError as error:
            raise ApiError(error.status, error.message) from None

    async def _call(
        self, method: str, path: str, body: Json | None = None, content: str = "application/json", query: Json | None = None
    ) -> Json:
        data = None if body is None else json.dumps(body).encode()
        url = self._base.with_path(path).with_query(query or {})
        async with self._session.request(method, url, data=data, headers={"Content-Type": content}) as answer:
            await _checked(answer)
            found: Json = await answer.json()
            return found


async def _checked(answer: aiohttp.ClientResponse) -> None:
    if answer.status >= 400:
        try:
            message = (await answer.json())["message"]
        except (ValueError, KeyError, aiohttp.ContentTypeError):
            message = f"{answer.status} {answer.reason}"
        raise ApiError(answer.status, message)


def _exit_code(status: Json) -> int:
    if status["status"] == "Success":
        return 0
    for cause in status.get("details", {}).get("causes", ()):
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ApiError(status.get("code", 500), status.get("message", "the command could not be started"))
