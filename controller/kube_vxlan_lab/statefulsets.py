"""Pure. What a StatefulSet wants done next: its pods by number, in order."""

from collections.abc import Mapping, Sequence

from kube_vxlan_lab.apiserver.resources import Json, name_of
from kube_vxlan_lab.workloads import Action, Create, Delete, is_active, is_ready, observed, pod_of, template_hash

HASH = "controller-revision-hash"


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
    updated = [pod for pod in pods if pod["metadata"]["labels"].get(HASH) == revision]
    ready = sum(map(is_ready, pods))
    counts = {
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": len(updated),
        "updatedReplicas": len(updated),
    }
    return counts | {"currentRevision": revision, "updateRevision": revision} | observed(statefulset)


def _ordered_pod(statefulset: Json, number: int) -> Json:
    name = f"{name_of(statefulset)}-{number}"
    labels = {
        HASH: _revision(statefulset),
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    pod = pod_of(statefulset, {"name": name, "labels": labels})
    domain = {"subdomain": statefulset["spec"]["serviceName"]} if statefulset["spec"].get("serviceName") else {}
    return {**pod, "spec": {**pod["spec"], "hostname": name, **domain}}


def _rolled(statefulset: Json, there: Mapping[int, Json]) -> list[Action]:
    """The highest pod of an older template, once all the others are settled."""
    strategy = statefulset["spec"]["updateStrategy"]
    if strategy["type"] == "OnDelete" or not all(map(_settled, there.values())):
        return []
    revision, partition = _revision(statefulset), (strategy.get("rollingUpdate") or {}).get("partition", 0)
    for number in sorted(there, reverse=True):
        if number >= partition and there[number]["metadata"]["labels"].get(HASH) != revision:
            return [Delete(there[number])]
    return []


def _settled(pod: Json) -> bool:
    return is_active(pod) and is_ready(pod)


def _revision(statefulset: Json) -> str:
    return f"{name_of(statefulset)}-{template_hash(statefulset['spec']['template'])}"


def _ordinal(pod: Json) -> int:
    return int(name_of(pod).rpartition("-")[2])
