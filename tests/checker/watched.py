"""I/O. `tests.scenarios.cluster.cluster` with a checker looking on: a test runs under it by taking `cluster` from here."""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.checker.access import Access
from tests.checker.checker import Checker
from tests.checker.facts import Fault
from tests.checker.trouble import troubles
from tests.namespaces import Namespace
from tests.scenarios import cluster as plain

_CHANGING = frozenset({"add", "append", "change", "del", "delete", "flush", "replace", "set"})


class WatchedController(plain.Controller):
    """A controller whose starts and ends are in the history."""

    checker: Checker

    def start(self) -> None:
        self.checker.before_change()  # what was changed while none ran is older than what this one does about it
        self.checker.controller(runs=True)
        self.checker.hear(self.log)
        super().start()
        assert self.process is not None
        self.checker.attend(self.process.pid)

    def send(self, number: int) -> None:
        if number == signal.SIGSTOP:  # it may be the one that acts, until another one does
            self.checker.note(Fault("paused", until=time.monotonic() + self.checker.constants.handover))
        super().send(number)

    def ended(self) -> int:
        code = super().ended()
        self.checker.controller(runs=False)
        return code

    def end(self, number: int = signal.SIGKILL) -> int:
        code = super().end(number)
        self.checker.controller(runs=False)
        return code


@dataclass(frozen=True)
class WatchedNamespace(Namespace):
    """A pod's network namespace, in which whatever is changed by hand is in the history."""

    uid: str
    checker: Checker

    def command(self, *argv: str) -> list[str]:
        if argv[0] in ("ip", "bridge") and _CHANGING & set(argv):
            for link in _links(argv):
                self.checker.by_hand(self.uid, link)
        return super().command(*argv)


class Watched(plain.Cluster):
    """A cluster and the checker that looks on."""

    def __init__(self, lab: plain.Reachable, directory: Path, checker: Checker) -> None:
        super().__init__(lab, directory)
        self.controller = WatchedController(self.controller.kubeconfig, self.controller.log)
        self.controller.checker = self.checker = checker

    def another(self, log: Path, *options: str) -> plain.Controller:
        """A controller beside the first one; both may run at once."""
        made = WatchedController(self.controller.kubeconfig, log, options=list(options))
        made.checker, made.environment = self.checker, self.controller.environment
        return made

    def pod(self, prefix: str) -> plain.Pod:
        """As in a plain cluster; what is changed by hand in its kernel is in the history."""
        found = super().pod(prefix)
        return replace(found, namespace=WatchedNamespace(found.namespace.pid, found.uid, self.checker))

    def inside(self, uid: str) -> Namespace | None:
        """As in a plain cluster; what is changed by hand in there is in the history."""
        found = super().inside(uid)
        return None if found is None else WatchedNamespace(found.pid, uid, self.checker)

    def apply(self, *objects: plain.Json) -> None:
        self.checker.before_change()
        super().apply(*objects)

    def create(self, path: str, obj: plain.Json) -> None:
        self.checker.before_change()
        super().create(path, obj)

    def merge(self, path: str, patch: plain.Json) -> None:
        self.checker.before_change()
        super().merge(path, patch)

    def remove(self, path: str, **options: Any) -> None:
        self.checker.before_change()
        super().remove(path, **options)

    def fault(self, name: str, **what: Any) -> None:
        """As in a plain cluster; the checker is told of it, unless it was already (`Checker.fault`)."""
        facts = () if self.checker.is_told else tuple(troubles(name, what, self._objects_everywhere()))
        for uid, fault in facts:
            self.checker.note(fault, uid)
        super().fault(name, **what)

    def _objects_everywhere(self) -> list[plain.Json]:
        return self.items("/api/v1/pods")


@contextlib.contextmanager
def looked_at(directory: Path, *arguments: Any, **options: Any) -> Iterator[Watched]:
    """A lab and a checker, whose verdict is for the test to ask for."""
    with plain.cluster(directory, *arguments, **options) as made, Checker() as checker:
        at = made.lab.access
        checker.follow(Access(at.server, at.ca, at.token))
        watched = Watched(made.lab, directory, checker)
        try:
            yield watched
        finally:
            if watched.controller.process is not None:
                watched.controller.end()


@contextlib.contextmanager
def cluster(directory: Path, *arguments: Any, **options: Any) -> Iterator[Watched]:
    """A lab under the checker, gone at the end. Raises `AssertionError` then if anything was wrong at any moment."""
    with looked_at(directory, *arguments, **options) as watched:
        yield watched
        violations = watched.checker.verdict()
        assert not violations, "\n".join(map(str, violations))


def _links(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The links that a command changes, under all of their names; empty where it is not one alone, or one others depend on."""
    words = list(argv)
    if words[1:2] == ["link"] and len(words) > 3 and words[3] not in ("dev", "link"):
        found = [words[3]]
    else:
        found = [words[words.index("dev") + 1] if "dev" in words[:-1] else ""]
    if words[1:3] == ["link", "set"] and "name" in words[:-1]:
        found.append(words[words.index("name") + 1])
    return tuple("" if one in ("eth0", "lo") else one for one in found)
