"""Workloads carried out, in a lab."""

import pytest

from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, PODS, REPLICASETS
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.controllers import Controllers
from tests.lab.living import Json, Living, shell


def workload(kind: str, replicas: int, word: str = "x", **spec: object) -> Json:
    template = {"metadata": {"labels": {"run": "w", "word": word}}, "spec": {"containers": [shell("app")]}}
    wanted = {"replicas": replicas, "selector": {"matchLabels": {"run": "w"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w"}, "spec": wanted}


def names(objects: list[Json]) -> list[str]:
    return [one["metadata"]["name"] for one in objects]


@pytest.mark.kernel
async def test_a_deployment_is_scaled_rolled_and_collected(world: Living) -> None:
    deployments = f"{world.apps}/deployments"
    await world.client.create(deployments, workload("Deployment", 2))
    (made,) = await world.until(deployments, lambda found: found[0]["status"].get("availableReplicas") == 2)
    pods = (await world.client.get(world.pods))["items"]
    assert {pod["spec"]["nodeName"] for pod in pods} == {"node-1", "node-2"}
    await world.client.patch(f"{deployments}/w", {"spec": {"replicas": 4}})
    await world.until(world.pods, lambda found: len(found) == 4)
    await world.client.patch(f"{deployments}/w", {"spec": {"replicas": 1}})
    (left,) = await world.until(world.pods, lambda found: len(found) == 1)
    await world.client.patch(f"{deployments}/w", {"spec": {"template": {"metadata": {"labels": {"word": "y"}}}}})
    (rolled,) = await world.until(world.pods, lambda found: len(found) == 1 and names(found) != names([left]))
    assert rolled["metadata"]["labels"]["word"] == "y"
    assert len((await world.client.get(f"{world.apps}/replicasets"))["items"]) == 2
    (done,) = await world.until(deployments, lambda found: found[0]["status"].get("updatedReplicas") == 1)
    assert done["metadata"]["uid"] == made["metadata"]["uid"]
    await world.client.delete(f"{deployments}/w")
    await world.until(world.pods, lambda found: not found)
    await world.until(f"{world.apps}/replicasets", lambda found: not found)


@pytest.mark.kernel
async def test_a_statefulset_keeps_its_names(world: Living) -> None:
    sets = f"{world.apps}/statefulsets"
    await world.client.create(sets, workload("StatefulSet", 2, serviceName="svc"))
    first = await world.until(world.pods, lambda found: len(found) == 2)
    assert names(first) == ["w-0", "w-1"]
    await world.until(sets, lambda found: found[0]["status"].get("readyReplicas") == 2)
    await world.client.delete(f"{world.pods}/w-0")
    second = await world.until(
        world.pods,
        lambda found: names(found) == ["w-0", "w-1"] and found[0]["metadata"]["uid"] != first[0]["metadata"]["uid"],
    )
    assert second[1]["metadata"]["uid"] == first[1]["metadata"]["uid"]
    await world.client.patch(f"{sets}/w", {"spec": {"replicas": 1}})
    await world.until(world.pods, lambda found: names(found) == ["w-0"])


@pytest.mark.kernel
async def test_orphans_stay_and_a_foreground_deletion_waits(world: Living) -> None:
    deployments = f"{world.apps}/deployments"
    await world.client.create(deployments, workload("Deployment", 1))
    await world.until(world.pods, lambda found: len(found) == 1)
    await world.client.delete(f"{deployments}/w", propagationPolicy="Orphan")
    await world.until(deployments, lambda found: not found)
    (replicaset,) = (await world.client.get(f"{world.apps}/replicasets"))["items"]
    assert not replicaset["metadata"].get("ownerReferences")
    await world.client.delete(f"{world.apps}/replicasets/{replicaset['metadata']['name']}", propagationPolicy="Foreground")
    await world.until(f"{world.apps}/replicasets", lambda found: not found)
    assert (await world.client.get(world.pods))["items"] == []


def test_a_round_that_finds_nothing_to_do_changes_nothing() -> None:
    store = Store()
    store.create(workload("Deployment", 3))
    controllers = Controllers(store)
    for _ in range(4):
        controllers.round()
    version = store.history.version
    controllers.round()
    assert store.history.version == version
    assert len(store.list(PODS)[0]) == 3
    assert len(store.list(REPLICASETS)[0]) == len(store.list(DEPLOYMENTS)[0]) == 1


def test_a_pod_that_fits_nowhere_says_so_and_goes_when_there_is_room() -> None:
    store = Store()
    spec = {"containers": [shell("app")], "nodeSelector": {"kubernetes.io/hostname": "n"}}
    store.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    controllers = Controllers(store)
    controllers.round()
    (condition,) = store.get(PODS, "default", "p")["status"]["conditions"]
    assert condition["message"] == "0/0 nodes are available: there is no node."
    status = {"allocatable": {"pods": "9"}, "conditions": [{"type": "Ready", "status": "True"}]}
    metadata = {"name": "n", "labels": {"kubernetes.io/hostname": "n"}}
    store.create({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": status})
    controllers.round()
    assert store.get(PODS, "default", "p")["spec"]["nodeName"] == "n"
