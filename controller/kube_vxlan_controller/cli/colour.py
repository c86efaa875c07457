"""Pure. Colours for what `check`, `plan` and `explain` say, by the form of each line.

Law: without its colours a text is what goes into a pipe. (What a terminal would obey in a user's text was made visible before.)
"""

import re

_BOLD, _RED, _YELLOW = "1", "1;31", "33"
_STYLES = (
    (re.compile(r" *\^+"), _RED),  # the caret under a mistake
    (re.compile(r"  NO   .*"), _RED),  # something that must be so for a member, and is not
    (re.compile(r"  (held|not known): .*"), _YELLOW),
    (re.compile(r"(note|\S.*?: warning): .*"), _YELLOW),
    (re.compile(r"\S.*"), _BOLD),  # a title, or what sums up
)


def coloured(text: str) -> str:
    """The text with what a terminal understands as colours."""
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    style = next((style for pattern, style in _STYLES if pattern.fullmatch(line)), "")
    return f"\x1b[{style}m{line}\x1b[0m" if style else line
