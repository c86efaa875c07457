"""Pure. What changed for a pod, or in the ConfigMap, as sentences: for the log, and for Events that `kubectl describe` shows.

A `Standing` is how a pod stands with us; `tell` says what a person should hear when one becomes another. Laws: the same
standing, reached without changing anything, tells nothing; a tale is told on a transition, not on every sweep (what is
wrong is told again after a while, by who keeps the time); what is odd about a network is the same oddity whichever other pods
it is about; a pod that was found as wished is no news, so that a start among 5,000 settled pods writes no Event; what a user
wrote reaches a tale only through `caret`, which escapes and cuts it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from kube_vxlan_controller.language.caret import below, one_line
from kube_vxlan_controller.model import Fault, NetworkName, Place, Warning
from kube_vxlan_controller.views import ConfigRef

Subject = Place | ConfigRef
"""The API object that a tale is about."""

SHOWN = 3
"""Changes that a tale names, of any number."""


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
    """The pod's networks were brought to what it asks for, or its gate was opened."""
    UNWIRED = "Unwired"
    """The pod asks for no network any more, and its links were removed."""
    REFUSED = "Refused"
    """Something a user wrote cannot be honoured."""
    ODD = "Odd"
    """Something a user wrote is honoured, and probably not what was meant."""
    DEGRADED = "Degraded"
    """Something is in the way of the pod's networks; it is tried again."""
    RECOVERED = "Recovered"
    """What was refused or in the way no longer is."""
    REPAIRED = "Repaired"
    """Somebody else had changed what is ours, and it was put back."""
    FOUND = "Found"
    """The pod had everything already: for the log's details only."""
    PEERS = "Peers"
    """Members joined or left one of the pod's networks: for the log's details only."""

    @property
    def fine(self) -> bool:
        """Whether it is good news (an Event's type Normal, not Warning)."""
        return self not in (Reason.REFUSED, Reason.ODD, Reason.DEGRADED)

    @property
    def action(self) -> str:
        """What we were about: an Event's `action`."""
        match self:
            case Reason.REFUSED | Reason.ODD:
                return "Reading"
            case Reason.REPAIRED:
                return "Repairing"
            case _:
                return "Wiring"

    @property
    def quiet(self) -> bool:
        """Whether it is a detail that no Event is written for."""
        return self in (Reason.FOUND, Reason.PEERS)


@dataclass(frozen=True, slots=True)
class Wire:
    """One link of a pod, as a person would name it."""

    name: str
    addresses: tuple[str, ...] = ()
    peers: int = field(default=0, compare=False)
    """How many members it reaches. One more or less is no other wire."""

    def __str__(self) -> str:
        return " ".join([self.name, *self.addresses, f"with {self.peers} {'peer' if self.peers == 1 else 'peers'}"])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pod stands with us."""

    state: State = State.WAITING
    links: tuple[Wire, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Warning, ...] = ()
    trouble: str = ""
    """What is in the way, as one sentence. It stays until the pod is wired, also while there is nobody to ask."""
    troubles: frozenset[str] = frozenset()
    """All that was in the way since the pod was wired last: what comes by turns is told once each."""
    known: bool = True
    """The kernel was asked: what is in the way is there, and not on the way to it."""
    changed: bool = False
    """Links, addresses or routes had to be changed to get here: not forwarding entries, which come and go with every peer,
    and not what was put back, which is a tale of its own."""
    opened: bool = False
    """The pod's gate was opened on the way here."""


@dataclass(frozen=True, slots=True)
class Tale:
    """Something that a person should hear about a pod, or about the ConfigMap of networks."""

    about: Subject
    reason: Reason
    line: str
    """All of it on one line."""
    network: NetworkName | None = None
    """The network that it is about, where it is about one."""
    drawn: str = ""
    """All of it on several lines, with a caret under the place in the text; empty where there is no such place."""

    @property
    def note(self) -> str:
        """The text of an Event. In `kubectl describe` its later lines begin at the screen's left edge, where a caret fits."""
        return self.drawn or self.line


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a readiness gate is told of a pod: whether frames can pass."""

    place: Place
    ready: bool | None
    """None: it cannot be told, so that what was said before holds; where nothing was, they cannot."""
    reason: str
    """One word."""
    message: str


News = Tale | Readiness
"""What is to be told, to whoever listens."""

NEW = Standing()


def tell(place: Place, before: Standing, after: Standing) -> tuple[Tale, ...]:
    """What to tell when a pod's standing becomes another."""
    tales = [refused(place, fault) for fault in after.faults if fault not in before.faults]
    known = {(warning.code, warning.network) for warning in before.warnings}  # the same of another pod is no news
    tales += [odd(place, warning) for warning in after.warnings if (warning.code, warning.network) not in known]
    if after.state is State.DEGRADED and after.trouble not in before.troubles:
        tales.append(Tale(place, Reason.DEGRADED, after.trouble))
    if after.state is State.WIRED:
        tales += _wired(place, before, after)
    return tuple(tales)


