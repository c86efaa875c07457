"""I/O. A real cluster as tests see it: one of ours, in which everything can be broken, or any other by its kubeconfig."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from kube_vxlan_lab.client import Access
from tests.cluster import cluster, processes
from tests.cluster.cluster import Cluster
from tests.cluster.faults import Faults
from tests.namespaces import Namespace
from tests.scenarios import cluster as lab
from tests.scenarios.cluster import NETWORKS, Json, eventually

_AGENTS = ("vxlan-controller-agent", "vxlan-controller-agent-init")


@dataclass(frozen=True, slots=True)
class Reach:
    """How a cluster is reached."""

    kubeconfig: Path
    access: Access
    ours: Cluster | None
    """None: somebody else's."""
    kubectl: str


@dataclass(frozen=True)
class Remote(Namespace):
    """The network namespace of a pod on a machine that is not this one: its agent's container has `ip` and `bridge`."""

    prefix: tuple[str, ...] = ()

    def command(self, *argv: str) -> list[str]:
        """The command line that runs `argv` in there."""
        return [*self.prefix, *argv]


class RealCluster(lab.Cluster):
    """A real cluster in place of a lab. All of `tests.scenarios.world.World`, and more."""

    starting = 5.0
    """A kubelet was seen to take two to four seconds for it."""

    def __init__(self, reach: Reach, directory: Path) -> None:
        super().__init__(reach, directory)
        self.reach = reach
        self._namespaces: list[str] = []
        """Those that were made through this."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.reach.kubeconfig

    @property
    def faults(self) -> Faults:
        """What can be broken; skips the test where nothing can."""
        return Faults(self.ours)

    @property
    def ours(self) -> Cluster:
        """The cluster, if it is one of ours; else the test is skipped."""
        if self.reach.ours is None:
            pytest.skip("this cluster is not one of ours: its nodes and its control plane cannot be reached")
        return self.reach.ours

    def kubectl(self, *argv: str, input: str = "", check: bool = True) -> str:
        """What kubectl prints. AssertionError with its complaint when it fails, unless told not to `check`."""
        done = subprocess.run(self.command(*argv), input=input, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, f"kubectl {argv}: {done.stderr}"
        return done.stdout

    def command(self, *argv: str) -> list[str]:
        """A command line for kubectl, for a process that the caller starts."""
        return [self.reach.kubectl, f"--kubeconfig={self.kubeconfig}", *argv]

    def apply(self, *objects: Json) -> None:
        """Create or change objects; a namespace that is new has a service account when this returns."""
        for one in objects:
            is_namespace, name = one["kind"] == "Namespace", one["metadata"]["name"]
            if is_namespace and all(other["metadata"]["name"] != name for other in self.items("/api/v1/namespaces")):
                self._make(one)
            else:
                super().apply(one)

    def inside(self, uid: str) -> Namespace | None:
        """The network namespace of a pod, as long as it has one."""
        if self.reach.ours is None:
            return self._remote(uid)
        pid = processes.sandbox(uid)  # containers come and go
        return Namespace(pid) if pid else None

    def fault(self, name: str, **what: Any) -> None:
        """Break something as a lab does, or mend it; skips the test where a real cluster has no such fault."""
        faults = self.faults
        known: dict[str, Callable[..., None]] = {
            "kill": faults.kill,
            "rebuild": faults.kill_sandbox,
            "stop": faults.cut,
            "start": faults.mend,
            "restart": faults.restart_api_server,
            "compact": faults.compact,
        }
        if name not in known or "reboot" in what:
            pytest.skip(f"a real cluster cannot be broken like this: {name} {what}")
        known[name](**what)

    def audited(self) -> list[Json]:
        """What the API server's audit log has: everything that could run something in a pod, and all that the controller of a
        bundle asked for."""
        return [json.loads(line) for line in (self.ours.realm.directory / "audit.log").read_text().splitlines()]

    @contextmanager
    def new_namespace(self) -> Iterator[str]:
        """A namespace in which pods may have NET_ADMIN; at the end its pods are gone, and it goes itself some seconds later."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        try:
            yield name
        finally:
            self._end(name)

    def clear(self) -> None:
        """Delete what runs in the namespace `default`, and all namespaces that were made; return when they are gone."""
        self._empty("default")
        for name in tuple(self._namespaces):
            self._end(name)
            self.kubectl("wait", "--for=delete", f"namespace/{name}", "--timeout=60s")

    def _make(self, namespace: Json) -> None:
        super().apply(namespace)
        name = namespace["metadata"]["name"]
        self._namespaces.append(name)
        eventually(lambda: self.items(f"/api/v1/namespaces/{name}/serviceaccounts"), what=f"a service account in {name}")

    def _empty(self, namespace: str) -> None:
        self.kubectl("delete", "-n", namespace, "deployments,statefulsets,pods", "--all", "--grace-period=1", "--timeout=90s")

    def _end(self, namespace: str) -> None:
        self._empty(namespace)  # a namespace that still has pods waits for their grace before it looks again
        self.kubectl("delete", "namespace", namespace, "--wait=false")
        self._namespaces.remove(namespace)

    def _remote(self, uid: str) -> Namespace | None:
        for pod in self.items("/api/v1/pods"):
            statuses = (*pod["status"].get("containerStatuses", ()), *pod["status"].get("initContainerStatuses", ()))
            for one in statuses if pod["metadata"]["uid"] == uid else ():
                if one["name"] in _AGENTS and "running" in one["state"]:
                    words = ("exec", "-i", "-n", pod["metadata"]["namespace"], pod["metadata"]["name"], "-c", one["name"], "--")
                    return Remote(0, tuple(self.command(*words)))
        return None


