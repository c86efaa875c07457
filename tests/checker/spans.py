"""Pure. Sets of time: sorted, disjoint stretches from a beginning to an end, in seconds."""

from collections.abc import Iterable
from math import inf

Spans = tuple[tuple[float, float], ...]

ALWAYS: Spans = ((-inf, inf),)
NEVER: Spans = ()


def union(*sets: Iterable[tuple[float, float]]) -> Spans:
    """All that is in any of them."""
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(span for spans in sets for span in spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


def minus(spans: Spans, others: Spans) -> Spans:
    """What is in the first and not in the second."""
    left: list[tuple[float, float]] = []
    for begin, end in spans:
        at = begin
        for other_begin, other_end in others:
            if other_end <= at or other_begin >= end:
                continue
            if other_begin > at:
                left.append((at, other_begin))
            at = other_end
        if at < end:
            left.append((at, end))
    return tuple(left)


def both(spans: Spans, others: Spans) -> Spans:
    """What is in both."""
    found = [(max(a, c), min(b, d)) for a, b in spans for c, d in others if c < b and a < d]
    return tuple(span for span in found if span[0] < span[1])


def grown(spans: Spans, before: float, after: float) -> Spans:
    """Every stretch begun so much earlier and ended so much later."""
    return union((begin - before, end + after) for begin, end in spans)


def late(spans: Spans, by: float, excuses: Spans) -> Spans:
    """Every stretch begun so much later, and, where that falls into an excuse, when the excuse is over."""
    return union((begin, end) for begin, end in ((put_off(b, b + by, excuses), e) for b, e in spans) if begin < end)


def lasting(spans: Spans, by: float, excuses: Spans) -> Spans:
    """Every stretch ended so much later, and, where an excuse holds by then, when that is over."""
    return union((begin, put_off(end, end + by, excuses)) for begin, end in spans)


def put_off(begin: float, due: float, excuses: Spans) -> float:
    """When something is due that was due at `due` and began at `begin`, if excuses put it off."""
    for excuse_begin, excuse_end in excuses:
        if excuse_begin <= due and excuse_end >= begin:
            due = max(due, excuse_end)
    return due


def holds(spans: Spans, time: float) -> bool:
    """Whether a moment is in there."""
    return any(begin <= time <= end for begin, end in spans)


def covers(spans: Spans, begin: float, end: float) -> bool:
    """Whether all of a stretch is in there."""
    return any(b <= begin and end <= e for b, e in spans)
