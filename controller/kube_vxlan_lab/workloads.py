"""Pure. What a Deployment, a ReplicaSet and a StatefulSet want done next, given what there is.

Each function takes the object and what it owns and answers with the next actions; it is asked again after every change, so
nothing here waits or remembers. Names, labels, hashes and owner references have the form that the real controllers give them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from kube_vxlan_lab.apiserver.resources import Json, name_of, namespace_of

HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
REVISION = "deployment.kubernetes.io/revision"
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


Action = Create | Scale | Delete


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
    """Pods to create, or to delete: first those that are least useful."""
    active = [pod for pod in pods if is_active(pod)]
    missing = replicaset["spec"]["replicas"] - len(active)
    if missing >= 0:
        return [Create(_pod(replicaset, {"generateName": f"{name_of(replicaset)}-"}))] * missing
    doomed = sorted(active, key=lambda pod: (bool(pod["spec"].get("nodeName")), is_ready(pod), _age(pod)))
    return [Delete(pod) for pod in doomed[:-missing]]


def replicaset_status(replicaset: Json, pods: Sequence[Json]) -> Json:
    """The status that its pods amount to."""
    active = [pod for pod in pods if is_active(pod)]
    ready = sum(map(is_ready, active))
    status = {"replicas": len(active), "fullyLabeledReplicas": len(active)} | ({"readyReplicas": ready} if ready else {})
    return status | ({"availableReplicas": ready} if ready else {}) | _observed(replicaset)


def deployment_actions(deployment: Json, replicasets: Sequence[Json]) -> list[Action]:
    """One ReplicaSet for the present template, and a step from the old ones to it within maxSurge and maxUnavailable."""
    spec = deployment["spec"]
    tag = template_hash(spec["template"])
    new = next((one for one in replicasets if one["metadata"]["labels"].get(HASH) == tag), None)
    old = [one for one in replicasets if one is not new]
    recreate = spec["strategy"]["type"] == "Recreate"
    surge, unavailable = (0, spec["replicas"]) if recreate else _limits(spec)
    others = sum(_held(one) for one in old)
    room = max(0, spec["replicas"] + surge - others)
    if new is None:
        start = 0 if recreate and others else min(spec["replicas"], room)
        return [Create(_replicaset(deployment, tag, start, _next_revision(replicasets)))]
    wanted = spec["replicas"] if new["spec"]["replicas"] >= spec["replicas"] else _grown(new, spec["replicas"], room)
    if recreate and others:
        wanted = min(wanted, new["spec"]["replicas"])
    actions: list[Action] = [] if wanted == new["spec"]["replicas"] else [Scale(new, wanted)]
    return [*actions, *_shrunk(old, new, spec["replicas"] - unavailable), *_forgotten(old, spec["revisionHistoryLimit"])]


def deployment_status(deployment: Json, replicasets: Sequence[Json]) -> Json:
    """The status that its ReplicaSets amount to."""
    tag = template_hash(deployment["spec"]["template"])
    total, ready = (sum(one["status"].get(key, 0) for one in replicasets) for key in ("replicas", "readyReplicas"))
    updated = sum(one["status"].get("replicas", 0) for one in replicasets if one["metadata"]["labels"].get(HASH) == tag)
    wanted = deployment["spec"]["replicas"]
    _, unavailable = _limits(deployment["spec"])
    counts = {
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
    }
    enough = ready >= wanted - unavailable
    available = {
        "type": "Available",
        "status": str(enough),
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }
    done = updated == total == ready == wanted
    progressing = {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
        "message": f"Deployment {'has successfully progressed' if done else 'is progressing'}.",
    }
    return (
        {key: value for key, value in counts.items() if value}
        | {"conditions": [available, progressing]}
        | _observed(deployment)
    )


def statefulset_actions(statefulset: Json, pods: Sequence[Json]) -> list[Action]:
    """The next pod to create or delete, in order; all at once where podManagementPolicy is Parallel.

    A pod that is being deleted still has its name, so its successor waits until it is gone.
    """
    spec = statefulset["spec"]
    first = (spec.get("ordinals") or {}).get("start", 0)
    wanted = range(first, first + spec["replicas"])
    there = {_ordinal(pod): pod for pod in pods}
    parallel = spec["podManagementPolicy"] == "Parallel"
    ended = [Delete(pod) for pod in pods if not is_active(pod) and "deletionTimestamp" not in pod["metadata"]]
    if ended:
        return [*ended]
    created: list[Action] = []
    for number in wanted:
        if number not in there:
            created.append(Create(_ordered_pod(statefulset, number)))
        if not parallel and (number not in there or not _settled(there[number])):
            return created
    beyond = [there[number] for number in sorted(there, reverse=True) if number not in wanted]
    if beyond:
        doomed = beyond if parallel else beyond[:1]
        return [*created, *(Delete(pod) for pod in doomed if "deletionTimestamp" not in pod["metadata"])]
    return created or _rolled(statefulset, there)


def statefulset_status(statefulset: Json, pods: Sequence[Json]) -> Json:
    """The status that its pods amount to."""
    revision = _revision(statefulset)
    updated = [pod for pod in pods if pod["metadata"]["labels"].get(REVISION_HASH) == revision]
    ready = sum(map(is_ready, pods))
    counts = {
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": len(updated),
        "updatedReplicas": len(updated),
    }
    return counts | {"currentRevision": revision, "updateRevision": revision} | _observed(statefulset)


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


# How


def _pod(owner: Json, metadata: Json) -> Json:
    template = owner["spec"]["template"]
    labels = {**(template["metadata"].get("labels") or {}), **metadata.get("labels", {})}
    own = {"namespace": namespace_of(owner), "labels": labels, "ownerReferences": [_reference(owner)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], **metadata, **own},
        "spec": template["spec"],
    }


def _ordered_pod(statefulset: Json, number: int) -> Json:
    name = f"{name_of(statefulset)}-{number}"
    labels = {
        REVISION_HASH: _revision(statefulset),
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    pod = _pod(statefulset, {"name": name, "labels": labels})
    domain = {"subdomain": statefulset["spec"]["serviceName"]} if statefulset["spec"].get("serviceName") else {}
    return {**pod, "spec": {**pod["spec"], "hostname": name, **domain}}


def _replicaset(deployment: Json, tag: str, replicas: int, revision: int) -> Json:
    template, selector = deployment["spec"]["template"], deployment["spec"]["selector"]
    labels = {**(template["metadata"].get("labels") or {}), HASH: tag}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{tag}",
            "namespace": namespace_of(deployment),
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {**selector, "matchLabels": {**selector.get("matchLabels", {}), HASH: tag}},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }


def _reference(owner: Json) -> Json:
    kind = {key: owner[key] for key in ("apiVersion", "kind")}
    return kind | {"name": name_of(owner), "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}


def _next_revision(replicasets: Sequence[Json]) -> int:
    known = (int((one["metadata"].get("annotations") or {}).get(REVISION, 0)) for one in replicasets)
    return 1 + max(known, default=0)


def _limits(spec: Json) -> tuple[int, int]:
    """How many pods more, and how many fewer, than wished there may be while rolling."""
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = _amount(rolling.get("maxSurge", "25%"), spec["replicas"], up=True)
    unavailable = _amount(rolling.get("maxUnavailable", "25%"), spec["replicas"], up=False)
    return surge, unavailable if surge or unavailable else 1


def _amount(value: int | str, of: int, up: bool) -> int:
    if isinstance(value, int):
        return value
    share = int(value.removesuffix("%")) * of / 100
    return ceil(share) if up else floor(share)


def _held(replicaset: Json) -> int:
    return max(int(replicaset["spec"]["replicas"]), int(replicaset["status"].get("replicas", 0)))


def _grown(new: Json, wished: int, room: int) -> int:
    return max(int(new["spec"]["replicas"]), min(wished, room))


def _shrunk(old: Sequence[Json], new: Json, least: int) -> list[Action]:
    """Scale old ReplicaSets down as far as `least` pods stay ready; those that are not ready go first."""
    ready = sum(one["status"].get("readyReplicas", 0) for one in (*old, new))
    spare = max(0, ready - least)
    actions: list[Action] = []
    for one in sorted(old, key=_age, reverse=True):
        has = one["spec"]["replicas"]
        unready = max(0, has - one["status"].get("readyReplicas", 0))
        gone = min(has, unready + spare)
        spare -= gone - min(gone, unready)
        if gone:
            actions.append(Scale(one, has - gone))
    return actions


def _forgotten(old: Sequence[Json], limit: int) -> list[Action]:
    empty = sorted((one for one in old if _held(one) == 0), key=_age)
    return [Delete(one) for one in empty[: -limit or None]] if len(empty) > limit else []


def _rolled(statefulset: Json, there: Mapping[int, Json]) -> list[Action]:
    """The highest pod of an older template, once all the others are settled."""
    strategy = statefulset["spec"]["updateStrategy"]
    if strategy["type"] == "OnDelete" or not all(map(_settled, there.values())):
        return []
    revision, partition = _revision(statefulset), (strategy.get("rollingUpdate") or {}).get("partition", 0)
    for number in sorted(there, reverse=True):
        if number >= partition and there[number]["metadata"]["labels"].get(REVISION_HASH) != revision:
            return [Delete(there[number])]
    return []


def _settled(pod: Json) -> bool:
    return is_active(pod) and is_ready(pod)


def _revision(statefulset: Json) -> str:
    return f"{name_of(statefulset)}-{template_hash(statefulset['spec']['template'])}"


def _ordinal(pod: Json) -> int:
    return int(name_of(pod).rpartition("-")[2])


def _age(obj: Json) -> tuple[str, int]:
    return obj["metadata"]["creationTimestamp"], int(obj["metadata"]["resourceVersion"])


def _observed(obj: Json) -> Json:
    return {"observedGeneration": obj["metadata"]["generation"]}
