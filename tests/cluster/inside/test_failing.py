"""The controllers are killed, stopped, replaced and cut off. Nobody's frames are lost by it, and what changed meanwhile is made
up for; the time from the moment to the next join is told at the end of the run."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.images import CONTROLLER, archive, derive
from tests.cluster.inside.bundle import CONTAINER, DEPLOYMENT, JOIN, SYSTEM, TAKE_OVER, Inside, are_peers, joined
from tests.cluster.telling import Tell
from tests.scenarios.cluster import Monitors, Pod, eventually
from tests.scenarios.objects import pod

pytestmark = pytest.mark.cluster

FEWEST = 20
"""Frames in a second of traffic, on a machine that is busy with more than sending them (47 were seen where it was short of
CPU): that there was any, all the time. How many are lost is judged apart."""
AFTER_KILL = 22.0
"""Seconds until somebody leads and has acted after a leader was killed without a word: the Lease's 15, the 2 until the other
one looks at it again, and 5 for a machine that is busy."""
OUT, IN = "vxeth2 ip=192.168.12.4/24", "vxeth1 ip=192.168.11.4/24"


@pytest.fixture
def three(inside: Inside) -> list[Pod]:
    """Three pods, of which two are peers, and the third joins them as soon as its annotation says so."""
    pods = inside.members(a="vxeth1 ip=192.168.11.2/24", b="vxeth1 ip=192.168.11.3/24", c=OUT)
    joined(pods[:2])
    return pods


@contextmanager
def traffic(source: Pod, address: str) -> Iterator[None]:
    """A hundred frames in a second, as far as this machine can, none of which may be lost."""
    process = subprocess.Popen(source.namespace.command("ping", "-q", "-i", "0.01", address), stdout=subprocess.PIPE, text=True)
    began = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - began
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    sent, received = map(int, re.findall(r"(\d+) (?:packets transmitted|received)", said))
    assert sent >= FEWEST * took, f"in {took:.1f} s: {said}"
    assert sent - received <= 1, said  # the last one may be on its way when the traffic is stopped


@contextmanager
def nothing_deleted(*pods: Pod) -> Iterator[None]:
    """The kernels of some pods take nothing away."""
    monitors = Monitors()
    for one in pods:
        monitors.watch(one)
    monitors.settle(list(pods))
    try:
        yield
    finally:
        heard = monitors.heard()
    assert [line for line in heard if line.startswith("Deleted")] == []


@pytest.mark.parametrize(("how", "within"), [(signal.SIGKILL, AFTER_KILL), (signal.SIGTERM, 2.0)], ids=["SIGKILL", "SIGTERM"])
def test_another_takes_over(inside: Inside, three: list[Pod], how: signal.Signals, within: float, tell: Tell) -> None:
    before, holder = inside.leader(), inside.holder()
    with traffic(three[0], "192.168.11.3"), nothing_deleted(*three[:2]):
        began = time.monotonic()
        inside.faults.kill(f"kube-system/{before}", CONTAINER, how)
        inside.annotate("c", IN)
        eventually(lambda: are_peers(three), TAKE_OVER, "c has joined")
        took = time.monotonic() - began
    tell(f"from {how.name} of the leader to the next join: {took:.2f} s, of at most {within:g}")
    assert took < within
    # A pod whose container was killed and started anew stands by like any other, and may be the one that takes over.
    assert inside.holder() not in ("", holder)


def test_the_api_server_goes_away_and_comes_back(inside: Inside, three: list[Pod], tell: Tell) -> None:
    try:
        with traffic(three[0], "192.168.11.3"), nothing_deleted(*three[:2]):
            inside.faults.restart_api_server(3)
            inside.annotate("c", IN)
            took = joined(three, TAKE_OVER)
    finally:
        inside.faults.restart_clients()
    tell(f"from an API server that is back after 3 s to the next join: {took:.2f} s")


def test_a_new_image_is_rolled_out(inside: Inside, three: list[Pod], tell: Tell) -> None:
    new = f"{CONTROLLER}-new"
    _load_another(inside, new)
    before = inside.images()
    try:
        with traffic(three[0], "192.168.11.3"), nothing_deleted(*three[:2]):
            began = time.monotonic()
            inside.kubectl("set", "image", *SYSTEM, DEPLOYMENT, f"{CONTAINER}={new}")
            inside.at_work()
            tell(f"from the order to roll out another image until a replica of it leads: {time.monotonic() - began:.2f} s")
            after = inside.images()
            assert inside.leader() in after
            assert not before.keys() & after.keys()
            assert not set(before.values()) & set(after.values())
            inside.annotate("c", IN)
            joined(three)
    finally:
        inside.kubectl("set", "image", *SYSTEM, DEPLOYMENT, f"{CONTAINER}={CONTROLLER}")


def _load_another(inside: Inside, name: str) -> None:
    """Give the nodes an image that does the same and is another one."""
    derive(CONTROLLER, name, label="org.opencontainers.image.version=new")
    for node in inside.ours.nodes:
        node.load([archive(name, print)])


def test_both_are_killed_while_pods_come_and_go(inside: Inside, tell: Tell) -> None:
    p1, _, _ = inside.members(**{f"p{number}": f"vxeth1 ip=192.168.11.{number}/24" for number in (1, 2, 3)})
    for one in inside.replicas():
        inside.faults.kill(f"kube-system/{one['metadata']['name']}", CONTAINER)
    inside.kubectl("delete", "pod", "p2", "--grace-period=1", "--wait=false")
    inside.apply(pod("p4", "vxeth1 ip=192.168.11.4/24"))
    for one in inside.replicas():
        inside.kubectl("delete", "pod", one["metadata"]["name"], *SYSTEM, "--force", "--grace-period=0")
    inside.apply(pod("p5", "vxeth1 ip=192.168.11.5/24"))
    inside.kubectl("wait", "--for=delete", "pod/p2", "--timeout=60s")
    pods = [p1, *(inside.pod(name) for name in ("p3", "p4", "p5"))]
    took = joined(pods, TAKE_OVER + JOIN)
    tell(f"from both replicas deleted, and the last pod's address, to right kernels: {took:.2f} s")
    inside.ready(4)
