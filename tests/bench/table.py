"""Pure. The figures as tables for a terminal, and in Markdown for the docs."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from tests.bench.figures import EVENTS, Ratio, Run

FIGURES = ("agents", "pods", "what", "median ms", "worst ms", "execs", "requests", "CPU ms", "memory MB")
RATIOS = (
    "agents", "pods", "what", "execs by counting, in batches", "by counting, on open streams", "execs", "time"
)  # fmt: skip


def figures(runs: Iterable[Run]) -> list[tuple[str, ...]]:
    """A row for each run and event, under `FIGURES`."""
    return [
        (
            run.style if run.who == "controller" else run.who,
            str(run.pods),
            event,
            f"{run.seconds(event) * 1000:.0f}",
            f"{run.worst(event) * 1000:.0f}",
            f"{run.execs(event):g}",
            f"{run.requests(event):g}",
            f"{run.cpu(event) * 1000:.0f}",
            f"{run.memory:.0f}" if run.memory else "",
        )
        for run in runs
        for event in EVENTS
        if event in run.samples
    ]


def compared(ratios: Iterable[Ratio]) -> list[tuple[str, ...]]:
    """A row for each ratio, under `RATIOS`."""
    return [
        (
            one.style,
            str(one.pods),
            one.event,
            *(f"{times:.1f}" if times is not None else "ours: 0" for times in (one.batches, one.streams, one.execs)),
            f"{one.seconds:.1f}",
        )
        for one in ratios
    ]


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """For a terminal."""
    made = Table(title=title, title_justify="left")
    for number, name in enumerate(head):
        made.add_column(name, justify="right" if number not in (0, 2) else "left")
    for row in rows:
        made.add_row(*row)
    return made


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """For the docs."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
