"""I/O. The stories in which the defects show: a few pods, one thing that happens, no patience.

Each begins with pods that are wired (up to its `yield`), and ends when the last thing has happened; what must then be the
case, and must never have been, is the checker's business. Nothing here knows a defect.
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from tests.checker.facts import UNREADABLE
from tests.checker.judge import settled_after
from tests.checker.watched import Watched
from tests.mutants.planting import Edit
from tests.mutants.playing import BOUNDS, Scenario, Story
from tests.scenarios import objects
from tests.scenarios.cluster import Pod, eventually
from tests.scenarios.objects import ANNOTATION, SIDECAR

PODS = "/api/v1/namespaces/default/pods"
CONFIG = "/api/v1/namespaces/kube-system/configmaps/kube-vxlan-controller"
_PATIENCE = 30.0
"""Seconds to wait for what a controller without defects does in less than two, where nobody else wants the machine."""


def wire(lab: Watched, **texts: str) -> None:
    """Start the controller and pods of these names and annotations; return when everything is as it should be."""
    start(lab)
    join(lab, **texts)
    settle(lab)


def start(lab: Watched) -> None:
    """Start the controller; return when it has begun, however long a busy machine takes for that."""
    before = len(lab.controller.said()) if lab.controller.log.exists() else 0
    with lab.checker.fault("the controller is being started"):
        lab.controller.start()
        eventually(lambda: " started " in lab.controller.said()[before:], what="the controller has begun")


def join(lab: Watched, **texts: str) -> None:
    """Pods come, each with an address and a kernel when this returns; all on one node."""
    lab.apply(*(objects.pod(name, text, nodeName="node-1") for name, text in texts.items()))
    for name in texts:
        lab.pod(name)


def settle(lab: Watched) -> None:
    """Return when all kernels are right and all pods started."""

    def settled() -> bool:
        lab.checker.look()
        ready = all(pod["status"].get("phase") in ("Running", "Failed") for pod in lab.objects())
        return ready and settled_after(lab.checker.history, time.monotonic()) < inf

    eventually(settled, _PATIENCE, "everything is as it should be")


def leave(lab: Watched, name: str, grace: int = 0) -> None:
    """A pod is deleted."""
    lab.remove(f"{PODS}/{name}", gracePeriodSeconds=grace)


def last(lab: Watched, seconds: float) -> None:
    """What is the case stays so for a while: what has just begun is not yet sure to the checker, within its haze."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.05)


def namesakes(lab: Watched) -> Story:
    """Two pods of one name in two namespaces."""
    _namespace(lab, "other")
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    lab.apply(objects.pod("other/a", "vxeth0"))


def absence(lab: Watched) -> Story:
    """A pod goes while no controller runs."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    yield
    lab.controller.end()
    gone = lab.pod("c").uid
    leave(lab, "c")
    eventually(lambda: lab.inside(gone) is None, what="c is gone")
    start(lab)


def refusal(lab: Watched) -> Story:
    """A pod's kernel refuses an address at first, because new links in it have no IPv6 yet."""
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    a = lab.pod("a")
    with lab.checker.fault("there is no IPv6 on new links yet", a.uid):
        _ipv6(a, "default", is_on=False)
        _annotate(lab, "a", "vxeth0\nvxeth1 ip=fd00:1::1/64")
        with suppress(AssertionError):  # a defect may be that nobody says so
            eventually(lambda: "kernel refuses" in lab.controller.said(), 2.0)
        _ipv6(a, "vxeth1", is_on=True)


def hanging(lab: Watched) -> Story:
    """An exec hangs while a pod joins, for a while; then it ends, and nothing of what was sent is done."""
    _wire_warm(lab)
    yield
    lab.fault("exec", pod="default/a", how="hang")
    join(lab, d="vxeth0")
    _hears(lab, "b", "d")
    last(lab, 1.5)
    _end_execs(lab, "a")
    lab.fault("exec", pod="default/a", how="work")


def busy(lab: Watched) -> Story:
    """A second pod joins while a third one's agent is still at work on the first."""
    _wire_warm(lab)
    yield
    lab.fault("exec", pod="default/a", how="hang")
    for name in ("d", "e"):
        join(lab, **{name: "vxeth0"})
        _hears(lab, "b", name)
    lab.fault("exec", pod="default/a", how="work")


def interruption(lab: Watched) -> Story:
    """The watches are cut, and the very next change of all is that a pod goes."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    _quiet(lab)
    yield
    lab.fault("cut-watches")
    leave(lab, "c")


def oblivion(lab: Watched) -> Story:
    """The watches are cut, a pod goes, and the API server forgets its history before anybody is back."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    yield
    lab.fault("cut-watches")
    leave(lab, "c")
    lab.fault("compact")


