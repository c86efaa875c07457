"""`lab`, typed as a user types it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "kubernetes" / "example.yaml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "kube-vxlan-lab"


def lab(*words: str, timeout: float = 90) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "kube_vxlan_controller.cli", "lab", *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("down",), 1, "There is no lab named 'lab' here."),
        (("demo", "/no/such.yaml"), 64, "/no/such.yaml cannot be read: No such file or directory."),
        (("up", "--nodes", "0"), 64, "--nodes"),
        (("demo",), 64, "FILE"),
    ],
)
def test_mistakes_get_a_sentence(home: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = lab(*words)
    assert done.returncode == code, done
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_manifest_gets_a_sentence(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: [\n")
    done = lab("demo", str(tmp_path / "bad.yaml"))
    assert (done.returncode, "bad.yaml: line 2:" in done.stderr) == (64, True)


def test_a_machine_without_namespaces_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = tmp_path / "bin" / "unshare"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    program = (
        "import sys, kube_vxlan_lab.outside as outside\n"
        f"outside.PATH = {str(refusing.parent)!r}\n"
        "from kube_vxlan_controller.cli import main\n"
        "sys.exit(main(['lab', 'demo', sys.argv[1]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(EXAMPLE)], capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "neither root nor user namespaces" in done.stderr


@pytest.mark.kernel
def test_up_in_the_background_and_down(home: Path) -> None:
    started = lab("up", "--detach", "--name", "mine", "--nodes", "1")
    assert started.returncode == 0, started
    kubeconfig = re.search(r"export KUBECONFIG=(\S+)", started.stdout)
    assert kubeconfig is not None
    assert Path(kubeconfig[1]) == home / "mine" / "kubeconfig"
    assert "lab down --name mine" in started.stdout
    networks = subprocess.run(
        [sys.executable, "-m", "kube_vxlan_controller.cli", "inspect", "nets", "vxeth3", "--kubeconfig", kubeconfig[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (networks.returncode, networks.stdout) == (0, "[vxeth3]\n"), networks
    assert "Those that run: mine." in lab("down").stderr
    ended = lab("down", "--name", "mine")
    assert (ended.returncode, ended.stdout) == (0, "The lab 'mine' is gone.\n")
    assert not home.exists()


@pytest.mark.kernel
def test_down_waits_for_a_lab_in_which_nothing_listens(home: Path) -> None:
    assert lab("up", "--detach", "--nodes", "1").returncode == 0
    runner = os.readlink(home / "lab" / "pid")
    children = Path(f"/proc/{runner}/task/{runner}/children").read_text().split()
    for child in children:
        (below,) = Path(f"/proc/{child}/task/{child}/children").read_text().split() or (child,)
        os.kill(int(below), signal.SIGSTOP)
    ended = lab("down")
    assert (ended.returncode, ended.stdout) == (0, "The lab 'lab' is gone.\n"), ended
    assert not any(lives(child) for child in children)


@pytest.mark.kernel
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_up_in_the_foreground_ends_with_all_it_started(home: Path, number: int) -> None:
    line = [sys.executable, "-m", "kube_vxlan_controller.cli", "lab", "up"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "ends it." not in process.stdout.readline():
            assert process.poll() is None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2  # the lab's namespaces and the controller
        process.send_signal(number)
        assert process.wait(15) == {signal.SIGKILL: -9}.get(number, 0)
    deadline = time.monotonic() + 10
    while any(lives(child) for child in children) or home.exists():
        assert time.monotonic() < deadline, (children, list(home.rglob("*")))
        time.sleep(0.02)


@pytest.mark.kernel
def test_up_says_so_when_its_controller_is_killed(home: Path) -> None:
    line = [sys.executable, "-m", "kube_vxlan_controller.cli", "lab", "up", "--nodes", "1"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "ends it." not in process.stdout.readline():
            assert process.poll() is None
        _, controller = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(controller), signal.SIGKILL)
        told = process.stderr.readline()
        assert told.startswith("The controller was killed by SIGKILL; its log is ")
        assert told.endswith("The lab goes on without.\n")
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


@pytest.mark.kernel
def test_a_lab_on_a_full_disk_is_refused_in_a_sentence_or_can_be_ended(home: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        fill(tmp_path / "fill")
        refused = lab("up", "--detach", "--nodes", "1")
        assert refused.returncode == 1
        assert re.fullmatch(
            r"kube-vxlan-controller: \S+/kubeconfig cannot be written: No space left on device\.\n", refused.stderr
        )
        (tmp_path / "fill").unlink()
        assert lab("up", "--detach", "--nodes", "1").returncode == 0
        fill(tmp_path / "fill")
        ended = lab("down")
        assert (ended.returncode, ended.stderr) == (0, "")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def fill(file: Path) -> None:
    """Write until there is no room."""
    with pytest.raises(OSError, match="No space left"), file.open("wb", buffering=0) as writer:  # noqa: PT012
        while True:
            writer.write(bytes(4096))


def lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
