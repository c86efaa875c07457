"""`check` as a command: files and stdin, exit codes, and no traceback whatever it is given."""

import io
import json
import sys
from pathlib import Path

import pytest

from kube_vxlan_controller.cli import main
from tests.cli.test_checking import CONFIG, FIVE


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KVC_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a manifest."""
    return tmp_path / "manifest.yaml"


def test_clean_files_are_0(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CONFIG)
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr() == ("0 annotations and 1 ConfigMap checked: 0 faults, 0 warnings.\n", "")


def test_faults_are_1(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CONFIG + "---\n" + FIVE)
    assert main(["check", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out.count("^\n") == 5
    assert err == ""


def test_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CONFIG + "---\n" + FIVE)
    assert main(["check", "-o", "json", str(file)]) == 1
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 5


def test_stdin_and_bare_texts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"vxeth0 up\xff")))
    assert main(["check", "--annotation", "-"]) == 1
    assert capsys.readouterr().out.startswith("stdin:1:10: The text holds")


def test_another_configmap(file: Path) -> None:
    file.write_text(CONFIG.replace("name: kube-vxlan-controller", "name: mine").replace("id=100", "id=x"))
    assert main(["check", str(file)]) == 0
    assert main(["check", "--configmap-name", "mine", str(file)]) == 1


@pytest.mark.parametrize(
    ("content", "place", "sentence"),
    [
        (b"a: b: c", ":1:5: ", "This is not YAML: mapping values are not allowed here."),
        (b"kind: Pod\nx: \xff", ":2:4: ", "This is not text in UTF-8."),
        (b"vxeth0, vxeth1", ":1:1: ", "say --annotation"),
        (b"", ":1:1: ", "the file holds nothing."),
        (b"foo: bar", ":1:1: ", "it has no kind, and is no patch of one."),
        (b"kind: List\nitems: 7", ":2:8: ", "The items of this `List` are no list."),
        (b"[" * 100_000, ":1:1: ", "This is nested too deeply for a manifest."),
    ],
)
def test_what_is_no_manifest_is_64(
    file: Path, content: bytes, place: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert main(["check", str(file)]) == 64
    err = capsys.readouterr().err
    assert f"{file}{place}" in err
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_what_cannot_be_read_is_64_and_the_rest_is_judged(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(FIVE)
    assert main(["check", str(file.parent / "nosuch"), str(file.parent), str(file)]) == 64
    out, err = capsys.readouterr()
    assert out.count("^\n") == 4
    assert [line.rsplit(": ", 1)[1] for line in err.splitlines()] == ["No such file or directory.", "Is a directory."]


def test_a_file_without_end_is_not_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "/dev/zero"]) == 64
    assert "more than 16777216 bytes" in capsys.readouterr().err


def test_usage_is_64(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 64
    assert main(["check", "-o", "xml", "x"]) == 64
    assert "Traceback" not in capsys.readouterr().err
