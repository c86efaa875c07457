import pytest

from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, PODS
from tests.lab.apiserver.hosted import Hosted, a_configmap, a_deployment, a_pod

PODS_PATH = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYS = "/apis/apps/v1/namespaces/default/deployments"
MERGE = "application/merge-patch+json"


async def test_create_get_update_delete(server: Hosted) -> None:
    code, made = await server.ask("POST", MAPS, {"metadata": {"name": "c"}, "data": {"a": "1"}})
    assert (code, made["kind"], made["apiVersion"]) == (201, "ConfigMap", "v1")
    assert await server.ask("GET", f"{MAPS}/c") == (200, made)
    code, changed = await server.ask("PUT", f"{MAPS}/c", {**made, "data": {"a": "2"}})
    assert (code, changed["data"]) == (200, {"a": "2"})
    code, stale = await server.ask("PUT", f"{MAPS}/c", made)
    assert (code, stale["reason"]) == (409, "Conflict")
    code, gone = await server.ask("DELETE", f"{MAPS}/c")
    assert (code, gone["status"]) == (200, "Success")
    assert gone["details"] == {"name": "c", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert (await server.ask("GET", f"{MAPS}/c"))[0] == 404


async def test_a_list_names_the_kind_once(server: Hosted) -> None:
    server.store.create(a_pod())
    code, found = await server.ask("GET", PODS_PATH)
    assert (code, found["kind"], found["apiVersion"]) == (200, "PodList", "v1")
    assert found["metadata"] == {"resourceVersion": str(server.store.history.version)}
    assert [set(item) for item in found["items"]] == [{"metadata", "spec", "status"}]


async def test_a_pod_is_answered_as_it_is_left(server: Hosted) -> None:
    server.store.create(a_pod(nodeName="n"))
    code, left = await server.ask("DELETE", f"{PODS_PATH}/a", {"gracePeriodSeconds": 7})
    assert (code, left["kind"], left["metadata"]["deletionGracePeriodSeconds"]) == (200, "Pod", 7)
    wrong = {"preconditions": {"uid": "other"}}
    code, said = await server.ask("DELETE", f"{PODS_PATH}/a", wrong)
    assert (code, said["reason"]) == (409, "Conflict")
    assert (await server.ask("DELETE", f"{PODS_PATH}/a?gracePeriodSeconds=0"))[0] == 200
    assert not server.store.has(PODS, "default", "a")


async def test_collections_are_deleted_by_selector(server: Hosted) -> None:
    for name, label in (("a", "x"), ("b", "y")):
        server.store.create({**a_configmap(name), "metadata": {"name": name, "labels": {"l": label}}})
    code, gone = await server.ask("DELETE", f"{MAPS}?labelSelector=l%3Dx")
    assert (code, [item["metadata"]["name"] for item in gone["items"]]) == (200, ["a"])
    assert [item["metadata"]["name"] for item in (await server.ask("GET", MAPS))[1]["items"]] == ["b"]


async def test_patches_by_content_type(server: Hosted) -> None:
    server.store.create(a_deployment())
    path = f"{DEPLOYS}/d"
    for kind, body in (
        (MERGE, {"metadata": {"labels": {"a": "1"}}}),
        ("application/json-patch+json", [{"op": "add", "path": "/metadata/labels/b", "value": "2"}]),
        (
            "application/strategic-merge-patch+json",
            {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "x"}]}}}},
        ),
    ):
        assert (await server.ask("PATCH", path, body, kind))[0] == 200
    made = server.store.get(DEPLOYMENTS, "default", "d")
    assert made["metadata"]["labels"] == {"a": "1", "b": "2"}
    assert [container["image"] for container in made["spec"]["template"]["spec"]["containers"]] == ["x"]
    assert (await server.ask("PATCH", path, {}, "application/json"))[0] == 415
    assert (await server.ask("PATCH", path, {}, "application/apply-patch+yaml"))[0] == 422, "an apply needs its manager"


async def test_apply_creates_and_then_changes(server: Hosted) -> None:
    path, kind = f"{MAPS}/c?fieldManager=t", "application/apply-patch+yaml"
    assert (await server.ask("PATCH", path, a_configmap(a="1"), kind))[0] == 201
    assert (await server.ask("PATCH", path, a_configmap(b="2"), kind))[0] == 200


