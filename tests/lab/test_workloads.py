"""What workloads share, and ReplicaSets: decisions by tables."""

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.workloads import (
    Create,
    Delete,
    dated,
    is_active,
    is_ready,
    owned,
    replicaset_actions,
    replicaset_status,
    template_hash,
)
from tests.lab.objects import a_pod, a_replicaset, template


def test_a_hash_tells_templates_apart_and_looks_like_one() -> None:
    one, other = template_hash(template("a")), template_hash(template("b"))
    assert one == template_hash(template("a")) != other
    assert len(one) == 10
    assert not set(one) & set("aeiou013")


def test_missing_pods_are_created_with_owner_labels_and_a_generated_name() -> None:
    replicaset = a_replicaset(replicas=3)
    actions = replicaset_actions(replicaset, [a_pod("x", replicaset)])
    assert len(actions) == 2
    (create, _) = actions
    assert isinstance(create, Create)
    metadata = create.obj["metadata"]
    assert metadata["generateName"] == "a-123-"
    assert metadata["labels"] == {"run": "a", "pod-template-hash": "123"}
    assert metadata["annotations"] == {"note": "kept"}
    assert metadata["ownerReferences"][0] == {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "a-123",
        "uid": "uid-a-123",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def test_the_least_useful_pods_go_first() -> None:
    replicaset = a_replicaset(replicas=1)
    ready, unready, homeless = (
        a_pod("ready", replicaset, ready=True),
        a_pod("unready", replicaset),
        a_pod("homeless", replicaset, node=""),
    )
    actions = replicaset_actions(replicaset, [ready, unready, homeless])
    assert actions == [Delete(homeless), Delete(unready)]


def test_of_pods_that_are_as_useful_the_younger_go_first() -> None:
    replicaset = a_replicaset(replicas=1)
    pods = [a_pod(name, replicaset, ready=True) for name in ("old", "middle", "young")]
    for second, pod in enumerate(pods):
        pod["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:0{second}Z"
    assert replicaset_actions(replicaset, pods) == [Delete(pods[2]), Delete(pods[1])]


def test_ended_and_leaving_pods_do_not_count() -> None:
    replicaset = a_replicaset(replicas=1)
    failed = a_pod("failed", replicaset, phase="Failed")
    leaving = a_pod("leaving", replicaset, leaving=True, ready=True)
    assert not is_active(failed)
    assert not is_active(leaving)
    assert is_ready(leaving)
    assert [type(action) for action in replicaset_actions(replicaset, [failed, leaving])] == [Create]
    assert replicaset_status(replicaset, [failed, leaving]) == {
        "replicas": 0,
        "fullyLabeledReplicas": 0,
        "observedGeneration": 1,
    }


def test_owned() -> None:
    replicaset = a_replicaset()
    mine, other = a_pod("mine", replicaset), a_pod("other", a_replicaset("b-456"))
    assert owned(replicaset, [mine, other]) == [mine]


def test_conditions_keep_their_times() -> None:
    words: Json = {"conditions": [{"type": "Available", "status": "True", "reason": "Enough"}]}
    first = dated(words, {}, "t1")
    assert first["conditions"][0]["lastTransitionTime"] == "t1"
    assert dated(words, first, "t2") == first
    other: Json = {"conditions": [{"type": "Available", "status": "True", "reason": "Plenty"}]}
    assert dated(other, first, "t2")["conditions"][0] == {
        "type": "Available",
        "status": "True",
        "reason": "Plenty",
        "lastUpdateTime": "t2",
        "lastTransitionTime": "t1",
    }
