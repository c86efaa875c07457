"""Pure. What changed for a pod, as sentences: for the log now, for Events and conditions of the pod as well.

A `Standing` is how a pod stands with us; `tell` says what a person should hear when one becomes another. Laws: the same
standing tells nothing; a tale is told on a transition, not on every sweep; what a user wrote reaches a tale only through
`caret`, which escapes and cuts it.
"""

from dataclasses import dataclass
from enum import StrEnum

from kube_vxlan_controller.language.caret import one_line
from kube_vxlan_controller.model import Fault, Place, Warning


class State(StrEnum):
    """How far a pod's networks are."""

    WAITING = "waiting"
    """No agent of the pod runs."""
    WIRING = "wiring"
    """Something is still to be done, and nothing is known to be in the way."""
    WIRED = "wired"
    """The kernel said that everything is as wished."""
    DEGRADED = "degraded"
    """Something is in the way; it is tried again."""


class Reason(StrEnum):
    """The machine-readable word of a tale; an Event's `reason`."""

    WIRED = "Wired"
    REFUSED = "Refused"
    ODD = "Odd"
    DEGRADED = "Degraded"
    REPAIRED = "Repaired"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pod stands with us."""

    state: State = State.WAITING
    links: tuple[str, ...] = ()
    """Its links as a person would name them: `vxeth1 192.168.11.2/29`."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Warning, ...] = ()
    trouble: str = ""
    """What is in the way, as one sentence."""


@dataclass(frozen=True, slots=True)
class Tale:
    """Something that a person should hear about a pod."""

    place: Place
    reason: Reason
    note: str

    @property
    def fine(self) -> bool:
        """Whether it is good news (an Event's type Normal, not Warning)."""
        return self.reason in (Reason.WIRED, Reason.REPAIRED)


NEW = Standing()


def tell(place: Place, before: Standing, after: Standing) -> tuple[Tale, ...]:
    """What to tell when a pod's standing becomes another."""
    tales = [Tale(place, Reason.REFUSED, one_line(fault)) for fault in after.faults if fault not in before.faults]
    tales += [Tale(place, Reason.ODD, odd(warning)) for warning in after.warnings if warning not in before.warnings]
    if after.state is State.DEGRADED and after.trouble != before.trouble:
        tales.append(Tale(place, Reason.DEGRADED, after.trouble))
    if after.state is State.WIRED and (before.state is not State.WIRED or before.links != after.links):
        tales.append(Tale(place, Reason.WIRED, f"wired: {', '.join(after.links)}" if after.links else "member of no network"))
    return tuple(tales)


def repaired(place: Place, what: tuple[str, ...]) -> Tale:
    """Somebody else changed what is ours, and it was put back; `what` names the changes undone."""
    return Tale(place, Reason.REPAIRED, f"put back what somebody else had changed: {', '.join(what)}")


def odd(warning: Warning) -> str:
    """A warning as one line."""
    return f"{warning.message} {warning.hint}".rstrip()
