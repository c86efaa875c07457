"""I/O. A cluster of the tests: up, found again, and down.

Its directory has everything of it that is no process; a directory that nobody holds a lock on is of a cluster that is dead.
"""

import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.cluster import build, control_plane, images, machine, network, packages, realm
from tests.cluster.node import Node
from tests.cluster.pki import ADMIN, Pki
from tests.cluster.realm import Missing, Realm, eventually

HOME = Path("/var/tmp/kube-vxlan-cluster")
"""Where clusters have their directories: on a disk, since containers need overlays, and not every /tmp bears these."""
NAME = "default"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that runs."""

    realm: Realm
    components: Path
    nodes: tuple[Node, ...]

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, through the door."""
        return self.realm.directory / "kubeconfig"

    def kubectl(self, *argv: str, input: str = "", check: bool = True) -> str:
        """What kubectl prints. Raises `Missing` with its complaint when it fails, unless told not to `check`."""
        command = [str(self.components / "kubectl"), f"--kubeconfig={self.kubeconfig}", *argv]
        done = subprocess.run(command, input=input, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise Missing(f"kubectl {shlex.join(argv)}: {done.stderr.strip()}")
        return done.stdout

    def node(self, name: str) -> Node:
        """The node of that name."""
        return next(node for node in self.nodes if node.name == name)


def narrate() -> Say:
    """Something that prints lines with the seconds since now."""
    start = time.monotonic()
    return lambda line: print(f"cluster: {time.monotonic() - start:5.1f} s  {line}", file=sys.stderr, flush=True)


def up(name: str, count: int, say: Say, until: int | None = None) -> Cluster:
    """Bring up a cluster with so many nodes; `until` as in `realm.make`. Raises `Missing`."""
    if why := packages.unavailable():
        raise Missing(why)
    directory = HOME / name
    if directory.exists() and realm.is_alive(directory):
        raise Missing(f'a cluster named "{name}" is up already; KUBECONFIG={directory}/kubeconfig')
    for other in HOME.glob("*"):
        if other.is_dir() and not realm.is_alive(other):
            _forget(other)
    packages.install(say)
    components = build.components(say)
    archives = images.archives(say)
    directory.mkdir(parents=True, mode=0o700)
    made = realm.make(directory, until)
    try:
        return _furnish(made, components, count, archives, say)
    except BaseException:
        realm.end(made)
        raise


def _furnish(made: Realm, components: Path, count: int, archives: list[Path], say: Say) -> Cluster:
    machine.prepare(made.directory)
    nodes = _nodes(made, count)
    cluster = Cluster(made, components, nodes)
    (made.directory / "cluster.yaml").write_text(
        yaml.safe_dump({"pid": made.pid, "nodes": count, "components": str(components)})
    )
    pki = Pki(made.directory / "pki")
    pki.write(control_plane.ADDRESSES, {node.name: network.address(node.number) for node in nodes})
    network.build(made, [node.name for node in nodes])
    _open_door(cluster, pki)
    say("starting containerd and the control plane")
    for node in nodes:
        node.start_containers()
        node.write_kubelet(pki)
    with ThreadPoolExecutor() as pool:
        loads = [pool.submit(node.load, archives) for node in nodes]
        control_plane.ControlPlane(made, pki, components).start()
        say("the API server is ready; loading images")
        for load in loads:
            load.result()
    say("starting the kubelets")
    for node in nodes:
        node.start_kubelet(components)
    eventually(lambda: _is_usable(cluster), 90, f"{count} nodes are ready")
    say(f"{count} nodes are ready")
    return cluster


def _open_door(cluster: Cluster, pki: Pki) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        where = (network.CONTROL_PLANE, str(control_plane.PORT))
        command = (sys.executable, str(Path(__file__).with_name("door.py")), str(listening.fileno()), *where)
        cluster.realm.spawn("door", *command, passing=(listening.fileno(),))
    pki.kubeconfig(cluster.kubeconfig, ADMIN, f"https://127.0.0.1:{port}")


def _is_usable(cluster: Cluster) -> bool:
    """All nodes are ready and take pods, and pods can have a service account."""
    words = 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{.spec.taints[*].key}{" "}{end}'
    nodes = cluster.kubectl("get", "nodes", "-o", words, check=False).split()
    account = cluster.kubectl("get", "serviceaccounts", "default", "-o", "name", check=False)
    return nodes == ["True"] * len(cluster.nodes) and account != ""


def find(name: str = NAME) -> Cluster | None:
    """The cluster of that name, if it is up."""
    directory = HOME / name
    with suppress(FileNotFoundError):
        if realm.is_alive(directory):
            known = yaml.safe_load((directory / "cluster.yaml").read_text())
            made = Realm(directory, known["pid"])
            return Cluster(made, Path(known["components"]), _nodes(made, known["nodes"]))
    return None


def _nodes(made: Realm, count: int) -> tuple[Node, ...]:
    return tuple(Node(made, f"node-{number}", number) for number in range(1, count + 1))


def down(name: str = NAME) -> bool:
    """Take a cluster down without a trace; whether there was one, be it alive or dead."""
    directory = HOME / name
    if not directory.exists():
        return False
    if cluster := find(name):
        realm.end(cluster.realm)
    _forget(directory)
    return True


def _forget(directory: Path) -> None:
    machine.put_back(directory)
    shutil.rmtree(directory)
    with suppress(OSError):
        directory.parent.rmdir()


@contextmanager
def running(name: str, count: int, say: Say, until: int | None = None) -> Iterator[Cluster]:
    """A cluster that is there as long as the context is."""
    cluster = up(name, count, say, until)
    try:
        yield cluster
    finally:
        down(name)
