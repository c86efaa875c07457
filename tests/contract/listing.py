"""Lists, pages, versions."""

import asyncio
import base64
import json

from tests.contract.server import MERGE, Server, config, eventually


async def an_object_has_what_the_server_gives(server: Server) -> None:
    made = await server.config("a", k="v")
    assert {"uid", "resourceVersion", "creationTimestamp", "name", "namespace"} <= made["metadata"].keys()
    assert (await server.ask("GET", server.path("configmaps", "a"))).body == made


async def a_list_has_a_version_and_items_without_a_kind(server: Server) -> None:
    await server.config("a")
    listed = (await server.ask("GET", server.path("configmaps"), labelSelector="none=such")).body
    assert (listed["kind"], listed["apiVersion"], listed["items"]) == ("ConfigMapList", "v1", [])
    assert int(listed["metadata"]["resourceVersion"]) > 0
    (one,) = [item for item in (await server.ask("GET", server.path("configmaps"))).body["items"] if _name(item) == "a"]
    assert "kind" not in one


async def pages_follow_one_another_in_order_and_end(server: Server) -> None:
    for name in "abc":
        await server.create("configmaps", config(name) | {"metadata": {"name": name, "labels": {"page": "yes"}}})
    asked = {"labelSelector": "page=yes", "limit": "2"}
    first = (await server.ask("GET", server.path("configmaps"), **asked)).body
    assert [_name(item) for item in first["items"]] == ["a", "b"]
    rest = (await server.ask("GET", server.path("configmaps"), **asked, **{"continue": first["metadata"]["continue"]})).body
    assert [_name(item) for item in rest["items"]] == ["c"]
    assert not rest["metadata"].get("continue")
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def a_page_of_a_version_that_is_forgotten_is_refused_with_a_token_that_goes_on(server: Server) -> None:
    for name in "abc":
        await server.create("configmaps", config(name) | {"metadata": {"name": name, "labels": {"page": "yes"}}})
    asked = {"labelSelector": "page=yes", "limit": "1"}
    first = (await server.ask("GET", server.path("configmaps"), **asked)).body
    await server.ask("DELETE", server.path("configmaps", "b"))
    await asyncio.to_thread(server.forget)
    long_ago = _of_version(first["metadata"]["continue"], int(first["metadata"]["resourceVersion"]), 1)
    answer = await server.ask("GET", server.path("configmaps"), **asked, **{"continue": long_ago})
    assert (answer.code, answer.body["reason"]) == (410, "Expired")
    asked["continue"] = answer.body["metadata"]["continue"]
    rest = (await server.ask("GET", server.path("configmaps"), **asked)).body
    assert [_name(item) for item in rest["items"]] == ["c"]
    assert int(rest["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])


def _of_version(token: str, version: int, other: int) -> str:
    """The token that goes on in the same place of another version. (A real server that has forgotten a version may have the
    list in its cache yet; of long ago it has not.) Tokens are nobody's business but the server's, and happen to be JSON."""
    told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    changed = {key: other if value == version else value for key, value in told.items()}
    assert changed != told
    return base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")


async def a_list_of_any_version_says_which_it_has(server: Server) -> None:
    """`resourceVersion=0`: from a cache, which a moment later has what was made."""
    made = await server.config("a")

    async def there() -> bool | None:
        listed = (await server.ask("GET", server.path("configmaps"), resourceVersion="0")).body
        if "a" not in [_name(item) for item in listed["items"]]:
            return None
        return int(listed["metadata"]["resourceVersion"]) >= int(made["metadata"]["resourceVersion"])

    assert await eventually(there, 10.0, "the cache has what was made")


async def a_page_of_another_list_is_refused(server: Server) -> None:
    answer = await server.ask("GET", server.path("configmaps"), limit="2", **{"continue": "nonsense"})
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


async def a_field_selector_finds_one_by_name(server: Server) -> None:
    await server.config("a")
    await server.config("b")
    listed = await server.ask("GET", server.path("configmaps"), fieldSelector="metadata.name=b")
    assert [_name(item) for item in listed.body["items"]] == ["b"]


async def what_is_not_there_is_404(server: Server) -> None:
    answer = await server.ask("GET", server.path("configmaps", "none"))
    assert (answer.code, answer.body["kind"], answer.body["reason"]) == (404, "Status", "NotFound")
    assert answer.body["message"] == 'configmaps "none" not found'


async def what_is_there_is_not_made_again(server: Server) -> None:
    await server.config("a")
    answer = await server.ask("POST", server.path("configmaps"), config("a"))
    assert (answer.code, answer.body["reason"]) == (409, "AlreadyExists")
    assert answer.body["message"] == 'configmaps "a" already exists'


async def a_stale_version_conflicts(server: Server) -> None:
    made = await server.config("a", k="1")
    path = server.path("configmaps", "a")
    assert (await server.ask("PUT", path, made | {"data": {"k": "2"}})).code == 200
    answer = await server.ask("PUT", path, made | {"data": {"k": "3"}})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")


async def a_change_that_changes_nothing_keeps_the_version(server: Server) -> None:
    made = await server.config("a", k="1")
    again = await server.ask("PATCH", server.path("configmaps", "a"), {"data": {"k": "1"}}, MERGE)
    assert again.body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def a_merge_patch_adds_changes_and_removes(server: Server) -> None:
    await server.config("a", k="1", gone="x")
    patch = {"metadata": {"annotations": {"n": "v"}}, "data": {"k": "2", "gone": None}}
    patched = (await server.ask("PATCH", server.path("configmaps", "a"), patch, MERGE)).body
    assert (patched["data"], patched["metadata"]["annotations"]) == ({"k": "2"}, {"n": "v"})


async def a_json_patch_that_fails_its_test_changes_nothing(server: Server) -> None:
    await server.config("a", k="1")
    patch = [{"op": "test", "path": "/data/k", "value": "2"}, {"op": "remove", "path": "/data/k"}]
    answer = await server.ask("PATCH", server.path("configmaps", "a"), patch, "application/json-patch+json")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert (await server.ask("GET", server.path("configmaps", "a"))).body["data"] == {"k": "1"}


async def a_put_with_another_uid_conflicts(server: Server) -> None:
    made = await server.config("a")
    made["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    answer = await server.ask("PUT", server.path("configmaps", "a"), made)
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")


async def a_patch_with_another_uid_is_invalid(server: Server) -> None:
    await server.config("a")
    patch = {"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}, "data": {"k": "2"}}
    answer = await server.ask("PATCH", server.path("configmaps", "a"), patch, MERGE)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert "metadata.uid" in answer.body["message"]


async def a_delete_with_another_uid_conflicts(server: Server) -> None:
    await server.config("a")
    options = {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
    answer = await server.ask("DELETE", server.path("configmaps", "a"), options)
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert (await server.ask("DELETE", server.path("configmaps", "a"))).body["status"] == "Success"


async def a_rehearsal_changes_nothing(server: Server) -> None:
    assert (await server.ask("POST", server.path("configmaps"), config("a"), dryRun="All")).code == 201
    assert (await server.ask("GET", server.path("configmaps", "a"))).code == 404


async def a_lease_is_taken_by_whoever_saw_its_newest_version(server: Server) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{server.namespace}/leases"
    spec = {"holderIdentity": "a", "leaseDurationSeconds": 15, "acquireTime": "2026-01-02T03:04:05.000006Z"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}, "spec": spec}
    made = await server.ask("POST", path, lease)
    assert made.code == 201, made.body
    assert made.body["spec"] == spec
    taken = await server.ask("PUT", f"{path}/l", made.body | {"spec": spec | {"holderIdentity": "b"}})
    assert (taken.code, taken.body["spec"]["holderIdentity"]) == (200, "b")
    late = await server.ask("PUT", f"{path}/l", made.body | {"spec": spec | {"holderIdentity": "c"}})
    assert (late.code, late.body["reason"]) == (409, "Conflict")


def _name(item: object) -> str:
    assert isinstance(item, dict)
    return str(item["metadata"]["name"])
