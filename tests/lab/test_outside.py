"""Labs from the host's side: what they leave behind, and what they refuse."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from kube_vxlan_lab import outside
from kube_vxlan_lab.client import Access
from kube_vxlan_lab.outside import NoLab, kubeconfig, running

AGENT = Path(__file__).parents[2] / "agent"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "kube-vxlan-lab"


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


class Outsider:
    """A process that runs a lab, as the command line does."""

    def __init__(self) -> None:
        program = (
            "import sys, time\n"
            "from pathlib import Path\n"
            "from kube_vxlan_lab.outside import running\n"
            "with running('t', 2, Path(sys.argv[1])) as lab:\n"
            "    print('up', flush=True)\n"
            "    lab.process.wait()\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", program, str(AGENT)], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        with self.process.stdout as said:
            assert said.readline() == b"up\n"
        self.all = dict(descendants(self.process.pid))
        """Every process of the lab, with the time it started."""
        self.namespaces = {links for pid in self.all if (links := namespaces(pid))} - {namespaces(os.getpid())}

    def is_gone(self) -> bool:
        """Nothing of the lab runs, nobody is in its namespaces any more."""
        alive = any(started(pid) == when for pid, when in self.all.items())
        return not alive and not any(namespaces(pid) in self.namespaces for pid in every_process())


def every_process() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    yield pid, started(pid)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from descendants(int(child))


def started(pid: int) -> str:
    """When the process started; empty for one that is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def namespaces(pid: int) -> tuple[str, ...]:
    try:
        return tuple(os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "mnt", "pid"))
    except OSError:
        return ()


def test_a_kubeconfig_says_how_to_get_in() -> None:
    config = yaml.safe_load(kubeconfig(Access("https://127.0.0.1:1", "PEM", "secret")))
    assert config["clusters"][0]["cluster"] == {"server": "https://127.0.0.1:1", "certificate-authority-data": "UEVN"}
    assert config["users"][0]["user"] == {"token": "secret"}


def test_a_home_that_others_may_enter_is_refused(home: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    (home / "something").touch()
    with pytest.raises(NoLab, match="belongs to you alone"), running("t", 1, AGENT):
        pass


def test_what_a_dead_lab_left_is_swept(home: Path) -> None:
    (home / "dead" / "world").mkdir(parents=True)
    home.chmod(0o700)
    (home / "dead" / "pid").symlink_to("1")
    assert outside.alive() == {}
    outside.sweep()
    assert not home.exists()


@pytest.mark.kernel
def test_a_lab_is_private_and_leaves_nothing(home: Path) -> None:
    before = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    with running("t", 2, AGENT) as lab:
        assert stat.S_IMODE(lab.directory.stat().st_mode) == 0o700
        assert list(outside.alive().items()) == [("t", os.getpid())]
        assert lab.kubeconfig.exists()
        with pytest.raises(NoLab, match="running already"), running("t", 1, AGENT):
            pass
        outside.sweep()
        assert lab.kubeconfig.exists()
    assert not home.exists()
    assert lab.process.returncode is not None
    assert subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout == before


@pytest.mark.kernel
@pytest.mark.parametrize("victim", ["outsider", "unshare", "first process", "world"])
def test_nothing_is_left_whoever_is_killed(home: Path, victim: str) -> None:
    outsider = Outsider()
    pids = list(outsider.all)
    os.kill(pids[["outsider", "unshare", "first process", "world"].index(victim)], signal.SIGKILL)
    outsider.process.wait(10)
    until(outsider.is_gone)
    until(lambda: not home.exists())


@pytest.mark.kernel
def test_when_all_are_killed_the_next_lab_sweeps(home: Path) -> None:
    outsider = Outsider()
    pids = list(outsider.all)
    for pid in (pids[0], pids[2]):
        os.kill(pid, signal.SIGSTOP)  # so that neither can act on the other's end
    for pid in (pids[0], pids[2]):
        os.kill(pid, signal.SIGKILL)
    outsider.process.wait(10)
    until(outsider.is_gone)
    assert (home / "t" / "kubeconfig").exists() or (home / "t" / "pid").is_symlink()
    outside.sweep()
    assert not home.exists()


@pytest.mark.kernel
def test_a_lab_that_is_asked_to_end_ends(home: Path) -> None:
    outsider = Outsider()
    (pid,) = outside.alive().values()
    outside.end(pid)
    outsider.process.wait(10)
    until(outsider.is_gone)
    outside.end(pid)


@pytest.mark.kernel
def test_why_a_lab_could_not_start_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(NoLab, match="/no/such/python"), running("t", 1, AGENT):
        pass
    assert not home.exists()
