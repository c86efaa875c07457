"""A lab with the real controller as a process, and eyes of its own: what each pod's kernel holds, read past all our code."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml

from kube_vxlan_lab import outside
from kube_vxlan_lab.client import Access, Client
from kube_vxlan_lab.manifests import collection
from tests.namespaces import Namespace

ROOT = Path(__file__).parents[2]
NETWORKS = {"vxeth0": "id=100 up", "vxeth1": "id=101 up", "vxeth2": "id=102 up", "vxeth3": "id=103 up"}

Json = dict[str, Any]
T = TypeVar("T")


def eventually(condition: Callable[[], T], within: float = 30.0, what: str = "") -> T:
    """What the condition gives as soon as it is true; asks again until then, `within` seconds at most."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what or getattr(condition, '__name__', condition)}")
        time.sleep(0.02)


@dataclass
class Controller:
    """The controller's process."""

    kubeconfig: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    options: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    """Besides our own."""
    port: int = 0
    """Where it serves /readyz and /metrics; another one each time that it is started."""

    def start(self) -> None:
        command = [sys.executable, "-m", "kube_vxlan_controller.cli", "run"]
        self.port = _free_port()
        options = ["--kubeconfig", str(self.kubeconfig), "--listen", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            around = {**os.environ, **self.environment}
            self.process = subprocess.Popen([*command, *options, *self.options], stdout=log, stderr=log, env=around)

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(15)
        self.process = None
        return code

    def send(self, number: int) -> None:
        """Send a signal, and do not wait for anything."""
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        assert self.process is not None
        code = self.process.wait(20)
        self.process = None
        return code

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text()

    def tells(self, path: str) -> str:
        """What it answers to a GET of /readyz or /metrics; empty where it does not, or answers that it is not well."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                text: str = answer.read().decode()
        except (OSError, urllib.error.HTTPError):
            return ""
        return text


@dataclass(frozen=True)
class Pod:
    """A pod, and the network namespace that its processes are in."""

    name: str
    uid: str
    address: str
    namespace: Namespace

    def links(self) -> dict[str, Json]:
        """The VXLAN links of its kernel, by name."""
        found = json.loads(self.namespace.run("ip", "-d", "-j", "addr", "show"))
        return {link["ifname"]: link for link in found if link.get("linkinfo", {}).get("info_kind") == "vxlan"}

    def destinations(self, link: str) -> set[str]:
        """Where its kernel sends frames that it knows nothing better for."""
        entries = json.loads(self.namespace.run("bridge", "-j", "fdb", "show", "dev", link))
        return {entry["dst"] for entry in entries if entry["mac"] == "00:00:00:00:00:00" and "dst" in entry}

    def addresses(self, link: str) -> set[str]:
        """The IPv4 addresses of a link, with prefix length."""
        return {f"{a['local']}/{a['prefixlen']}" for a in self.links()[link]["addr_info"] if a["family"] == "inet"}

    def routes(self) -> set[str]:
        """Routes of its kernel through a gateway, the default route left out."""
        found = json.loads(self.namespace.run("ip", "-j", "route", "show"))
        return {f"{r['dst']} via {r['gateway']} dev {r['dev']}" for r in found if "gateway" in r and r["dst"] != "default"}


@dataclass
class Monitors:
    """Everything that changes in some pods' kernels: links, addresses, routes and permanent forwarding entries."""

    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    def watch(self, pod: Pod) -> None:
        for command in (["ip", "-o", "monitor", "link", "address", "route"], ["bridge", "monitor", "fdb"]):
            self.processes.append(subprocess.Popen(pod.namespace.command(*command), stdout=subprocess.PIPE, text=True))

    def settle(self, pods: list[Pod]) -> None:
        """Return when the monitors are known to listen: each has told of a change made for it, and forgotten it."""
        for pod in pods:
            pod.namespace.run("ip", "link", "add", "probe0", "type", "vxlan", "id", "16000000", "dstport", "65000")
            pod.namespace.run("bridge", "fdb", "append", "00:00:00:00:00:00", "dst", "192.0.2.1", "dev", "probe0")
            pod.namespace.run("ip", "link", "del", "probe0")

    def heard(self) -> list[str]:
        """End the monitors; what they told that was not ours to begin with."""
        lines: list[str] = []
        for process in self.processes:
            process.terminate()
            lines += process.communicate()[0].splitlines()
        assert any("probe0" in line for line in lines), "the monitors were deaf"
        # A link that is gone already when a monitor prints its entries has no name any more.
        return [line for line in lines if not re.search("probe0|dst 192.0.2.1 ", line) and not _is_the_kernels(line)]


def _is_the_kernels(line: str) -> bool:
    """What a kernel does by itself: it learns, and link-local addresses become valid a second after their link is up."""
    learned = re.match(r"(Deleted )?([0-9a-f]{2}:){5}", line) and "permanent" not in line
    return bool(learned) or (" fe80::" in line and not line.startswith("Deleted"))


class Reachable(Protocol):
    """How an API server is reached; of a lab, or of a real cluster."""

    @property
    def kubeconfig(self) -> Path:
        """For a controller."""

    @property
    def access(self) -> Access:
        """For a client of ours."""


class Cluster:
    """A lab without a controller of its own, and one that can be killed and started."""

    starting = 0.0
    """Of the seconds that a bound allows; a lab's containers run at once."""

    def __init__(self, lab: Reachable, directory: Path) -> None:
        self.lab = lab
        self.controller = Controller(lab.kubeconfig, directory / "controller.log")

    def another(self, log: Path, *options: str) -> Controller:
        """A controller beside the first one; both may run at once."""
        return Controller(self.controller.kubeconfig, log, options=list(options))

    def call(self, use: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Use a client of the API server."""

        async def inside() -> T:
            async with Client(self.lab.access) as client:
                return await use(client)

        return asyncio.run(inside())

    def apply(self, *objects: Json) -> None:
        """Create or change objects."""

        async def use(client: Client) -> None:
            for one in objects:
                path = collection(one)
                assert path is not None
                await client.apply(path, one)

        self.call(use)

    def create(self, path: str, obj: Json) -> None:
        """Send an object to a collection or a subresource of the API."""
        self.call(lambda client: client.create(path, obj))

    def merge(self, path: str, patch: Json) -> None:
        """Merge a patch into the object at a path of the API."""
        self.call(lambda client: client.patch(path, patch))

    def remove(self, path: str, **options: Any) -> None:
        """Delete the object at a path of the API."""
        self.call(lambda client: client.delete(path, **options))

    def items(self, path: str) -> list[Json]:
        """The objects of a collection."""
        found: list[Json] = self.call(lambda client: client.get(path))["items"]
        return found

    def inside(self, uid: str) -> Namespace | None:
        """The network namespace of a pod, as long as it has one."""
        pid = _inside(uid)
        return Namespace(pid) if pid else None

    def node(self, name: str) -> str:
        """What the node is called that scenarios call by this name."""
        return name

    def fault(self, name: str, **what: Any) -> None:
        """Break something in the lab, or mend it (docs/development.md)."""
        self.call(lambda client: client.create(f"/lab/{name}", what))

    def apply_file(self, path: Path) -> None:
        """Apply a file of manifests."""
        self.apply(*filter(None, yaml.safe_load_all(path.read_text())))

    def set_networks(self, data: dict[str, str]) -> None:
        """The ConfigMap of networks."""
        metadata = {"name": "kube-vxlan-controller", "namespace": "kube-system"}
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    def objects(self, namespace: str = "default") -> list[Json]:
        """The pods as the API server has them."""
        return self.items(f"/api/v1/namespaces/{namespace}/pods")

    def pod(self, prefix: str) -> Pod:
        """The one pod whose name begins so, once it has a network namespace."""

        def found() -> Pod | None:
            names = [p for p in self.objects() if p["metadata"]["name"].startswith(prefix) and p["status"].get("podIP")]
            pods = [self._pod(one) for one in names if "deletionTimestamp" not in one["metadata"]]
            return pods[0] if len(pods) == 1 else None

        return eventually(found, what=f"one pod {prefix}* with an address")

    def _pod(self, obj: Json) -> Pod | None:
        namespace = self.inside(obj["metadata"]["uid"])
        return Pod(obj["metadata"]["name"], obj["metadata"]["uid"], obj["status"]["podIP"], namespace) if namespace else None

    def ready(self, count: int, within: float = 40.0) -> None:
        """Wait until so many pods are ready."""
        eventually(lambda: sum(map(_is_ready, self.objects())) >= count, within, f"{count} pods ready")


@contextlib.contextmanager
def cluster(directory: Path, nodes: int = 2) -> Iterator[Cluster]:
    """A lab, gone at the end with all that is in it."""
    with outside.running(f"test-{uuid.uuid4().hex[:12]}", nodes, ROOT / "agent") as lab:
        made = Cluster(lab, directory)
        try:
            made.set_networks(NETWORKS)
            yield made
        finally:
            if made.controller.process is not None:
                made.controller.end()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _is_ready(pod: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


def _inside(uid: str) -> int | None:
    """A process of the pod: its /etc/hosts is mounted from a directory that is named after it."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if re.search(rf"/{uid}/etc-hosts /etc/hosts ", (entry / "mountinfo").read_text()):
                    return int(entry.name)
    return None
