"""Pure. The columns of `kubectl get`: the server prints, kubectl only lays out.

A row's cells follow the columns of its kind; columns of priority 1 are those of `-o wide`. Ages are words, as people read them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kube_vxlan_lab.apiserver.podstatus import pod_status
from kube_vxlan_lab.apiserver.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    SERVICEACCOUNTS,
    STATEFULSETS,
    Json,
    Resource,
)

NONE = "<none>"
UNKNOWN = "<unknown>"
Cells = Callable[[Json, datetime], list[Any]]


@dataclass(frozen=True, slots=True)
class _Layout:
    columns: tuple[str, ...]
    """A name with a `+` before it is shown by `-o wide` only; `#` marks a number."""
    cells: Cells


def table(resource: Resource, objects: Sequence[Json], metadata: Json, now: datetime) -> Json:
    """A meta.k8s.io/v1 Table of stored objects; each row carries the object's metadata, by which kubectl finds namespaces."""
    layout = next((layout for row, layout in _LAYOUTS if row.plural == resource.plural), _PLAIN)
    rows = [
        {
            "cells": layout.cells(obj, now),
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]},
        }
        for obj in objects
    ]
    columns = [_column(column) for column in layout.columns]
    kind = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
    return {**kind, "metadata": metadata, "columnDefinitions": columns, "rows": rows}


def _column(spelled: str) -> Json:
    name = spelled.lstrip("+#")
    return {
        "name": name,
        "type": "integer" if "#" in spelled else "string",
        "format": "name" if name == "Name" else "",
        "description": "",
        "priority": int("+" in spelled),
    }


def age(stamp: str | None, now: datetime) -> str:
    """How long ago a timestamp of the API is, as kubectl says it; `<unknown>` without one."""
    if not stamp:
        return UNKNOWN
    moment = datetime.fromisoformat(stamp)
    return duration(int((now - moment.astimezone(UTC)).total_seconds()))


def duration(seconds: int) -> str:
    """Seconds in at most two units, finer where it is short."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 0:
        return "0s"
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d") if days < 8 * 365 else f"{days // 365}y"


def _two(large: int, unit: str, small: int, subunit: str) -> str:
    return f"{large}{unit}{small}{subunit}" if small else f"{large}{unit}"


def _born(obj: Json, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _pod(obj: Json, now: datetime) -> list[Any]:
    said = pod_status(obj)
    restarts = str(said.restarts)
    if said.restarts and said.restarted_at:
        restarts += f" ({age(said.restarted_at, now)} ago)"
    nominated = obj["status"].get("nominatedNodeName")
    wide = [obj["status"].get("podIP") or NONE, obj["spec"].get("nodeName") or NONE, nominated or NONE, _gates(obj)]
    return [obj["metadata"]["name"], f"{said.ready}/{said.total}", said.reason, restarts, _born(obj, now), *wide]


def _gates(pod: Json) -> str:
    """How many of the pod's readiness gates are open, of all."""
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    status = {condition["type"]: condition["status"] for condition in pod["status"].get("conditions") or ()}
    return f"{sum(status.get(gate) == 'True' for gate in gates)}/{len(gates)}" if gates else NONE


def _template(obj: Json) -> list[str]:
    containers = obj["spec"]["template"]["spec"]["containers"]
    return [",".join(container["name"] for container in containers), ",".join(container["image"] for container in containers)]


def _selector(obj: Json) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(obj["spec"]["selector"].get("matchLabels", {}).items()))


def _deployment(obj: Json, now: datetime) -> list[Any]:
    status = obj.get("status", {})
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec']['replicas']}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [obj["metadata"]["name"], ready, *counts, _born(obj, now), *_template(obj), _selector(obj)]


def _replicaset(obj: Json, now: datetime) -> list[Any]:
    status = obj.get("status", {})
    counts = [obj["spec"]["replicas"], status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, _born(obj, now), *_template(obj), _selector(obj)]


def _statefulset(obj: Json, now: datetime) -> list[Any]:
    ready = f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec']['replicas']}"
    return [obj["metadata"]["name"], ready, _born(obj, now), *_template(obj)]


def _configmap(obj: Json, now: datetime) -> list[Any]:
    count = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return [obj["metadata"]["name"], count, _born(obj, now)]


def _namespace(obj: Json, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["status"]["phase"], _born(obj, now)]


def _node(obj: Json, now: datetime) -> list[Any]:
    status = obj.get("status", {})
    ready = {c["type"]: c["status"] for c in status.get("conditions", ())}.get("Ready", "Unknown")
    said = {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")
    if obj.get("spec", {}).get("unschedulable"):
        said += ",SchedulingDisabled"
    roles = ",".join(
        label.removeprefix("node-role.kubernetes.io/")
        for label in sorted(obj["metadata"].get("labels", {}))
        if label.startswith("node-role.kubernetes.io/")
    )
    info = status.get("nodeInfo", {})
    addresses = {address["type"]: address["address"] for address in reversed(status.get("addresses", ()))}  # the first counts
    wide = [addresses.get("InternalIP", NONE), addresses.get("ExternalIP", NONE)]
    wide += [info.get(key, UNKNOWN) for key in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    return [obj["metadata"]["name"], said, roles or NONE, _born(obj, now), info.get("kubeletVersion", ""), *wide]


def _serviceaccount(obj: Json, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), _born(obj, now)]


def _event(obj: Json, now: datetime) -> list[Any]:
    about = obj.get("involvedObject", {})
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    source = obj.get("source") or {}
    said_by = ", ".join(filter(None, (source.get("component") or obj.get("reportingComponent"), source.get("host"))))
    count = series.get("count") or obj.get("count") or 1
    regarding = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    message = str(obj.get("message", "")).strip()
    wide = [about.get("fieldPath", ""), said_by, message, age(first, now), count, obj["metadata"]["name"]]
    return [age(last, now), obj.get("type", ""), obj.get("reason", ""), regarding, *wide]


def _lease(obj: Json, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("spec", {}).get("holderIdentity") or "", _born(obj, now)]


_TEMPLATE = ("+Containers", "+Images")
_PLAIN = _Layout(("Name", "Age"), lambda obj, now: [obj["metadata"]["name"], _born(obj, now)])
_LAYOUTS = (
    (
        PODS,
        _Layout(("Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"), _pod),
    ),
    (DEPLOYMENTS, _Layout(("Name", "Ready", "#Up-to-date", "#Available", "Age", *_TEMPLATE, "+Selector"), _deployment)),
    (REPLICASETS, _Layout(("Name", "#Desired", "#Current", "#Ready", "Age", *_TEMPLATE, "+Selector"), _replicaset)),
    (STATEFULSETS, _Layout(("Name", "Ready", "Age", *_TEMPLATE), _statefulset)),
    (CONFIGMAPS, _Layout(("Name", "#Data", "Age"), _configmap)),
    (NAMESPACES, _Layout(("Name", "Status", "Age"), _namespace)),
    (
        NODES,
        _Layout(
            (
                *("Name", "Status", "Roles", "Age", "Version"),
                *("+Internal-IP", "+External-IP", "+OS-Image", "+Kernel-Version", "+Container-Runtime"),
            ),
            _node,
        ),
    ),
    (SERVICEACCOUNTS, _Layout(("Name", "#Secrets", "Age"), _serviceaccount)),
    (
        EVENTS,
        _Layout(
            (
                *("Last Seen", "Type", "Reason", "Object", "+Subobject", "+Source", "Message"),
                *("+First Seen", "+#Count", "+Name"),
            ),
            _event,
        ),
    ),
    (LEASES, _Layout(("Name", "Holder", "Age"), _lease)),
)
