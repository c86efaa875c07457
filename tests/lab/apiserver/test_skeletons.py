import pytest

from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, DEPLOYMENTS, PODS, Json, Resource
from kube_vxlan_lab.apiserver.skeletons import received
from tests.lab.apiserver.hosted import a_configmap, a_deployment, a_pod, refused


@pytest.mark.parametrize(
    ("resource", "obj"),
    [
        (PODS, {**a_pod(), "spec": "x"}),
        (PODS, {**a_pod(), "metadata": []}),
        (PODS, {**a_pod(), "metadata": {"name": 1}}),
        (PODS, {**a_pod(), "metadata": {"name": "a", "labels": {"a": True}}}),
        (PODS, {**a_pod(), "status": {"conditions": {}}}),
        (PODS, a_pod(containers={})),
        (PODS, a_pod(containers=["x"])),
        (PODS, a_pod(terminationGracePeriodSeconds="1")),
        (CONFIGMAPS, {**a_configmap(), "data": {"a": 1}}),
        (DEPLOYMENTS, {**a_deployment(), "spec": {"replicas": "1"}}),
        (DEPLOYMENTS, {**a_deployment(), "spec": {"template": {"spec": {"containers": [[]]}}}}),
    ],
)
def test_fields_of_a_wrong_type_are_refused(resource: Resource, obj: Json) -> None:
    with refused(400, "BadRequest"):
        received(resource, obj)


def test_null_means_absent() -> None:
    pod = a_pod(nodeName=None, initContainers=None)
    pod["metadata"]["creationTimestamp"] = None
    assert received(PODS, pod) == a_pod()
    assert received(PODS, {"metadata": None}) == {"metadata": {}}


def test_other_fields_pass() -> None:
    pod = a_pod(priority=5, affinity={"x": [1]})
    assert received(PODS, pod) == pod
