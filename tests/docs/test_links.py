"""What the documents point to is there: files, headings, `make` targets, commands, options, and faults of the lab."""

import re
from pathlib import Path

import pytest

from kube_vxlan_controller.cli import COMMANDS, main
from kube_vxlan_controller.settings import OPTIONS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {path: path.read_text() for path in DOCUMENTS}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def _anchor(heading: str) -> str:
    """A heading as the part of an address that leads to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(document: Path) -> set[str]:
    return {_anchor(line.lstrip("#").strip()) for line in document.read_text().splitlines() if line.startswith("#")}


def wrong_links(document: Path) -> list[str]:
    """The relative links of a document that lead nowhere."""
    wrong = []
    for link in LINK.findall(FENCE.sub("", document.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and heading not in _anchors(target)):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert wrong_links(document) == []


def test_a_wrong_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "one.md"
    document.write_text("# A heading\n[a](one.md#a-heading) [b](two.md) [c](#another) [d](https://example.org/)\n")
    assert wrong_links(document) == ["two.md", "#another"]


def test_the_index_has_every_document() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    assert [
        path.name for path in (ROOT / "docs").glob("*.md") if path.name != "index.md" and f"({path.name})" not in index
    ] == []


def test_every_target_that_is_named_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for text in TEXTS.values() for word in re.findall(r"`make ([a-z]+)`", text)}
    assert {"demo", "test"} <= named
    assert named <= targets


def _calls() -> list[tuple[str, str, str]]:
    """What follows the program's name wherever a document calls it: a command, the word below it if it has such, the rest."""
    call = re.compile(r"kube-vxlan-controller (?:(list|inspect|lab) ([a-z]+)|([a-z]+))([^`\n]*)")
    return sorted({(m[1] or m[3], m[2] or "", m[4]) for text in TEXTS.values() for m in call.finditer(text)})


@pytest.mark.parametrize(("command", "below", "rest"), _calls())
def test_a_command_that_is_named_exists_with_its_options(
    command: str, below: str, rest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command in COMMANDS
    assert main([command, *filter(None, [below]), "--help"]) == 0
    told = capsys.readouterr().out
    assert [option for option in re.findall(r"(?<![\w-])--[a-z-]+", rest) if option not in told] == []


def test_commands_are_found() -> None:
    assert {("list", "pods"), ("lab", "up"), ("explain", ""), ("check", "")} <= {call[:2] for call in _calls()}
    assert main(["lab", "sideways", "--help"]) == 64


def test_every_option_that_is_named_exists() -> None:
    ours = {f"--{option.name}" for option in OPTIONS}
    named = {
        option
        for name in ("operations.md", "troubleshooting.md", "annotation.md", "migration.md")
        for option in re.findall(r"`(--[a-z-]+)", TEXTS[ROOT / "docs" / name])
    }
    assert "--gate" in named
    assert named - {"--allowed-unsafe-sysctls"} <= ours


def test_the_table_of_faults_is_that_of_the_lab() -> None:
    source = (ROOT / "controller" / "kube_vxlan_lab" / "faults.py").read_text()
    text = TEXTS[ROOT / "docs" / "development.md"]
    rows = text[text.index("## Faults in the lab") : text.index("## Scenarios")].splitlines()
    shown = {name for row in rows if row.startswith("| `") for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    assert shown == set(re.findall(r'"([a-z-]+)": _Fault\(', source))
