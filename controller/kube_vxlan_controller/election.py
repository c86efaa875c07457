"""Pure. Who may lead, by what a Lease says: what was seen of it, from when on it may be taken, and what is written then.

Laws. The times in a record are other people's clocks and are compared with nothing: a holder has lost the Lease when its
record has not changed for as long as it lasts, by the clock of whoever looks. An epoch is higher than every one that was seen
before, also where the wall clock went back or the Lease was deleted. A record is replaced only in the version that was seen.
"""

from dataclasses import dataclass, replace

from kube_vxlan_controller.model import Epoch


@dataclass(frozen=True, slots=True)
class Record:
    """What a Lease (coordination.k8s.io/v1) says."""

    holder: str = ""
    """Empty: nobody."""
    duration: int | None = None
    """Seconds without a change after which the holder has lost it; None where nobody says."""
    epoch: Epoch = Epoch(0)
    """Its `acquireTime`, in microseconds since 1970; 0 where there is none."""
    renewed: int = 0
    """Its `renewTime`, likewise: for people who look."""
    transitions: int = 0
    """How often it went from one holder to another."""
    version: str = ""
    """Empty: it does not exist yet."""
    uid: str = ""


ABSENT = Record()
"""There is no Lease."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    duration: int = 15
    """Without a renewal the Lease is free after so long."""
    renew: int = 10
    """Without a renewal we stop after so long."""
    retry: int = 2
    """From one renewal to the next."""

    @property
    def call(self) -> float:
        """What one call to the API server may take."""
        return self.renew / 3

    @property
    def giving_up(self) -> float:
        """What giving the Lease up may take: a write, and where somebody has changed it, a look and another write."""
        return 3 * self.call

    @property
    def look(self) -> float:
        """How often those that stand by look, at least."""
        return self.retry / 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who wants to lead."""

    name: str
    """Told apart from every other process, and from an earlier one of the same pod."""
    duration: int
    """Seconds for which it takes the Lease."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one process has seen of a Lease."""

    record: Record
    since: float
    """Seconds of its own clock at which it saw this record first."""
    highest: Epoch
    """Of all records that it ever saw."""


def seen(before: Sight | None, record: Record, now: float) -> Sight:
    """What is known after a look at `now`."""
    if before is None:
        return Sight(record, now, record.epoch)
    since = before.since if record == before.record else now
    return Sight(record, since, max(before.highest, record.epoch))


def free_at(sight: Sight, us: Candidate) -> float:
    """From which second of our clock on we may take the Lease, if it does not change until then."""
    record = sight.record
    if record.holder in ("", us.name):
        return sight.since
    return sight.since + (record.duration or us.duration)


def taken(sight: Sight, us: Candidate, wall: int) -> Record:
    """What to write in order to take the Lease; `wall` is the time in microseconds since 1970."""
    record = sight.record
    if record.holder == us.name:  # a write whose answer was lost
        return renewed(record, wall)
    return replace(
        record,
        holder=us.name,
        duration=us.duration,
        epoch=Epoch(max(wall, sight.highest + 1)),
        renewed=wall,
        transitions=record.transitions + (record.version != ""),
    )


def renewed(record: Record, wall: int) -> Record:
    """What to write in order to keep the Lease."""
    return replace(record, renewed=wall)


def resumed(ours: Record, there: Record) -> Record | None:
    """What to keep the Lease by when it is in another version than we left it in; None when we have lost it.

    A Lease that somebody deleted is made anew, if nobody is faster. One that names us was changed by a renewal of ours whose
    answer was lost, or by hand.
    """
    if there.version and there.holder != ours.holder:
        return None
    return replace(ours, version=there.version, uid=there.uid)


def released(record: Record, wall: int) -> Record:
    """What to write in order to give the Lease up. The epoch stays, for the next holder to go beyond it."""
    return replace(record, holder="", duration=1, renewed=wall)
