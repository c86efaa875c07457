"""Pure. What a Deployment wants done next: one ReplicaSet for its present template, and a step from the old ones to it."""

from collections.abc import Sequence
from math import ceil, floor

from kube_vxlan_lab.apiserver.resources import Json, name_of, namespace_of
from kube_vxlan_lab.workloads import Action, Create, Delete, Revise, Scale, age, observed, reference, template_hash

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


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
    rolled = [*actions, *_shrunk(old, new, spec["replicas"] - unavailable), *_forgotten(old, spec["revisionHistoryLimit"])]
    return [*rolled, *_revised(deployment, new, old)]


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
        {key: value for key, value in counts.items() if value} | {"conditions": [available, progressing]} | observed(deployment)
    )


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
            "ownerReferences": [reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {**selector, "matchLabels": {**selector.get("matchLabels", {}), HASH: tag}},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }


def _next_revision(replicasets: Sequence[Json]) -> int:
    return 1 + max(map(_revision, replicasets), default=0)


def _revision(obj: Json) -> int:
    return int((obj["metadata"].get("annotations") or {}).get(REVISION, 0))


def _revised(deployment: Json, new: Json, old: Sequence[Json]) -> list[Action]:
    """A template that has come back is the newest revision; the Deployment has the number of its ReplicaSet."""
    if _revision(new) + 1 < _next_revision(old):
        return [Revise(new, _next_revision(old))]
    return [] if _revision(deployment) == _revision(new) else [Revise(deployment, _revision(new))]


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
    for one in sorted(old, key=age, reverse=True):
        has = one["spec"]["replicas"]
        unready = max(0, has - one["status"].get("readyReplicas", 0))
        gone = min(has, unready + spare)
        spare -= gone - min(gone, unready)
        if gone:
            actions.append(Scale(one, has - gone))
    return actions


def _forgotten(old: Sequence[Json], limit: int) -> list[Action]:
    empty = sorted((one for one in old if _held(one) == 0), key=age)
    return [Delete(one) for one in empty[: -limit or None]] if len(empty) > limit else []
