"""I/O. A real cluster as tests see it: one of ours, in which everything can be broken, or any other by its kubeconfig."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from tests.cluster import processes
from tests.cluster.account import Outside
from tests.cluster.cluster import Cluster
from tests.cluster.faults import Faults
from tests.cluster.images import AGENT, CONTROLLER
from tests.cluster.reach import Reach
from tests.namespaces import Namespace
from tests.scenarios import cluster as lab
from tests.scenarios.cluster import NETWORKS, Json, eventually
from tests.scenarios.objects import place

EXAMPLE = lab.ROOT / "kubernetes" / "example.yaml"
_AGENTS = ("vxlan-controller-agent", "vxlan-controller-agent-init")
_IMAGES = {AGENT: "KVC_CLUSTER_TESTS_AGENT", CONTROLLER: "KVC_CLUSTER_TESTS_CONTROLLER"}
"""Our images, and the environment variables that say what each is called where the cluster finds it."""


def renamed(text: str) -> str:
    """A manifest with the images' names as the environment has them."""
    for image, variable in _IMAGES.items():
        text = text.replace(image, os.environ.get(variable) or image)
    return text


@dataclass(frozen=True)
class Remote(Namespace):
    """The network namespace of a pod on another machine: its agents have `ip` and `bridge`, its application has `ping`."""

    enter: Callable[[bool], list[str]]
    """What to put before a command, to run it in an agent (True) or an application (False) that runs now."""

    def command(self, *argv: str) -> list[str]:
        """The command line that runs `argv` in there."""
        return [*self.enter(argv[0] != "ping"), *argv]

    def run(self, *argv: str, input: str = "", check: bool = True) -> str:
        """As in any namespace; it is run again where its container has just ended, which the API server learns late."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return super().run(*argv, input=input, check=check)
            except AssertionError as error:
                if "container not found" not in str(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


class RealCluster(lab.Cluster):
    """A real cluster in place of a lab. All of `tests.scenarios.world.World`, and more."""

    starting = 5.0
    """A kubelet was seen to take two to four seconds for it."""

    def __init__(self, reach: Reach, directory: Path) -> None:
        super().__init__(reach, directory)
        self.reach = reach
        self._directory = directory
        self.controller = Outside(reach, directory)
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
        return self.reach.run(*map(self._named, argv), input=renamed(input), check=check)

    def command(self, *argv: str) -> list[str]:
        """A command line for kubectl, for a process that the caller starts."""
        return self.reach.command(*argv)

    def apply(self, *objects: Json) -> None:
        """Create or change objects; a namespace that is new has a service account when this returns."""
        for one in objects:
            is_namespace, name = one["kind"] == "Namespace", one["metadata"]["name"]
            if is_namespace and all(other["metadata"]["name"] != name for other in self.items("/api/v1/namespaces")):
                self._make(one)
            else:
                super().apply(json.loads(renamed(json.dumps(one))))

    def node(self, name: str) -> str:
        """What the node is called that scenarios call node-1, node-2 ...; skips the test where there are fewer."""
        if self.reach.ours is not None:
            return name
        names = sorted(one["metadata"]["name"] for one in self.items("/api/v1/nodes") if not one["spec"].get("taints"))
        if (number := int(name.removeprefix("node-"))) > len(names):
            pytest.skip(f"this cluster has no {name}, only {' '.join(names)}")
        return names[number - 1]

    def apply_example(self) -> None:
        """Apply the example with its gateway on another node than the two that meet through it, as a scheduler may have it."""
        manifests = list(filter(None, yaml.safe_load_all(EXAMPLE.read_text())))
        for one in manifests:
            if one["kind"] == "Deployment":
                node = self.node("node-2" if one["metadata"]["name"] == "gw" else "node-1")
                one["spec"]["template"]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": node}
        self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(manifests))

    def nodes(self) -> dict[str, str]:
        """The node of each pod in the namespace `default`, by the pod's name."""
        return {one["metadata"]["name"]: one["spec"].get("nodeName", "") for one in self.objects()}

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
            "kill": self._kill,
            "rebuild": faults.kill_sandbox,
            "stop": faults.cut,
            "start": faults.mend,
            "restart": self._restart,
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

    def _restart(self, seconds: str | float = 0) -> None:
        """The API server, and when it is back all of Kubernetes, which would else be seconds to a minute late to see that."""
        self.faults.restart_api_server(seconds)
        self.faults.restart_clients()

    def _kill(self, pod: str, container: str) -> None:
        """As in a lab: when this returns, the API server shows the end. A kubelet tells it up to two seconds late, and then
        takes ten and more for a second start: whoever looked before that would take the pod for ready."""
        before = self._identity(pod, container)
        self.faults.kill(pod, container)
        eventually(
            lambda: self._identity(pod, container) != before, what=f"container {container} of {pod} is known to have ended"
        )

    def _identity(self, pod: str, container: str) -> str:
        """The id of a container, if it runs as far as the API server knows."""
        namespace, name = place(pod)
        (found,) = [one for one in self.objects(namespace) if one["metadata"]["name"] == name]
        return next(
            (one["containerID"] for one in _statuses(found) if one["name"] == container and "running" in one["state"]), ""
        )

    def _named(self, word: str) -> str:
        """A word for kubectl; a file of manifests in which images have other names is written anew."""
        if not word.endswith(".yaml") or not Path(word).is_file() or renamed(text := Path(word).read_text()) == text:
            return word
        path = self._directory / Path(word).name
        path.write_text(renamed(text))
        return str(path)

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
        def enter(is_agent: bool) -> list[str]:
            return eventually(lambda: self._running(uid, is_agent), what=f"a container of {uid} runs")

        return Remote(0, enter) if self._running(uid, is_agent=True) else None

    def _running(self, uid: str, is_agent: bool) -> list[str]:
        """What runs a command in an agent of a pod, or in another container of it, that runs now; nothing where none does."""
        for pod in self.items("/api/v1/pods"):
            for one in _statuses(pod) if pod["metadata"]["uid"] == uid else ():
                if (one["name"] in _AGENTS) is is_agent and "running" in one["state"]:
                    words = ("exec", "-i", "-n", pod["metadata"]["namespace"], pod["metadata"]["name"], "-c", one["name"], "--")
                    return self.command(*words)
        return []


def _statuses(pod: Json) -> list[Json]:
    """Those of all containers of a pod that has some."""
    return [*pod["status"].get("containerStatuses", ()), *pod["status"].get("initContainerStatuses", ())]


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
