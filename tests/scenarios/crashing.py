"""I/O. Edits that are made again and again, each time with the controller killed (9) at another point of its work.

A point is a number: the controller is stopped just before the n-th piece that passes between it and the agents after the edit,
be it a request or an answer, and killed there. What it had just sent arrives, or is lost, as may happen. At point 0 it is
killed before the edit and hears of it only when it is started again.
"""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, product

from kube_vxlan_lab.client import ApiError
from tests.scenarios.run import Run
from tests.scenarios.text import Step

LOOK = "within BOUND"
"""The sentence that says what an edit, which is all that stands before it, should lead to."""
LAST_POINT = 12
"""A change of one network in three pods takes fewer pieces than that."""
PATIENCE = 2.0
"""Seconds that a piece may let us wait for it; where none has come by then, the edit is done, or there was nothing to do."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where the controller is killed, and whether the pieces that were on their way then are lost."""

    number: int
    lost: bool


POINTS = [Point(number, lost) for number, lost in product(range(LAST_POINT + 1), (False, True)) if number or lost]
"""All of them; at 0 nothing is on its way."""
SOME = [Point(1, True), Point(2, False), Point(0, True), Point(3, True), Point(1, False), Point(4, False), Point(2, True)]
"""Those that a short run takes turns with, one for each edit: the next edit begins where the last one ended."""


def at_each_moment(act: Callable[[Run, Sequence[Step]], None]) -> Callable[[Run, Step], None]:
    """The steps below are carried out undisturbed, and then once more for every point at which the controller is killed in
    each edit; they must end as they began."""

    def carry_out(run: Run, step: Step) -> None:
        act(run, step.steps)
        edits = tuple(_edits(step.steps))
        reached = 0
        for points in _passes(run.is_thorough, len(edits)):
            came = [_crash(run, edit, point, act) for edit, point in zip(edits, points, strict=True)]
            reached += sum(came)
            if not any(came):
                break
        assert reached > 0, "the controller was never caught at work"

    return carry_out


def _passes(is_thorough: bool, edits: int) -> Iterable[list[Point]]:
    if is_thorough:
        return ([point] * edits for point in POINTS)
    turns = cycle(SOME)
    return [[next(turns) for _ in range(edits)]]


def _edits(steps: Sequence[Step]) -> Iterator[list[Step]]:
    edit: list[Step] = []
    for step in steps:
        edit.append(step)
        if step.sentence == LOOK:
            yield edit
            edit = []
    assert not edit, f"line {edit[0].line}: nothing is said of what this should lead to"


def _crash(run: Run, edit: Sequence[Step], point: Point, act: Callable[[Run, Sequence[Step]], None]) -> bool:
    """Make one edit, with a crash: whether the point was reached before the edit was done."""
    *changes, look = edit
    try:
        if point.number == 0:
            run.world.controller.end(signal.SIGKILL)
            act(run, changes)
            came = True
        else:
            run.world.fault("hold", before=point.number)
            act(run, changes)
            came = _is_held(run)
            run.world.controller.end(signal.SIGKILL)
            run.world.fault("release", lost=point.lost)
        run.start_controller()
        act(run, [look])
    except AssertionError as error:
        raise AssertionError(f"with the controller killed at point {point}: {error}") from error
    return came


def _is_held(run: Run) -> bool:
    try:
        run.world.fault("held", seconds=PATIENCE)
    except ApiError as error:
        if error.code != 504:
            raise
        return False
    return True
