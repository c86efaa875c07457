"""`scripts/test` says at its end what ran, how long it took, and what could not run; here of programs that do nothing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUIET = ("ruff", "mypy", "lint-imports", "pytest")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A directory with the script, and the few programs that it finds."""
    scripts, tools, found = tmp_path / "scripts", tmp_path / ".venv" / "bin", tmp_path / "found"
    for directory in (scripts, tools, found):
        directory.mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "test", scripts)
    for program in (*(tools / name for name in QUIET), scripts / "setup", scripts / "in-namespace", found / "shellcheck"):
        does(program, "exit 0")
    does(tools / "python", "echo no Go; exit 69")
    for name in ("sh", "date", "dirname", "env", "sleep"):
        (found / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def does(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def said(house: Path, **environment: str) -> tuple[int, list[str]]:
    """How the script ended, and its last lines."""
    command = [str(house / "scripts" / "test")]
    environment["PATH"] = str(house / "found")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return done.returncode, done.stdout.rpartition("\n\n")[2].splitlines()


def test_what_ran_is_told_with_how_long_it_took(house: Path) -> None:
    does(house / ".venv" / "bin" / "mypy", "sleep 1.1")
    code, (_, last) = said(house)
    quick, slow = r"\(\d+ s\)", r"\([1-9]\d* s\)"
    parts = f"lint {quick}, types {slow}, layers {quick}, pure tests {quick}, kernel tests {quick}"
    assert code == 0
    assert re.fullmatch(f"passed: {parts}; [1-9][0-9]* s in all", last), last


def test_what_failed_is_told_first(house: Path) -> None:
    does(house / ".venv" / "bin" / "mypy", "exit 3")
    code, (_, last) = said(house)
    assert code == 1
    assert re.fullmatch(r"FAILED: types \(\d+ s\); passed: lint \(\d+ s\), layers .*; \d+ s in all", last), last


def test_what_cannot_run_is_named(house: Path) -> None:
    assert said(house)[1][0] == (
        "could not run here: the tests that ask kubectl (it is not installed), the cluster tests (no Go), "
        "the image tests (no buildah or docker here)"
    )
    for name in ("kubectl", "docker"):
        does(house / "found" / name, "exit 0")
    assert said(house)[1][0] == (
        "could not run here: the cluster tests (no Go), the image test of one capability (it needs buildah and root)"
    )


def test_what_cannot_run_is_a_failure_where_everything_is_required(house: Path) -> None:
    assert said(house)[0] == 0
    code, (left, last) = said(house, KVC_REQUIRE_ALL="1")
    assert code == 1
    assert left.startswith("could not run here: ")
    assert last.startswith("FAILED: what could not run, and had to (KVC_REQUIRE_ALL=1); passed: lint ")


def test_packages_or_a_build_that_fail_are_a_failure(house: Path) -> None:
    does(house / ".venv" / "bin" / "python", '[ "$3" = possible ]')
    code, (_, last) = said(house)
    assert code == 1
    assert last.startswith("FAILED: cluster tests (")


def test_the_cluster_tests_run_where_everything_is_there(house: Path) -> None:
    does(house / ".venv" / "bin" / "python", "exit 0")
    code, (_, last) = said(house)
    assert code == 0
    assert ", cluster tests (" in last
    does(house / ".venv" / "bin" / "pytest", '[ "$3" != cluster ]')
    assert said(house)[0] == 1
