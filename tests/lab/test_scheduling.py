"""Where pods go."""

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.scheduling import Unschedulable, choose


def node(name: str, pods: int = 250, ready: bool = True, unschedulable: bool = False) -> Json:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"unschedulable": unschedulable},
        "status": {"allocatable": {"pods": str(pods)}, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def pod(**selector: str) -> Json:
    return {"spec": {"nodeSelector": {key.replace("_", "/"): value for key, value in selector.items()}}}


def test_the_emptiest_node_then_the_first() -> None:
    nodes = [node("node-1"), node("node-2")]
    assert choose(pod(), nodes, {}) == "node-1"
    assert choose(pod(), nodes, {"node-1": 1}) == "node-2"


def test_a_selector_is_obeyed() -> None:
    wanted = {"spec": {"nodeSelector": {"kubernetes.io/hostname": "node-2"}}}
    assert choose(wanted, [node("node-1"), node("node-2")], {"node-2": 9}) == "node-2"
    nowhere = {"spec": {"nodeSelector": {"disk": "fast"}}}
    assert choose(nowhere, [node("node-1")], {}) == Unschedulable(
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    )


def test_full_and_closed_nodes_are_left_alone() -> None:
    assert choose(pod(), [node("node-1", pods=1), node("node-2")], {"node-1": 1, "node-2": 5}) == "node-2"
    assert choose(pod(), [node("node-1", pods=1)], {"node-1": 1}) == Unschedulable("0/1 nodes are available: 1 Too many pods.")
    assert isinstance(choose(pod(), [node("node-1", ready=False)], {}), Unschedulable)
    assert isinstance(choose(pod(), [node("node-1", unschedulable=True)], {}), Unschedulable)
