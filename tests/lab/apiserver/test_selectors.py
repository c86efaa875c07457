import pytest

from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, EVENTS_V1, PODS, Json, Resource
from kube_vxlan_lab.apiserver.selectors import chooser, matches_selector, parse_labels
from tests.lab.apiserver.hosted import refused

LABELS = {"app": "a", "tier.x.io/level": "1", "empty": ""}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("app=a", True),
        ("app==a", True),
        ("app=b", False),
        ("app!=b", True),
        ("absent!=b", True),
        ("app!=a", False),
        ("app", True),
        ("absent", False),
        ("!absent", True),
        ("! app", False),
        ("app in (b, a)", True),
        ("app in (b)", False),
        ("absent in (b)", False),
        ("app notin (b)", True),
        ("absent notin (b)", True),
        ("empty=", True),
        ("app=", False),
        ("app=a,tier.x.io/level=1", True),
        (" app = a , !absent", True),
        ("app=a,tier.x.io/level=2", False),
    ],
)
def test_labels(text: str, holds: bool) -> None:
    assert parse_labels(text)(LABELS) is holds


@pytest.mark.parametrize("text", ["app=(", "a b", "=a", "app in a", "app=a,,b", "app in (a"])
def test_what_is_no_label_selector_is_refused(text: str) -> None:
    with refused(400, "BadRequest"):
        parse_labels(text)


@pytest.mark.parametrize(
    ("resource", "fields", "chosen"),
    [
        (PODS, "metadata.name=a", True),
        (PODS, "metadata.name!=a", False),
        (PODS, "spec.nodeName=n,status.phase=Running", True),
        (PODS, "spec.nodeName==n,status.phase!=Running", False),
        (PODS, "spec.nodeName=", False),
        (PODS, "status.podIP=", True),
        (PODS, "spec.hostNetwork=false", True),
        (EVENTS_V1, "regarding.name=p,reportingController=c", True),
    ],
)
def test_fields(resource: Resource, fields: str, chosen: bool) -> None:
    obj: Json = {"metadata": {"name": "a"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}}
    obj |= {"involvedObject": {"name": "p"}, "reportingComponent": "c"}
    assert chooser(resource, "", fields)(obj) is chosen


@pytest.mark.parametrize(
    ("resource", "fields"), [(PODS, "spec.foo=1"), (CONFIGMAPS, "status.phase=x"), (PODS, "metadata.name")]
)
def test_unknown_fields_are_refused(resource: Resource, fields: str) -> None:
    with refused(400, "BadRequest"):
        chooser(resource, "", fields)


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ({}, True),
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "b"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_the_selector_of_a_workload(selector: Json, holds: bool) -> None:
    assert matches_selector(selector, LABELS) is holds
