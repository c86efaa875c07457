"""Pure. What reconcile needs of the world: the protocols, and the errors that cross them with what each one means.

WorldError               one of the world's failures, each of which is a policy:
 ├── Gone                the thing does not exist any more              forget it
 ├── NotRunning          nobody is there to ask yet                     try again, with backoff, or at its next event
 ├── Forbidden           we may not (RBAC, an admission policy)         if it lasts: report, try again slowly
 ├── Unreachable         nothing was done                               try again, with backoff
 ├── Rejected            the agent refused the request: nothing done    report, try again slowly
 └── Unknown             nobody can tell whether it was done            read back, then try again
      └── StreamEnded    nobody is left who could tell                  read back at once
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Protocol

from kube_vxlan_controller.election import Record
from kube_vxlan_controller.kernel.readings import Reading as Reading
from kube_vxlan_controller.model import InterfaceName, Place
from kube_vxlan_controller.model import Target as Target


class WorldError(Exception):
    """A failure of the world, not of ours; `str()` is one sentence that an operator can use."""


class Gone(WorldError):
    """The thing does not exist any more: forget it."""


class NotRunning(WorldError):
    """The agent's container does not run (yet, or any more): wait for the pod's next event."""


class Forbidden(WorldError):
    """The API server refuses us: report it; only somebody else can change it."""


class Unreachable(WorldError):
    """Nothing was done: try again with backoff, not before `retry_after` seconds where the server said so.

    `away` tells that nobody answered at all: there was no connection, or it was lost.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, away: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.away = away


class Rejected(WorldError):
    """The agent read the request and refused it; `code` is its word for why (`uid`, `epoch`, `line`, `version`, ...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unknown(WorldError):
    """The request may or may not have been carried out: read back before anything else."""


class StreamEnded(Unknown):
    """The stream that a request was for has ended, or its container is another one: what was known of the place is not certain.

    Agents raise it where nothing was sent; where the answer was given up (`asking`), nobody knows.
    """


StreamId = NewType("StreamId", int)
"""Names one open stream; never given twice by one process."""


class Finally(StrEnum):
    """What the agent does after everything else in a request was done."""

    NOTHING = "nothing"
    READY = "ready"
    """Leave the ready mark, so that a startup probe passes."""
    RELEASE = "release"
    """End the init container, so that the pod goes on. Leaves the ready mark as well."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to an agent, carried out in the order of the fields. Empty fields cost nothing."""

    batch: tuple[str, ...] = ()
    """Lines for `ip -force -batch -`."""
    neighbours: tuple[str, ...] = ()
    """`neigh` lines, in a batch of their own (a refused one aborts it)."""
    entries: tuple[str, ...] = ()
    """Lines for `bridge -force -batch -`."""
    read: tuple[tuple[Reading, tuple[InterfaceName, ...]], ...] = ()
    """What to read back, of which links (no names: of all; for ENTRIES, DIGEST: all VXLAN links)."""
    finally_: Finally = Finally.NOTHING

    @property
    def writes(self) -> bool:
        """Whether anything at all is changed by it."""
        return bool(self.batch or self.neighbours or self.entries or self.finally_ is not Finally.NOTHING)


@dataclass(frozen=True, slots=True)
class Told:
    """What an agent answered, end line included."""

    stream: StreamId
    complaints: tuple[str, ...] = ()
    """What `ip` and `bridge` said on stderr, a line each; empty means that every line took effect."""
    readings: Mapping[Reading, str] = field(default_factory=dict)


class Agents(Protocol):
    """The agents in the pods. One request at a time per target; bounded, with a deadline on everything."""

    async def ask(self, target: Target, ask: Ask, stream: StreamId | None = None) -> Told:
        """Carry out one request.

        With `stream`, on that stream only: if it is gone, nothing is sent and `StreamEnded` is raised, since what its caller
        knows of the place is no longer certain. Without, on the open stream of the target or on a new one.

        Raises every `WorldError`.
        """

    async def forget(self, place: Place) -> None:
        """Close what is open to the place. Never raises a `WorldError`."""


class ExecStream(Protocol):
    """One open Pod Exec without a terminal. Closing it is the cancel signal; the remote sees its stdin end."""

    async def send(self, data: bytes) -> None:
        """Write to the remote's stdin. Raises `Unknown` when the connection is lost."""

    async def receive(self) -> bytes:
        """The next piece of the remote's stdout, never empty, cut anywhere.

        Raises when there will be no more: `Unknown` when the connection ended without a status frame, `NotRunning` when
        the remote command ended (any exit code: an agent that stops serving is no longer there to ask; the code and what
        it said on stderr are in the message). Before the first piece also what `open` raises: API servers of 1.30 to 1.35
        accept first and ask the node then.
        """

    async def close(self) -> None:
        """Let go, within 0.25 s. Never raises, may be called twice."""


class Exec(Protocol):
    """Opens Pod Execs. Knows nothing of what travels on them."""

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        """Start a command with stdin, stdout and stderr; returns when the server has accepted it. Raises every `WorldError`."""


class Leases(Protocol):
    """The Lease by which several controllers agree on one that leads. No call lasts longer than its maker allowed."""

    async def read(self) -> Record:
        """What it says; `election.ABSENT` where there is none. Raises `WorldError`."""

    async def write(self, record: Record) -> Record | None:
        """Replace the version that the record names, or make a Lease where it names none; what is stored then.

        None when there is another version: nothing was done. Raises `WorldError`, of which `Unknown` tells that it may be done.
        """


class LeaseMeter(Protocol):
    """Counts what happens with the Lease. Never raises, never blocks."""

    def leading(self, leads: bool) -> None:
        """This process leads, or does so no more."""

    def transitions(self, count: int) -> None:
        """How often the Lease went from one holder to another, as it says itself."""


class Meter(Protocol):
    """Counts what happens, for whoever runs us. Never raises, never blocks."""

    def folded(self, changes: int, seconds: float) -> None:
        """A burst of changes became wishes."""

    def faults(self, count: int) -> None:
        """So many things that users wrote cannot be honoured now."""

    def asked(self, phase: str, outcome: str, seconds: float) -> None:
        """A request was answered, or failed: `outcome` is `ok` or the name of the error."""

    def stepped(self, kind: str, count: int) -> None:
        """Steps of one kind took effect."""

    def repaired(self, kind: str, count: int) -> None:
        """Steps of one kind undid what somebody else had done."""

    def standing(self, before: str | None, after: str | None) -> None:
        """A place went from one state to another; None before it is known, and after it is gone."""
