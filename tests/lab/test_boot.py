"""The first process of a lab's namespaces, started by hand."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

AGENT = Path(__file__).parents[2] / "agent"


def boot(directory: Path) -> "subprocess.Popen[bytes]":
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "kube_vxlan_lab.boot"]
    return subprocess.Popen([*command, str(directory), "1", str(AGENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_it_says_how_to_get_in_and_ends_with_its_input(tmp_path: Path) -> None:
    directory = tmp_path / "labs" / "lab"
    directory.mkdir(parents=True)
    with boot(directory) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        access = json.loads(process.stdout.readline())
        assert access["server"].startswith("https://127.0.0.1:")
        assert access["ca"].startswith("-----BEGIN CERTIFICATE-----")
        assert len(access["token"]) >= 32
        assert list((directory / "world").iterdir()) == []  # what the world writes is in its own mounts
        began = time.monotonic()
        process.stdin.close()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
    assert not directory.parent.exists()


def test_orphans_are_reaped(tmp_path: Path) -> None:
    directory = tmp_path / "labs" / "lab"
    directory.mkdir(parents=True)
    with boot(directory) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (first,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        enter = ["nsenter", f"--pid=/proc/{first}/ns/pid"]
        subprocess.run([*enter, "sh", "-c", "sh -c 'exit 0' & exec sleep 0"], check=True)
        deadline = time.monotonic() + 5
        while any(state(child) == "Z" for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def state(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
