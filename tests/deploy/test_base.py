"""What both images begin with: one build argument, so that it can be pinned by its digest."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.images import ROOT

WHICH = ["agent", "controller"]
DEFAULT = "docker.io/library/debian:bookworm-slim"
PINNED = "docker.io/library/debian@sha256:" + "0" * 64
BUILDAH = """#!/bin/sh
echo "$*" >>"$CALLS"
case $1 in
inspect) exit 1 ;;
pull) exit "$PULLS" ;;
images) echo 5 MB ;;
esac
"""
"""Stands for the real one, which writes down how it is called."""


def image(tmp_path: Path, which: str, base: str | None, pulls: int = 0) -> tuple[int, list[str]]:
    """The end of `scripts/image`, and what it asked buildah for; `pulls` is the end of a pull."""
    program, calls = tmp_path / "buildah", tmp_path / "calls"
    program.write_text(BUILDAH)
    program.chmod(0o755)
    around = {key: value for key, value in os.environ.items() if key not in ("BASE", "PIP_CERT")}
    around |= {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls), "PULLS": str(pulls)}
    around |= {} if base is None else {"BASE": base}
    done = subprocess.run([ROOT / "scripts" / "image", which], env=around, capture_output=True, check=False, timeout=60)
    return done.returncode, calls.read_text().splitlines()


@pytest.mark.parametrize("which", WHICH)
def test_every_stage_begins_with_the_argument_or_with_nothing(which: str) -> None:
    text = (ROOT / f"Dockerfile.{which}").read_text()
    assert re.findall(r"(?m)^ARG (.*)$", text) == [f"BASE={DEFAULT}"]
    assert text.index("ARG ") < text.index("FROM ")
    assert set(re.findall(r"(?m)^FROM (\S+)", text)) <= {"${BASE}", "scratch"}


@pytest.mark.parametrize("which", WHICH)
def test_the_script_passes_it_through(which: str, tmp_path: Path) -> None:
    code, calls = image(tmp_path, which, PINNED)
    assert code == 0
    (build,) = [call for call in calls if call.startswith("bud ")]
    assert f"--build-arg BASE={PINNED}" in build
    assert [call.split()[-1] for call in calls if call.startswith(("inspect ", "pull "))] == [PINNED, PINNED]


@pytest.mark.parametrize("which", WHICH)
def test_without_it_the_base_is_that_of_the_dockerfile(which: str, tmp_path: Path) -> None:
    code, calls = image(tmp_path, which, None)
    assert code == 0
    assert not any("--build-arg" in call for call in calls)
    assert [call.split()[-1] for call in calls if call.startswith(("inspect ", "pull "))] == [DEFAULT, DEFAULT]


def test_nothing_is_made_in_place_of_a_base_that_somebody_named(tmp_path: Path) -> None:
    code, calls = image(tmp_path, "agent", PINNED, pulls=1)
    assert code == 69
    assert not any(call.startswith(("bud ", "commit ", "from ")) for call in calls)
