"""An API server that plays a script: TLS, HTTP and WebSocket on loopback, and every bad answer that a real one can give."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import trustme
from aiohttp import web

from kube_vxlan_controller.kube.connection import Connection, TokenSource, fixed_token

Part = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Scripted:
    """Plays one part per request, in order; when the script is over, the last part again and again."""

    port: int
    ca: trustme.CA
    script: deque[Part] = field(default_factory=deque)
    requests: list[web.Request] = field(default_factory=list)
    certificates: list[dict[str, object] | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the test is over, so that silent parts end."""

    def play(self, *parts: Part) -> None:
        self.script.extend(parts)

    def connection(self, token: TokenSource | None = None) -> Connection:
        return Connection(
            server=f"https://localhost:{self.port}",
            token=token or fixed_token("secret"),
            ca_data=self.ca.cert_pem.bytes().decode(),
        )

    async def asked(self, times: int, deadline: float = 5.0) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(deadline), self._more:
            await self._more.wait_for(lambda: len(self.requests) >= times)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        async with self._more:
            self.requests.append(request)
            self.certificates.append(request.get_extra_info("peercert"))
            self._more.notify_all()
        self.times.append(asyncio.get_running_loop().time())
        part = self.script.popleft() if len(self.script) > 1 else self.script[0]
        return await part(request)

    def streams(self, *pieces: bytes, stays: bool = False, aborts: bool = False) -> Part:
        """A watch that sends the pieces, then ends, stays silent (until the test is over) or cuts the connection."""

        async def part(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            for piece in pieces:
                await response.write(piece)
            if stays:
                await self.over.wait()
            if aborts and request.transport is not None:
                request.transport.abort()
            return response

        return part

    def silent(self) -> Part:
        """Takes the request and says nothing at all."""

        async def part(request: web.Request) -> web.StreamResponse:
            await self.over.wait()
            return web.Response()

        return part

    def aborts(self) -> Part:
        """Cuts the connection instead of an answer."""

        async def part(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        return part


@asynccontextmanager
async def scripted(ca: trustme.CA, *names: str) -> AsyncIterator[Scripted]:
    """A server whose certificate bears the names (default: localhost)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or ("localhost",))).configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    server = Scripted(0, ca)
    application = web.Application(client_max_size=8 << 20)
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.over.set()
        await runner.cleanup()


def says(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Part:
    """JSON."""

    async def part(request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=msgspec.json.encode(value), status=status, content_type="application/json", headers=headers or {}
        )

    return part


def text(body: str, status: int = 200, content_type: str = "text/plain", headers: dict[str, str] | None = None) -> Part:
    async def part(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type=content_type, headers=headers or {})

    return part


def refuses(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> Part:
    """A `Status`, as the API server writes it."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return says(status | {"message": message, "reason": reason, "code": code}, code, headers)


def page(*items: object, version: str = "10", more: str = "") -> Part:
    return says(
        {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": version, "continue": more}, "items": items}
    )


def pod(name: str, version: str = "5", **meta: object) -> dict[str, object]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "uid": f"uid-{name}", "resourceVersion": version} | meta,
    }


def event(type_: str, value: object) -> bytes:
    return msgspec.json.encode({"type": type_, "object": value}) + b"\n"


def bookmark(version: str, ends: bool = False) -> bytes:
    annotations = {"k8s.io/initial-events-end": "true"} if ends else {}
    return event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": version, "annotations": annotations}})


def gone() -> bytes:
    status = {
        "kind": "Status",
        "status": "Failure",
        "message": "too old resource version: 1 (9)",
        "reason": "Expired",
        "code": 410,
    }
    return event("ERROR", status)
