"""Pure. What following a resource tells its consumer, and with which patience it is followed.

Laws: `Listed` is everything that there is, so what it does not name is gone, but only where it is `consistent`. `Changed` and
`Removed` follow in the server's order, and may repeat what was said. From `Stale` to `Fresh` nobody confirmed the view, so
nothing must be removed because of it.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Meta(Protocol):
    """The part of `metadata` by which objects of one resource are told apart, and their versions."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class Object(Protocol):
    """Any msgspec struct with `metadata`."""

    @property
    def metadata(self) -> Meta: ...


T = TypeVar("T", bound=Object)


@dataclass(frozen=True, slots=True)
class Resource(Generic[T]):
    """What to list or follow: a collection's path (`/api/v1/pods`), how to decode its objects, which of them."""

    path: str
    type: type[T]
    label_selector: str = ""
    field_selector: str = ""
    """`metadata.name=NAME` follows one object."""

    @property
    def params(self) -> dict[str, str]:
        """The selectors as query parameters."""
        named = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Everything that there is. Not `consistent`: some object could not be read, so nothing may be taken as absent."""

    objects: tuple[T, ...]
    consistent: bool = True


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """An object is new, or other than before."""

    object: T


@dataclass(frozen=True, slots=True)
class Removed(Generic[T]):
    """An object is gone, or does not match the selector any more; its last state."""

    object: T


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing has confirmed the view since `since` (the event loop's seconds; the start, if nothing ever has)."""

    since: float
    why: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """The view is confirmed again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to log and count, one sentence; what is known of the objects stays as it is."""

    why: str


Happening = Listed[T] | Changed[T] | Removed[T] | Stale | Fresh | Trouble


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    silence: float = 75.0
    """A watch on which nothing arrives is replaced by a list; servers aim at one bookmark a minute."""
    stale: float = 90.0
    """Without any confirmation the view is no longer trusted: longer than `silence`, so that the list can prevent that."""
    shortest_watch: int = 300
    longest_watch: int = 600
    """The server is asked to end a watch after a random time between the two, so that clients spread over servers."""
    relist: float = 600.0
    """About how often everything is listed anew: a watch can lose an event without any error."""
    repair: float = 30.0
    """After an object that could not be read, a list is tried this soon."""
    initial: float = 60.0
    """A WatchList that has not sent its list by then does not know how to (old servers ignore what they do not know)."""
    first_delay: float = 0.8
    last_delay: float = 30.0
    away: float = 3.0
    """The longest wait for a server that cannot be connected to."""
    healthy: float = 120.0
    """After so long a success the next failure is a first one again."""
