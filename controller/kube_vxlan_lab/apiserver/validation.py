"""Pure. What the server refuses as 422 Invalid: names, required fields, fields that may not change.

Only what a client of this project can run into; the real server checks far more. The messages are the API's.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from kube_vxlan_lab.apiserver.failures import Cause
from kube_vxlan_lab.apiserver.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    NAMESPACES,
    PODS,
    REPLICASETS,
    STATEFULSETS,
    Json,
    Resource,
    name_of,
)
from kube_vxlan_lab.apiserver.selectors import matches_selector

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_EVENT_REQUIRED = ("reportingController", "reportingInstance", "action", "reason")
_EVENT_FIXED = ("involvedObject", "related", "reason", "action", "message", "type", "reportingComponent", "reportingInstance")
"""What never changes of an Event, by the names that it is stored with; its series does."""
_NOTE_LIMIT = 1024
"""Bytes of an Event's note; a longer one costs the whole Event."""
_ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all annotations of an object, keys and values."""
_DATA_LIMIT = 1024 * 1024
"""Bytes of all values of a ConfigMap."""


def problems(resource: Resource, new: Json, old: Json | None) -> Iterator[Cause]:
    """What is wrong with an object in its stored form; `old` is what it replaces. `resource` is the row it came by."""
    yield from _name(resource, new)
    if _size(new["metadata"].get("annotations"), keys=True) > _ANNOTATIONS_LIMIT:
        yield _too_long("metadata.annotations", _ANNOTATIONS_LIMIT)
    if resource.plural == CONFIGMAPS.plural and _size(new.get("data")) + _size(new.get("binaryData")) > _DATA_LIMIT:
        yield _too_long("[]", _DATA_LIMIT)
    if resource.plural == PODS.plural:
        yield from _pod(new, old)
    elif resource.plural in (DEPLOYMENTS.plural, REPLICASETS.plural, STATEFULSETS.plural):
        yield from _workload(new, old)
    elif resource.plural == EVENTS.plural:
        yield from _event(resource, new, old)
    elif resource.plural == LEASES.plural:
        yield from _lease(new)


def required(field: str, detail: str = "") -> Cause:
    """A field that must be there is not."""
    return Cause("FieldValueRequired", f"Required value: {detail}" if detail else "Required value", field)


def _invalid(field: str, value: Any, why: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {msgspec.json.encode(value).decode()}: {why}", field)


def _forbidden(field: str, why: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _too_long(field: str, limit: int) -> Cause:
    return Cause("FieldValueTooLong", f"Too long: may not be more than {limit} bytes", field)


def _size(texts: dict[str, str] | None, *, keys: bool = False) -> int:
    return sum(len(value.encode()) + (len(key.encode()) if keys else 0) for key, value in (texts or {}).items())


def _name(resource: Resource, obj: Json) -> Iterator[Cause]:
    name = name_of(obj)
    if not name:
        yield required("metadata.name", "name or generateName is required")
        return
    if resource.plural == NAMESPACES.plural:
        pattern, rule, limit = _LABEL, _LABEL_RULE, 63
    else:
        pattern, rule, limit = _SUBDOMAIN, _SUBDOMAIN_RULE, 253
    if not re.fullmatch(pattern, name):
        yield _invalid("metadata.name", name, rule)
    if len(name) > limit:
        yield _invalid("metadata.name", name, f"must be no more than {limit} characters")


def _pod(new: Json, old: Json | None) -> Iterator[Cause]:
    yield from _pod_spec(new["spec"], "spec")
    if old is not None and _fixed(new["spec"]) != _fixed(old["spec"]):
        yield _forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        )


def _fixed(spec: Json) -> Json:
    """The part of a pod's spec that can never change."""
    kept = {key: value for key, value in spec.items() if key not in ("activeDeadlineSeconds", "tolerations")}
    for key in ("containers", "initContainers"):
        kept[key] = [{**container, "image": "", "imagePullPolicy": ""} for container in spec.get(key) or ()]
    return kept


def _pod_spec(spec: Json, path: str) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    seen: set[str] = set()
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or ()):
            where = f"{path}.{kind}[{index}]"
            name = container.get("name", "")
            if not name:
                yield required(f"{where}.name")
            elif not re.fullmatch(_LABEL, name):
                yield _invalid(f"{where}.name", name, _LABEL_RULE)
            elif name in seen:
                yield Cause("FieldValueDuplicate", f'Duplicate value: "{name}"', f"{where}.name")
            seen.add(name)
            if not container.get("image"):
                yield required(f"{where}.image")


def _workload(new: Json, old: Json | None) -> Iterator[Cause]:
    spec = new["spec"]
    selector = spec.get("selector")
    if not selector:
        yield required("spec.selector")
    template = spec.get("template") or {}
    if "spec" not in template:
        yield required("spec.template.spec.containers")
    else:
        yield from _pod_spec(template["spec"], "spec.template.spec")
    labels = template.get("metadata", {}).get("labels") or {}
    if selector and not matches_selector(selector, labels):
        yield _invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    if not isinstance(spec.get("replicas"), int) or spec["replicas"] < 0:
        yield _invalid("spec.replicas", spec.get("replicas"), "must be greater than or equal to 0")
    if old is not None and selector != old["spec"].get("selector"):
        yield _invalid("spec.selector", selector, "field is immutable")


def _event(resource: Resource, new: Json, old: Json | None) -> Iterator[Cause]:
    about = new.get("involvedObject") or {}
    if (about.get("namespace") or "default") != new["metadata"].get("namespace"):
        yield _invalid("involvedObject.namespace", about.get("namespace", ""), "does not match event.namespace")
    if resource.group != "events.k8s.io":
        return
    for field in _EVENT_FIXED:
        if old is not None and new.get(field) != old.get(field):
            yield _invalid(field, new.get(field), "field is immutable")
    served = {**new, "reportingController": new.get("reportingComponent")}
    if old is None and not new.get("eventTime"):
        yield required("eventTime")
    for field in _EVENT_REQUIRED:
        if not served.get(field):
            yield required(field)
        elif field != "reportingController" and len(served[field]) > 128:
            yield _invalid(field, "", "can have at most 128 characters")
    if len(str(new.get("message", "")).encode()) > _NOTE_LIMIT:
        yield _invalid("note", "", f"can have at most {_NOTE_LIMIT} characters")
    if new.get("type") not in ("Normal", "Warning"):
        yield _invalid("type", new.get("type", ""), "has invalid value: ")


def _lease(new: Json) -> Iterator[Cause]:
    spec = new.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield _invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    transitions = spec.get("leaseTransitions")
    if transitions is not None and transitions < 0:
        yield _invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")
