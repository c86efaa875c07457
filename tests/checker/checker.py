"""I/O. `Checker` joins observers, world and judge, for tests and for a person who looks on."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from tests.checker.access import Access
from tests.checker.constants import FIRST_RELEASE, Constants
from tests.checker.costs import Costs
from tests.checker.facts import (
    UNREADABLE,
    ByHand,
    Config,
    Controller,
    Definitions,
    Ended,
    Entries,
    Fact,
    Fault,
    History,
    Options,
    Pod,
    PodGone,
    Said,
    Started,
    Stray,
    Violation,
    What,
)
from tests.checker.judge import check
from tests.checker.observe import Observer
from tests.checker.processes import Processes
from tests.checker.sandboxes import Reader, in_the_lab
from tests.checker.words import lines, starts, strays
from tests.checker.world import World

__all__ = ["UNREADABLE", "Checker", "Constants", "Pod", "Violation"]


class Checker:
    """A history that fills itself, and its verdict."""

    def __init__(self, constants: Constants = FIRST_RELEASE) -> None:
        self.constants = constants
        self._history: list[Fact] = []
        self._texts: dict[str, Entries | None] = {}
        self._values: dict[str, Options | None] = {}

        self._observer = Observer(self._seen, constants.read_every)
        self._open_faults = 0
        self._logs: dict[Path, int] = {}
        """Of controllers, and how many bytes of each were heard."""
        self._costs = Costs(self.note)
        self._processes: Processes | None = None
        self._world: World | None = None

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop to look."""
        for one in (self._processes, self._world, self._costs, self._observer):
            if one is not None:
                one.stop()

    def follow(self, access: Access, read: Reader = in_the_lab) -> None:
        """Look at all pods of this cluster on this machine, and at what its API server has.

        `read`: what processes are, `in_the_lab` or `below_kubelets`.
        """
        self._world = World(access, self._history.append, self._texts, self._values)
        self._processes = Processes(self._observer, self.note, read)

    def enter(self, uid: str, pid: int) -> None:
        """Look into the network namespace of a process, which is this pod's and complete. (`follow` does so by itself.)"""
        inode = os.stat(f"/proc/{pid}/ns/net").st_ino
        self._observer.enter(uid, inode, pid)
        self._observer.hand_over(uid, inode)

    def hear(self, log: Path) -> None:
        """Count the lines about pods in this file, which a controller writes or will write; there may be several."""
        self._logs.setdefault(log, 0)

    def attend(self, pid: int) -> None:
        """Look at what this process, a controller's, has of memory and open files, until it ends."""
        self._costs.attend(pid)

    def look(self) -> None:
        """Return when all that is the case now is written down."""
        self._hear()
        self._costs.look()
        if self._world is not None:
            self._world.look()
        self._observer.read()

    def _hear(self) -> None:
        offset = time.time() - time.monotonic()
        for path, heard in self._logs.items():
            if not path.exists():
                continue
            with path.open("rb") as log:
                log.seek(heard)
                whole = b"".join(line for line in log if line.endswith(b"\n"))
            self._logs[path] += len(whole)
            text = whole.decode(errors="replace")
            self._history += (Fact(at - offset, "", Started()) for at in starts(text))
            self._history += (Fact(at - offset, uid, Said()) for at, uid in lines(text))
            self._history += (Fact(time.monotonic(), "", Stray(line)) for line in strays(text))

    def before_change(self) -> None:
        """Call it before changing an object: what is there now is written down, so that no state is missed."""
        if self._world is not None:
            self._world.look()

    def verdict(self) -> tuple[Violation, ...]:
        """All violations up to now, after one more look. It may be asked for again: the history does not end with it."""
        self.look()
        return check((*self.history, Fact(time.monotonic(), "", Ended())), self.constants)

    @property
    def history(self) -> History:
        """All facts so far."""
        return tuple(self._history)

    def means(self, text: str, entries: Entries | None) -> None:
        """What an annotation means that is not written plainly; say it before a pod has it."""
        self._texts[text] = entries

    def defines(self, value: str, options: Options | None) -> None:
        """What a value of the ConfigMap means that is not written plainly."""
        self._values[value] = options

    def pod(self, uid: str, pod: Pod) -> None:
        """A pod was made, or is now like this."""
        self.note(pod, uid)

    def pod_gone(self, uid: str) -> None:
        """A pod is gone."""
        self.note(PodGone(), uid)

    def config(self, networks: Definitions | None) -> None:
        """The ConfigMap is now this; None: there is none."""
        self.note(Config(networks))

    def controller(self, runs: bool) -> None:
        """The controller was started, or has ended."""
        self.note(Controller(runs))

    def by_hand(self, uid: str, link: str = "") -> None:
        """Somebody is about to change something in this pod's kernel; what is ours must be as it was within `repair`."""
        self.note(ByHand(link), uid)

    @contextmanager
    def fault(self, name: str, uid: str = "", *, blind: bool = False) -> Iterator[None]:
        """Something is broken: in one pod, or, without `uid`, everywhere. `blind`: nothing may be removed meanwhile."""
        self.note(Fault(name, blind=blind), uid)
        self._open_faults += 1
        try:
            yield
        finally:
            self._open_faults -= 1
            self.note(Fault(name, over=True, blind=blind), uid)

    @property
    def is_told(self) -> bool:
        """Whether a fault is open that a test told of by itself."""
        return self._open_faults > 0

    def _seen(self, uid: str, what: What, source: str) -> None:
        self._history.append(Fact(time.monotonic(), uid, what, source))

    def note(self, what: What, uid: str = "", source: str = "harness") -> None:
        """Write a fact into the history."""
        self._history.append(Fact(time.monotonic(), uid, what, source))
