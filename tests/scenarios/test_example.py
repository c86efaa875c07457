"""The example, wired by the real controller through the real agents; what counts is what the kernels hold."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker.watched import cluster
from tests.scenarios.cluster import ROOT, Cluster, Monitors, Pod, eventually

pytestmark = pytest.mark.kernel


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as made:
        yield made


def wired(lab: Cluster) -> list[Pod]:
    """The example's pods, once their kernels hold exactly what its manifest says."""
    a, b, gw = lab.pod("a-"), lab.pod("b-"), lab.pod("gw-")
    eventually(lambda: is_right(a, b, gw), what="the three kernels are right")
    return [a, b, gw]


def is_right(a: Pod, b: Pod, gw: Pod) -> bool:
    if [set(pod.links()) for pod in (a, b, gw)] != [{"vxeth1"}, {"vxeth2"}, {"vxeth1", "vxeth2"}]:
        return False
    links = {**{f"a {k}": v for k, v in a.links().items()}, **{f"gw {k}": v for k, v in gw.links().items()}}
    return (
        (links["a vxeth1"]["linkinfo"]["info_data"]["id"], links["gw vxeth2"]["linkinfo"]["info_data"]["id"]) == (101, 102)
        and all("UP" in link["flags"] and link["linkinfo"]["info_data"]["port"] == 8472 for link in links.values())
        and a.addresses("vxeth1") == {"192.168.11.2/29"}
        and b.addresses("vxeth2") == {"192.168.12.2/29"}
        and (gw.addresses("vxeth1"), gw.addresses("vxeth2")) == ({"192.168.11.1/29"}, {"192.168.12.1/29"})
        and a.routes() == {"192.168.12.0/29 via 192.168.11.1 dev vxeth1"}
        and b.routes() == {"192.168.11.0/29 via 192.168.12.1 dev vxeth2"}
        and (a.destinations("vxeth1"), b.destinations("vxeth2")) == ({gw.address}, {gw.address})
        and (gw.destinations("vxeth1"), gw.destinations("vxeth2")) == ({a.address}, {b.address})
    )


def ping(pod: Pod, address: str) -> str:
    return pod.namespace.run("ping", "-c", "1", "-W", "5", address)


def test_the_example_works_and_a_settled_controller_writes_nothing_when_it_is_started_again(lab: Cluster) -> None:
    lab.controller.start()
    lab.apply_file(ROOT / "kubernetes" / "example.yaml")
    pods = wired(lab)
    lab.ready(3)
    assert "ttl=63" in ping(pods[0], "192.168.12.2")
    assert "ttl=63" in ping(pods[1], "192.168.11.2")
    assert lab.controller.end(signal.SIGTERM) == 0

    # A kernel goes on by itself for a second or two: it tries its fe80:: addresses before it takes them.
    eventually(lambda: not any("tentative" in pod.namespace.run("ip", "addr", "show") for pod in pods))
    monitors = Monitors()
    for pod in pods:
        monitors.watch(pod)
    monitors.settle(pods)
    before = len(lab.controller.said())
    lab.controller.start()
    eventually(lambda: "3 pods found as wished" in lab.controller.said()[before:], what="all three places read again")
    assert lab.controller.end(signal.SIGTERM) == 0
    assert monitors.heard() == []
    assert is_right(*pods)


@pytest.mark.parametrize("moment", [0, 1, 2, 4, 6])
def test_a_controller_killed_while_wiring_ends_right_when_it_is_started_again(lab: Cluster, moment: int) -> None:
    """Killed when the kernels of the three pods together hold so many of the twelve things that are to be made."""
    lab.controller.start()
    lab.apply_file(ROOT / "kubernetes" / "example.yaml")
    pods = [lab.pod("a-"), lab.pod("b-"), lab.pod("gw-")]
    deadline = time.monotonic() + 20
    while made(pods) < moment and time.monotonic() < deadline:
        pass
    lab.controller.end(signal.SIGKILL)
    lab.controller.start()
    wired(lab)
    lab.ready(3)


def made(pods: list[Pod]) -> int:
    """How far the wiring is: links, and destinations on them."""
    links = [(pod, link) for pod in pods for link in pod.links()]
    return len(links) + sum(len(pod.destinations(link)) for pod, link in links)


def network_namespaces() -> set[str]:
    listed = subprocess.run(["lsns", "-n", "-t", "net", "-o", "NS"], capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def test_the_demo_shows_it_all_and_leaves_nothing(tmp_path: Path) -> None:
    before = network_namespaces()
    command = [ROOT / ".venv/bin/kube-vxlan-controller", "lab", "demo", ROOT / "kubernetes" / "example.yaml"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"default/a-\S+ -> 192\.168\.12\.2  answered, ttl 63", done.stdout)
    assert re.search(r"default/b-\S+ -> 192\.168\.11\.2  answered, ttl 63", done.stdout)
    assert re.search(r"default/gw-\S+ vxeth2 192\.168\.12\.1/29", done.stdout)
    assert re.search(r"From the last pod running to the first answered ping: 0\.\d+ s", done.stdout)
    eventually(lambda: network_namespaces() <= before, what="no network namespace is left of it")
