"""Network namespaces for tests: a real kernel to ask, gone when the test is."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Namespace:
    """A network namespace, kept alive by a process."""

    pid: int

    def command(self, *argv: str) -> list[str]:
        """The command line that runs `argv` in here."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *argv]

    def run(self, *argv: str, input: str = "", check: bool = True) -> str:
        """Run a command in here and return its stdout; raises when it fails, unless told not to `check`."""
        done = subprocess.run(self.command(*argv), input=input, capture_output=True, text=True, check=False, timeout=30)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} gave {done.returncode}: {done.stderr}")
        return done.stdout


@contextlib.contextmanager
def namespace() -> Iterator[Namespace]:
    """A fresh network namespace with `lo` up."""
    keeper = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo made && exec sleep 3600"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "made\n"
        yield Namespace(keeper.pid)
    finally:
        keeper.kill()
        keeper.wait()
        if keeper.stdout:
            keeper.stdout.close()


@contextlib.contextmanager
def pod_namespace(address: str = "10.244.1.2/24") -> Iterator[Namespace]:
    """A namespace like a pod's: `eth0` (one end of a veth whose other end, `peer0`, is in it too) with an address."""
    with namespace() as ns:
        ns.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
        ns.run("ip", "link", "set", "eth0", "up")
        ns.run("ip", "link", "set", "peer0", "up")
        ns.run("ip", "addr", "add", address, "dev", "eth0")
        yield ns
