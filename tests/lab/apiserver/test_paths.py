import pytest

from kube_vxlan_lab.apiserver.paths import Target, parse
from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, NAMESPACES, NODES, PODS


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/v1/pods", Target(PODS)),
        ("/api/v1/namespaces/x/pods", Target(PODS, "x")),
        ("/api/v1/namespaces/x/pods/a", Target(PODS, "x", "a")),
        ("/api/v1/namespaces/x/pods/a/exec", Target(PODS, "x", "a", "exec")),
        ("/apis/apps/v1/namespaces/x/deployments/a/scale", Target(DEPLOYMENTS, "x", "a", "scale")),
        ("/api/v1/namespaces", Target(NAMESPACES)),
        ("/api/v1/namespaces/x", Target(NAMESPACES, "", "x")),
        ("/api/v1/namespaces/x/status", Target(NAMESPACES, "", "x", "status")),
        ("/api/v1/namespaces/pods", Target(NAMESPACES, "", "pods")),
        ("/api/v1/nodes/n", Target(NODES, "", "n")),
        ("/api/v1/pods/a", None),
        ("/api/v1/namespaces/x/nodes/n", None),
        ("/api/v1/namespaces/x/pods/a/scale", None),
        ("/api/v1/namespaces/x/pods/a/exec/b", None),
        ("/api/v1/secrets", None),
        ("/api/v2/pods", None),
        ("/apis/apps/v1", None),
        ("/", None),
    ],
)
def test_paths(path: str, target: Target | None) -> None:
    assert parse(path) == target
