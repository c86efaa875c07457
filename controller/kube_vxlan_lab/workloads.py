"""Pure. What every kind of workload shares, and what a ReplicaSet wants done next.

Each `..._actions` function takes an object and what it owns and answers with the next actions; it is asked again after every
change, so nothing here waits or remembers. Names, labels and owner references have the form that the real controllers give
them.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kube_vxlan_lab.apiserver.resources import Json, name_of, namespace_of

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Create:
    """Create this object."""

    obj: Json


@dataclass(frozen=True, slots=True)
class Scale:
    """Set the replicas of a ReplicaSet."""

    replicaset: Json
    replicas: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete this object."""

    obj: Json


@dataclass(frozen=True, slots=True)
class Revise:
    """Write the number of its revision onto a Deployment or a ReplicaSet."""

    obj: Json
    revision: int


Action = Create | Scale | Delete | Revise


def template_hash(template: Json) -> str:
    """Ten characters that tell one pod template from another."""
    digest = int.from_bytes(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()[:8], "big")
    return "".join(_ALPHABET[digest // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(10))


def is_active(pod: Json) -> bool:
    """Whether a pod counts towards its owner's replicas."""
    return "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") not in ("Succeeded", "Failed")


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition holds."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions") or ())


def replicaset_actions(replicaset: Json, pods: Sequence[Json]) -> list[Action]:
    """Pods to create, or to delete: first those that are least useful, and of those the younger."""
    active = [pod for pod in pods if is_active(pod)]
    missing = replicaset["spec"]["replicas"] - len(active)
    if missing >= 0:
        return [Create(pod_of(replicaset, {"generateName": f"{name_of(replicaset)}-"}))] * missing
    youngest_first = sorted(active, key=age, reverse=True)
    doomed = sorted(youngest_first, key=lambda pod: (bool(pod["spec"].get("nodeName")), is_ready(pod)))
    return [Delete(pod) for pod in doomed[:-missing]]


def replicaset_status(replicaset: Json, pods: Sequence[Json]) -> Json:
    """The status that its pods amount to."""
    active = [pod for pod in pods if is_active(pod)]
    ready = sum(map(is_ready, active))
    status = {"replicas": len(active), "fullyLabeledReplicas": len(active)} | ({"readyReplicas": ready} if ready else {})
    return status | ({"availableReplicas": ready} if ready else {}) | observed(replicaset)


def dated(status: Json, old: Json, now: str) -> Json:
    """The status with times in its conditions; one whose words are the same keeps its times."""
    before = {one["type"]: one for one in old.get("conditions") or []}

    def date(condition: Json) -> Json:
        was: Json = before.get(condition["type"], {})
        if condition.items() <= was.items():
            return was
        since = was["lastTransitionTime"] if was.get("status") == condition["status"] else now
        return condition | {"lastUpdateTime": now, "lastTransitionTime": since}

    return status | ({"conditions": [date(one) for one in status["conditions"]]} if "conditions" in status else {})


def owner_uids(obj: Json) -> list[str]:
    """The uids of an object's owners."""
    return [reference["uid"] for reference in obj["metadata"].get("ownerReferences") or ()]


def owned(owner: Json, candidates: Iterable[Json]) -> list[Json]:
    """Those of the candidates that the owner controls."""
    uid = owner["metadata"]["uid"]
    return [one for one in candidates if uid in owner_uids(one)]


def pod_of(owner: Json, metadata: Json) -> Json:
    """A pod of the owner's template with this metadata besides."""
    template = owner["spec"]["template"]
    labels = {**(template["metadata"].get("labels") or {}), **metadata.get("labels", {})}
    own = {"namespace": namespace_of(owner), "labels": labels, "ownerReferences": [reference(owner)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], **metadata, **own},
        "spec": template["spec"],
    }


def reference(owner: Json) -> Json:
    """What an owned object says of its owner."""
    kind = {key: owner[key] for key in ("apiVersion", "kind")}
    return kind | {"name": name_of(owner), "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}


def age(obj: Json) -> tuple[str, int]:
    """Sorts the older object first."""
    return obj["metadata"]["creationTimestamp"], int(obj["metadata"]["resourceVersion"])


def observed(obj: Json) -> Json:
    """The part of a status that says which spec it is about."""
    return {"observedGeneration": obj["metadata"]["generation"]}
