"""What people are told, in Events and in the log, while the real controller wires real pods."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checker.facts import UNREADABLE
from tests.checker.watched import Watched, cluster
from tests.lab.apiserver.hosted import HAS_KUBECTL
from tests.scenarios.cluster import NETWORKS, Pod, eventually

pytestmark = pytest.mark.kernel

ANNOTATION = "vxlan.openvnf.org/networks"
AGENT = {
    "name": "vxlan-controller-agent",
    "image": "docker.io/openvnf/kube-vxlan-controller-agent:2",
    "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}},
}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Watched]:
    with cluster(tmp_path, nodes=1) as made:
        yield made


def pod(name: str, text: str) -> dict[str, Any]:
    """A pod with a gate and a sidecar."""
    metadata = {
        "name": name,
        "namespace": "default",
        "labels": {"vxlan.openvnf.org": "true"},
        "annotations": {ANNOTATION: text},
    }
    spec = {
        "initContainers": [{**AGENT, "name": "vxlan-controller-agent-init"}],
        "containers": [{"name": "app", "image": "debian:12"}, AGENT],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def events(lab: Watched, about: str, namespace: str = "default") -> list[dict[str, Any]]:
    """The Events on an object, the oldest first."""
    items = lab.call(lambda client: client.get(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"))["items"]
    return sorted((one for one in items if one["regarding"]["name"] == about), key=lambda one: str(one["eventTime"]))


def reasons(lab: Watched, about: str) -> list[str]:
    return [event["reason"] for event in events(lab, about)]


def annotate(lab: Watched, name: str, text: str) -> None:
    path = f"/api/v1/namespaces/default/pods/{name}"
    lab.merge(path, {"metadata": {"annotations": {ANNOTATION: text}}})


def has(pod: Pod, *links: str) -> bool:
    return set(pod.links()) == set(links)


def test_a_wrong_annotation_is_told_with_the_caret_and_harms_nothing_else(lab: Watched) -> None:
    wrong = "vxeth1 ip=10.1.1.2/24\nvxeth2 ipp=10.1.2.2/24"
    lab.checker.means(wrong, {"vxeth1": {"ip": ("10.1.1.2/24",)}, "vxeth2": UNREADABLE})
    lab.controller.start()
    lab.apply(pod("good", "vxeth1 ip=10.1.1.1/24\nvxeth2"), pod("bad", wrong))
    good, bad = lab.pod("good"), lab.pod("bad")
    eventually(lambda: has(good, "vxeth1", "vxeth2") and has(bad, "vxeth1"), what="the links")
    eventually(lambda: "Refused" in reasons(lab, "bad") and "Wired" in reasons(lab, "bad"), what="the Events")
    assert bad.namespace.run("ping", "-c", "1", "-W", "5", "10.1.1.1")

    (refused,) = [event for event in events(lab, "bad") if event["reason"] == "Refused"]
    assert (refused["type"], refused["regarding"]["uid"]) == ("Warning", bad.uid)
    sentence, line, caret, hint = refused["note"].split("\n")
    assert sentence.startswith("unknown-option: vxeth2: line 2, column 8: ")
    assert caret.index("^") == line.index("ipp")
    assert "`ip`" in hint or "ip" in sentence
    assert reasons(lab, "good") == ["Wired"]
    assert "vxeth1 10.1.1.1/24 with 1 peer, vxeth2 with 0 peers" in events(lab, "good")[0]["note"]

    annotate(lab, "bad", "vxeth1 ip=10.1.1.2/24\nvxeth2 ip=10.1.2.2/24")
    lab.ready(2)
    eventually(lambda: reasons(lab, "bad")[-1:] == ["Recovered"], what="the pod's recovery told")


@pytest.mark.skipif(not HAS_KUBECTL, reason="kubectl is not installed")
def test_describe_is_enough_to_know_what_to_write_instead(lab: Watched) -> None:
    lab.checker.means("vxeth1 ip=10.1.1.2/240", {"vxeth1": UNREADABLE})
    lab.controller.start()
    lab.apply(pod("bad", "vxeth1 ip=10.1.1.2/240"))
    eventually(lambda: "Refused" in reasons(lab, "bad"), what="the Event")
    command = ["kubectl", "--kubeconfig", str(lab.lab.kubeconfig), "describe", "pod", "bad"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout.splitlines()
    at = lines.index("    vxeth1 ip=10.1.1.2/240")
    assert "Warning  Refused" in lines[at - 1]
    assert lines[at + 1] == "              ^^^^^^^^^^^^"


def test_a_start_among_settled_pods_writes_no_event_and_one_line(lab: Watched) -> None:
    lab.controller.start()
    lab.apply(pod("a", "vxeth1"), pod("b", "vxeth1"))
    lab.ready(2)
    eventually(lambda: reasons(lab, "a") == reasons(lab, "b") == ["Wired"], what="both told")
    assert lab.controller.end(signal.SIGTERM) == 0
    before = len(lab.controller.said())
    lab.controller.start()
    eventually(lambda: "2 pods found as wished" in lab.controller.said()[before:], what="both found")
    annotate(lab, "a", "vxeth2")  # this Event comes after any that the start could have written
    eventually(lambda: len(reasons(lab, "a")) > 1, what="the change told")
    assert reasons(lab, "a") == ["Wired", "Wired"]
    assert reasons(lab, "b") == ["Wired"]
    assert lab.controller.said()[before:].count(" Wired: ") == 1


def test_what_somebody_else_changed_is_put_back_with_an_event(lab: Watched) -> None:
    lab.controller.options += ["--audit-every", "1", "--log-level", "debug"]
    lab.controller.start()
    lab.apply(pod("a", "vxeth1 ip=10.1.1.1/24"))
    lab.ready(1)
    a = lab.pod("a")
    # Before the sidecar has been asked for the first time nobody can tell a hand from a sandbox that was rebuilt.
    eventually(lambda: "Found: vxeth1" in lab.controller.said(), what="the pod read through its sidecar")
    a.namespace.run("ip", "addr", "del", "10.1.1.1/24", "dev", "vxeth1")
    eventually(lambda: "Repaired" in reasons(lab, "a"), what="the repair told")
    assert a.addresses("vxeth1") == {"10.1.1.1/24"}
    assert "addr replace 10.1.1.1/24 dev vxeth1" in events(lab, "a")[-1]["note"]


def test_a_pod_that_loses_its_networks_is_told_so_and_a_wrong_entry_of_the_configmap_is_told_there(lab: Watched) -> None:
    lab.controller.start()
    lab.apply(pod("a", "vxeth1"))
    lab.ready(1)
    annotate(lab, "a", "")
    eventually(lambda: reasons(lab, "a") == ["Wired", "Unwired"], what="the end of its networks told")
    lab.checker.defines("id=notanumber", UNREADABLE)
    lab.set_networks({**NETWORKS, "vxeth9": "id=notanumber"})
    name = "kube-vxlan-controller"
    told = eventually(lambda: events(lab, name, "kube-system"), what="the ConfigMap's Event")
    assert [(event["reason"], event["regarding"]["kind"]) for event in told] == [("Refused", "ConfigMap")]
    assert re.search(r"\n    id=notanumber\n +\^+", told[0]["note"]), json.dumps(told[0]["note"])
