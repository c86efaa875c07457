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


def pod(name: str, text: str, **spec: Any) -> Json:
    """A pod with its agents, and an application that does nothing; `spec` is what its spec has besides."""
    namespace, short = place(name)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": short, "namespace": namespace, **_marks(short, text)},
        "spec": _spec() | spec,
    }


def single_pod(name: str, text: str) -> Json:
    """A pod that has no IPv6 address in the cluster, which the lab can make (kube_vxlan_lab/containers.py)."""
    made = pod(name, text)
    made["metadata"]["annotations"]["kube-vxlan-lab/families"] = "ipv4"
    return made


def native_pod(name: str, text: str) -> Json:
    """A pod whose agent is one native sidecar, and whose application starts when its networks are ready."""
    return pod(name, text, **_native_spec())


def slow_pod(name: str, text: str, grace: int) -> Json:
    """A pod whose application hears nothing of its end, and is killed when its grace is over."""
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    spec = {"containers": [_app(deaf), _agent(SIDECAR)], "terminationGracePeriodSeconds": grace}
    return pod(name, text, **spec)


def deployment(name: str, text: str, replicas: int) -> Json:
    """A Deployment of such pods."""
    return _workload("Deployment", name, text, replicas, _spec())


def native_deployment(name: str, text: str, replicas: int) -> Json:
    """A Deployment of pods with native agents."""
    return _workload("Deployment", name, text, replicas, _native_spec())


def statefulset(name: str, text: str, replicas: int) -> Json:
    """A StatefulSet of such pods."""
    made = _workload("StatefulSet", name, text, replicas, _spec())
    return made | {"spec": made["spec"] | {"serviceName": place(name)[1]}}


def documents(lines: Sequence[str]) -> list[Json]:
    """The objects of some lines of YAML."""
    return [one for one in yaml.safe_load_all("\n".join(lines)) if one]


def _workload(kind: str, name: str, text: str, replicas: int, spec: Json) -> Json:
    namespace, short = place(name)
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": short, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": short}},
            "template": {"metadata": _marks(short, text), "spec": spec},
        },
    }


def _marks(name: str, text: str) -> Json:
    return {"labels": {"run": name, LABEL: "true"}, "annotations": {ANNOTATION: text}}


def _spec() -> Json:
    return {"initContainers": [_agent(INIT)], "containers": [_app(_SLEEP), _agent(SIDECAR)]}


def _native_spec() -> Json:
    probe = {
        "exec": {"command": ["kube-vxlan-agent", "ready", "25"]},
        "timeoutSeconds": 30,
        "periodSeconds": 1,
        "failureThreshold": 5,
    }
    sidecar = _agent(SIDECAR) | {"restartPolicy": "Always", "startupProbe": probe}
    return {"initContainers": [sidecar], "containers": [_app(_SLEEP)]}


def _app(command: Sequence[str]) -> Json:
    return {"name": "app", "image": "docker.io/library/busybox:stable", "command": command}


def _agent(name: str) -> Json:
    return {"name": name, "image": _IMAGE, "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}
