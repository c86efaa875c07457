"""Pure. A Fault as people see it: the line with a caret under the place, or one line for a log or an Event.

Law: whatever the text holds, what is drawn is printable, and no line of it is longer than a screen is wide.
"""

import unicodedata

from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.model import Fault, Span

WIDTH = 100
"""Columns of a user's line that are drawn; a longer one is cut around the caret."""
BEFORE = 40
"""Columns that are left before the caret then."""
LONGEST_NOTE = 1024
"""Bytes of an Event's note (events.k8s.io refuses the whole Event beyond it)."""


def draw(fault: Fault, source: str, at: Span | None = None) -> str:
    """`SOURCE:LINE:COLUMN: sentence`, the line of text, the caret, the hint; several lines without an end.

    `at` is the place in the source when the text is only a part of that, as an annotation is of a manifest.
    """
    place = at or fault.where
    head = f"{source}:{place.line}:{place.column}" if place else source
    return "\n".join([f"{visible(head)}: {fault.message}", *below(fault)])


def below(fault: Fault) -> list[str]:
    """What is drawn below the sentence: the line of text and the caret, where there is a place, and the hint."""
    lines = []
    if fault.where is not None:
        shown, before, length = _window(fault.line_text, fault.where)
        lines += [f"    {shown}".rstrip(), f"    {' ' * before}{'^' * length}"]
    if fault.hint:
        lines.append(f"    {fault.hint}")
    return lines


def one_line(fault: Fault) -> str:
    """The Fault in at most 1,024 bytes: where it is in the text, the sentence, the hint."""
    place = f"line {fault.where.line}, column {fault.where.column}: " if fault.where else ""
    network = f"{fault.network}: " if fault.network else ""
    note = visible(f"{network}{place}{fault.message}{f' ({fault.hint})' if fault.hint else ''}")
    encoded = note.encode()
    if len(encoded) <= LONGEST_NOTE:
        return note
    return encoded[: LONGEST_NOTE - len("…".encode())].decode(errors="ignore") + "…"


def _window(line: str, where: Span) -> tuple[str, int, int]:
    """The part of a line that is drawn, the columns before the caret in it, and the caret's length."""
    start = max(0, min(where.column - 1, len(line)))
    cells = [visible(character.replace("\t", " ")) for character in line[max(0, start - WIDTH) : start + WIDTH + 1]]
    start -= max(0, start - WIDTH)
    first = start
    while first and _width(cells[first - 1 : start]) <= BEFORE:
        first -= 1
    if _width(cells) <= WIDTH:
        first = 0
    last = first
    while last < len(cells) and _width(cells[first : last + 1]) <= WIDTH:
        last += 1
    cut_before, cut_after = "…" if first else "", "…" if last < len(cells) else ""
    before = len(cut_before) + _width(cells[first:start])
    length = max(1, _width(cells[start : min(start + where.length, last)]))
    return cut_before + "".join(cells[first:last]) + cut_after, before, length


def _width(cells: list[str]) -> int:
    """Columns on a terminal: some letters take two, marks on letters none."""
    return sum(map(_columns, "".join(cells)))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
