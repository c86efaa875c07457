from datetime import UTC, datetime

import pytest

from kube_vxlan_lab.apiserver.deleting import DELETION, Deletion, Propagation, is_done, marked
from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, NAMESPACES, PODS, Json
from tests.lab.apiserver.hosted import a_configmap, a_pod, refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_running_pod(**status: str) -> Json:
    pod = a_pod(nodeName="n", terminationGracePeriodSeconds=20)
    return {**pod, "metadata": {"name": "a", "uid": "u", "resourceVersion": "1", "generation": 1}, "status": status}


def test_a_pod_has_the_grace_that_its_spec_or_the_client_says() -> None:
    for how, due in ((DELETION, "2026-01-01T00:00:20Z"), (Deletion(grace=3), "2026-01-01T00:00:03Z")):
        left = marked(PODS, a_running_pod(phase="Running"), how, NOW)
        assert left is not None
        assert left["metadata"]["deletionTimestamp"] == due
        assert left["metadata"]["generation"] == 2


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_goes_at_once(phase: str) -> None:
    assert marked(PODS, a_running_pod(phase=phase), DELETION, NOW) is None


def test_without_grace_or_node_it_goes_at_once() -> None:
    pod = a_running_pod(phase="Running")
    assert marked(PODS, pod, Deletion(grace=0), NOW) is None
    assert marked(PODS, {**pod, "spec": {**pod["spec"], "nodeName": ""}}, DELETION, NOW) is None


@pytest.mark.parametrize(
    ("propagation", "finalizers"),
    [(Propagation.FOREGROUND, ["mine", "foregroundDeletion"]), (Propagation.ORPHAN, ["mine", "orphan"])],
)
def test_the_collector_of_garbage_is_told_by_a_finalizer(propagation: Propagation, finalizers: list[str]) -> None:
    obj = a_configmap()
    obj["metadata"] |= {"uid": "u", "resourceVersion": "1", "finalizers": ["mine", "orphan"]}
    left = marked(CONFIGMAPS, obj, Deletion(propagation=propagation), NOW)
    assert left is not None
    assert left["metadata"]["finalizers"] == finalizers
    assert not is_done(left)
    assert is_done({**left, "metadata": {**left["metadata"], "finalizers": []}})


def test_a_namespace_waits_for_its_contents() -> None:
    namespace = {"kind": "Namespace", "metadata": {"name": "x", "uid": "u", "resourceVersion": "1"}}
    namespace |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    left = marked(NAMESPACES, namespace, DELETION, NOW)
    assert left is not None
    assert left["status"]["phase"] == "Terminating"
    assert is_done({**left, "spec": {"finalizers": []}})


@pytest.mark.parametrize("how", [Deletion(uid="other"), Deletion(version="2")])
def test_preconditions(how: Deletion) -> None:
    with refused(409, "Conflict"):
        marked(PODS, a_running_pod(phase="Running"), how, NOW)
