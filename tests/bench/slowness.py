"""Pure. L4 with the spread of what was measured: whether joins take longer among the sick than chance and the law allow.

The law allows 1.2 times the median without the sick. Two medians of the same thing differ by chance too, and by how much is
told by the joins without the sick themselves: sigma is 1.4826 times the median distance from their median (a single stray join
does not widen it); a median of n varies by 1.2533 sigma / sqrt(n), as of a normal distribution; the difference of two such, of
n and of m, by 1.2533 sigma sqrt(1/n + 1/m). Twice that is their noise, and is allowed besides. Where the noise is more than
the fifth that the law allows, these joins cannot tell whether the law holds, and that is not taken for a yes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import median

from tests.checker.constants import FIRST_RELEASE
from tests.checker.facts import Violation
from tests.checker.judge import isolation

_NORMAL, _OF_A_MEDIAN, _ERRORS = 1.4826, 1.2533, 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds that joins took without the sick and among them."""

    without: tuple[float, ...]
    among: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return median(self.among) / median(self.without)

    @property
    def noise(self) -> float:
        """Seconds by which two medians of so many joins differ by chance, as those without the sick vary."""
        spread = _NORMAL * median(abs(one - median(self.without)) for one in self.without)
        return _ERRORS * _OF_A_MEDIAN * spread * sqrt(1 / len(self.without) + 1 / len(self.among))

    @property
    def tells(self) -> bool:
        """Whether the noise is small enough to judge by."""
        return self.noise <= (FIRST_RELEASE.isolation - 1) * median(self.without)

    def violations(self) -> tuple[Violation, ...]:
        """How L4 is broken, if it is."""
        return isolation(median(self.without), median(self.among), replace(FIRST_RELEASE, haze=self.noise))


def roughly(without: Sequence[float], among: Sequence[float], times: float) -> tuple[Violation, ...]:
    """How L4 is broken by a few joins on a machine that does other things too, if so many times as long were allowed."""
    return isolation(median(without), median(among), replace(FIRST_RELEASE, isolation=times, haze=0.0))
