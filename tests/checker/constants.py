"""Pure. The bounds that a run is judged by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constants:
    """The bounds, in seconds where nothing else is said."""

    stale: float = 5.0
    """How long an entry may outlive its reason."""
    join: float = 5.0
    """How long a pod may wait for what it should have."""
    repair: float = 65.0
    """How long something changed by hand may stay: an audit period, and the time to act."""
    recovery: float = 10.0
    """How long it may take to be right again after a fault is over or a controller was started."""
    handover: float = 15.0
    """How long it may take until another controller acts when one of several has ended: the duration of its Lease."""
    haze: float = 0.5
    """How far apart two things may be written down that happened at once."""
    read_every: float = 1.0
    """How often each kernel is read in full, as a second opinion."""
    view: float = 90.0
    """How long a controller may hear nothing of a kind of object before it asks anew."""
    execs: int = 1
    """Execs in one pod at once, of each controller that runs."""
    lines: int = 30
    """Lines about one pod that a controller may write into its log in a minute of its own counting."""
    events: int = 20
    """Events about one pod at once."""
    event_every: float = 60.0
    """Seconds between two of those that come later."""
    memory: float = 100.0
    """Megabytes that a controller may use before it knows any pod; docs/operations.md states these four."""
    memory_per_pod: float = 0.25
    """Megabytes more for each."""
    files: int = 50
    """Open files before it knows any pod."""
    files_per_pod: int = 1
    """Open files more for each: its stream."""
    isolation: float = 1.2
    """How much longer healthy pods may take beside broken ones."""


FIRST_RELEASE = Constants()
