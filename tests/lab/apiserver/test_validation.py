import pytest

from kube_vxlan_lab.apiserver.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    EVENTS_V1,
    LEASES,
    NAMESPACES,
    PODS,
    Json,
    Resource,
)
from kube_vxlan_lab.apiserver.shapes import completed
from kube_vxlan_lab.apiserver.validation import problems
from tests.lab.apiserver.hosted import a_configmap, a_deployment, a_pod

EVENT: Json = {"metadata": {"name": "e", "namespace": "x"}, "involvedObject": {"namespace": "x"}, "type": "Normal"}
NEW_EVENT: Json = {**EVENT, "eventTime": "t", "reportingComponent": "c", "reportingInstance": "i", "action": "a", "reason": "r"}


def with_spec(obj: Json, **spec: object) -> Json:
    return {**obj, "spec": {**obj["spec"], **spec}}


@pytest.mark.parametrize(
    ("resource", "obj", "fields"),
    [
        (PODS, a_pod(), []),
        (PODS, a_pod(containers=[]), ["spec.containers"]),
        (PODS, a_pod("-a"), ["metadata.name"]),
        (PODS, a_pod("a" * 254), ["metadata.name"]),
        (PODS, {"metadata": {}, "spec": a_pod()["spec"]}, ["metadata.name"]),
        (PODS, a_pod(containers=[{"name": "a", "image": "x"}] * 2), ["spec.containers[1].name"]),
        (PODS, a_pod(containers=[{"name": "A", "image": "x"}]), ["spec.containers[0].name"]),
        (PODS, a_pod(initContainers=[{}]), ["spec.initContainers[0].name", "spec.initContainers[0].image"]),
        (PODS, {**a_pod(), "metadata": {"name": "a", "annotations": {"a": "x" * (256 * 1024 - 1)}}}, []),
        (PODS, {**a_pod(), "metadata": {"name": "a", "annotations": {"a": "x" * 256 * 1024}}}, ["metadata.annotations"]),
        (NAMESPACES, {"metadata": {"name": "a.b"}}, ["metadata.name"]),
        (CONFIGMAPS, a_configmap("a.b"), []),
        (DEPLOYMENTS, a_deployment(), []),
        (DEPLOYMENTS, a_deployment(replicas=-1), ["spec.replicas"]),
        (DEPLOYMENTS, with_spec(a_deployment(), selector={"matchLabels": {"x": "y"}}), ["spec.template.metadata.labels"]),
        (DEPLOYMENTS, with_spec(a_deployment(), selector={}), ["spec.selector"]),
        (EVENTS, EVENT, []),
        (EVENTS, {**EVENT, "involvedObject": {"namespace": "y"}}, ["involvedObject.namespace"]),
        (EVENTS_V1, NEW_EVENT, []),
        (EVENTS_V1, EVENT, ["eventTime", "reportingController", "reportingInstance", "action", "reason"]),
        (EVENTS_V1, {**NEW_EVENT, "message": "x" * 1025, "type": "Odd"}, ["note", "type"]),
        (EVENTS_V1, {**NEW_EVENT, "action": "x" * 129}, ["action"]),
        (LEASES, {"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": 0}}, ["spec.leaseDurationSeconds"]),
        (LEASES, {"metadata": {"name": "l"}, "spec": {"leaseTransitions": -1}}, ["spec.leaseTransitions"]),
    ],
)
def test_fields_that_are_wrong(resource: Resource, obj: Json, fields: list[str]) -> None:
    assert [cause.field for cause in problems(resource, obj, None)] == fields


def test_a_selector_never_changes() -> None:
    old = completed(DEPLOYMENTS, a_deployment())
    template = {"metadata": {"labels": {"app": "d", "x": "y"}}, "spec": old["spec"]["template"]["spec"]}
    new = with_spec(old, selector={"matchLabels": {"x": "y"}}, template=template)
    assert [cause.message for cause in problems(DEPLOYMENTS, new, old)] == [
        'Invalid value: {"matchLabels":{"x":"y"}}: field is immutable'
    ]
