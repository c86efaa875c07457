"""I/O. The controller as a process, and what it costs: its own metrics, and what the kernel says of its process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

_SAID = r"^(\S+Z) INFO "


@dataclass(frozen=True, slots=True)
class Cost:
    """What was used up since the process began, or between two moments."""

    execs: float
    requests: float
    """To agents, without audits, which come by the clock."""
    cpu: float
    """Seconds."""

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.execs - other.execs, self.requests - other.requests, self.cpu - other.cpu)


class Controller:
    """The real controller, started from this checkout."""

    def __init__(self, kubeconfig: Path) -> None:
        self._log = kubeconfig.parent / "controller.log"
        self._command = [sys.executable, "-m", "kube_vxlan_controller.cli", "run", "--kubeconfig", str(kubeconfig)]
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self) -> float:
        """Start it; returns the time (`time.monotonic`)."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        begun = time.monotonic()
        with self._log.open("wb") as log:
            command = [*self._command, "--listen", f"127.0.0.1:{self._port}"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        return begun

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(15)
            self._process = None

    @property
    def pid(self) -> int:
        """Of its process, which must run."""
        assert self._process is not None
        return self._process.pid

    def at_work(self) -> float | None:
        """When (`time.monotonic`) it said that its program is loaded and at work, once it has."""
        return _when(re.search(_SAID + r"started ", self.said(), re.MULTILINE))

    def found(self) -> tuple[float, int] | None:
        """When it said how many pods it found as wished at its start, and how many, once it has."""
        said = re.search(_SAID + r"(\d+) pods? found as wished", self.said(), re.MULTILINE)
        when = _when(said)
        return (when, int(said[2])) if said and when is not None else None

    def said(self) -> str:
        """Its log since it was started."""
        return self._log.read_text()

    def numbers(self) -> dict[str, float]:
        """Its metrics: samples of one name are summed; with labels each is there as `name{value,value}` too."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
                found[f"{sample.name}{{{','.join(sample.labels.values())}}}"] = sample.value
        return found

    def cost(self) -> Cost:
        """What it has used up since its start."""
        numbers = self.numbers()
        audits = sum(value for name, value in numbers.items() if name.startswith("kube_vxlan_requests_total{audit,"))
        execs, requests = numbers.get("kube_vxlan_execs_total", 0.0), numbers.get("kube_vxlan_requests_total", 0.0)
        return Cost(execs, requests - audits, self.cpu())

    def cpu(self) -> float:
        """Seconds of CPU since its start."""
        fields = self._of_process("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Resident megabytes."""
        kilobytes = re.search(r"VmRSS:\s+(\d+) kB", self._of_process("status"))
        assert kilobytes is not None
        return int(kilobytes[1]) / 1024

    def files(self) -> int:
        """Open files."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _of_process(self, name: str) -> str:
        return Path(f"/proc/{self.pid}/{name}").read_text()


def _when(said: re.Match[str] | None) -> float | None:
    """What a line's time is of `time.monotonic`, to a millisecond."""
    return None if said is None else datetime.fromisoformat(said[1]).timestamp() - time.time() + time.monotonic()
