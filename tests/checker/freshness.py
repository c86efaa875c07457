"""Pure. L6: a controller that hears nothing of a kind of object notices, and asks anew, whatever its watches look like.

Two ways to break it: a watch that is silent is kept, or it is given up and nothing is heard on another one. While the API
server cannot be reached, and until `recovery` after that, there is nothing to hear.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.checker.constants import Constants
from tests.checker.facts import Closed, Controller, Heard, History, Violation
from tests.checker.spans import Spans, grown, late
from tests.checker.timelines import Timelines


def freshness(history: History, run: Timelines, constants: Constants) -> Iterator[Violation]:
    """All violations."""
    excuses = grown(run.blind, 0.0, constants.recovery)

    def silences(words: list[float], end: float) -> Spans:
        return late(tuple(pairwise((*words, max(end, words[-1])))), constants.view, excuses)

    for path, words, end in _watches(history, run.end):
        for begin, until in silences(words, end):
            sentence = f"A watch of {path} on which nothing was said was kept for {until - begin:.1f} s too long."
            yield Violation("L6", begin, "", sentence)
    for path, words, end in _paths(history, run.end):
        for begin, until in silences(words, end):
            yield Violation("L6", begin, "", f"A controller heard nothing of {path} for {until - begin:.1f} s too long.")


def _watches(history: History, end: float) -> Iterator[tuple[str, list[float], float]]:
    """Of each watch: its path, when something was said on it, and its end."""
    said: dict[tuple[str, float], list[float]] = defaultdict(list)
    closed: dict[tuple[str, float], float] = {}
    for fact in history:
        match fact.what:
            case Heard(path=path, opened=opened):
                said[path, opened].append(fact.time)
            case Closed(path=path, opened=opened):
                closed[path, opened] = fact.time
    for (path, opened), words in said.items():
        yield path, sorted(words), closed.get((path, opened), end)


def _paths(history: History, end: float) -> Iterator[tuple[str, list[float], float]]:
    """Of each controller, from its start to the next start or end of one: what it heard of each path."""
    said: dict[str, list[float]] = defaultdict(list)
    for fact in sorted(history, key=lambda fact: fact.time):
        match fact.what:
            case Heard(path=path):
                said[path].append(fact.time)
            case Controller():
                yield from ((path, words, fact.time) for path, words in said.items())
                said.clear()
    yield from ((path, words, end) for path, words in said.items())
