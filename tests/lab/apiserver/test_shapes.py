import pytest

from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, EVENTS, EVENTS_V1, PODS, STATEFULSETS, Json
from kube_vxlan_lab.apiserver.shapes import completed, inward, named_container, outward, replaced, scaled, to_scale
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import a_deployment, a_pod, refused


def test_an_event_goes_out_and_in_unchanged() -> None:
    event: Json = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "message": "m", "count": 1}
    event |= {"involvedObject": {"name": "a"}, "source": {"component": "c"}, "reportingComponent": "c"}
    served = outward(EVENTS_V1, event)
    assert served["note"] == "m"
    assert served["deprecatedCount"] == 1
    assert inward(EVENTS_V1, served) == event
    assert outward(EVENTS, event) is event


def test_completing_twice_is_completing_once() -> None:
    for resource, obj in ((PODS, a_pod()), (DEPLOYMENTS, a_deployment())):
        once = completed(resource, obj)
        assert completed(resource, {**once}) == once


@pytest.mark.parametrize(
    ("image", "policy"),
    [("debian", "Always"), ("debian:latest", "Always"), ("debian:12", "IfNotPresent"), ("host:5000/debian", "Always")],
)
def test_images_are_pulled_as_their_tag_says(image: str, policy: str) -> None:
    pod = completed(PODS, a_pod(containers=[{"name": "a", "image": image}]))
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("written", "completed_to"),
    [
        (None, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}),
        (
            {"rollingUpdate": {"maxSurge": 1}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
        ),
        ({"type": "Recreate"}, {"type": "Recreate"}),
    ],
)
def test_a_deployments_strategy_is_completed_part_by_part(written: Json | None, completed_to: Json) -> None:
    template = {"spec": {"containers": []}}
    told = completed(DEPLOYMENTS, {"metadata": {}, "spec": {"strategy": written, "template": template}})
    assert told["spec"]["strategy"] == completed_to


def test_a_statefulsets_strategy_is_completed_part_by_part() -> None:
    spec = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}, "template": {"spec": {"containers": []}}}
    told = completed(STATEFULSETS, {"metadata": {}, "spec": spec})["spec"]["updateStrategy"]
    assert told == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}


def test_what_the_server_owns_is_not_replaced(store: Store) -> None:
    old = store.create(a_pod())
    new = {**old, "metadata": {"name": "a", "namespace": "default", "creationTimestamp": "x", "labels": {"a": "b"}}}
    metadata = replaced(PODS, old, new, None)["metadata"]
    assert metadata == {**old["metadata"], "labels": {"a": "b"}}


def test_a_scale_and_back(store: Store) -> None:
    made = store.create(a_deployment(replicas=2))
    scale = to_scale(made)
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 0, "selector": "app=d"}
    assert scaled(made, {**scale, "spec": {"replicas": 5}})["spec"] == {**made["spec"], "replicas": 5}


def test_the_container_that_a_client_means() -> None:
    two = a_pod(containers=[{"name": "a"}, {"name": "b"}], initContainers=[{"name": "i"}])
    assert named_container(two, "b") == "b"
    assert named_container(two, "i") == "i"
    assert named_container(a_pod(), "") == "app"
    for name in ("", "absent"):
        with refused(400, "BadRequest"):
            named_container(two, name)
