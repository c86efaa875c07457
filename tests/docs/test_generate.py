"""The committed documents hold what `make docs` makes."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


@pytest.mark.parametrize("document", generate.documents(), ids=lambda path: path.name)
def test_a_document_is_as_made(document: Path) -> None:
    text = document.read_text()
    assert generate.filled(text) == text, "run `make docs`, and commit what it writes"


def test_every_part_is_used_once() -> None:
    whole = "".join(document.read_text() for document in generate.documents())
    used = [part["name"] for part in generate.PART.finditer(whole)]
    assert sorted(used) == sorted(generate.PARTS)


def test_only_what_is_between_the_marks_is_made() -> None:
    text = "before\n<!-- limits: made by make docs -->\nold\n<!-- end -->\nafter\n"
    made = generate.filled(text)
    assert made.startswith("before\n")
    assert made.endswith("<!-- end -->\nafter\n")
    assert "\nold\n" not in made
    assert "64 networks" in made
