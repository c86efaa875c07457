"""Pure. How long a follower waits after a failure: full jitter, doubling, and never nothing.

A server that answers is left more and more alone. One that is away loses nothing by being asked for, and what is not known
meanwhile is what everybody waits for: it is asked for again soon, however long it has been away. Law: a failure of another sort
than the one before is a first one, since the server has gone, or is back.
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
        self._failures = 0
        self._away = False

    def succeeded(self) -> None:
        """An attempt ended as it should."""
        self._failures = 0

    def longest(self, failure: Failure) -> float:
        """Take one more failure; the seconds that the wait after it may take at most."""
        is_first = failure.healthy or failure.away is not self._away
        self._failures = 1 if is_first else self._failures + 1
        self._away = failure.away
        timing = self._timing
        return min(timing.away if failure.away else timing.last_delay, timing.first_delay * 2.0 ** min(self._failures, 30))

    def wait(self, failure: Failure) -> float:
        """Take one more failure; the seconds to wait after it."""
        most = self.longest(failure)
        return random.uniform(min(self._timing.first_delay, most), most)
