"""Pure. The pods that are measured: members of one network each, with native sidecars or as in the example."""

from enum import StrEnum
from typing import Any

Json = dict[str, Any]

LABEL, ANNOTATION = "vxlan.openvnf.org", "vxlan.openvnf.org/networks"
SIDECAR, INIT = "vxlan-controller-agent", "vxlan-controller-agent-init"
IMAGE = "docker.io/openvnf/kube-vxlan-controller-agent:2"
_PROBE = {
    "exec": {"command": ["kube-vxlan-agent", "ready", "25"]},
    "timeoutSeconds": 30,
    "periodSeconds": 1,
    "failureThreshold": 23,
}


class Style(StrEnum):
    """How a pod has its agent."""

    NATIVE = "native"
    INIT = "init, sidecar"

    @property
    def agents(self) -> int:
        """Agent containers in a pod, each of which costs a start one exec."""
        return 1 if self is Style.NATIVE else 2


def text(network: str, number: int) -> str:
    """What pod `number`, which counts from 0, writes."""
    return f"{network} ip={overlay(number)}"


def overlay(number: int) -> str:
    """The address that pod `number` asks for."""
    return f"10.99.{number // 250}.{number % 250 + 1}/16"


def pod(name: str, annotation: str, style: Style) -> Json:
    """A pod with its agents, and an application that does nothing."""
    sidecar, app = container(SIDECAR, IMAGE), {"name": "app", "image": "busybox"}
    if style is Style.NATIVE:
        return shell(name, annotation, [sidecar | {"restartPolicy": "Always", "startupProbe": _PROBE}], [app])
    return shell(name, annotation, [container(INIT, IMAGE)], [app, sidecar])


def container(name: str, image: str) -> Json:
    """An agent's container."""
    return {"name": name, "image": image, "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}


def shell(name: str, annotation: str, inits: list[Json], containers: list[Json]) -> Json:
    """A labelled pod of these containers."""
    metadata = {"name": name, "namespace": "default", "labels": {LABEL: "true"}, "annotations": {ANNOTATION: annotation}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"initContainers": inits, "containers": containers},
    }
