"""I/O. What aiohttp does not do alone: say what a failure means, send once, show a refusal's body, let go of dead peers.

Laws: every failure of the connection becomes a `WorldError` that names the address and what is wrong with it. What may have
been carried out is `Unknown`, what was certainly not is `Unreachable`.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Iterator

import aiohttp

from kube_vxlan_controller.kube.connection import Token
from kube_vxlan_controller.ports import Unknown, Unreachable, WorldError

_READ_OF_REFUSAL = 16 << 10
"""Bytes of a refusal's body that are read for its message."""
_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
"""Seconds, seconds, probes, milliseconds: a peer that vanished without a word is noticed within 30 s. Linux's names."""


class WebSocket(aiohttp.ClientWebSocketResponse):
    """aiohttp's, with the one thing that it does not offer: a way to let go of a peer that does not answer any more."""

    def transport(self) -> asyncio.Transport | None:
        """What can be aborted, as long as the socket is open."""
        return self._conn.transport if self._conn else None


class _Broken(Exception):
    """Carries a failure past aiohttp, which would send a GET again; an exec is a GET."""


def keep_alive_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A TCP socket whose kernel notices that the peer is gone, also while nothing is sent."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if (option := getattr(socket, name, None)) is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType, token: Token | None) -> aiohttp.ClientResponse:
    """Send with the token; a failure is not tried again by aiohttp. For middlewares; `told` explains the failure."""
    if token is not None:
        request.headers["Authorization"] = token.header
    try:
        return await send(request)
    except (aiohttp.ClientError, OSError) as error:
        raise _Broken from error


async def beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of a refusal's body; what cannot be read of it is not worth another failure."""
    body = b""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        while len(body) < _READ_OF_REFUSAL and (piece := await response.content.read(_READ_OF_REFUSAL - len(body))):
            body += piece
    return body


def expect_json(response: aiohttp.ClientResponse) -> None:
    """Raises `ValueError` where the content is not declared as JSON."""
    if response.content_type != "application/json":
        raise ValueError(f"its content type is {response.content_type}, not application/json")


@contextlib.contextmanager
def told(what: str, writes: bool) -> Iterator[None]:
    """Failures of the connection inside become one `WorldError`; `writes` as in `answers.meaning`."""
    try:
        yield
    except (_Broken, aiohttp.ClientError, OSError) as error:
        cause = error.__cause__ if isinstance(error, _Broken) and error.__cause__ else error
        raise _explained(cause, what, writes) from cause


def _explained(error: BaseException, what: str, writes: bool) -> WorldError:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
            return Unreachable(f"{what}: the certificate of {error.host}:{error.port} is not accepted: {why}")
        case aiohttp.ClientConnectorSSLError():
            return Unreachable(f"{what}: no TLS with {error.host}:{error.port}: {error.os_error}")
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(f"{what}: the name {error.host} cannot be resolved: {_plain(error.os_error)}", away=True)
        case aiohttp.ClientConnectorError():
            return Unreachable(f"{what}: no connection to {error.host}:{error.port}: {_plain(error.os_error)}", away=True)
        case aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            away = not isinstance(error, aiohttp.InvalidURL)
            return Unreachable(f"{what}: {error or 'no connection in time'}", away=away)
        case TimeoutError():
            why = "no answer in time"
        case aiohttp.WSServerHandshakeError():
            why = f"the answer {error.status} is no upgrade ({error.message})"
        case _:
            why = f"the connection was lost ({_plain(error)})"
    if writes:
        return Unknown(f"{what}: {why}; nobody can tell whether it was done")
    # Who answers late, or ends in the middle of an answer, is there, and perhaps asked for too much.
    return Unreachable(f"{what}: {why}", away=isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError))


def _plain(error: BaseException) -> str:
    # asyncio writes addresses into strerror, which are named already; resolver and TLS have numbers of their own.
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror | ssl.SSLError):
        return os.strerror(error.errno)
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
