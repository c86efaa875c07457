"""I/O. One scenario, played with one controller under the checker."""

import time
from collections.abc import Callable, Sequence, Set
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


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story. `play` makes things happen, and returns when the last of them has."""

    name: str
    play: Callable[[Watched], None]
    hastened: tuple[Edit, ...] = ()
    """What makes a controller less patient, so that nobody has to wait for minutes: done to every controller that is played."""
    constants: Constants = BOUNDS
    options: tuple[str, ...] = ()
    """Of the controller's command line."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the checker said."""

    violations: tuple[Violation, ...]
    stuck: str
    """What the story waited for in vain; empty where nothing was."""
    seconds: float
    said: str
    """The controller's log."""

    @property
    def laws(self) -> Set[str]:
        """The laws that were broken."""
        return {violation.law for violation in self.violations}


def play(scenario: Scenario, edits: Sequence[Edit], until: Set[str], directory: Path) -> Played:
    """Play it with the edited controller until all these laws are broken (none: to the end). `directory` is empty and new."""
    begun = time.monotonic()
    tree = plant((*scenario.hastened, *edits), directory / "controller")
    with looked_at(directory) as lab:
        lab.checker.constants = scenario.constants
        lab.controller.environment["PYTHONPATH"] = str(tree)
        lab.controller.options += scenario.options
        stuck = ""
        try:
            scenario.play(lab)
        except AssertionError as error:
            stuck = str(error)
        violations = _verdict(lab, until, scenario.constants)
        said = ""
        with suppress(FileNotFoundError):
            said = lab.controller.said()
    return Played(violations, stuck, time.monotonic() - begun, said)


def _verdict(lab: Watched, until: Set[str], constants: Constants) -> tuple[Violation, ...]:
    """What the checker says once whatever began last can no longer be excused, or as soon as all these laws are broken."""
    deadline = time.monotonic() + constants.recovery + max(constants.join, constants.stale) + 2 * constants.haze
    while True:
        violations = lab.checker.verdict()
        if until and until <= {violation.law for violation in violations}:
            return violations
        if time.monotonic() > deadline:
            return violations
        time.sleep(_LOOK_EVERY)
