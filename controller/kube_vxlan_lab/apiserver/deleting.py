"""Pure. What a deletion does at once and what it leaves to others.

A pod that a node may be running is only marked: its kubelet ends it and deletes it for good. Anything with finalizers is only
marked: whoever put them there takes them off. A namespace has a finalizer of its own in its spec: its contents go first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.resources import NAMESPACES, PODS, Json, Resource, name_of

_GARBAGE = ("foregroundDeletion", "orphan")
"""The finalizers by which a deletion tells the collector of garbage what to do with dependents."""


class Propagation(StrEnum):
    """What a deletion means for dependents; whoever collects garbage acts on it."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """How to delete: the fields of the API's DeleteOptions."""

    grace: int | None = None
    """Seconds; None: as the object says."""
    uid: str | None = None
    version: str | None = None
    propagation: Propagation = Propagation.BACKGROUND


DELETION = Deletion()


def marked(resource: Resource, obj: Json, how: Deletion, now: datetime) -> Json | None:
    """The object as it stays until others have done their part; None if it can go at once.

    Raises a 409 Refusal if a precondition does not hold.
    """
    _precondition(resource, obj, how)
    grace = _grace(resource, obj, how)
    finalizers = _finalizers(obj, how)
    metadata = {**obj["metadata"], **({"finalizers": finalizers} if finalizers else {})}
    new = {**obj, "metadata": metadata}
    if grace == 0 and not is_held(new):
        return None
    left = metadata.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" not in metadata or (left is not None and grace < left):
        metadata["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace))
        if resource is NAMESPACES:
            new["status"] = {**obj["status"], "phase": "Terminating"}
        else:
            metadata["deletionGracePeriodSeconds"] = grace
        if resource.generation and left is None:
            metadata["generation"] = metadata["generation"] + 1
    return new


def is_held(obj: Json) -> bool:
    """Whether a finalizer keeps the object."""
    return bool(obj["metadata"].get("finalizers") or (obj["kind"] == NAMESPACES.kind and obj["spec"].get("finalizers")))


def is_done(obj: Json) -> bool:
    """Whether an object that is being deleted waits for nothing any more."""
    metadata = obj["metadata"]
    return "deletionTimestamp" in metadata and not metadata.get("deletionGracePeriodSeconds") and not is_held(obj)


def timestamp(moment: datetime) -> str:
    """A time, in UTC, as metadata spells it: whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _precondition(resource: Resource, obj: Json, how: Deletion) -> None:
    metadata = obj["metadata"]
    for wished, there, what in (
        (how.uid, metadata["uid"], "UID"),
        (how.version, metadata["resourceVersion"], "ResourceVersion"),
    ):
        if wished and wished != there:
            why = (
                f"the {what} in the precondition ({wished}) does not match the {what} in record ({there}). "
                "The object might have been deleted and then recreated"
            )
            raise failures.conflict(resource, name_of(obj), why)


def _grace(resource: Resource, obj: Json, how: Deletion) -> int:
    if resource is not PODS or not obj["spec"].get("nodeName") or obj["status"].get("phase") in ("Succeeded", "Failed"):
        return 0
    return max(0, how.grace if how.grace is not None else int(obj["spec"]["terminationGracePeriodSeconds"]))


def _finalizers(obj: Json, how: Deletion) -> list[str]:
    present = list(obj["metadata"].get("finalizers") or ())
    if how.propagation is Propagation.BACKGROUND:
        return present
    wished = _GARBAGE[how.propagation is Propagation.ORPHAN]
    return [*(finalizer for finalizer in present if finalizer not in _GARBAGE), wished]
