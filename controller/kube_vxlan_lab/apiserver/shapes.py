"""Pure. The forms of an object: what a server fills in, Event in its two versions, Scale.

Laws: `completed(completed(x)) == completed(x)`; `inward(row, outward(row, x)) == x`.
"""

from collections.abc import Iterator
from typing import Any

from kube_vxlan_lab.apiserver.failures import bad_request
from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, EVENTS, NAMESPACES, PODS, REPLICASETS, STATEFULSETS, Json, Resource

_EVENT_FIELDS = (
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
)
"""How v1 and events.k8s.io/v1 name the same field of an Event; all others have one name."""
_SERVER_FIELDS = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)
"""Metadata that no client can change."""


def outward(resource: Resource, obj: Json) -> Json:
    """A stored object as this row serves it."""
    if resource.group != "events.k8s.io":
        return obj
    return _renamed(obj, dict(_EVENT_FIELDS)) | {"apiVersion": resource.api_version}


def inward(resource: Resource, obj: Json) -> Json:
    """An object of this row as it is stored."""
    if resource.group != "events.k8s.io":
        return obj
    return _renamed(obj, {new: old for old, new in _EVENT_FIELDS}) | {"apiVersion": EVENTS.api_version}


def _renamed(obj: Json, names: dict[str, str]) -> Json:
    return {names.get(key, key): value for key, value in obj.items()}


def to_scale(obj: Json) -> Json:
    """The `scale` subresource of a Deployment, ReplicaSet or StatefulSet."""
    metadata = obj["metadata"]
    labels = obj["spec"].get("selector", {}).get("matchLabels", {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")},
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {
            "replicas": obj.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def scaled(obj: Json, scale: Json) -> Json:
    """The object with the number of replicas that a Scale wishes; its resourceVersion and uid are the Scale's."""
    metadata = {key: value for key, value in scale.get("metadata", {}).items() if key in ("uid", "resourceVersion")}
    spec = {**obj["spec"], "replicas": scale.get("spec", {}).get("replicas", 0)}
    return {**obj, "metadata": {**obj["metadata"], **metadata}, "spec": spec}


def replaced(resource: Resource, old: Json, new: Json, subresource: str | None) -> Json:
    """What an update by `new` makes of `old`: metadata that belongs to the server stays, and so does what lies on the other
    side of the subresource."""
    server = {key: old["metadata"][key] for key in _SERVER_FIELDS if key in old["metadata"]}
    metadata = {key: value for key, value in new["metadata"].items() if key not in (*_SERVER_FIELDS, "managedFields")} | server
    if subresource is not None:
        own = {"status": "status", "finalize": "spec"}[subresource]
        return {**old, own: new.get(own) or {}, "metadata": metadata}
    result = {**new, "metadata": metadata}
    if "status" in resource.subresources:
        result["status"] = old.get("status", {})
    if resource.generation and result.get("spec") != old["spec"]:
        result["spec"] = result.get("spec") or {}
        completed(resource, result)
        metadata["generation"] = old["metadata"]["generation"] + (result["spec"] != old["spec"])
    return result


def completed(resource: Resource, obj: Json) -> Json:
    """The object with the defaults that the real server fills in, as far as somebody here reads them. Changes `obj`."""
    plural = resource.plural
    if plural == NAMESPACES.plural:
        obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        _fill(obj.setdefault("status", {}), {"phase": "Active"})
        obj["metadata"].setdefault("labels", {}).setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name", ""))
    elif plural == PODS.plural:
        _complete_pod(obj["spec"])
        _fill(obj.setdefault("status", {}), {"phase": "Pending"})
    elif plural in (DEPLOYMENTS.plural, REPLICASETS.plural, STATEFULSETS.plural):
        _fill(obj["spec"], {"replicas": 1})
        _complete_template(obj["spec"])
        obj.setdefault("status", {} if plural == DEPLOYMENTS.plural else {"replicas": 0})
    if plural == DEPLOYMENTS.plural:
        _fill(obj["spec"], {"strategy": {}, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
        _complete_strategy(obj["spec"]["strategy"], {"maxUnavailable": "25%", "maxSurge": "25%"})
    elif plural == STATEFULSETS.plural:
        _fill(obj["spec"], {"podManagementPolicy": "OrderedReady", "updateStrategy": {}, "revisionHistoryLimit": 10})
        _complete_strategy(obj["spec"]["updateStrategy"], {"partition": 0})
    return obj


def _fill(target: Json, defaults: Json) -> None:
    for key, value in defaults.items():
        if target.get(key) is None:
            target[key] = value


def _complete_strategy(strategy: object, rolling: Json) -> None:
    if isinstance(strategy, dict):
        _fill(strategy, {"type": "RollingUpdate"})
        if strategy["type"] == "RollingUpdate":
            _fill(strategy, {"rollingUpdate": {}})
            if isinstance(strategy["rollingUpdate"], dict):
                _fill(strategy["rollingUpdate"], rolling)


def _complete_template(spec: Json) -> None:
    template = spec.get("template")
    if isinstance(template, dict):
        template.setdefault("metadata", {})
        if isinstance(template.get("spec"), dict):
            _complete_pod(template["spec"])


def _complete_pod(spec: Json) -> None:
    defaults = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    _fill(spec, defaults)
    for container in containers(spec):
        latest = ":" not in (image := str(container.get("image", "")).rpartition("/")[2]) or image.endswith(":latest")
        pull = "Always" if latest else "IfNotPresent"
        log = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
        _fill(container, {"resources": {}, "imagePullPolicy": pull, **log})
        for port in _dicts(container.get("ports")):
            _fill(port, {"protocol": "TCP"})
        for variable in _dicts(container.get("env")):
            _complete_variable(variable)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if isinstance(container.get(probe), dict):
                _fill(
                    container[probe], {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
                )


def _complete_variable(variable: Json) -> None:
    source = variable.get("valueFrom")
    if isinstance(source, dict) and isinstance(source.get("fieldRef"), dict):
        _fill(source["fieldRef"], {"apiVersion": "v1"})


def containers(spec: Json) -> Iterator[Json]:
    """All containers of a pod's spec, init containers first."""
    for key in ("initContainers", "containers"):
        yield from _dicts(spec.get(key))


def named_container(pod: Json, wished: str) -> str:
    """The container that a client means; without a name it is the only one. Raises a 400 Refusal."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    if wished:
        if any(container["name"] == wished for container in containers(spec)):
            return wished
        raise bad_request(f"container {wished} is not valid for pod {name}")
    mains, inits = ([container["name"] for container in spec.get(key) or ()] for key in ("containers", "initContainers"))
    if len(mains) == 1:
        return str(mains[0])
    message = f"a container name must be specified for pod {name}, choose one of: [{' '.join(mains)}]"
    raise bad_request(f"{message} or one of the init containers: [{' '.join(inits)}]" if inits else message)


def _dicts(items: Any) -> Iterator[Json]:
    return (item for item in items or () if isinstance(item, dict))
