"""The door to the API server: who leaves without a word has left on both sides of it."""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A connection through a door, as client and server have it."""
    with ExitStack() as end:
        server = end.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening = end.enter_context(socket.create_server(("127.0.0.1", 0)))
        server.settimeout(10)
        command = [sys.executable, str(Path(__file__).with_name("door.py")), str(listening.fileno())]
        where = ["127.0.0.1", str(server.getsockname()[1])]
        door = subprocess.Popen([*command, *where], pass_fds=[listening.fileno()])
        end.callback(door.wait)
        end.callback(door.kill)
        client = end.enter_context(socket.create_connection(listening.getsockname(), timeout=10))
        inner = end.enter_context(server.accept()[0])
        inner.settimeout(10)
        yield client, inner


def test_what_is_said_arrives_and_one_side_may_have_said_all(ends: Ends) -> None:
    client, inner = ends
    client.sendall(b"ask")
    client.shutdown(socket.SHUT_WR)
    assert inner.recv(10) == b"ask"
    assert inner.recv(10) == b""
    inner.sendall(b"answer")
    assert client.recv(10) == b"answer"


def test_a_client_that_is_killed_is_gone_for_the_server_too(ends: Ends) -> None:
    client, inner = ends
    client.sendall(b"ask")
    assert inner.recv(10) == b"ask"
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()  # with a reset, as a kernel ends the connections of a process that has not read everything
    assert inner.recv(10) == b""
