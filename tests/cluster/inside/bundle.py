"""I/O. A cluster in which the bundle runs."""

import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cluster.reach import BUNDLE, Reach
from tests.cluster.world import RealCluster
from tests.scenarios.cluster import Json, Pod, eventually
from tests.scenarios.objects import ANNOTATION, pod

SYSTEM = ("-n", "kube-system")
DEPLOYMENT = "deployment/kube-vxlan-controller"
CONTAINER = "kube-vxlan-controller"
TAKE_OVER = 40.0
"""Seconds within which somebody leads after a leader was killed without a word: a Lease of 15, on a machine that is busy."""
JOIN = 10.0
"""Seconds within which kernels are right, when somebody leads."""


class Inside(RealCluster):
    """All of a real cluster, and who of the controllers in it leads."""

    def __init__(self, reach: Reach, directory: Path) -> None:
        super().__init__(reach, directory)
        self.controller = Replicas(self)

    def install(self) -> None:
        """What a user does; return when the program is at work."""
        self.kubectl("apply", "-f", str(BUNDLE))
        self.at_work()

    def uninstall(self) -> None:
        """Leave nothing of it. The program goes first: while it runs it needs its rights, and it gives its Lease up."""
        self.kubectl("delete", DEPLOYMENT, *SYSTEM, "--ignore-not-found", "--cascade=foreground", "--timeout=60s")
        self.kubectl("delete", "-f", str(BUNDLE), "--ignore-not-found", "--timeout=60s")
        self.kubectl("delete", "lease", "kube-vxlan-controller", *SYSTEM, "--ignore-not-found")

    def at_work(self) -> None:
        """Return when all replicas are those that there should be, and one of them leads."""
        self.kubectl("rollout", "status", DEPLOYMENT, *SYSTEM, "--timeout=90s")
        eventually(self.leader, TAKE_OVER, "a replica leads")

    def replicas(self) -> list[Json]:
        """The controller's pods that nobody is deleting."""
        ours = [one for one in self.objects("kube-system") if one["metadata"]["labels"].get("run") == "kube-vxlan-controller"]
        return [one for one in ours if "deletionTimestamp" not in one["metadata"]]

    def images(self) -> dict[str, str]:
        """The digest of the image that each of the controller's pods runs, by the pod's name."""
        return {one["metadata"]["name"]: _status(one)["imageID"] for one in self.replicas()}

    def leader(self) -> str:
        """The name of the pod whose program says that it leads; empty if none does."""
        names = (one["metadata"]["name"] for one in self.replicas())
        return next((name for name in names if "\nkube_vxlan_leader 1" in self.served(name, "/metrics")), "")

    def holder(self) -> str:
        """Who the Lease says that leads: one process, which a container that is started anew in the same pod is not."""
        lease = ("lease/kube-vxlan-controller", "--output=jsonpath={.spec.holderIdentity}")
        return self.kubectl("get", *SYSTEM, *lease)

    def served(self, name: str, path: str) -> str:
        """What the program in one of the controller's pods answers to a GET; empty where it does not, or is not well."""
        return self.kubectl("get", "--raw", f"/api/v1/namespaces/kube-system/pods/{name}/proxy{path}", check=False)

    def ask(self, *argv: str) -> str:
        """What a command of the program prints, where the documents tell people to run it."""
        return self.kubectl("exec", *SYSTEM, DEPLOYMENT, "--", "kube-vxlan-controller", *argv)

    def members(self, **texts: str) -> list[Pod]:
        """Pods of these names and annotations, each ready."""
        self.apply(*(pod(name, text) for name, text in texts.items()))
        self.kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"pod/{name}" for name in texts))
        return [self.pod(name) for name in texts]

    def annotate(self, name: str, text: str) -> None:
        """Give a pod another annotation."""
        self.merge(f"/api/v1/namespaces/default/pods/{name}", {"metadata": {"annotations": {ANNOTATION: text}}})


@dataclass
class Replicas:
    """The controller of scenarios: all replicas of the Deployment at once, which its kubelets start again by themselves."""

    cluster: Inside
    options: list[str] = field(default_factory=list)
    """Not heeded: the Deployment has its own."""

    def start(self) -> None:
        """Return when one leads."""
        self.cluster.at_work()

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal to each, and wait for their ends; the exit code of one of them, negative for a signal."""
        before = {one["metadata"]["name"]: _status(one)["containerID"] for one in self.cluster.replicas()}
        for name in before:
            self.cluster.faults.kill(f"kube-system/{name}", CONTAINER, number)
        codes = eventually(lambda: self._codes(before), what="all have ended")
        assert len(set(codes)) == 1, codes
        return codes[0] if codes[0] < 128 else 128 - codes[0]

    def tells(self, path: str) -> str:
        """What the one that leads answers."""
        name = self.cluster.leader()
        return self.cluster.served(name, path) if name else ""

    def _codes(self, before: Mapping[str, str]) -> list[int]:
        """The exit codes of these containers, once all have ended."""
        last = [_status(one).get("lastState", {}).get("terminated", {}) for one in self.cluster.replicas()]
        codes = [one["exitCode"] for one in last if one.get("containerID") in before.values()]
        return codes if len(codes) == len(before) else []


def _status(replica: Json) -> Json:
    (found,) = replica["status"]["containerStatuses"]
    return found


def leave_alone(cluster: RealCluster) -> None:
    """Skip the test where there is a controller already: it would be taken away at the end."""
    if cluster.kubectl("get", DEPLOYMENT, *SYSTEM, "--ignore-not-found", "-o", "name"):
        pytest.skip("there is a kube-vxlan-controller in this cluster already, which is left alone")


def are_peers(pods: Iterable[Pod], link: str = "vxeth1") -> bool:
    """Whether the kernel of each has all the others as destinations, and nobody else."""
    pods = list(pods)
    addresses = {one.address for one in pods}
    return all(link in one.links() and one.destinations(link) == addresses - {one.address} for one in pods)


def joined(pods: Iterable[Pod], within: float = JOIN, link: str = "vxeth1") -> float:
    """Wait until they are peers; the seconds that it took."""
    pods, began = list(pods), time.monotonic()
    eventually(lambda: are_peers(pods, link), within, f"{', '.join(one.name for one in pods)} are peers")
    return time.monotonic() - began
