"""Pure. A scenario's text as steps: sentences of a closed table, with indented blocks below some of them.

The first paragraph says what is seen; a line that begins with `#` is a remark. Every other line is one sentence of the
table, in which words in capitals stand for what the writer chooses. What is indented below a sentence belongs to it: lines as
they are, further steps, or what kernels must hold. Whatever cannot be read is told with its line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.scenarios.holding import Holding, parse_holdings

PLACEHOLDERS = {
    "NAMES": r"[a-z0-9][a-z0-9./-]*(?:(?:, | and )[a-z0-9][a-z0-9./-]*)*",
    "NAME": r"[a-z0-9][a-z0-9./-]*",
    "COUNT": r"\d+",
    "SECONDS": r"\d+(?:\.\d+)?",
    "BOUND": r"join|leave|repair|recovery|return|freshness",
    "REASON": r"[A-Z][a-z]+",
    "ADDRESS": r"[0-9a-f.:]+",
    "FILE": r"\S+",
    "QUOTED": r'"[^"]*"',
    "REST": r"\S.*",
}
"""What may stand for a word in capitals."""


class Block(StrEnum):
    """What is indented below a sentence."""

    NOTHING = "nothing"
    LINES = "lines"
    STEPS = "steps"
    HOLDINGS = "holdings"


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of a scenario."""

    line: int
    sentence: str
    """As it stands in the table."""
    words: tuple[str, ...] = ()
    """What stands for the table's words in capitals."""
    lines: tuple[str, ...] = ()
    steps: tuple["Step", ...] = ()
    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file."""

    story: str
    steps: tuple[Step, ...]


class Unreadable(Exception):
    """A line that is none of the table's sentences, or whose block is not what it should be; `str()` says which and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    depth: int
    text: str


def parse(text: str, table: Sequence[tuple[str, Block]]) -> Scenario:
    """The scenario of a text. Raises `Unreadable`."""
    lines = [_line(number, line) for number, line in enumerate(text.splitlines(), 1) if not line.lstrip().startswith("#")]
    end = next((index for index, line in enumerate(lines) if not line.text), len(lines))
    story = " ".join(line.text for line in lines[:end])
    if not story:
        raise Unreadable(1, "a scenario begins with a paragraph that says what is seen")
    steps = _steps([line for line in lines[end:] if line.text], table)
    if not steps:
        raise Unreadable(lines[-1].number, "nothing happens in this scenario")
    return Scenario(story, steps)


def _line(number: int, line: str) -> _Line:
    if "\t" in line:
        raise Unreadable(number, "a tab; indent with blanks")
    return _Line(number, len(line) - len(line.lstrip()), line.strip())


def _steps(lines: Sequence[_Line], table: Sequence[tuple[str, Block]]) -> tuple[Step, ...]:
    steps = []
    for head, block in _paragraphs(lines):
        sentence, kind, words = _match(head, table)
        step = Step(head.number, sentence, words)
        if kind is Block.NOTHING and block:
            raise Unreadable(block[0].number, f"nothing can be indented below {sentence!r}")
        if kind is not Block.NOTHING and not block:
            raise Unreadable(head.number, f"{sentence!r} needs {kind} indented below it")
        steps.append(_with_block(step, kind, block, table))
    return tuple(steps)


def _with_block(step: Step, kind: Block, block: Sequence[_Line], table: Sequence[tuple[str, Block]]) -> Step:
    match kind:
        case Block.STEPS:
            return Step(step.line, step.sentence, step.words, steps=_steps(block, table))
        case Block.LINES:
            least = min((line.depth for line in block), default=0)
            lines = tuple(" " * (line.depth - least) + line.text for line in block)
            return Step(step.line, step.sentence, step.words, lines=lines)
        case Block.HOLDINGS:
            return Step(step.line, step.sentence, step.words, holdings=tuple(_holdings(block)))
        case Block.NOTHING:
            return step


def _holdings(block: Sequence[_Line]) -> Sequence[Holding]:
    found: list[Holding] = []
    for head, more in _paragraphs(block):
        try:
            found += parse_holdings(" ".join(line.text for line in (head, *more)))
        except ValueError as error:
            raise Unreadable(head.number, str(error)) from None
    return found


def _paragraphs(lines: Sequence[_Line]) -> Sequence[tuple[_Line, Sequence[_Line]]]:
    """Lines of the least depth, each with what is indented below it."""
    found: list[tuple[_Line, list[_Line]]] = []
    for line in lines:
        if found and line.depth > found[0][0].depth:
            found[-1][1].append(line)
        elif found and line.depth < found[0][0].depth:
            raise Unreadable(line.number, "indented less than the line that it should stand beside")
        else:
            found.append((line, []))
    return found


def _match(line: _Line, table: Sequence[tuple[str, Block]]) -> tuple[str, Block, tuple[str, ...]]:
    for sentence, block in table:
        if found := re.fullmatch(_pattern(sentence), line.text):
            return sentence, block, tuple(word.strip('"') for word in found.groups())
    raise Unreadable(line.number, f"there is no sentence like {line.text!r}")


def _pattern(sentence: str) -> str:
    words = (f"({PLACEHOLDERS[word]})" if word in PLACEHOLDERS else re.escape(word) for word in sentence.split(" "))
    return " ".join(words)
