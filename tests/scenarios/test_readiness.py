"""A pod with our readiness gate is Ready when frames can pass, as the API server has it and as its kernel is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker.facts import UNREADABLE
from tests.checker.watched import Watched, cluster
from tests.scenarios.cluster import Json, eventually
from tests.scenarios.objects import pod

pytestmark = pytest.mark.kernel
GATE = "vxlan.openvnf.org/ready"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Watched]:
    with cluster(tmp_path) as running:
        running.controller.options += ["--readiness=on", "--audit-every=2"]
        yield running


def gated(name: str, text: str) -> Json:
    made = pod(name, text)
    return made | {"spec": made["spec"] | {"readinessGates": [{"conditionType": GATE}]}}


def conditions(lab: Watched, name: str) -> dict[str, Json]:
    (found,) = (one for one in lab.objects() if one["metadata"]["name"] == name)
    return {one["type"]: one for one in found["status"].get("conditions") or ()}


def test_a_gate_opens_when_frames_can_pass_and_shuts_when_they_cannot(lab: Watched) -> None:
    lab.checker.means("vxeth1 upp", {"vxeth1": UNREADABLE})
    lab.controller.start()
    lab.apply(gated("a", "vxeth1"), gated("bad", "vxeth1 upp"), pod("plain", "vxeth1"))
    eventually(lambda: conditions(lab, "a").get("Ready", {}).get("status") == "True", what="a is ready")
    a, plain = lab.pod("a"), lab.pod("plain")
    assert a.destinations("vxeth1") == {plain.address}
    assert plain.destinations("vxeth1") == {a.address}
    assert conditions(lab, "a")[GATE]["reason"] == "Wired"
    eventually(lambda: conditions(lab, "bad").get(GATE, {}).get("reason") == "Refused", what="bad is refused")
    assert conditions(lab, "bad")["Ready"]["status"] == "False"
    assert GATE not in conditions(lab, "plain")

    lab.merge("/api/v1/namespaces/default/pods/a", {"metadata": {"annotations": {"vxlan.openvnf.org/networks": "vxeth1 upp"}}})
    eventually(lambda: conditions(lab, "a")["Ready"]["status"] == "False", what="a is not ready")
    assert conditions(lab, "a")["Ready"]["reason"] == "ReadinessGatesNotReady"
    lab.merge("/api/v1/namespaces/default/pods/a", {"metadata": {"annotations": {"vxlan.openvnf.org/networks": "vxeth1"}}})
    eventually(lambda: conditions(lab, "a")["Ready"]["status"] == "True", what="a is ready again")

    before = conditions(lab, "a")[GATE]
    lab.fault("kill", pod="default/a", container="vxlan-controller-agent")
    lab.controller.end()
    lab.controller.start()
    eventually(lambda: "found as wished" in lab.controller.said().rpartition("INFO started")[2], what="it has looked")
    assert conditions(lab, "a")[GATE] == before
