import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.cli.colour import coloured
from kube_vxlan_controller.cli.output import say
from tests.cli.conftest import Run

RED, YELLOW, BOLD, PLAIN = "1;31", "33", "1", ""


@pytest.mark.parametrize(
    ("line", "style"),
    [
        ("default/a:", BOLD),
        ("Is it ours?", BOLD),
        ("1 pod looked at: nothing to do. Nothing was done.", BOLD),
        ("         ^^^^", RED),
        ("  NO   It has no annotation.", RED),
        ("  yes  It has the label.", PLAIN),
        ("  held: What the pod has of vxeth1 stays as it is.", YELLOW),
        ("  not known: no agent of this pod is running.", YELLOW),
        ("note: There is no ConfigMap.", YELLOW),
        ("a.yaml: warning: Nobody looks at the pods. (Pod a)", YELLOW),
        ("  raise vxeth1: it is down", PLAIN),
        ("", PLAIN),
    ],
)
def test_a_line_has_the_colour_of_its_form(line: str, style: str) -> None:
    assert coloured(line) == (f"\x1b[{style}m{line}\x1b[0m" if style else line)


@given(st.text(st.sampled_from("ab ^:\nNO/held")))
def test_without_its_colours_a_text_is_the_same(text: str) -> None:
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured(text)) == text


@pytest.mark.parametrize(
    ("terminal", "environment", "colours"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool,
    environment: dict[str, str],
    colours: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    say("title")
    assert capsys.readouterr().out == ("\x1b[1mtitle\x1b[0m\n" if colours else "title\n")


def test_check_colours_its_carets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with Path("bad").open("w") as file:
        file.write("vxeth0 ipp=1")
    code, out, _ = run("check", "--annotation", "bad")
    assert code == 1
    assert re.search(r"\x1b\[1;31m +\^+\x1b\[0m\n", out)