def silence(lab: Watched) -> Story:
    """The watches say nothing any more and stay open; then a pod goes."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    yield
    with lab.checker.fault("the watches are silent"):
        lab.fault("silence-watches")
        leave(lab, "c")


def configuration(lab: Watched) -> Story:
    """The ConfigMap gives a network another id."""
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    lab.merge(CONFIG, {"data": {"vxeth0": "id=200 up"}})


def token(lab: Watched) -> Story:
    """The API server takes the old token no more; a new one is where the old one was, a little later."""
    right = lab.lab.kubeconfig.read_text()
    lab.controller.kubeconfig = lab.controller.log.with_name("kubeconfig")
    lab.controller.kubeconfig.write_text(right.replace(lab.lab.access.token, "outdated"))
    yield
    with lab.checker.fault("the token is outdated"):
        start(lab)
        join(lab, a="vxeth0", b="vxeth0")
        eventually(lambda: "Unauthorized" in lab.controller.said(), _PATIENCE, "the old token was refused")
        lab.controller.kubeconfig.write_text(right)


def departure(lab: Watched) -> Story:
    """A pod is deleted, with time to end."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    yield
    leave(lab, "c", grace=1)


def reuse(lab: Watched) -> Story:
    """A pod has ended but is still shown with its address, which another one has by now; then it is removed."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth0")
    address = lab.pod("c").address
    lab.fault("evict", pod="default/c")
    eventually(lambda: any(pod["status"]["phase"] == "Failed" for pod in lab.objects()), what="c has ended")
    settle(lab)
    join(lab, d="vxeth0")
    assert lab.pod("d").address == address, "d has the address that c had"
    settle(lab)
    last(lab, 1.0)
    yield
    leave(lab, "c")


def lines(lab: Watched) -> Story:
    """An annotation with the line ends of another system."""
    text = "vxeth0\r\nvxeth1"
    lab.checker.means(text, {"vxeth0": {}, "vxeth1": {}})
    wire(lab, a="vxeth0", b="vxeth1")
    yield
    join(lab, c=text)


def length(lab: Watched) -> Story:
    """An annotation with an option of 300 characters; then another pod joins."""
    text = f"vxeth0 {'x' * 300}=1"
    lab.checker.means(text, {"vxeth0": UNREADABLE})
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    join(lab, h=text)
    join(lab, c="vxeth0")


def twice(lab: Watched) -> Story:
    """An annotation that names one network twice, with two addresses."""
    text = "vxeth0 ip=10.1.0.3/24\nvxeth0 ip=10.1.0.4/24"
    lab.checker.means(text, UNREADABLE)
    wire(lab, a="vxeth0 ip=10.1.0.1/24", b="vxeth0 ip=10.1.0.2/24")
    yield
    join(lab, c=text)


def tenants(lab: Watched) -> Story:
    """A pod asks for a network that is closed to its namespace; another one takes an id of its own for a common network."""
    _namespace(lab, "other")
    lab.merge(CONFIG, {"data": {"closed": "id=110 up namespaces=default"}})
    wire(lab, a="vxeth0\nclosed", b="vxeth0")
    yield
    lab.apply(objects.pod("other/x", "closed"))
    join(lab, d="vxeth0 id=999")


def joining(lab: Watched) -> Story:
    """A pod joins."""
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    join(lab, c="vxeth0")


def writers(lab: Watched) -> Story:
    """A second controller is started while the first one, which audits, hears of nothing any more; a pod joins."""
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    with lab.checker.fault("the watches of the first are silent"):  # of everything that comes later it is no excuse
        lab.fault("silence-watches")
    second = lab.another(lab.controller.log.with_name("second.log"), *lab.controller.options)
    second.start()
    try:
        eventually(lambda: "found as wished" in second.said(), _PATIENCE, "the second controller has looked at everything")
        join(lab, c="vxeth0")
        last(lab, 4.0)
    finally:
        second.end()


def restart(lab: Watched) -> Story:
    """An agent's container ends and is started again, at once and then after a pause; its pod's kernel is what it was."""
    wire(lab, a="vxeth0", b="vxeth0")
    last(lab, 1.0)
    yield
    lab.fault("kill", pod="default/b", container=SIDECAR)
    eventually(lambda: _restarts(lab, "b") == 1, what="the agent was started again")
    lab.fault("kill", pod="default/b", container=SIDECAR)


def rebuilding(lab: Watched) -> Story:
    """A pod's sandbox is made anew: the same pod, another kernel, another address."""
    wire(lab, a="vxeth0", b="vxeth0")
    yield
    lab.fault("rebuild", pod="default/b")


def annotation(lab: Watched) -> Story:
    """A running pod's annotation names another network."""
    wire(lab, a="vxeth0", b="vxeth0", c="vxeth1")
    yield
    _annotate(lab, "a", "vxeth1")


def options(lab: Watched) -> Story:
    """A network with a port of its own on which nothing is learned."""
    lab.merge(CONFIG, {"data": {"vxeth4": "id=104 up port=4789 learning=false"}})
    yield
    start(lab)
    join(lab, a="vxeth4", b="vxeth4")


