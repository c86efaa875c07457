"""Pure. The objects that scenarios name in a word: pods, Deployments and StatefulSets with an agent and an annotation."""

from collections.abc import Sequence
from typing import Any

import yaml

Json = dict[str, Any]

LABEL = "vxlan.openvnf.org"
ANNOTATION = "vxlan.openvnf.org/networks"
SIDECAR = "vxlan-controller-agent"
INIT = "vxlan-controller-agent-init"
_IMAGE = "docker.io/openvnf/kube-vxlan-controller-agent:2"
_SLEEP = ["sh", "-c", "trap exit TERM; sleep 2147483647 & wait"]


def place(name: str) -> tuple[str, str]:
    """Namespace and name of `NAME` or `NAMESPACE/NAME`."""
    namespace, slash, rest = name.partition("/")
    return (namespace, rest) if slash else ("default", name)


def pod(name: str, text: str, *, node: str = "", native: bool = False, host: bool = False) -> Json:
    """A pod with its agents, and an application that does nothing."""
    namespace, short = place(name)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": short, "namespace": namespace, **_marks(short, text)},
        "spec": _spec(native) | ({"nodeName": node} if node else {}) | ({"hostNetwork": True} if host else {}),
    }


def deployment(name: str, text: str, replicas: int) -> Json:
    """A Deployment of such pods."""
    return _workload("Deployment", name, text, replicas)


def statefulset(name: str, text: str, replicas: int) -> Json:
    """A StatefulSet of such pods."""
    made = _workload("StatefulSet", name, text, replicas)
    return made | {"spec": made["spec"] | {"serviceName": place(name)[1]}}


def documents(lines: Sequence[str]) -> list[Json]:
    """The objects of some lines of YAML."""
    return [one for one in yaml.safe_load_all("\n".join(lines)) if one]


def _workload(kind: str, name: str, text: str, replicas: int) -> Json:
    namespace, short = place(name)
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": short, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": short}},
            "template": {"metadata": _marks(short, text), "spec": _spec(native=False)},
        },
    }


def _marks(name: str, text: str) -> Json:
    return {"labels": {"run": name, LABEL: "true"}, "annotations": {ANNOTATION: text}}


def _spec(native: bool) -> Json:
    init = _agent(INIT)
    sidecar = _agent(SIDECAR)
    app = {"name": "app", "image": "docker.io/library/busybox:stable", "command": _SLEEP}
    if not native:
        return {"initContainers": [init], "containers": [app, sidecar]}
    probe = {"exec": {"command": ["kube-vxlan-agent", "ready"]}, "periodSeconds": 1, "failureThreshold": 120}
    return {"initContainers": [sidecar | {"restartPolicy": "Always", "startupProbe": probe}], "containers": [app]}


def _agent(name: str) -> Json:
    return {"name": name, "image": _IMAGE, "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}
