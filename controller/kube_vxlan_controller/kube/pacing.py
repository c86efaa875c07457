"""Pure. How long a follower waits after a failure: full jitter, doubling, and never nothing.

A server that answers is left more and more alone. One that is away loses nothing by being asked for, and what is not known
meanwhile is what everybody waits for: it is asked for again soon, however long it has been away. Law: one that is back after
more than one attempt may be another one, and what it answers first is a first failure.
"""

import random
from dataclasses import dataclass

from kube_vxlan_controller.kube.happenings import Timing


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed, or did not last."""

    away: bool
    """Nobody answered."""
    healthy: bool = False
    """It went well for long before."""


class Pace:
    """What one follower's failures in a row come to."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._answered = self._away = 0

    def succeeded(self) -> None:
        """An attempt ended as it should."""
        self._answered = self._away = 0

    def longest(self, failure: Failure) -> float:
        """Take one more failure; the seconds that the wait after it may take at most."""
        if failure.healthy:
            self.succeeded()
        self._away = self._away + 1 if failure.away else 0
        if not failure.away:
            self._answered += 1
        elif self._away > 1:
            self._answered = 0
        most = self._timing.away if failure.away else self._timing.last_delay
        return min(most, self._timing.first_delay * 2.0 ** min(self._away or self._answered, 30))

    def wait(self, failure: Failure) -> float:
        """Take one more failure; the seconds to wait after it."""
        most = self.longest(failure)
        return random.uniform(min(self._timing.first_delay, most), most)