AnyCluster = TypeVar("AnyCluster", bound=RealCluster)


@contextmanager
def fresh(made: AnyCluster) -> Iterator[AnyCluster]:
    """The cluster with the networks of the scenarios and no pods; at the end all that was made is gone, and the controller."""
    made.set_networks(NETWORKS)
    try:
        yield made
    finally:
        if made.controller.process is not None:
            made.controller.end()
        made.clear()


@contextmanager
def reached() -> Iterator[Reach]:
    """The cluster that KUBECONFIG names, or else one that is made for this and gone at the end."""
    if named := os.environ.get("KUBECONFIG"):
        ours = cluster.find(Path(named).parent.name)
        if ours is not None and ours.kubeconfig == Path(named):
            yield _ours(ours)
        else:
            with _proxy(Path(named)) as reach:
                yield reach
        return
    hold, ours_alone = os.pipe()
    try:
        # The end of the pipe that is open here alone closes with this process, however it ends, and the cluster ends with it.
        with cluster.running(f"tests-{os.getpid()}", 2, cluster.narrate(), until=hold) as made:
            yield _ours(made)
    finally:
        os.close(hold)
        os.close(ours_alone)


def _ours(made: Cluster) -> Reach:
    config = yaml.safe_load(made.kubeconfig.read_text())
    ca = (made.realm.directory / "pki" / "ca.crt").read_text()
    access = Access(config["clusters"][0]["cluster"]["server"], ca, config["users"][0]["user"]["token"])
    return Reach(made.kubeconfig, access, made, str(made.components / "kubectl"))


@contextmanager
def _proxy(kubeconfig: Path) -> Iterator[Reach]:
    """A cluster of somebody else, through `kubectl proxy`: kubectl knows every way to get in."""
    command = ["kubectl", f"--kubeconfig={kubeconfig}", "proxy", "--port=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where = process.stdout.readline().rpartition(" ")[2].strip()
        yield Reach(kubeconfig, Access(f"http://{where}", "", ""), None, "kubectl")
    finally:
        process.terminate()
        process.communicate()
