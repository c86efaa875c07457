"""What makes a plain Deployment's pods members: ours in both forms, and the ancestor's with only the image's name changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.manifests import KUBERNETES
from tests.scenarios.cluster import Cluster, cluster, eventually

pytestmark = pytest.mark.kernel

PLAIN = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain}
spec:
  selector: {matchLabels: {run: plain}}
  template:
    metadata: {labels: {run: plain}}
    spec:
      containers:
      - {name: plain, image: docker.io/library/busybox:stable}
"""
ANCESTORS = """
spec:
  template:
    metadata:
      labels:
        vxlan.openvnf.org: "true"
      annotations:
        vxlan.openvnf.org/networks: vxeth0, vxeth1
    spec:
      initContainers:
      - name: vxlan-controller-agent-init
        image: docker.io/openvnf/kube-vxlan-controller-agent:2
        securityContext:
          capabilities:
            add: ["NET_ADMIN"]
      containers:
      - name: vxlan-controller-agent
        image: docker.io/openvnf/kube-vxlan-controller-agent:2
        securityContext:
          capabilities:
            add: ["NET_ADMIN"]
"""
"""As users of kube-vxlan-controller 1.0.0 have it, but for the image."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as made:
        made.controller.start()
        yield made


@pytest.mark.parametrize("form", ["patch.yaml", "patch-sidecar.yaml", "the ancestor's"])
def test_pods_of_plain_deployments_become_members(lab: Cluster, form: str) -> None:
    patch = yaml.safe_load(ANCESTORS if form == "the ancestor's" else (KUBERNETES / form).read_text())
    for name in ("x", "y"):
        lab.apply(yaml.safe_load(PLAIN.replace("plain", name)))
    lab.ready(2)
    for name in ("x", "y"):
        path = f"/apis/apps/v1/namespaces/default/deployments/{name}"
        lab.call(lambda client, path=path: client.patch(path, patch, "strategic-merge"))
    eventually(lambda: are_members(lab), 60.0, "both pods are members, and nothing else is left")
    lab.ready(2)


def are_members(lab: Cluster) -> bool:
    """Whether there are two pods, and the kernel of each sends frames of both networks to the other."""
    pods = [pod for pod in lab.objects() if "deletionTimestamp" not in pod["metadata"]]
    if len(pods) != 2 or not all("vxlan.openvnf.org" in pod["metadata"]["labels"] for pod in pods):
        return False
    x, y = lab.pod("x-"), lab.pod("y-")
    there = all(set(pod.links()) == {"vxeth0", "vxeth1"} for pod in (x, y))
    return there and all(
        pod.destinations(link) == {peer.address} for pod, peer in ((x, y), (y, x)) for link in ("vxeth0", "vxeth1")
    )
