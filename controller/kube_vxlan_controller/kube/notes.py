"""Pure. Events (events.k8s.io/v1) as the API server takes them.

Law: whatever a note holds, what is made of it is taken; it is cut between two characters where it is too long.
"""

from dataclasses import dataclass
from datetime import datetime

CONTROLLER = "vxlan.openvnf.org/kube-vxlan-controller"
"""Who reports; `From` in `kubectl describe`."""
LONGEST_NOTE = 1024
"""Bytes of UTF-8; the API server refuses the whole Event beyond it."""
LONGEST_WORD = 128
"""Characters of a reason, an action or an instance."""
LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Regarding:
    """The object that an Event is about, of the API's core group."""

    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Event:
    """What is told of an object. Two that are equal are repeats."""

    regarding: Regarding
    fine: bool
    """Type Normal, else Warning."""
    reason: str
    action: str
    note: str


def cut(note: str) -> str:
    """The note in at most 1,024 bytes of UTF-8, with a mark where something is missing."""
    encoded = note.encode(errors="replace")
    if len(encoded) > LONGEST_NOTE:
        return encoded[: LONGEST_NOTE - len("…".encode())].decode(errors="ignore") + "…"
    return encoded.decode()


def path(namespace: str) -> str:
    """Where the Events of a namespace are."""
    return f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"


def name_for(about: str, moment: int) -> str:
    """A name for an Event on an object of this name, told apart by nanoseconds since 1970, as client-go does it."""
    suffix = f".{moment:x}"
    return about[: LONGEST_NAME - len(suffix)].rstrip("-.") + suffix


def body(event: Event, name: str, instance: str, at: datetime) -> dict[str, object]:
    """A new Event that happened at a moment, in UTC, as `instance` reports it."""
    about = event.regarding
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace},
        "eventTime": _micro(at),
        "reportingController": CONTROLLER,
        "reportingInstance": instance[:LONGEST_WORD],
        "type": "Normal" if event.fine else "Warning",
        "reason": event.reason[:LONGEST_WORD],
        "action": event.action[:LONGEST_WORD],
        "note": cut(event.note),
        "regarding": {
            "apiVersion": "v1",
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
    }


def series(count: int, last: datetime) -> dict[str, object]:
    """How often it happened (at least twice), and when it did last."""
    return {"count": count, "lastObservedTime": _micro(last)}


def _micro(at: datetime) -> str:
    """As the API writes a MicroTime."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
