"""Pure. The types of the fields that this server itself touches, and the refusal of objects that have others there.

Everything behind it may rely on them. Fields that are not named here pass as they are; null means absent, as in the real API,
and is not kept.
"""

from typing import Any, TypedDict

import msgspec

from kube_vxlan_lab.apiserver.failures import bad_request
from kube_vxlan_lab.apiserver.resources import Json, Resource

_Texts = dict[str, str]


class _OwnerReference(TypedDict, total=False):
    apiVersion: str
    kind: str
    name: str
    uid: str
    controller: bool | None
    blockOwnerDeletion: bool | None


class _Metadata(TypedDict, total=False):
    name: str | None
    generateName: str | None
    namespace: str | None
    uid: str | None
    resourceVersion: str | None
    labels: _Texts | None
    annotations: _Texts | None
    finalizers: list[str] | None
    ownerReferences: list[_OwnerReference] | None


class _Variable(TypedDict, total=False):
    name: str
    value: str | None
    valueFrom: Json | None


class _Container(TypedDict, total=False):
    name: str | None
    image: str | None
    command: list[str] | None
    args: list[str] | None
    env: list[_Variable] | None
    ports: list[Json] | None
    restartPolicy: str | None
    startupProbe: Json | None
    readinessProbe: Json | None
    livenessProbe: Json | None
    securityContext: Json | None


class _PodSpec(TypedDict, total=False):
    containers: list[_Container] | None
    initContainers: list[_Container] | None
    nodeName: str | None
    nodeSelector: _Texts | None
    restartPolicy: str | None
    terminationGracePeriodSeconds: int | None
    hostNetwork: bool | None
    securityContext: Json | None


class _Condition(TypedDict, total=False):
    type: str
    status: str


class _PodStatus(TypedDict, total=False):
    phase: str | None
    conditions: list[_Condition] | None
    containerStatuses: list[Json] | None
    initContainerStatuses: list[Json] | None


class _Template(TypedDict, total=False):
    metadata: _Metadata | None
    spec: _PodSpec | None


class _Requirement(TypedDict, total=False):
    key: str
    operator: str
    values: list[str] | None


class _Selector(TypedDict, total=False):
    matchLabels: _Texts | None
    matchExpressions: list[_Requirement] | None


class _WorkloadSpec(TypedDict, total=False):
    replicas: int | None
    selector: _Selector | None
    template: _Template | None


class _NamespaceSpec(TypedDict, total=False):
    finalizers: list[str] | None


class _LeaseSpec(TypedDict, total=False):
    holderIdentity: str | None
    leaseDurationSeconds: int | None
    leaseTransitions: int | None
    acquireTime: str | None
    renewTime: str | None


class _Any(TypedDict, total=False):
    metadata: _Metadata | None


class _Pod(_Any, total=False):
    spec: _PodSpec | None
    status: _PodStatus | None


class _Workload(_Any, total=False):
    spec: _WorkloadSpec | None
    status: Json | None


class _Namespace(_Any, total=False):
    spec: _NamespaceSpec | None
    status: Json | None


class _Lease(_Any, total=False):
    spec: _LeaseSpec | None


class _ConfigMap(_Any, total=False):
    data: _Texts | None
    binaryData: _Texts | None


class _Event(_Any, total=False):
    involvedObject: _Texts | None
    regarding: _Texts | None
    message: str | None
    note: str | None
    reason: str | None
    action: str | None
    type: str | None
    eventTime: str | None
    reportingController: str | None
    reportingComponent: str | None
    reportingInstance: str | None
    series: Json | None


class _Node(_Any, total=False):
    spec: Json | None
    status: Json | None


_SKELETONS: dict[str, Any] = {
    "Pod": _Pod,
    "Deployment": _Workload,
    "ReplicaSet": _Workload,
    "StatefulSet": _Workload,
    "Namespace": _Namespace,
    "Lease": _Lease,
    "ConfigMap": _ConfigMap,
    "Event": _Event,
    "Node": _Node,
    "ServiceAccount": _Any,
}


def received(resource: Resource, obj: Json) -> Json:
    """A copy of an object without its nulls. Raises a 400 Refusal if a field has a type that it cannot have."""
    try:
        msgspec.convert(obj, _SKELETONS[resource.kind])
    except msgspec.ValidationError as error:
        message = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {error}'
        raise bad_request(message) from None
    kept: Json = _without_nulls(obj)
    kept.setdefault("metadata", {})
    return kept


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
