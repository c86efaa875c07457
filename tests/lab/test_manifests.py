"""Manifests as objects."""

from pathlib import Path

import pytest

from kube_vxlan_lab.manifests import BadManifest, collection, read

KUBERNETES = Path(__file__).parents[2] / "kubernetes"


def test_documents_and_lists() -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: ns}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: n}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}
- {apiVersion: example.org/v1, kind: Thing, metadata: {name: t}}
"""
    assert [collection(obj) for obj in read(text)] == [
        "/api/v1/namespaces/ns/configmaps",
        "/api/v1/nodes",
        "/apis/apps/v1/namespaces/default/deployments",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "line 1: "),
        ("- 1", "no apiVersion and kind"),
        ("kind: Pod", "no apiVersion and kind"),
        ("apiVersion: v1\nkind: Pod", "a Pod has no name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 1}", "a Pod has no name"),
        ("a: \x00", "special characters"),
        ("a: *b", "line 1: "),
    ],
)
def test_bad_text_gets_a_sentence(text: str, complaint: str) -> None:
    with pytest.raises(BadManifest, match=complaint):
        read(text)


def test_the_example_is_held_by_the_lab() -> None:
    objects = read((KUBERNETES / "example.yaml").read_text())
    assert [obj["metadata"]["name"] for obj in objects] == ["a", "b", "gw"]
    assert all(collection(obj) == "/apis/apps/v1/namespaces/default/deployments" for obj in objects)
