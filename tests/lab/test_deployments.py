"""Deployments: decisions by tables."""

import pytest

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.deployments import deployment_actions, deployment_status
from kube_vxlan_lab.workloads import Action, Create, Delete, Revise, Scale, template_hash
from tests.lab.objects import a_deployment, a_replicaset, template

NEW = f"a-{template_hash(template('new'))}"


def words(actions: list[Action]) -> list[tuple[str, str, int]]:
    told = []
    for action in actions:
        match action:
            case Create(obj):
                told.append(("create", obj["metadata"]["name"], obj["spec"]["replicas"]))
            case Scale(replicaset, replicas):
                told.append(("scale", replicaset["metadata"]["name"], replicas))
            case Delete(obj):
                told.append(("delete", obj["metadata"]["name"], 0))
            case Revise(obj, revision):
                told.append(("revise", obj["metadata"]["name"], revision))
    return told


def full(name: str, replicas: int, ready: int | None = None) -> Json:
    return a_replicaset(name, replicas, {"replicas": replicas, "readyReplicas": replicas if ready is None else ready})


RECREATE = {"type": "Recreate"}


@pytest.mark.parametrize(
    ("replicas", "replicasets", "expected"),
    [
        pytest.param(2, [], [("create", NEW, 2)], id="the first template"),
        pytest.param(2, [full(NEW, 2)], [], id="as it should be"),
        pytest.param(5, [full(NEW, 2)], [("scale", NEW, 5)], id="scaled up"),
        pytest.param(0, [full(NEW, 2)], [("scale", NEW, 0)], id="scaled down"),
        pytest.param(1, [full("a-old", 1)], [("create", NEW, 1)], id="a new template, one more than wished"),
        pytest.param(1, [full("a-old", 1), full(NEW, 1, 0)], [], id="the old one stays until the new one is ready"),
        pytest.param(1, [full("a-old", 1), full(NEW, 1)], [("scale", "a-old", 0)], id="the old one goes"),
        pytest.param(4, [full("a-old", 4)], [("create", NEW, 1)], id="a quarter more"),
        pytest.param(4, [full("a-old", 4), full(NEW, 1, 0)], [("scale", "a-old", 3)], id="a quarter fewer"),
        pytest.param(
            4, [full("a-old", 3), full(NEW, 1)], [("scale", NEW, 2), ("scale", "a-old", 2)], id="on both sides at once"
        ),
        pytest.param(
            1, [full("a-old", 1, 0), full(NEW, 1, 0)], [("scale", "a-old", 0)], id="an old one that is not ready goes"
        ),
    ],
)
def test_rolling(replicas: int, replicasets: list[Json], expected: list[tuple[str, str, int]]) -> None:
    assert words(deployment_actions(a_deployment(replicas, "new"), replicasets)) == expected


@pytest.mark.parametrize(
    ("replicasets", "expected"),
    [
        ([full("a-old", 2)], [("create", NEW, 0)]),
        ([full("a-old", 2), full(NEW, 0)], [("scale", "a-old", 0)]),
        ([a_replicaset("a-old", 0, {"replicas": 1}), full(NEW, 0)], []),
        ([full("a-old", 0), full(NEW, 0)], [("scale", NEW, 2)]),
    ],
)
def test_recreating_waits_for_the_old_ones_to_go(replicasets: list[Json], expected: list[tuple[str, str, int]]) -> None:
    assert words(deployment_actions(a_deployment(2, "new", **RECREATE), replicasets)) == expected


def test_empty_old_ones_are_forgotten_beyond_the_limit() -> None:
    older, old = full("a-older", 0), full("a-old", 0)
    older["metadata"]["creationTimestamp"] = "2025-01-01T00:00:00Z"
    assert words(deployment_actions(a_deployment(1, "new"), [old, older, full(NEW, 1)])) == [("delete", "a-older", 0)]


def test_a_replicaset_is_named_and_numbered() -> None:
    old = full("a-old", 1)
    old["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "4"}
    (create,) = deployment_actions(a_deployment(1, "new"), [old])
    assert isinstance(create, Create)
    tag = template_hash(template("new"))
    assert create.obj["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "5"}
    assert create.obj["spec"]["selector"] == {"matchLabels": {"run": "a", "pod-template-hash": tag}}
    assert create.obj["spec"]["template"]["metadata"]["labels"] == {"run": "a", "pod-template-hash": tag}


@pytest.mark.parametrize(
    ("old", "new", "deployment", "expected"),
    [
        pytest.param(4, 5, 5, [], id="as it should be"),
        pytest.param(4, 5, 4, [("revise", "a", 5)], id="the Deployment has the number of its ReplicaSet"),
        pytest.param(5, 4, 5, [("revise", NEW, 6)], id="an old template has come back, and is the newest now"),
    ],
)
def test_revisions(old: int, new: int, deployment: int, expected: list[tuple[str, str, int]]) -> None:
    objects = full("a-old", 0), full(NEW, 1), a_deployment(1, "new")
    for obj, revision in zip(objects, (old, new, deployment), strict=True):
        obj["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(revision)}
    assert words(deployment_actions(objects[2], objects[:2])) == expected


def test_status() -> None:
    status = deployment_status(a_deployment(2, "new"), [full("a-old", 1), full(NEW, 2, 0)])
    counts = {key: value for key, value in status.items() if key != "conditions"}
    assert counts == {
        "replicas": 3,
        "updatedReplicas": 2,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "unavailableReplicas": 1,
        "observedGeneration": 1,
    }
    assert [condition["status"] for condition in status["conditions"]] == ["False", "True"]
