import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kube_vxlan_controller.cli import COMMANDS
from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.explanation import Answer, EventText, Explanation, LinkText, NetworkText, OptionText, Peer
from kube_vxlan_controller.cli.forms import Part, Parts, columns
from kube_vxlan_controller.cli.output import Again, Output, structured, within
from kube_vxlan_controller.cli.plan import Forecast
from kube_vxlan_controller.cli.prospect import Deed, Obstacle, Outlook
from kube_vxlan_controller.model import NetworkName, Warning

DOCUMENT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def test_values_become_json_and_yaml_with_their_own_names() -> None:
    warning = Warning("odd", "Größe “x”", network=NetworkName("vxeth1"))
    assert structured([warning], Output.YAML) == "- code: odd\n  message: Größe “x”\n  hint: ''\n  network: vxeth1\n"
    assert structured({"a": (1, None, True)}, Output.JSON) == '{\n  "a": [\n    1,\n    null,\n    true\n  ]\n}\n'


def test_a_namespace_and_all_of_them_contradict_each_other() -> None:
    assert (within("default", False), within("", True), within("", False)) == ("default", "", "")
    with pytest.raises(Complaint, match="-n default and -A contradict each other"):
        within("default", True)


@pytest.mark.parametrize(("output", "between"), [(Output.TEXT, "\n"), (Output.JSON, "\n"), (Output.YAML, "---\n")])
def test_in_a_pipe_only_what_is_new_is_printed_again(output: Output, between: str, capsys: pytest.CaptureFixture[str]) -> None:
    again = Again(output)
    for text in ("one\n", "one\n", "two\n", "one\n"):
        again.show(text)
    assert capsys.readouterr().out == f"one\n{between}two\n{between}one\n"


def test_on_a_terminal_it_is_printed_in_the_same_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    again = Again(Output.TEXT)
    again.show("one\n")
    again.show("two\n")
    assert capsys.readouterr().out == "\x1b[H\x1b[2Jone\n\x1b[H\x1b[2Jtwo\n"


def test_in_a_pipe_what_is_wrong_is_told_when_it_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    again = Again(Output.TEXT)
    again.show("one\n", ("a", "b"))
    again.show("two\n", ("b", "c"))
    for _ in range(2):
        again.fail("the API server is gone")
    again.show("two\n", ("b", "c"))
    again.fail("the API server is gone")
    out, err = capsys.readouterr()
    assert (out, err.split("\n")) == (
        "one\n\ntwo\n",
        ["a", "b", "c", "the API server is gone", "the API server is gone", ""],
    )


def test_on_a_terminal_what_is_wrong_is_told_again_after_every_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.isatty", lambda: True)
    again = Again(Output.TEXT)
    again.show("one\n", ("a",))
    again.show("two\n", ("a",))
    again.show("two\n", ("a",))
    again.fail("the API server is gone")
    again.show("two\n")
    out, err = capsys.readouterr()
    assert out == "".join(f"\x1b[H\x1b[2J{text}\n" for text in ("one", "two", "two", "two"))
    assert err.split() == ["a", "a", "a", *["the", "API", "server", "is", "gone"]]


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert columns(("a", "name"), [("12", "x"), ("3", "")]) == "A    NAME\n12   x\n3\n"


def test_the_document_names_every_command() -> None:
    told = set(re.findall(r"^    kube-vxlan-controller ([a-z]+)", DOCUMENT.split("##")[0], re.MULTILINE))
    assert told == set(COMMANDS)


@pytest.mark.parametrize(
    ("row", "types"),
    [
        ("list pods", (Part, Parts)),
        ("plan", (Forecast, Outlook, Deed)),
        ("explain", (Explanation, Answer, NetworkText, OptionText, LinkText, Peer, EventText)),
    ],
)
def test_the_document_has_every_name_of_a_value(row: str, types: tuple[Any, ...]) -> None:
    (line,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| `{row}` |")]
    assert set(re.findall(r"`(\w+)`", line.split("|")[2])) == {field.name for type_ in types for field in fields(type_)}


def test_the_document_has_every_name_of_faults_and_warnings() -> None:
    paragraph = DOCUMENT.split("\n`faults` are lists of")[1].split("\n\n")[0]
    told, warnings = paragraph.split("`warnings` of")
    assert set(re.findall(r"`(\w+)`", told)) == {field.name for field in fields(Obstacle)} | {"part", "pod"}
    assert set(re.findall(r"`(\w+)`", warnings)) == {field.name for field in fields(Warning)}
