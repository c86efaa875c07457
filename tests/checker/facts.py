"""Pure. What a history is made of: facts, each with its time, in the order in which they were seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.checker.items import Item

UNREADABLE: Final = None
"""Stands for what a text means that must be refused: nobody can tell what it should be, so what is there is held."""

Options = Mapping[str, str | Sequence[str]]
"""Options of a network as written: `ip` and `route` are sequences, all others are texts; `up` alone is `{"up": "true"}`."""
Entries = Mapping[str, Options | None]
"""What an annotation means: its networks with the options written there; None for an entry that must be refused."""
Definitions = Mapping[str, Options | None]
"""What the ConfigMap means; None for a network that must be refused."""


@dataclass(frozen=True, slots=True)
class Is:
    """The kernel said that it holds this (a link again, after each change of it)."""

    item: Item


@dataclass(frozen=True, slots=True)
class Gone:
    """The kernel said that it no longer holds this."""

    item: Item


@dataclass(frozen=True, slots=True)
class Entered:
    """The checker listens in this pod's namespace and has read all that it holds; `inode` names the namespace."""

    inode: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Whoever made this namespace is done with it: from now on nobody but an agent, or a hand, changes it."""

    inode: int


@dataclass(frozen=True, slots=True)
class Left:
    """The namespace is gone: the last process of its sandbox has ended."""

    inode: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Something happened that was not seen; such a run is not passed."""

    why: str


@dataclass(frozen=True, slots=True)
class GateShut:
    """The first init agent of the pod's sandbox runs."""


@dataclass(frozen=True, slots=True)
class GateOpened:
    """The first init agent of the pod ended."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The first process of this container of the pod's sandbox is there."""

    container: str
    began: float
    """When it began, in the history's clock."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How many of the controller's execs run in the pod at once, at this moment."""

    count: int


@dataclass(frozen=True, slots=True)
class Started:
    """The controller's program is loaded and at work: how long a machine takes for that is no matter of its laws."""


@dataclass(frozen=True, slots=True)
class Said:
    """The controller wrote a line about the pod into its log."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A controller's log has a line that is no record: something that was logged went on there, or is forged."""

    line: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The API server was given an Event of the controller about the pod, or another count for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod as the world has it."""

    namespace: str
    name: str
    addresses: tuple[str, ...] = ()
    labelled: bool = True
    host_network: bool = False
    agent: bool = True
    """Whether one of its containers is an agent."""
    answers: bool = True
    """Whether one of its agents runs: nobody can be asked to change the pod's kernel while none does."""
    gate: bool = False
    """Whether an init agent holds the pod until its networks are there."""
    held_back: tuple[str, ...] = ()
    """The containers that a native agent's startup probe holds back until the networks are there."""
    terminal: bool = False
    leaves_at: float | None = None
    """When its deletion, grace included, is over (in the history's clock); None while nobody deletes it."""
    wants: Entries | None = None
    """What its annotation means; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class PodGone:
    """The pod is no longer there at all."""


@dataclass(frozen=True, slots=True)
class Config:
    """The ConfigMap; None where there is none."""

    networks: Definitions | None


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller was started, or has ended. Several may run at once, of which one acts: which, is not known here."""

    runs: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is broken from now on, or (`over`) no longer: in the fact's pod alone, or, without one, everywhere."""

    name: str
    over: bool = False
    blind: bool = False
    """Whether the controller can tell that it does not see the world: nothing may be removed meanwhile."""
    until: float | None = None
    """When it is over by itself, where that is known beforehand."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Somebody is about to change something in the pod's kernel by hand: on this link, or, if empty, anything."""

    link: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The API server opened a watch for the controller, or said something on it."""

    path: str
    opened: float
    """When it was opened: that and the path are its name."""


@dataclass(frozen=True, slots=True)
class Closed:
    """One of the controller's watches is open no more."""

    path: str
    opened: float


@dataclass(frozen=True, slots=True)
class Used:
    """What the controller's process has at this moment."""

    memory: float
    """Megabytes, as far as they are resident."""
    files: int
    """Open files."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over."""


What = (
    Is | Gone | Entered | HandedOver | Left | Gap | GateShut | GateOpened | Runs | Serving | Said | Stray | Reported | Pod
    | PodGone | Config | Controller | Started | Fault | ByHand | Heard | Closed | Used | Ended
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a history. `time` is time.monotonic() in seconds; `pod` is a uid, or empty for what concerns all."""

    time: float
    pod: str
    what: What
    source: str = "harness"
    """`told` by a kernel, `read` from a kernel, `harness`, `world`."""
    since: float | None = None
    """When it was last seen to be otherwise, where that is not just before `time`: it changed at some moment between."""


History = Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was broken: which, when (seconds since the history began), in which pod, and how, in a sentence."""

    law: str
    time: float
    pod: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.law} at {self.time:.3f} s in {self.pod or 'the world'}: {self.sentence}"
