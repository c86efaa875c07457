"""Faults as people see them: golden drawings, and what holds for all of them."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.language.caret import LONGEST_NOTE, WIDTH, draw, one_line
from kube_vxlan_controller.model import Fault, NetworkName, Span


def fault(line_text: str, column: int, length: int = 1, line: int = 1) -> Fault:
    """A fault at a place of a line."""
    return Fault("code", "This is wrong.", "write it right", Span(line, column, length), line_text, NetworkName("vxeth0"))


def drawn(text: Fault) -> str:
    """Without the first line, which is the same for all."""
    return draw(text, "pod.yaml").split("\n", 1)[1]


def test_the_whole_drawing() -> None:
    assert draw(fault("vxeth0 ip=10.1.0.1/024", 11, 12, 3), "pod.yaml") == (
        "pod.yaml:3:11: This is wrong.\n"
        "    vxeth0 ip=10.1.0.1/024\n"
        "              ^^^^^^^^^^^^\n"
        "    write it right"
    )  # fmt: skip


def test_the_place_in_the_file_is_another_than_in_the_text() -> None:
    assert draw(fault("vxeth0 up=x", 8, 4), "pod.yaml", Span(12, 17)).startswith(
        "pod.yaml:12:17: This is wrong.\n    vxeth0 up=x\n"
    )


def test_a_fault_without_a_place_is_a_sentence() -> None:
    assert draw(Fault("code", "This is wrong."), "pod.yaml") == "pod.yaml: This is wrong."


def test_control_characters_are_made_visible_and_the_caret_moves_along() -> None:
    assert drawn(fault("a\x1b[1mb\u00a0c", 7)) == (
        "    a<U+001B>[1mb<U+00A0>c\n"
        "                 ^^^^^^^^\n"
        "    write it right"
    )  # fmt: skip


def test_a_tab_is_one_blank() -> None:
    assert drawn(fault("\tip=x", 5)) == "     ip=x\n        ^\n    write it right"


def test_wide_letters_take_two_columns_and_marks_none() -> None:
    assert drawn(fault("日本 x", 4)) == "    日本 x\n         ^\n    write it right"
    assert drawn(fault("e\u0301 x", 4)) == "    e\u0301 x\n      ^\n    write it right"


def test_long_lines_are_cut_around_the_caret() -> None:
    line = "a" * 500 + "X" + "b" * 500
    assert drawn(fault(line, 501)) == f"    …{'a' * 40}X{'b' * 59}…\n{' ' * 45}^\n    write it right"
    assert drawn(fault(line, 1)) == f"    {'a' * 100}…\n    ^\n    write it right"
    assert drawn(fault(line, 1001)) == f"    …{'b' * 41}\n{' ' * 45}^\n    write it right"


def test_a_long_word_is_underlined_as_far_as_it_is_drawn() -> None:
    assert drawn(fault("a" * 500, 1, 500)).split("\n")[1] == "    " + "^" * WIDTH


def test_one_line() -> None:
    assert one_line(fault("x", 8, 4, 2)) == "vxeth0: line 2, column 8: This is wrong. (write it right)"
    assert one_line(Fault("code", "This is wrong.")) == "This is wrong."


def test_one_line_fits_an_event() -> None:
    note = one_line(Fault("code", "é" * 2000))
    assert len(note.encode()) <= LONGEST_NOTE
    assert note.endswith("…")


def columns(text: str) -> int:
    """How wide a terminal draws it."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@given(st.text(), st.integers(1, 300), st.integers(1, 300))
def test_whatever_the_line_holds_what_is_drawn_is_printable_and_narrow(line: str, column: int, length: int) -> None:
    drawing = draw(Fault("code", "Wrong.", "hint", Span(1, column, length), line.replace("\n", " ") * 9), "file")
    for row in drawing.split("\n"):
        assert row.isprintable()
        assert columns(row) <= len("    ……") + WIDTH


@given(st.text(max_size=3000), st.text(max_size=50))
def test_whatever_was_written_a_note_is_printable_and_short(message: str, hint: str) -> None:
    note = one_line(Fault("code", message, hint))
    assert note.isprintable()
    assert len(note.encode()) <= LONGEST_NOTE
