"""Output that cannot be written, or cannot be said, is no bug of ours and no traceback."""

import os
import subprocess
import sys

import pytest

COMMAND = f"{sys.executable} -m kube_vxlan_controller.cli"


def shell(line: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_a_full_disk_is_told() -> None:
    done = shell(f"{COMMAND} config > /dev/full")
    assert done.returncode == 1
    assert "Something cannot be written: No space left on device." in done.stderr


def test_a_closed_output_is_nobodys_trouble() -> None:
    assert shell(f"{COMMAND} config >&-").returncode == 0


def test_what_an_encoding_cannot_say_is_escaped() -> None:
    done = shell(f"{COMMAND} check --annotation -", "日本", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert r"`\u65e5\u672c`" in done.stdout


@pytest.mark.parametrize("token", ["a\nb", "a\rb", "ä"])
def test_a_token_that_no_header_can_hold_is_told(token: str) -> None:
    done = shell(f"{COMMAND} list pods --server https://127.0.0.1:1 --ca-cert-file /dev/null", KVC_TOKEN=token)
    assert done.returncode == 64
    assert "holds a character that no token has" in done.stderr


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 200])
def test_a_lab_has_a_plain_name(name: str) -> None:
    done = subprocess.run(
        [*COMMAND.split(), "lab", "up", "--name", name], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 64
    assert "a lab's name is" in done.stderr
