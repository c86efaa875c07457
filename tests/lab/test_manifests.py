"""Manifests as objects."""

from pathlib import Path

import pytest
import yaml

from kube_vxlan_lab.manifests import BadManifest, collection, read
from tests.lab.living import Living, is_in

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


@pytest.mark.kernel
async def test_the_patch_makes_pods_of_a_deployment_members(world: Living) -> None:
    deployments = f"{world.apps}/deployments"
    template = {"metadata": {"labels": {"run": "d"}}, "spec": {"containers": [{"name": "app", "image": "nginx"}]}}
    spec = {"selector": {"matchLabels": {"run": "d"}}, "template": template}
    await world.client.create(
        deployments, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}
    )
    await world.until(world.pods, lambda pods: len(pods) == 1 and is_in("Running")(pods[0]))
    patch = yaml.safe_load((KUBERNETES / "patch.yaml").read_text())
    await world.client.patch(f"{deployments}/d", patch, "strategic-merge")
    pods = await world.until(world.pods, lambda pods: len(pods) == 2)
    (member,) = [pod for pod in pods if "vxlan.openvnf.org" in pod["metadata"]["labels"]]
    assert member["metadata"]["annotations"] == {"vxlan.openvnf.org/networks": "vxeth0, vxeth1"}
    assert {one["name"] for one in member["spec"]["containers"]} == {"app", "vxlan-controller-agent"}
    assert [one["name"] for one in member["spec"]["initContainers"]] == ["vxlan-controller-agent-init"]
