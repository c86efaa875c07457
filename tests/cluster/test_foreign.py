"""A cluster that is somebody else's: it is left alone unless its context was named and nothing of ours is there, and then the
tests do with it what they do with one of ours. Here it is one of ours, whose kubeconfig is another file."""

from pathlib import Path

import pytest
import yaml

from tests.cluster.inside.bundle import leave_alone
from tests.cluster.reach import BUNDLE, ON, Refused, reached
from tests.cluster.world import RealCluster, fresh
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse

pytestmark = pytest.mark.cluster

SCENARIO = """Two pods meet across nodes.

start the controller
pod a on node-1
    vxeth1 ip=192.168.11.2/24
pod b on node-2
    vxeth1 ip=192.168.11.3/24
within join
    a: vxeth1 id 101 up address 192.168.11.2/24 to b
    b: vxeth1 id 101 up address 192.168.11.3/24 to a
a and b are ready
a pings 192.168.11.3
"""
ELSEWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: elsewhere, cluster: {server: "https://192.0.2.1"}}]
users: [{name: elsewhere, user: {token: none}}]
contexts: [{name: elsewhere, context: {cluster: elsewhere, user: elsewhere}}]
"""


@pytest.fixture
def named(real_cluster: RealCluster, tmp_path: Path) -> dict[str, str]:
    """An environment whose KUBECONFIG has two files, of which the second one's context is the current one."""
    leave_alone(real_cluster)
    real_cluster.kubectl("delete", "-f", str(BUNDLE), "--ignore-not-found")
    first, second = tmp_path / "elsewhere", tmp_path / "copy"
    first.write_text(ELSEWHERE)
    second.write_text(real_cluster.kubeconfig.read_text())
    return {"KUBECONFIG": f"{first}:{second}"}


def context(real_cluster: RealCluster) -> str:
    found: str = yaml.safe_load(real_cluster.kubeconfig.read_text())["current-context"]
    return found


def test_it_is_not_touched_unless_its_context_is_named(named: dict[str, str]) -> None:
    for allowed in ({}, {ON: ""}, {ON: "elsewhere"}):
        with pytest.raises(Refused, match=f"say {ON}="), reached(named | allowed):
            pass


def test_it_is_not_touched_where_something_is(named: dict[str, str], real_cluster: RealCluster) -> None:
    allowed = named | {ON: context(real_cluster)}
    real_cluster.kubectl("create", "deployment", "somebodys", "--image=none", "--replicas=0")
    try:
        with pytest.raises(Refused, match=r"namespace default.*: deployment.apps/somebodys$"), reached(allowed):
            pass
    finally:
        real_cluster.kubectl("delete", "deployment", "somebodys")
    real_cluster.kubectl("create", "configmap", "kube-vxlan-controller", "--namespace=kube-system")
    try:
        with pytest.raises(Refused, match=r"something of one is there: configmap/kube-vxlan-controller$"), reached(allowed):
            pass
    finally:
        real_cluster.kubectl("delete", "configmap", "kube-vxlan-controller", "--namespace=kube-system")


def test_a_scenario_runs_there_and_leaves_nothing(named: dict[str, str], real_cluster: RealCluster, tmp_path: Path) -> None:
    with reached(named | {ON: context(real_cluster)}) as reach:
        assert reach.ours is None
        with fresh(RealCluster(reach, tmp_path)) as world:
            act(Run(world), parse(SCENARIO, [(one.text, one.block) for one in SENTENCES]).steps)
    assert real_cluster.kubectl("get", "-f", str(BUNDLE), "--ignore-not-found", "--output=name") == ""
    assert real_cluster.objects() == []
