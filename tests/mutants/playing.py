"""I/O. One scenario, played with one controller under the checker."""

import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.checker.checker import Constants, Violation
from tests.checker.watched import Watched, looked_at
from tests.mutants.planting import Edit, plant

BOUNDS = Constants(stale=3.0, join=3.0, repair=4.0, recovery=6.0)
"""Tighter than those that operators are told, so that stories are short: a few pods on one machine."""
_LOOK_EVERY = 0.3
"""Seconds between two verdicts, while a law is waited for."""


Story = Iterator[None]
"""It yields once: what comes before is its prelude, with which nothing may be wrong, what comes after is what happens."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story. `play` makes things happen, and ends when the last of them has."""

    name: str
    play: Callable[[Watched], Story]
    hastened: tuple[Edit, ...] = ()
    """What makes a controller less patient, so that nobody has to wait for minutes: done to every controller that is played."""
    constants: Constants = BOUNDS
    options: tuple[str, ...] = ()
    """Of the controller's command line."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the checker said."""

    violations: tuple[Violation, ...]
    happened: float
    """When the prelude was over, in the violations' clock."""
    unsettled: str
    """What the prelude waited for in vain; empty where nothing was."""
    stuck: str
    """What the story waited for in vain after that; empty where nothing was."""
    died: str
    """How the controller came to its end, or what of it did; empty where it lives."""
    seconds: float
    said: str
    """The controller's log."""

    @property
    def laws(self) -> Set[str]:
        """The laws that were broken by what happened."""
        return {violation.law for violation in self.violations if violation.time >= self.happened}


def play(scenario: Scenario, edits: Sequence[Edit], until: Set[str], directory: Path) -> Played:
    """Play it with the edited controller until all these laws are broken (none: to the end). `directory` is empty and new."""
    begun = time.monotonic()
    tree = plant((*scenario.hastened, *edits), directory / "controller")
    with looked_at(directory) as lab:
        lab.checker.constants = scenario.constants
        lab.controller.environment["PYTHONPATH"] = str(tree)
        lab.controller.options += scenario.options
        lab.checker.before_change()  # so that its history has begun
        story = scenario.play(lab)
        unsettled = _stuck(story, 1)
        happened = time.monotonic() - lab.checker.history[0].time
        stuck = "" if unsettled else _stuck(story, 2)
        violations = _verdict(lab, until, scenario.constants, happened)
        said = ""
        with suppress(FileNotFoundError):
            said = lab.controller.said()
        died = _death(lab, said)
    return Played(violations, happened, unsettled, stuck, died, time.monotonic() - begun, said)


def _stuck(story: Story, part: int) -> str:
    """Tell one part of a story: what it waited for in vain."""
    try:
        assert (next(story, "over") is None) == (part == 1), "a story has two parts"
    except AssertionError as error:
        return str(error) or "something"
    return ""


def _death(lab: Watched, said: str) -> str:
    process = lab.controller.process
    code = process.poll() if process is not None else None
    if code is not None:
        return f"the controller ended with {code}"
    return "the controller's log has a Traceback" if "Traceback" in said else ""


def _verdict(lab: Watched, until: Set[str], constants: Constants, since: float) -> tuple[Violation, ...]:
    """What the checker says once whatever began last can no longer be excused, or as soon as all these laws are broken."""
    deadline = time.monotonic() + constants.recovery + max(constants.join, constants.stale) + 2 * constants.haze
    while True:
        violations = lab.checker.verdict()
        if until and until <= {violation.law for violation in violations if violation.time >= since}:
            return violations
        if time.monotonic() > deadline:
            return violations
        time.sleep(_LOOK_EVERY)
