"""The manifests of kubernetes/, as objects."""

from collections.abc import Iterator
from typing import Any

import yaml

from tests.images import ROOT

Json = dict[str, Any]

KUBERNETES = ROOT / "kubernetes"
FILES = sorted(KUBERNETES.rglob("*.yaml"))
ACCOUNT = "system:serviceaccount:kube-system:kube-vxlan-controller"


def objects(name: str) -> list[Json]:
    """The objects of a file."""
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


def everything() -> list[Json]:
    """The objects of all files; a patch is one too, without a kind."""
    return [one for file in FILES for one in yaml.safe_load_all(file.read_text())]


def one(kind: str, name: str = "kube-vxlan-controller") -> Json:
    """The one object of this kind and name."""
    (found,) = [each for each in everything() if each.get("kind") == kind and each["metadata"]["name"] == name]
    return found


def agents() -> Iterator[Json]:
    """The agents' containers in all manifests."""
    for each in everything():
        spec = each["spec"]["template"]["spec"] if "template" in each.get("spec", {}) else {}
        containers = [*spec.get("initContainers", ()), *spec.get("containers", ())]
        yield from (container for container in containers if container["name"].startswith("vxlan-controller-agent"))
