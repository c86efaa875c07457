"""Pure. The four kinds of patch: JSON patch, merge patch, strategic merge patch, apply.

Laws: the object given is not changed. An apply merges like a strategic merge patch: who owns which field is not recorded
(managedFields are not kept), so a field that an applier no longer mentions stays, and there are no conflicts of ownership.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

import jsonpatch
import msgspec

from kube_vxlan_lab.apiserver.failures import Refusal, bad_request
from kube_vxlan_lab.apiserver.resources import Json


class PatchType(StrEnum):
    """The kinds of patch, each by its content type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to an object, as a client wrote it. `body` is a list for JSON patches, an object for all others."""

    type: PatchType
    body: Any


_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("containerPort", "protocol"),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "conditions": ("type",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
    "addresses": ("type",),
    "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "secrets": ("name",),
}
"""Lists of objects that are merged by a key; all others are replaced as a whole. A field of this name means the same in every
kind that is served here. Only the first key is used where a strategic patch leaves the second out."""
_PRIMITIVE_SETS = frozenset(("finalizers",))
"""Lists of strings that are merged as sets."""
_KEEPS_KEYS = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETES = "$deleteFromPrimitiveList/"


def patched(obj: Json, patch: Patch) -> Json:
    """The object after the patch. Raises a 400 or 422 Refusal for a patch that makes no sense or does not fit."""
    match patch.type:
        case PatchType.JSON:
            return _json_patched(obj, patch.body)
        case PatchType.MERGE:
            return _merged(obj, _object(patch.body))
        case PatchType.STRATEGIC | PatchType.APPLY:
            return _strategic(obj, _object(patch.body))
        case never:
            assert_never(never)


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise bad_request(f"cannot unmarshal {type(body).__name__} into a patch: a JSON object is expected")
    return body


def _json_patched(obj: Json, body: Any) -> Json:
    try:
        result = jsonpatch.apply_patch(obj, body)
    except jsonpatch.JsonPatchTestFailed:
        raise _does_not_fit("testing value failed: test failed") from None
    except jsonpatch.JsonPatchConflict as error:
        raise _does_not_fit(f"{error}") from None
    except (jsonpatch.InvalidJsonPatch, jsonpatch.JsonPointerException, TypeError) as error:
        raise bad_request(f"error decoding patch: {error}") from None
    if not isinstance(result, dict):
        raise bad_request("the patch leaves no object")
    return result


def _does_not_fit(why: str) -> Refusal:
    return Refusal(422, "Invalid", f"the server rejected our request due to an error in our request: {why}", {})


def _merged(obj: Any, patch: Json) -> Json:
    """RFC 7386: objects are merged, null deletes, everything else replaces."""
    result: Json = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value) if isinstance(value, dict) else value
    return result


def _strategic(obj: Any, patch: Json) -> Json:
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: _plain(value) for key, value in patch.items() if not key.startswith("$") and value is not None}
    if directive == "delete":
        return {}
    result = dict(obj) if isinstance(obj, dict) else {}
    kept = patch.get(_KEEPS_KEYS)
    if kept is not None:
        result = {key: value for key, value in result.items() if key in kept}
    for key, value in patch.items():
        if key.startswith(_DELETES):
            field = key.removeprefix(_DELETES)
            result[field] = [item for item in result.get(field) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = _strategic_field(key, result.get(key), value, patch.get(_ORDER + key))
    return result


def _strategic_field(key: str, old: Any, new: Any, order: Any) -> Any:
    if isinstance(new, dict):
        return _strategic(old, new)
    if not isinstance(new, list):
        return new
    old = old if isinstance(old, list) else []
    if key in _PRIMITIVE_SETS:
        return [*old, *(item for item in new if item not in old)]
    if key in _KEYS and all(isinstance(item, dict) for item in (*old, *new)):
        return _merged_list(_KEYS[key], old, new, order)
    return _plain(new)


def _merged_list(keys: tuple[str, ...], old: list[Json], new: list[Json], order: Any) -> list[Json]:
    if any(item.get("$patch") == "replace" for item in new):
        return [_plain(item) for item in new if item.get("$patch") != "replace"]
    result = list(old)
    for item in new:
        if keys[0] not in item:
            raise bad_request(f"map: {msgspec.json.encode(item).decode()} does not contain declared merge key: {keys[0]}")
        at = [index for index, other in enumerate(result) if _same(keys, item, other)]
        if item.get("$patch") == "delete":
            result = [other for index, other in enumerate(result) if index not in at]
        elif at:
            result[at[0]] = _strategic(result[at[0]], item)
        else:
            result.append(_strategic({}, item))
    return _ordered(keys[0], result, order) if isinstance(order, list) else result


def _same(keys: tuple[str, ...], one: Json, other: Json) -> bool:
    return all(one[key] == other.get(key) for key in keys if key in one)


def _ordered(key: str, items: list[Json], order: list[Any]) -> list[Json]:
    """Items that the order names come in that order; the rest keep their places after them."""
    places = {item.get(key) if isinstance(item, dict) else item: place for place, item in enumerate(order)}
    return sorted(items, key=lambda item: places.get(item.get(key), len(places)))


def _plain(value: Any) -> Any:
    """What a patch puts in place of something, without directives and nulls."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not key.startswith("$") and item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
