"""Objects for tests of workloads, as the store would hold them."""

from kube_vxlan_lab.apiserver.resources import Json


def template(word: str = "a") -> Json:
    """A pod template; the word tells one from another."""
    return {
        "metadata": {"labels": {"run": "a"}, "annotations": {"note": "kept"}},
        "spec": {"containers": [{"name": "c", "image": "i", "command": [word]}]},
    }


def _metadata(name: str, owner: Json | None = None) -> Json:
    references = [{"uid": owner["metadata"]["uid"], "controller": True}] if owner else []
    return {
        "name": name,
        "namespace": "default",
        "uid": f"uid-{name}",
        "generation": 1,
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {},
        "ownerReferences": references,
    }


def a_deployment(replicas: int = 1, word: str = "a", **strategy: object) -> Json:
    """With the defaults that the store fills in."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata("a"),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": "a"}},
            "template": template(word),
            "strategy": strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 1,
        },
        "status": {},
    }


def a_replicaset(name: str = "a-123", replicas: int = 1, status: Json | None = None) -> Json:
    """A ReplicaSet whose hash is what follows the dash."""
    tag = name.rpartition("-")[2]
    labels = {"run": "a", "pod-template-hash": tag}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": _metadata(name) | {"labels": labels},
        "spec": {"replicas": replicas, "template": template() | {"metadata": template()["metadata"] | {"labels": labels}}},
        "status": status or {},
    }


def a_statefulset(replicas: int = 3, word: str = "a", policy: str = "OrderedReady") -> Json:
    """With the defaults that the store fills in."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": _metadata("s"),
        "spec": {
            "replicas": replicas,
            "serviceName": "svc",
            "selector": {"matchLabels": {"run": "a"}},
            "template": template(word),
            "podManagementPolicy": policy,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        },
        "status": {},
    }


def a_pod(
    name: str, owner: Json, *, ready: bool = False, phase: str = "Running", leaving: bool = False, node: str = "node-1"
) -> Json:
    """A pod of the owner."""
    metadata = _metadata(name, owner) | ({"deletionTimestamp": "2026-01-01T00:00:01Z"} if leaving else {})
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": node},
        "status": {"phase": phase, "conditions": conditions},
    }
