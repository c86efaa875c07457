"""Pure. `check`: the violations of a history. Nothing here knows a clock, so a history can be judged again at any time."""

from dataclasses import replace
from math import inf

from tests.checker.bounds import Bounds
from tests.checker.conduct import Conduct
from tests.checker.constants import FIRST_RELEASE, Constants
from tests.checker.facts import History, Violation
from tests.checker.freshness import freshness
from tests.checker.gates import Gates
from tests.checker.holdings import Holdings
from tests.checker.holds import Holds
from tests.checker.peers import Peers
from tests.checker.spans import Spans, both, minus, union
from tests.checker.timelines import Timelines, timelines
from tests.checker.wishes import Has


def check(history: History, constants: Constants = FIRST_RELEASE) -> tuple[Violation, ...]:
    """All violations in the order of time, which they count from the beginning of the history."""
    if not history:
        return ()
    run = timelines(history, constants)
    peers, holdings = Peers(run, constants), Holdings(run, constants)
    conduct = Conduct(history, run, constants, unsettled(run, peers, holdings))
    bounds = Bounds(history, run, constants)
    found = {*peers.violations(), *holdings.violations(), *conduct.violations(), *bounds.violations()}
    found.update(Gates(history, run, holdings, constants).violations())
    found.update(Holds(run, holdings, constants).violations())
    found.update(freshness(history, run, constants))
    in_time = (violation for violation in found if violation.time <= run.end)
    from_beginning = [replace(violation, time=round(violation.time - run.begin, 6)) for violation in in_time]
    return tuple(
        sorted(from_beginning, key=lambda violation: (violation.time, violation.law, violation.pod, violation.sentence))
    )


def unsettled(run: Timelines, peers: Peers, holdings: Holdings) -> Spans:
    """While something that should be there was not, or something was there that should not be."""
    missing = [
        minus(both(spans, union(run.kernels[wish.pod].watched)), holdings.present(wish))
        for wish, spans in run.surely.items()
        if isinstance(wish, Has) and wish.pod in run.kernels
    ]
    return union(*missing, *peers.unsettled())


def settled_after(history: History, moment: float, constants: Constants = FIRST_RELEASE) -> float:
    """Seconds from a moment until the last thing that was wrong after it no longer was; infinite if something still is."""
    run = timelines(history, constants)
    spans = unsettled(run, Peers(run, constants), Holdings(run, constants))
    last = max((end for _, end in spans), default=-inf)
    return inf if last >= run.end else max(0.0, last - moment)


def isolation(alone: float, beside: float, constants: Constants = FIRST_RELEASE) -> tuple[Violation, ...]:
    """L4: healthy pods settled in `alone` seconds by themselves, and in `beside` seconds beside broken ones."""
    if beside <= alone * constants.isolation + constants.haze:
        return ()
    return (
        Violation("L4", beside, "", f"Healthy pods took {beside:.3f} s beside broken ones and {alone:.3f} s without them."),
    )
