from datetime import UTC, datetime

import pytest

from kube_vxlan_lab.apiserver.forms import Form, View, wished_form
from kube_vxlan_lab.apiserver.resources import PODS
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import a_pod, refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KUBECTL = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Form.OBJECTS),
        ("*/*", Form.OBJECTS),
        ("application/json", Form.OBJECTS),
        ("application/vnd.kubernetes.protobuf,application/json", Form.OBJECTS),
        (KUBECTL, Form.TABLE),
        ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", Form.METADATA),
        ("application/json;as=Odd,application/json", Form.OBJECTS),
    ],
)
def test_the_form_that_is_wished(accept: str, form: Form) -> None:
    assert wished_form(accept) is form


def test_nothing_else_is_served() -> None:
    with refused(406, "NotAcceptable"):
        wished_form("application/vnd.kubernetes.protobuf")


def test_metadata_alone(store: Store) -> None:
    store.create(a_pod())
    [pod] = store.select(PODS, None, lambda _: True)
    view = View(PODS, Form.METADATA)
    assert set(view.one(pod, NOW)) == {"kind", "apiVersion", "metadata"}
    found = view.many([pod], {"resourceVersion": "1"}, NOW)
    assert found["kind"] == "PartialObjectMetadataList"
    assert found["items"] == [{"metadata": pod["metadata"]}]


def test_a_table_of_one(store: Store) -> None:
    store.create(a_pod())
    [pod] = store.select(PODS, None, lambda _: True)
    table = View(PODS, Form.TABLE).one(pod, NOW)
    assert (table["kind"], len(table["rows"])) == ("Table", 1)