async def test_scale_is_a_kind_of_its_own(server: Hosted) -> None:
    server.store.create(a_deployment())
    code, scale = await server.ask("GET", f"{DEPLOYS}/d/scale")
    assert (code, scale["kind"], scale["spec"]) == (200, "Scale", {"replicas": 1})
    assert (await server.ask("PATCH", f"{DEPLOYS}/d/scale", {"spec": {"replicas": 4}}, MERGE))[1]["spec"] == {"replicas": 4}
    code, said = await server.ask("PUT", f"{DEPLOYS}/d/scale", scale)
    assert (code, said["reason"]) == (409, "Conflict"), "its version is the object's"
    assert server.store.get(DEPLOYMENTS, "default", "d")["metadata"]["generation"] == 2


async def test_status_is_written_apart(server: Hosted) -> None:
    server.store.create(a_pod())
    code, pod = await server.ask("PATCH", f"{PODS_PATH}/a/status", {"status": {"phase": "Running"}, "spec": {"x": 1}}, MERGE)
    assert (code, pod["status"]["phase"], "x" in pod["spec"]) == (200, "Running", False)


async def test_a_pod_is_bound(server: Hosted) -> None:
    server.store.create(a_pod())
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": {"kind": "Node", "name": "n"}}
    assert (await server.ask("POST", f"{PODS_PATH}/a/binding", body))[0] == 201
    assert server.store.get(PODS, "default", "a")["spec"]["nodeName"] == "n"


async def test_an_evicted_pod_is_deleted_with_its_grace(server: Hosted) -> None:
    server.store.create(a_pod(nodeName="n"))
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a", "namespace": "default"}}
    code, status = await server.ask("POST", f"{PODS_PATH}/a/eviction", body | {"deleteOptions": {"gracePeriodSeconds": 7}})
    assert (code, status["kind"], status["status"]) == (201, "Status", "Success")
    assert server.store.get(PODS, "default", "a")["metadata"]["deletionGracePeriodSeconds"] == 7
    assert (await server.ask("POST", f"{PODS_PATH}/b/eviction", body))[0] == 400
    assert (await server.ask("POST", f"{PODS_PATH}/b/eviction", body | {"metadata": {"name": "b"}}))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "reason"),
    [
        ("POST", MAPS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, 400, "BadRequest"),
        ("POST", MAPS, {"metadata": {"name": "a", "namespace": "other"}}, 400, "BadRequest"),
        ("POST", MAPS, ["a"], 400, "BadRequest"),
        ("POST", MAPS, {"metadata": {"name": "Upper"}}, 422, "Invalid"),
        ("PUT", f"{MAPS}/b", {"metadata": {"name": "a"}}, 400, "BadRequest"),
        ("PUT", f"{MAPS}/a", {"metadata": {"name": "a"}}, 404, "NotFound"),
        ("PUT", MAPS, {}, 405, "MethodNotAllowed"),
        ("DELETE", f"{MAPS}/a", {"propagationPolicy": "Odd"}, 400, "BadRequest"),
        ("DELETE", f"{MAPS}/a", {}, 404, "NotFound"),
        ("GET", f"{MAPS}?limit=x", None, 400, "BadRequest"),
        ("GET", f"{MAPS}?labelSelector=(", None, 400, "BadRequest"),
        ("GET", f"{MAPS}?resourceVersion=99999", None, 504, "Timeout"),
    ],
)
async def test_refusals(server: Hosted, method: str, path: str, body: object, code: int, reason: str) -> None:
    got, said = await server.ask(method, path, body)
    assert (got, said["kind"], said["status"], said["reason"], said["code"]) == (code, "Status", "Failure", reason, code)


async def test_a_body_that_is_no_json_is_one_sentence(server: Hosted) -> None:
    async with server.session.post(server.url + MAPS, data=b"{", headers={"Content-Type": "application/json"}) as response:
        assert (response.status, (await response.json())["reason"]) == (400, "BadRequest")


async def test_a_dry_run_changes_nothing(server: Hosted) -> None:
    assert (await server.ask("POST", f"{MAPS}?dryRun=All", a_configmap()))[0] == 201
    assert (await server.ask("GET", f"{MAPS}/c"))[0] == 404
