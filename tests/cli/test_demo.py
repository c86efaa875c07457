"""`lab demo`, as a newcomer runs it."""

import re
import time
from pathlib import Path

import pytest

from tests.cli.test_lab import EXAMPLE, home, lab

__all__ = ["home"]

pytestmark = pytest.mark.kernel


def test_the_example_is_wired_and_answers(home: Path) -> None:
    done = lab("demo", str(EXAMPLE))
    assert done.returncode == 0, done
    assert re.search(r"default/a-\S+ -> 192\.168\.12\.2  answered, ttl 63", done.stdout)
    assert re.search(r"default/b-\S+ -> 192\.168\.11\.2  answered, ttl 63", done.stdout)
    assert "From the last pod running to the first answered ping: " in done.stdout
    assert "\n[vxeth1]\n pod: default/a-" in done.stdout
    assert "\n net: dev:eth0 id:102 ip:192.168.12.1/29 name:vxeth2 type:vxlan up:true\n fdb: " in done.stdout
    assert re.search(r"\ndefault/gw-\S+ vxeth2 192\.168\.12\.1/29\n", done.stdout)
    assert not home.exists()


def test_a_fault_is_told_and_does_not_pass_for_success(home: Path, tmp_path: Path) -> None:
    broken = EXAMPLE.read_text().replace("ip=192.168.12.2/29", "ip=192.168.12.2/99")
    (tmp_path / "broken.yaml").write_text(broken)
    began = time.monotonic()
    done = lab("demo", str(tmp_path / "broken.yaml"), "--timeout", "600")
    assert time.monotonic() - began < 120
    assert done.returncode == 1, done
    assert "192.168.12.2/99" in done.stdout
    assert re.search(r"keeps a pod from starting, so nobody waits for default/b-\S+\.", done.stdout)
    assert not home.exists()


def test_what_the_lab_does_not_hold_is_left_out(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {}\n")
    done = lab("demo", str(file))
    assert done.returncode == 0, done
    assert "left out: Service s (the lab does not hold this kind)" in done.stdout
    assert "No pod has an address" in done.stdout
