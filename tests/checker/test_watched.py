"""A lab under the checker: life breaks no law, and what is done behind its back does."""

import signal
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from tests.checker.facts import Closed, GateOpened, Heard, Is, Pod, Serving, Used
from tests.checker.judge import check, settled_after
from tests.checker.watched import Watched, cluster, looked_at
from tests.namespaces import Namespace
from tests.scenarios.cluster import ROOT, eventually

pytestmark = pytest.mark.kernel

PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Watched]:
    with cluster(tmp_path) as made:
        start(made)
        yield made


def start(lab: Watched) -> None:
    lab.controller.start()
    lab.apply_file(ROOT / "kubernetes" / "example.yaml")
    lab.ready(3)


def settled(lab: Watched, moment: float) -> None:
    """Wait until the checker sees everything as it should be."""

    def is_settled() -> bool:
        lab.checker.look()
        return settled_after(lab.checker.history, moment) < inf

    eventually(is_settled, what="the checker sees everything as it should be")


def test_it_sees_pods_gates_and_execs(lab: Watched) -> None:
    a = lab.pod("a-")
    facts = [fact.what for fact in lab.checker.history if fact.pod == a.uid]
    assert GateOpened() in facts
    assert Serving(1) in facts
    assert any(isinstance(what, Pod) and what.gate and what.addresses[:1] == (a.address,) for what in facts)
    assert any(isinstance(what, Is) for what in facts)
    assert lab.checker.verdict() == ()


def test_it_sees_what_the_controller_hears_and_has(lab: Watched) -> None:
    lab.checker.look()
    facts = [fact.what for fact in lab.checker.history]
    paths = {what.path for what in facts if isinstance(what, Heard)}
    assert {"/api/v1/pods", "/api/v1/namespaces/kube-system/configmaps"} <= paths
    used = [what for what in facts if isinstance(what, Used)]
    assert max(what.files for what in used) > 3, "one connection for each stream"
    assert max(what.memory for what in used) > 20
    lab.controller.end(signal.SIGKILL)

    def is_closed() -> bool:
        lab.checker.look()
        return {what.path for fact in lab.checker.history if isinstance(what := fact.what, Closed)} == paths

    eventually(is_closed, what="no watch is open")


def test_life_breaks_no_law(lab: Watched) -> None:
    a = lab.pod("a-")
    begun = time.monotonic()
    lab.call(lambda client: client.delete(f"{PODS}/{a.name}"))
    eventually(lambda: a.uid not in {one["metadata"]["uid"] for one in lab.objects()}, what="the pod is gone")
    settled(lab, begun)
    b = lab.pod("b-")
    begun = time.monotonic()
    change = {"metadata": {"annotations": {"vxlan.openvnf.org/networks": "vxeth2 ip=192.168.12.5/29\nvxeth3"}}}
    lab.call(lambda client: client.patch(f"{PODS}/{b.name}", change))
    eventually(
        lambda: set(b.links()) == {"vxeth2", "vxeth3"} and b.addresses("vxeth2") == {"192.168.12.5/29"}, what="b follows"
    )
    lab.controller.end(signal.SIGKILL)
    lab.controller.start()
    settled(lab, begun)
    assert lab.checker.verdict() == ()


def test_what_is_done_behind_its_back_is_a_violation(tmp_path: Path) -> None:
    with looked_at(tmp_path) as lab:
        start(lab)
        gw = lab.pod("gw-")
        behind = Namespace(gw.namespace.pid)
        behind.run("bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "vxeth1", "dst", "10.99.0.1")
        behind.run("bridge", "fdb", "del", "00:00:00:00:00:00", "dev", "vxeth1", "dst", "10.99.0.1")
        behind.run("ip", "route", "add", "10.98.0.0/16", "dev", "eth0")
        found = lab.checker.verdict()
        assert {(violation.law, violation.pod) for violation in found} == {("S1", gw.uid), ("S4", gw.uid)}
        assert check(lab.checker.history) == found


def test_what_is_done_by_hand_and_told_is_none(lab: Watched) -> None:
    gw = lab.pod("gw-")
    gw.namespace.run("bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "vxeth1", "dst", "10.99.0.1")
    gw.namespace.run("ip", "route", "add", "10.98.0.0/16", "dev", "eth0")
    assert lab.checker.verdict() == ()
