"""`python -m tests.bench`: measure, print tables, write build/bench.json and docs/benchmark.svg."""

import argparse
import asyncio
import os
import time

from tests.bench.figures import EVENTS, Run
from tests.bench.measure import measure, network
from tests.bench.pods import Style


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the controller in a lab.")
    options.add_argument("--sizes", default="10,30,100", help="pods in the network (default: %(default)s)")
    options.add_argument("--times", type=int, default=9, help="joins and leaves of each (default: %(default)s)")
    given = options.parse_args()
    runs = asyncio.run(_runs([int(size) for size in given.sizes.split(",")], given.times))
    for run in runs:
        for event in EVENTS:
            print(
                run.style,
                run.pods,
                event,
                *(f"{s.seconds * 1000:.0f}ms/{s.execs:g}/{s.requests:g}/{s.cpu:.2f}s" for s in run.samples[event]),
            )


async def _runs(sizes: list[int], times: int) -> list[Run]:
    runs = []
    for style in Style:
        for size in sizes:
            async with network(f"bench-{os.getpid()}-{time.monotonic_ns()}") as lab:
                runs.append(await measure(lab, size, style, times))
    return runs


if __name__ == "__main__":
    main()
