import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from kube_vxlan_controller.kube.wire import keep_alive_socket, told
from kube_vxlan_controller.ports import Forbidden, Unknown, Unreachable, WorldError

KEY = ConnectionKey("api.example", 6443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
            "the name api.example cannot be resolved: Name or service not known",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(113, "Connect call failed")),
            "no connection to api.example:6443: No route to host",
        ),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version")), "no TLS with api.example:6443"),
        (aiohttp.ConnectionTimeoutError("Connection timeout to host"), "Connection timeout to host"),
    ],
)
def test_what_never_reached_the_server_was_not_done(error: Exception, says: str) -> None:
    with pytest.raises(Unreachable) as caught, told("POST /x", writes=True):
        raise error
    assert says in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(("writes", "kind"), [(False, Unreachable), (True, Unknown)])
@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionResetError(104, "Connection reset by peer"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("not enough data"),
        aiohttp.SocketTimeoutError("Timeout on reading data from socket"),
        ssl.SSLError("alert certificate required"),
    ],
)
def test_what_may_have_reached_it_may_have_been_done(error: Exception, writes: bool, kind: type[WorldError]) -> None:
    with pytest.raises(kind), told("PATCH /x", writes):
        raise error


@pytest.mark.parametrize("error", [Forbidden("no"), ValueError("ours")])
def test_everything_else_passes_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, told("GET /x", writes=True):
        raise error
    assert caught.value is error


def test_the_kernel_watches_over_connections() -> None:
    with keep_alive_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