def doubt(lab: Watched) -> Story:
    """Nobody can read any more what a pod wants; then a network's key is gone from the ConfigMap."""
    text = "vxeth0; vxeth1"
    lab.checker.means(text, UNREADABLE)
    wire(lab, a="vxeth0 ip=10.1.0.1/24", b="vxeth0 ip=10.1.0.2/24\nvxeth1", c="vxeth1")
    last(lab, 1.0)
    yield
    _annotate(lab, "a", text)
    last(lab, 2.0)
    lab.merge(CONFIG, {"data": {"vxeth1": None}})
    last(lab, 2.0)


def probe(lab: Watched) -> Story:
    """A pod with a native agent has a network that cannot be read; a while later it is mended."""
    text = "vxeth0 ip=10.1.0.3/24\nvxeth1 upp"
    lab.checker.means(text, {"vxeth0": {"ip": ("10.1.0.3/24",)}, "vxeth1": UNREADABLE})
    wire(lab, a="vxeth0", b="vxeth1")
    yield
    lab.apply(objects.native_pod("n", text))
    lab.pod("n")
    lab.checker.look()  # what n wants must be known before its application could start
    last(lab, 4.0)
    _annotate(lab, "n", "vxeth0 ip=10.1.0.3/24\nvxeth1")
    eventually(lambda: "running" in _state(lab, "n", "app"), what="the application of n runs")


def _state(lab: Watched, name: str, container: str) -> dict[str, Any]:
    (pod,) = (one for one in lab.objects() if one["metadata"]["name"] == name)
    found = (one["state"] for one in pod["status"].get("containerStatuses", ()) if one["name"] == container)
    return next(found, {})


def _namespace(lab: Watched, name: str) -> None:
    lab.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def _annotate(lab: Watched, name: str, text: str) -> None:
    lab.merge(f"{PODS}/{name}", {"metadata": {"annotations": {ANNOTATION: text}}})


def _ipv6(pod: Pod, link: str, *, is_on: bool) -> None:
    """Let a link of a pod have IPv6 or not (`default`: those that are still to come)."""
    pod.namespace.run("tee", f"/proc/sys/net/ipv6/conf/{link}/disable_ipv6", input="0" if is_on else "1")


def _end_execs(lab: Watched, name: str) -> None:
    """End what the controller runs in a pod's agent, and not the agent."""
    inside = os.stat(f"/proc/{lab.pod(name).namespace.pid}/ns/net").st_ino
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # not a process, or one that has ended
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[-2:] == [b"serve", b""] and (entry / "ns" / "net").stat().st_ino == inside:
                os.kill(int(entry.name), signal.SIGKILL)


def _restarts(lab: Watched, name: str) -> int:
    """How often the agent of a pod was started again; -1 while it does not run."""
    (pod,) = (one for one in lab.objects() if one["metadata"]["name"] == name)
    (agent,) = (one for one in pod["status"]["containerStatuses"] if one["name"] == SIDECAR)
    return int(agent["restartCount"]) if "running" in agent["state"] else -1


def _wire_warm(lab: Watched) -> None:
    """Three pods, of which the first has been asked by the agent that stays: what comes next is sent to that one at once."""
    wire(lab, a="vxeth0", b="vxeth0")
    join(lab, c="vxeth0")
    _hears(lab, "a", "c")


def _hears(lab: Watched, name: str, other: str) -> None:
    """Wait until the kernel of one pod sends to another one."""
    pod, address = lab.pod(name), lab.pod(other).address
    eventually(lambda: address in pod.destinations("vxeth0"), _PATIENCE, f"{name} sends to {other}")


def _quiet(lab: Watched) -> None:
    """Return when the last of all changes in the API server was one of a pod, and has been there for a while."""

    def listed() -> dict[str, Any]:
        found: dict[str, Any] = lab.call(lambda client: client.get(PODS))
        return found

    def rests() -> bool:
        before = listed()["metadata"]["resourceVersion"]
        last(lab, 0.5)
        now = listed()
        newest = max(int(pod["metadata"]["resourceVersion"]) for pod in now["items"])
        version = now["metadata"]["resourceVersion"]
        if int(version) > newest:
            lab.merge(f"{PODS}/a", {"metadata": {"annotations": {"touched": version}}})
        return bool(before == version == str(newest))

    eventually(rests, _PATIENCE, "nothing changes in the API server")


_SOON = Edit("kube/happenings.py", "silence: float = 75.0", "silence: float = 2.0")
_AGAIN = Edit("kube/happenings.py", "last_delay: float = 30.0", "last_delay: float = 0.5")

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        *(
            Scenario(play.__name__, play)
            for play in (
                namesakes,
                absence,
                refusal,
                interruption,
                oblivion,
                configuration,
                token,
                departure,
                reuse,
                lines,
                length,
                twice,
                tenants,
                joining,
                restart,
                rebuilding,
                annotation,
                options,
                doubt,
                probe,
            )
        ),
        # A gate waits for a peer that hangs, for two seconds.
        *(Scenario(play.__name__, play, constants=replace(BOUNDS, join=5.0)) for play in (hanging, busy)),
        Scenario("silence", silence, hastened=(_SOON, _AGAIN), constants=replace(BOUNDS, view=6.0)),
        Scenario("writers", writers, options=("--audit-every", "1")),
    )
}
