from typing import Any

import pytest

from kube_vxlan_lab.apiserver.patching import Patch, PatchType, patched
from kube_vxlan_lab.apiserver.resources import Json
from tests.lab.apiserver.hosted import refused

CONTAINERS = [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "1"}]


def strategic(obj: Json, body: Json) -> Json:
    return patched(obj, Patch(PatchType.STRATEGIC, body))


def test_merge_patch_follows_its_rfc() -> None:
    obj = {"a": {"b": 1, "c": 2}, "d": [1, 2]}
    body = {"a": {"b": None, "e": {"f": None, "g": 1}}, "d": [3]}
    assert patched(obj, Patch(PatchType.MERGE, body)) == {"a": {"c": 2, "e": {"g": 1}}, "d": [3]}
    assert obj == {"a": {"b": 1, "c": 2}, "d": [1, 2]}


def test_json_patch() -> None:
    body = [{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/a", "value": 2}]
    assert patched({"a": 1}, Patch(PatchType.JSON, body)) == {"a": 2}


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ([{"op": "test", "path": "/a", "value": 9}], 422, "Invalid"),
        ([{"op": "remove", "path": "/absent"}], 422, "Invalid"),
        ([{"op": "odd", "path": "/a"}], 400, "BadRequest"),
        ([{"path": "/a"}], 400, "BadRequest"),
        ([{"op": "replace", "path": "", "value": 1}], 400, "BadRequest"),
    ],
)
def test_json_patches_that_do_not_fit(body: Any, code: int, reason: str) -> None:
    with refused(code, reason):
        patched({"a": 1}, Patch(PatchType.JSON, body))


@pytest.mark.parametrize("kind", [PatchType.MERGE, PatchType.STRATEGIC, PatchType.APPLY])
def test_other_patches_are_objects(kind: PatchType) -> None:
    with refused(400, "BadRequest"):
        patched({}, Patch(kind, []))


def test_lists_are_merged_by_key() -> None:
    body = {"containers": [{"name": "b", "image": "2"}, {"name": "c", "image": "1"}]}
    images = {c["name"]: c["image"] for c in strategic({"containers": CONTAINERS}, body)["containers"]}
    assert images == {"a": "1", "b": "2", "c": "1"}


def test_lists_inside_of_lists_are_merged_by_key() -> None:
    body = {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "X", "$patch": "delete"}]}]}
    result = strategic({"containers": CONTAINERS}, body)["containers"]
    assert result == [{"name": "a", "image": "1", "env": [{"name": "Y", "value": "2"}]}, CONTAINERS[1]]


def test_an_element_is_deleted_by_key() -> None:
    body = {"containers": [{"name": "a", "$patch": "delete"}]}
    assert strategic({"containers": CONTAINERS}, body) == {"containers": [CONTAINERS[1]]}


def test_a_list_is_replaced_where_the_patch_says_so() -> None:
    body = {"containers": [{"$patch": "replace"}, {"name": "c", "image": "1"}]}
    assert strategic({"containers": CONTAINERS}, body) == {"containers": [{"name": "c", "image": "1"}]}


def test_a_map_is_replaced_where_the_patch_says_so() -> None:
    assert strategic({"s": {"a": 1}}, {"s": {"$patch": "replace", "b": 2, "c": None}}) == {"s": {"b": 2}}


def test_only_kept_keys_stay() -> None:
    obj = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    assert strategic(obj, {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}) == {"strategy": {"type": "Recreate"}}


def test_the_order_of_elements() -> None:
    body = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "2"}]}
    assert [c["name"] for c in strategic({"containers": CONTAINERS}, body)["containers"]] == ["b", "a"]


def test_ports_are_known_by_number_and_protocol() -> None:
    obj = {"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]}
    body = {"ports": [{"containerPort": 53, "protocol": "TCP", "name": "dns"}]}
    assert strategic(obj, body)["ports"] == [obj["ports"][0], {**obj["ports"][1], "name": "dns"}]


def test_lists_of_strings() -> None:
    obj = {"finalizers": ["a", "b"], "args": ["x"]}
    assert strategic(obj, {"finalizers": ["c"], "args": ["y"]}) == {"finalizers": ["a", "b", "c"], "args": ["y"]}
    assert strategic(obj, {"$deleteFromPrimitiveList/finalizers": ["a"]})["finalizers"] == ["b"]


def test_nulls_delete_and_are_never_stored() -> None:
    assert strategic({"a": 1, "b": {"c": 1}}, {"a": None, "b": {"c": None}, "d": {"e": None}}) == {"b": {}, "d": {}}


def test_an_element_without_its_key_is_refused() -> None:
    with refused(400, "BadRequest"):
        strategic({"containers": CONTAINERS}, {"containers": [{"image": "2"}]})
