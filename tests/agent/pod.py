"""A pod for the real agent: a network namespace with `eth0`, a /dev/shm of its own, and no container around it."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube_vxlan_controller.agents.framing import Answer, Decoder, Event, Header, Hello, Refusal, encode
from kube_vxlan_controller.model import Epoch, PodUid
from kube_vxlan_controller.ports import Ask
from tests.namespaces import Namespace, namespace

AGENT = Path(__file__).parents[2] / "agent" / "kube-vxlan-agent"
UID = PodUid("6d0c9d4e-7a51-4b6e-9d0a-2f1c3b5a7e90")
PATIENCE = 30.0
"""Seconds after which a test gives up on what should have happened."""


@dataclass(frozen=True)
class Pod:
    """Where an agent can run: the network, and the process that keeps the mounts."""

    network: Namespace
    keeper: int

    def command(self, *argv: str) -> list[str]:
        """The command line that runs `argv` in here."""
        return ["nsenter", f"--net=/proc/{self.network.pid}/ns/net", f"--mount=/proc/{self.keeper}/ns/mnt", "--", *argv]

    def run(self, *argv: str, input: str = "", check: bool = True) -> str:
        """Run a command in here and return its stdout; raises when it fails, unless told not to `check`."""
        done = subprocess.run(self.command(*argv), input=input, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} gave {done.returncode}: {done.stderr}")
        return done.stdout

    def agent(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run the agent with these words to its end."""
        command = self.command(str(AGENT), *argv)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL)

    @contextlib.contextmanager
    def serve(self, uid: str | None = UID, new_session: bool = True) -> Iterator["Serving"]:
        """The agent's `serve`, killed at the end if it still runs."""
        environment = {"POD_UID": uid} if uid else {}
        with subprocess.Popen(
            self.command(str(AGENT), "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **environment},
            start_new_session=new_session,
        ) as process:
            try:
                yield Serving(process)
            finally:
                process.kill()


class Serving:
    """One stream to an agent, asked synchronously."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._decoder = Decoder()
        self.requests = 0
        hello = self.hear()
        assert isinstance(hello, Hello)
        self.hello = hello

    def say(self, ask: Ask, *, epoch: int = 1000, uid: str = UID, deadline: int = 20, idle: int = 20) -> None:
        """Send a request."""
        self.requests += 1
        self.write(encode(Header(self.requests, PodUid(uid), Epoch(epoch), deadline, idle), ask))

    def ask(self, ask: Ask, **header: Any) -> Answer | Refusal:
        """Send a request and wait for its answer; the header's values are those of `say`."""
        self.say(ask, **header)
        answer = self.hear()
        assert not isinstance(answer, Hello)
        assert answer.id == self.requests
        return answer

    def done(self, ask: Ask, **header: Any) -> Answer:
        """Ask for what must be carried out without a complaint."""
        answer = self.ask(ask, **header)
        assert isinstance(answer, Answer)
        assert answer.complaints == ()
        return answer

    def write(self, data: bytes) -> None:
        """Send as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> Event:
        """The next event. Fails when the agent ends instead, or says nothing for too long."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self.process.stdout], [], [], 1)
            if not readable:
                continue
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            assert data, f"the agent ended with {self.process.wait(PATIENCE)}: {self.complaint()}"
            if events := list(self._decoder.feed(data)):
                (event,) = events
                return event
        raise AssertionError("the agent says nothing")

    def complaint(self) -> str:
        """What it said on stderr, after its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def end_of_input(self) -> int:
        """Close its stdin and return its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def group(self) -> list[str]:
        """The names of the processes that it consists of, `serve` itself and its watchdog included."""
        return sorted(name for _, name in processes_of_group(self.process.pid))


def processes_of_group(group: int) -> list[tuple[int, str]]:
    """Process id and name of every process of a process group that is not a zombie."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            before, _, after = stat.read_text().rpartition(")")
            state, _, its_group = after.split()[:3]
            if int(its_group) == group and state != "Z":
                found.append((int(stat.parent.name), before.partition("(")[2]))
    return found


@contextlib.contextmanager
def agent_pod() -> Iterator[Pod]:
    """A fresh pod with `eth0` (10.244.1.2/24, fd00:244:1::2/64) and a veth `other0` that is somebody else's."""
    setup = """
        link add eth0 type veth peer name other0
        link set eth0 addrgenmode none up
        link set other0 addrgenmode none up
        addr add 10.244.1.2/24 dev eth0
        addr add fd00:244:1::2/64 dev eth0 nodad
    """
    with namespace() as network:
        network.run("ip", "-batch", "-", input="\n".join(map(str.strip, setup.strip().splitlines())))
        with subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /dev/shm && echo made && exec sleep 3600"],
            stdout=subprocess.PIPE,
            text=True,
        ) as keeper:
            try:
                assert keeper.stdout is not None
                assert keeper.stdout.readline() == "made\n"
                yield Pod(network, keeper.pid)
            finally:
                keeper.send_signal(signal.SIGKILL)


def eventually(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until it happened; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
