"""I/O. One scenario from its file under the checker, in the lab or on a real cluster."""

from pathlib import Path

from tests.checker.constants import Constants
from tests.checker.facts import UNREADABLE
from tests.checker.watched import Watched
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import Step, parse

ODD = {
    "vxeth1; vxeth2": UNREADABLE,
    "vxeth1 ip=192.168.11.6/24 upp": {"vxeth1": UNREADABLE},
    "vxeth1 ip=192.168.11.6/24 upp\nvxeth2 ip=192.168.12.7/24": {
        "vxeth1": UNREADABLE,
        "vxeth2": {"ip": ("192.168.12.7/24",)},
    },
    "vxeth1 ip=192.168.11.200/33\nvxeth2 ip=192.168.12.5/24": {"vxeth1": UNREADABLE, "vxeth2": {"ip": ("192.168.12.5/24",)}},
}
"""What the annotations mean that are not written plainly: the checker has to be told."""


def steps(file: Path) -> tuple[Step, ...]:
    """What a scenario's file says."""
    return tuple(parse(file.read_text(), [(one.text, one.block) for one in SENTENCES]).steps)


def perform(file: Path, watched: Watched, *, is_thorough: bool = False) -> None:
    """Carry it out; the checker is left with the bounds that its verdict is to keep to."""
    for text, meaning in ODD.items():
        watched.checker.means(text, meaning)
    run = Run(watched, is_thorough=is_thorough)
    act(run, steps(file))
    watched.checker.constants = Constants(
        stale=run.bound("leave"),
        join=run.bound("join"),
        repair=run.bound("repair"),
        # The checker counts from when the process is made; as in `Run`, the bound begins when it is ready.
        recovery=run.bound("recovery") + run.loading,
    )
