"""Pure. What bounds the streams to agents, in one table with its reasons."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the streams. Times are in seconds."""

    opening_per_node: int = 4
    opening: int = 64
    warm: int = 5000
    """Streams that stay open; above it an idle one is closed, at random (the oldest would always be the one needed next)."""
    warm_for: float = 600.0
    """How long an idle stream stays open: longer than the time between two audits."""
    open_within: float = 15.0
    answer_within: int = 30
    """What the agent itself gives a request."""
    grace: float = 5.0
    """What is added to `answer_within` for the way there and back, and to `warm_for` before an agent ends by itself."""
    forwarding: int = 16
    """Requests of nothing but forwarding lines that are under way at once: enough for all cores, and little to wait behind."""
    forwarding_for: float = 0.05
    """After which one does not count any more; one takes a few milliseconds."""
    silences: int = 3
    """Agents in a row that did not greet us after which their node is left alone; the same agent again does not count."""
    rest: float = 15.0
    """How long it is left alone, before one more silence renews that."""

    def for_audits(self, every: float) -> Self:
        """The same where each place is audited so often: a stream that is needed for that stays open until then."""
        return replace(self, warm_for=max(self.warm_for, 2 * every))
