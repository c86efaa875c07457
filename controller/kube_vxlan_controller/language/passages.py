"""Pure. A text inside a YAML or JSON file, and where in the file each letter of it stands.

Law: each non-blank character of the text has its own place in the file, however it is quoted or folded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kube_vxlan_controller.model import Span

BLANK = " \t\r\n"
BREAKS = "\r\n\u0085\u2028\u2029"
ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in a file, with what is needed to find its letters there."""

    text: str
    source: str = field(repr=False)
    start: int
    style: str

    def place(self, span: Span) -> Span:
        """Where in the file something stands that has this place in the text."""
        lines = self.text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: span.line - 1]) + span.column - 1
        index = self.start
        for position, index in enumerate(self._indices()):  # noqa: B007
            if position == offset:
                break
        return Span(self.source.count("\n", 0, index) + 1, index - self.source.rfind("\n", 0, index), span.length)

    def _indices(self) -> Iterator[int]:
        """For each character of the text, its index in the file; for a blank that folding made, the one after the last."""
        source, double = self.source, self.style == '"'
        index = self.start + (self.style in ("'", '"'))
        if self.style in ("|", ">"):
            index = source.find("\n", index) + 1
        for character in self.text:
            if double:
                index = _over_joined_lines(source, index)
            if character not in BLANK:
                while source[index : index + 1] in (*BLANK, *BREAKS) and source[index : index + 1] != character:
                    index += 1
                index = _over_joined_lines(source, index) if double else index
            escape = ESCAPE.match(source, index) if double else None
            yield index
            if escape:
                index = escape.end()
            elif self.style == "'" and source.startswith("''", index):
                index += 2
            elif character not in BLANK or source.startswith(character, index):
                index += 1


def _over_joined_lines(source: str, index: int) -> int:
    """Skips a backslash at a line's end, with the blanks that follow: together they are nothing."""
    while joined := re.compile(r"\\(\r\n|[\r\n])[ \t]*").match(source, index):
        index = joined.end()
    return index
