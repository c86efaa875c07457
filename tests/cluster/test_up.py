"""The cluster itself: pods run on every node and reach each other and the API server; what can be broken there is broken."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.images import BUSYBOX
from tests.cluster.world import RealCluster
from tests.scenarios.cluster import eventually

pytestmark = pytest.mark.cluster


@pytest.fixture
def somewhere(real_cluster: RealCluster) -> Iterator[str]:
    """A namespace of the test."""
    with real_cluster.new_namespace() as name:
        yield name


@pytest.fixture
def pods(real_cluster: RealCluster, somewhere: str) -> list[str]:
    """A pod on each node."""
    names = real_cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split()
    return on_each_node(real_cluster, somewhere, names, 60)


def on_each_node(real_cluster: RealCluster, namespace: str, nodes: list[str], seconds: int) -> list[str]:
    """The names of new pods, one on each of the nodes, that are ready within so many seconds."""
    for node in nodes:
        metadata = {"name": f"on-{node}", "namespace": namespace}
        spec = {"nodeName": node, "containers": [{"name": "app", "image": BUSYBOX}]}
        real_cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    real_cluster.kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", f"--timeout={seconds}s")
    return [f"on-{node}" for node in nodes]


def test_pods_of_all_nodes_reach_each_other_and_the_api_server(
    real_cluster: RealCluster, somewhere: str, pods: list[str]
) -> None:
    address = real_cluster.kubectl("get", "pod", "-n", somewhere, pods[-1], "-o", "jsonpath={.status.podIP}")
    said = real_cluster.kubectl("exec", "-n", somewhere, pods[0], "--", "ping", "-c", "1", "-W", "5", address)
    assert "1 packets received" in said
    ask = 'wget -q -O - --no-check-certificate "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/version"'
    assert '"gitVersion": "v1.' in real_cluster.kubectl("exec", "-n", somewhere, pods[0], "--", "sh", "-c", ask)


def test_a_killed_container_comes_back_in_its_sandbox_and_a_killed_sandbox_with_another(
    real_cluster: RealCluster, somewhere: str, pods: list[str]
) -> None:
    def state() -> tuple[int, str, bool]:
        (pod,) = [one for one in real_cluster.objects(somewhere) if one["metadata"]["name"] == pods[0]]
        (status,) = pod["status"]["containerStatuses"]
        return status["restartCount"], pod["status"].get("podIP", ""), status["ready"]

    _, address, _ = state()
    real_cluster.fault("kill", pod=f"{somewhere}/{pods[0]}", container="app")
    assert state() != (0, address, True), "whoever waits then for it to be ready would not wait at all"
    eventually(lambda: state() == (1, address, True), what="the container runs again at the same address")
    real_cluster.faults.kill_sandbox(f"{somewhere}/{pods[0]}")
    eventually(lambda: state()[0] == 2 and state()[1] not in ("", address) and state()[2], 60, "a new sandbox")


def test_a_node_without_kubelet_keeps_its_pods_and_is_asked_again_when_it_is_back(
    real_cluster: RealCluster, somewhere: str, pods: list[str]
) -> None:
    node = pods[0].removeprefix("on-")
    real_cluster.faults.stop_kubelet(node)
    try:
        assert "refused" in refusal(real_cluster, somewhere, pods[0])
    finally:
        real_cluster.faults.start_kubelet(node)
    eventually(lambda: not refusal(real_cluster, somewhere, pods[0]), 60, "exec works again")


def refusal(real_cluster: RealCluster, namespace: str, pod: str) -> str:
    done = subprocess.run(
        real_cluster.command("exec", "-n", namespace, pod, "--", "true"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stderr


def test_the_api_server_comes_back_with_all_that_it_knew(real_cluster: RealCluster, somewhere: str, pods: list[str]) -> None:
    real_cluster.faults.restart_api_server()
    assert {one["metadata"]["name"] for one in real_cluster.objects(somewhere)} == set(pods)


def test_an_api_server_that_goes_away_again_and_again_keeps_nobody_waiting(real_cluster: RealCluster) -> None:
    nodes = real_cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split()
    for _ in range(6):  # what Kubernetes' own programs wait after a refusal doubles with each within two minutes
        real_cluster.fault("restart")
        with real_cluster.new_namespace():
            pass
    with real_cluster.new_namespace() as name:
        on_each_node(real_cluster, name, nodes, 20)


def test_the_audit_log_has_what_is_run_in_pods(real_cluster: RealCluster, somewhere: str, pods: list[str]) -> None:
    real_cluster.kubectl("exec", "-n", somewhere, pods[0], "--", "echo", "to be found")
    asked = [one["requestURI"] for one in real_cluster.audited() if somewhere in one["requestURI"]]
    assert any(re.search(r"/exec\?command=echo&command=to\+be\+found&container=app", uri) for uri in asked)
