"""`python -m tests.bench`: measure, print tables, write build/bench.json, build/bench.md and the plot of docs/benchmark.md.

Correctness is asserted on the way (`measure`), speed never.
"""

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from tests.bench import table
from tests.bench.ancestor import replay
from tests.bench.counting import ratios, shortfalls
from tests.bench.figures import EVENTS, WHOLE, Ratio, Run, as_json
from tests.bench.measure import NODES, VNIS, measure, network
from tests.bench.plot import Line, plot
from tests.bench.pods import Style
from tests.bench.world import ROOT, world

_ANCESTOR_AT_MOST = 30
"""Pods; a hundred would be 10,000 execs."""


def main() -> None:
    """Measure what the command line asks for."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the controller in a lab.")
    options.add_argument("--sizes", default="10,30,100", help="pods in the network (default: %(default)s)")
    options.add_argument("--times", type=int, default=9, help="joins and leaves of each (default: %(default)s)")
    options.add_argument("--plot", type=Path, default=ROOT / "docs" / "benchmark.svg", help="where to (default: %(default)s)")
    given = options.parse_args()
    console, before = Console(), _machine()
    runs = uvloop.run(_runs([int(size) for size in given.sizes.split(",")], given.times, console))
    ours = [run for run in runs if run.who == "controller"]
    old = {run.pods: run for run in runs if run.who == "ancestor"}
    compared = [ratio for run in ours if run.pods in old for ratio in _ratios(run, old[run.pods])]
    found = as_json(runs, compared, before | {"load after": os.getloadavg()[0]})
    _write(ROOT / "build" / "bench.json", json.dumps(found, indent=1) + "\n")
    texts = (
        table.markdown(table.FIGURES, table.figures(runs)),
        table.markdown(table.RATIOS, table.compared(compared)),
        "".join(f"* {sentence}\n" for sentence in shortfalls(compared)),
    )
    _write(ROOT / "build" / "bench.md", "\n".join(texts))
    _write(given.plot, plot("Until every kernel is right", ("pods in the network", "ms"), _lines(runs)))
    console.print(table.table("Medians and worst", table.FIGURES, table.figures(runs)))
    console.print(table.table("The ancestor's commands against the controller", table.RATIOS, table.compared(compared)))
    for sentence in shortfalls(compared):
        console.print(sentence)
    console.print(f"{found['machine']}")


async def _runs(sizes: list[int], times: int, console: Console) -> list[Run]:
    runs = []
    for size in sizes:
        for style in Style:
            console.log(f"{size} pods, {style}")
            async with network(_name()) as lab:
                runs.append(await measure(lab, size, style, times))
        if size <= _ANCESTOR_AT_MOST:
            console.log(f"{size} pods, the ancestor's commands")
            async with world(_name(), NODES, VNIS) as lab:
                runs.append(await replay(lab, size, min(times, 3)))
    return runs


def _ratios(run: Run, old: Run) -> tuple[Ratio, ...]:
    return ratios(run, old, Style(run.style).agents)


def _lines(runs: list[Run]) -> list[Line]:
    shown = [("controller", Style.NATIVE, ""), ("ancestor", Style.INIT, "ancestor's ")]
    return [
        Line(f"{prefix}{event}", tuple((run.pods, run.seconds(event) * 1000) for run in picked), dashed=bool(prefix))
        for who, style, prefix in shown
        if (picked := [run for run in runs if run.who == who and run.style == style])
        for event in EVENTS
        if event != WHOLE
    ]


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "load before": os.getloadavg()[0],
    }


def _name() -> str:
    return f"bench-{os.getpid()}-{time.monotonic_ns()}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
