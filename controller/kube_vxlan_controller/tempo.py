"""Pure. Every constant of time and number that the hand works by, in one table with its reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds, where nothing else is said."""

    burst: float = 0.004
    """Changes that come within it become one snapshot, and so one request per place."""
    retry_first: float = 0.5
    """The first retry comes after up to this (full jitter), each later one after up to twice as much."""
    retry_most: float = 30.0
    retry_refused: float = 60.0
    """Before asking again where only somebody else can change the answer (rejected, forbidden for good)."""
    forbidden_after: int = 5
    """Refusals in a row before one is taken for good: an API server that was just started forbids for a second or two."""
    retries_at_once: int = 16
    """Places that are being tried again at any moment; first tries do not count, so the healthy never wait for the sick."""
    retry_turn: float = 1.0
    """How long one counts among them: a node that does not answer takes 15 seconds, and is nobody else's trouble."""
    told_again: float = 1800.0
    """What is wrong with a pod is told again so often while it lasts: an Event is kept for an hour."""
    told_after: int = 3
    """Failures in a row before a place is called degraded; one lost stream is nothing to wake a person for."""
    last_words: float = 1.0
    """How long an answer may still be on its way when the container that gives it is another one: then it may never come."""
    rounds_at_most: int = 6
    """Requests for one wish before the place counts as one that does not settle (a start needs three)."""
    audit_every: float = 60.0
    """Each place is audited once in this time, or as often as `audits_per_second` allows, whichever is longer."""
    audits_per_second: float = 30.0
    """A core of a node bears about 40 execs a second (measured), and an audit may need one."""
    gate_patience: float = 2.0
    """How long a pod's gate waits for its peers to be programmed."""
    stop_patience: float = 5.0
    """How long requests on their way may take to end when we are told to stop."""

    def retry_within(self, failures: int) -> float:
        """The longest wait before the next try after so many failures in a row (at least one)."""
        return min(self.retry_most, self.retry_first * 2.0 ** min(failures - 1, 16))

    def audit_gap(self, places: int) -> float:
        """The time between the audits of two places, when there are so many."""
        return max(self.audit_every / max(places, 1), 1.0 / self.audits_per_second)
