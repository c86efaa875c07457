"""`python -m tests.bench.strain`: how long joins take among many pods, and among as many of which a fifth are sick.

Joins are measured among healthy pods (`crowd`), then with a tenth of sick agents and a tenth of hostile annotations in place of
as many healthy pods, while the controller still tries to make something of the sick, and then without the sick again: what
changes with time is in the comparison's noise and not in its result. Asserted: every healthy kernel is right after each join
and each leave, and no exec is opened in a healthy pod that has its own. How much longer a join takes among the sick is judged
by L4 (`slowness`), all that happened by the checker's other laws, of which the sick pods alone are excused.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from rich.console import Console

from tests.bench import table
from tests.bench.crowd import APART, Crowd, Strain
from tests.bench.measure import WITHIN
from tests.bench.sick import PROGRAMS, TEXTS, program
from tests.bench.slowness import Comparison
from tests.bench.world import ROOT, world
from tests.checker.constants import FIRST_RELEASE
from tests.checker.costs import Costs
from tests.checker.facts import UNREADABLE, Controller, History, Violation
from tests.checker.judge import check

HEAD = ("", "pods", "join ms", "worst ms", "CPU ms", "memory MB", "open files", "streams")


UNHURRIED = replace(FIRST_RELEASE, join=30.0, stale=30.0, recovery=30.0)
"""The checker's bounds: two cores that start fifty pods at once may take long for it. How fast joins are, L4 judges."""


@dataclass(frozen=True, slots=True)
class Strained:
    """What was seen without the sick, before and after, and among them; and all that happened."""

    without: Strain
    among: Strain
    history: History

    def violations(self) -> tuple[Violation, ...]:
        """Of all laws but L4."""
        return check(self.history, UNHURRIED)

    @property
    def comparison(self) -> Comparison:
        """Of the joins."""
        return Comparison(self.without.joins, self.among.joins)


async def strain(size: int, per_network: int, times: int) -> Strained:
    """So many joins without the sick, half of them before and half after, and so many with them."""
    networks = {f"net{number}": 1000 + number for number in range(max(1, size // per_network))} | {APART: 999}
    texts = dict.fromkeys(TEXTS, UNREADABLE)
    with programs() as where:
        async with world(f"strain-{os.getpid()}-{size}", max(4, size // 100), networks, texts) as lab:
            lab.chronicle.note(lab.controller.start(), Controller(True))
            costs = Costs(lambda used: lab.chronicle.note(time.monotonic(), used))
            costs.attend(lab.controller.pid)
            await lab.until(lambda: "started" in lab.controller.said(), WITHIN, lambda: "the controller did not start")
            crowd = Crowd(lab, size, networks, (where, str(ROOT / "agent" / "kube-vxlan-agent")))
            await crowd.fill()
            before = await crowd.joins(times - times // 2)
            await crowd.sicken()
            among = await crowd.joins(times)
            await crowd.heal()
            after = await crowd.joins(max(1, times // 2))
            costs.stop()
            return Strained(before + after, among, lab.chronicle.history(time.monotonic(), lab.controller.said()))


@contextmanager
def programs() -> Iterator[str]:
    """The sick agents' programs in a directory each; the directory of these."""
    with TemporaryDirectory() as directory:
        for name in PROGRAMS:
            file = Path(directory, name.replace(" ", "-"), "kube-vxlan-agent")
            file.parent.mkdir()
            file.write_text(program(name))
            file.chmod(0o755)
        Path(directory).chmod(0o755)
        yield directory


def main() -> int:
    """Strain the controller as the command line says; 1 when a law is broken, 2 when nobody can tell whether L4 is."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.strain", description="Strain the controller in a lab.")
    options.add_argument("--pods", type=int, default=1000, help="of all kinds (default: %(default)s)")
    options.add_argument("--per-network", type=int, default=100, help="pods in a network (default: %(default)s)")
    options.add_argument(
        "--times", type=int, default=20, help="joins without and with the sick, from 2 on (default: %(default)s)"
    )
    given = options.parse_args()
    console, begun, load = Console(), time.monotonic(), os.getloadavg()[0]
    found = uvloop.run(strain(given.pods, given.per_network, given.times))
    ended = time.monotonic()
    broken = found.violations()
    console.print(f"{ended - begun:.0f} s in all; load {load:.1f} before. {time.monotonic() - ended:.0f} s to judge it.")
    _save(found, broken, load)
    return _tell(console, found, broken)


def _tell(console: Console, found: Strained, broken: tuple[Violation, ...]) -> int:
    compared = found.comparison
    rows = [("without the sick", *found.without.row()), ("among the sick", *found.among.row())]
    console.print(table.table("Joins of healthy pods", HEAD, rows))
    console.print(
        f"A join takes {compared.ratio:.2f} times as long among the sick; these joins differ by {compared.noise * 1000:.0f} ms"
        " for other reasons."
    )
    broken = (*broken, *compared.violations())
    for violation in broken:
        console.print(str(violation))
    if not broken and not compared.tells:
        console.print("They differ too much to judge by: repeat it on a machine that does nothing else, or with more joins.")
        return 2
    console.print("Every law was kept." if not broken else f"Times that a law was broken: {len(broken)}.")
    return 1 if broken else 0


def _save(found: Strained, broken: tuple[Violation, ...], load: float) -> None:
    told = {
        "without": asdict(found.without),
        "among": asdict(found.among),
        "ratio": found.comparison.ratio,
        "noise": found.comparison.noise,
        "violations": [str(violation) for violation in broken],
        "load before": load,
    }
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "strain.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
