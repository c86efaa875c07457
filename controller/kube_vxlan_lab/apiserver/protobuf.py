"""Pure. The few bodies that kubectl insists on sending as protobuf: `kubectl create configmap|deployment|namespace|...`.

The tables name the fields by their numbers in the API's .proto files, as far as those commands fill them in. Law: nothing is
dropped silently; a field that is set and not in the tables is a 415 Refusal, and the same object as JSON is always taken.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import Json

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    """`text`, `number`, `truth`, `map`, `bytemap`, or the message in `_MESSAGES`."""
    many: bool = False


def _texts(**numbers: int) -> dict[int, _Field]:
    return {number: _Field(name, "text") for name, number in numbers.items()}


_METADATA = _Field("metadata", "ObjectMeta")
_MESSAGES: dict[str, dict[int, _Field]] = {
    "TypeMeta": _texts(apiVersion=1, kind=2),
    "ObjectMeta": {
        **_texts(name=1, generateName=2, namespace=3),
        11: _Field("labels", "map"),
        12: _Field("annotations", "map"),
    },
    "ConfigMap": {
        1: _METADATA,
        2: _Field("data", "map"),
        3: _Field("binaryData", "bytemap"),
        4: _Field("immutable", "truth"),
    },
    "Namespace": {1: _METADATA, 2: _Field("spec", "Nothing"), 3: _Field("status", "Nothing")},
    "ServiceAccount": {1: _METADATA},
    "Deployment": {1: _METADATA, 2: _Field("spec", "DeploymentSpec"), 3: _Field("status", "Nothing")},
    "DeploymentSpec": {
        1: _Field("replicas", "number"),
        2: _Field("selector", "LabelSelector"),
        3: _Field("template", "PodTemplateSpec"),
        4: _Field("strategy", "Nothing"),
    },
    "LabelSelector": {1: _Field("matchLabels", "map")},
    "PodTemplateSpec": {1: _METADATA, 2: _Field("spec", "PodSpec")},
    "PodSpec": {2: _Field("containers", "Container", many=True)},
    "Container": {
        **_texts(name=1, image=2),
        3: _Field("command", "text", many=True),
        4: _Field("args", "text", many=True),
        6: _Field("ports", "ContainerPort", many=True),
        8: _Field("resources", "Nothing"),
    },
    "ContainerPort": {**_texts(name=1, protocol=4), 3: _Field("containerPort", "number")},
    "Nothing": {},
}


def decoded(body: bytes) -> Json:
    """The object in a protobuf body. Raises a 415 Refusal for what the tables do not hold."""
    if not body.startswith(_MAGIC):
        raise _unknown("a body without its magic number")
    envelope = dict(_fields(body[len(_MAGIC) :]))
    try:
        type_meta = _message("TypeMeta", envelope.get(1, b""))
        kind = type_meta.get("kind", "")
        if kind not in _MESSAGES:
            raise _unknown(f"a {kind}")
        return type_meta | _message(kind, envelope.get(2, b""))
    except UnicodeDecodeError:
        raise _unknown("text that is not UTF-8") from None


def _unknown(what: str) -> Refusal:
    message = f"this server does not understand {what} as protobuf: send it as JSON (with kubectl: in a file)"
    return Refusal(415, "UnsupportedMediaType", message, {})


def _message(kind: str, data: bytes) -> Json:
    table = _MESSAGES[kind]
    result: Json = {}
    for number, value in _fields(data):
        field = table.get(number)
        if not value and (field is None or not field.many):
            continue
        if field is None or isinstance(value, int) is not (field.kind in ("number", "truth")):
            raise _unknown(f"field {number} of a {kind}")
        _put(result, field, value)
    return result


def _put(result: Json, field: _Field, value: Any) -> None:
    match field.kind:
        case "map" | "bytemap":
            pair = dict(_fields(value))
            item = pair.get(2, b"")
            said = item.decode() if field.kind == "map" else base64.b64encode(item).decode()
            result.setdefault(field.name, {})[pair.get(1, b"").decode()] = said
            return
        case "text":
            item = value.decode()
        case "number":
            item = value
        case "truth":
            item = bool(value)
        case kind:
            item = _message(kind, value)
    if field.many:
        result.setdefault(field.name, []).append(item)
    elif item != {}:
        result[field.name] = item


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: numbers, or bytes."""
    at = 0
    try:
        while at < len(data):
            key, at = _varint(data, at)
            if key & 7 == 0:
                value, at = _varint(data, at)
                yield key >> 3, value
            elif key & 7 == 2:
                size, at = _varint(data, at)
                if at + size > len(data):
                    raise _unknown("a body that is cut off")
                yield key >> 3, data[at : at + size]
                at += size
            else:
                raise _unknown(f"wire type {key & 7}")
    except IndexError:
        raise _unknown("a body that is cut off") from None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
