"""Pure. What happened, in order: the changes that a watch can go back to, and those who hear of each new one.

Laws: versions grow by one; subscribers hear every change, synchronously, in the order of the versions, even when one of them
causes the next. The history has an end: whoever asks for what lies before it is told so (410 Expired) and lists again.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.resources import Json, Resource, name_of, namespace_of

LENGTH = 4096
"""Changes that are remembered."""

Key = tuple[str, str]
"""Namespace (empty where there is none) and name."""


class ChangeType(StrEnum):
    """What happened to an object, in the words of a watch."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change. Its objects are in their stored form, shared, and must not be changed."""

    type: ChangeType
    resource: Resource
    """The row in whose form the objects are stored."""
    version: int
    old: Json | None
    new: Json
    """For DELETED: the last state, with the version of the deletion."""

    @property
    def key(self) -> Key:
        """Which object of its resource."""
        return namespace_of(self.new), name_of(self.new)


class History:
    """The changes of one store."""

    def __init__(self) -> None:
        self.version = 0
        """The number of the last change."""
        self._changes: deque[Change] = deque()
        self._forgotten = 0
        self._subscribers: list[Callable[[Change], None]] = []
        self._undelivered: deque[Change] = deque()
        self._delivering = False

    def record(self, change: Change) -> None:
        """Remember a change whose version is the next one."""
        self.version = change.version
        self._changes.append(change)
        if len(self._changes) > LENGTH:
            self._forgotten = self._changes.popleft().version
        self._undelivered.append(change)

    def deliver(self) -> None:
        """Tell subscribers what was recorded; does nothing when called by one of them, whose change comes in its turn."""
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._undelivered:
                change = self._undelivered.popleft()
                for subscriber in tuple(self._subscribers):
                    subscriber(change)
        finally:
            self._delivering = False

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Hear every change from now on; the function returned ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def since(self, version: int) -> tuple[Change, ...]:
        """The changes after a version. Raises a 410 Refusal if some of them are forgotten."""
        if version < self._forgotten:
            raise failures.expired(f"too old resource version: {version} ({self._forgotten})")
        return tuple(change for change in self._changes if change.version > version)

    def rolled_back(self, plural: str, objects: dict[Key, Json], version: int) -> dict[Key, Json]:
        """The objects of one resource as they were at a version. Raises a 410 Refusal as `since` does."""
        past = dict(objects)
        for change in reversed(self.since(version)):
            if change.resource.plural != plural:
                continue
            if change.old is None:
                past.pop(change.key, None)
            else:
                past[change.key] = change.old
        return past

    def compact(self) -> None:
        """Forget all changes: a watch or page from an older version is answered with 410 Expired."""
        self._changes.clear()
        self._forgotten = self.version