def readiness(place: Place, standing: Standing) -> Readiness:
    """Whether frames can pass, by how the pod stands with us.

    An agent that cannot be asked is no reason to call a pod unready that was ready: its kernel forwards without it.
    """
    if standing.faults:
        return Readiness(place, False, Reason.REFUSED, one_line(standing.faults[0]))
    match standing.state:
        case State.WIRED:
            return Readiness(place, True, Reason.WIRED, "The pod's networks are as it asks for, and its peers know of it.")
        case State.DEGRADED:
            return Readiness(place, False if standing.known else None, Reason.DEGRADED, standing.trouble)
        case State.WAITING:
            return Readiness(place, None, "Waiting", "No agent of the pod runs yet.")
        case State.WIRING:
            return Readiness(place, None, "Wiring", "The pod's networks are being made.")
        case _:
            assert_never(standing.state)


def untold(standing: Standing) -> Standing:
    """The standing as if what is wrong had not been told yet."""
    return replace(standing, faults=(), warnings=(), trouble="", troubles=frozenset())


def tell_networks(about: ConfigRef, before: Iterable[Fault], after: Iterable[Fault]) -> tuple[Tale, ...]:
    """What to tell when the entries of the ConfigMap have become others: every mistake that was not there before."""
    known = frozenset(before)
    return tuple(refused(about, fault) for fault in after if fault not in known)


def refused(about: Subject, fault: Fault) -> Tale:
    """Something a user wrote cannot be honoured: with the code, the place, the caret, and what to write instead."""
    head = one_line(replace(fault, hint=""))
    drawn = "\n".join([f"{fault.code}: {head}", *below(fault)]) if fault.where else ""
    return Tale(about, Reason.REFUSED, f"{fault.code}: {one_line(fault)}", fault.network, drawn)


def odd(about: Subject, warning: Warning) -> Tale:
    """Something that a user wrote is honoured, and probably not what was meant."""
    return Tale(about, Reason.ODD, f"{warning.code}: {warning.message} {warning.hint}".rstrip(), warning.network)


def repaired(place: Place, changes: tuple[str, ...]) -> Tale:
    """Somebody else changed what is ours, and it was put back; `changes` are what was done for it, as commands."""
    left = len(changes) - SHOWN
    more = f", and {left} more" if left > 0 else ""
    return Tale(place, Reason.REPAIRED, f"put back what somebody else had changed: {', '.join(changes[:SHOWN])}{more}")


def peers(place: Place, link: str, joined: int, left: int) -> Tale:
    """So many members joined and left a network since the pod was last told."""
    return Tale(place, Reason.PEERS, f"{link}: {joined} joined, {left} left")


def _wired(place: Place, before: Standing, after: Standing) -> list[Tale]:
    """The one tale of a pod that is wired now, if it is news."""
    if not after.links and after.faults:
        return []  # the Faults have told it
    if not after.links and after.changed:
        return [Tale(place, Reason.UNWIRED, "The pod asks for no network any more; its links were removed.")]
    if (before.trouble or before.faults) and not after.faults:
        return [Tale(place, Reason.RECOVERED, _links(after))]
    if after.opened or after.changed:
        return [Tale(place, Reason.WIRED, _links(after))]
    return [Tale(place, Reason.FOUND, _links(after))] if before.state is not State.WIRED else []


def _links(standing: Standing) -> str:
    if standing.links:
        return ", ".join(map(str, standing.links))
    return "This pod is a member of no network: it has no annotation that names one."
