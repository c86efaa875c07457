"""I/O. The cluster that tests are run on, how it is reached, and whether they may be run on it.

Law: on a cluster of somebody else nothing is touched unless its context was named for that and nothing of ours, and nothing in
the namespace `default`, is there; and what a test run leaves of ours is what it found.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kube_vxlan_lab.client import Access
from tests.cluster import cluster, machine
from tests.cluster.cluster import Cluster

ON = "KVC_CLUSTER_TESTS_ON"
"""The environment variable that names the context on whose cluster tests may be run."""
BUNDLE = Path(__file__).parents[2] / "kubernetes" / "bundle.yaml"
_WORKLOADS = "deployments,statefulsets,pods"
_LEASE = ("lease", "kube-vxlan-controller", "--namespace=kube-system")
_NETWORKS = ("configmap", "kube-vxlan-controller", "--namespace=kube-system")


class Refused(Exception):
    """Tests may not be run on a cluster; `str()` is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a cluster is reached."""

    kubeconfig: Path
    access: Access
    ours: Cluster | None
    """None: somebody else's."""
    kubectl: str
    seconds: float = 0.0
    """How long it took to bring it up; nothing where it was there before."""

    def command(self, *argv: str) -> list[str]:
        """A command line for kubectl."""
        return [self.kubectl, f"--kubeconfig={self.kubeconfig}", *argv]

    def run(self, *argv: str, input: str = "", check: bool = True) -> str:
        """What kubectl prints. AssertionError with its complaint when it fails, unless told not to `check`."""
        done = subprocess.run(self.command(*argv), input=input, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, f"kubectl {argv}: {done.stderr}"
        return done.stdout


@contextmanager
def reached(environment: Mapping[str, str] = os.environ) -> Iterator[Reach]:
    """The cluster that KUBECONFIG names, or else one that is made for this and gone at the end. Raises `Refused`."""
    named = environment.get("KUBECONFIG")
    if not named:
        with _made() as reach:
            yield reach
        return
    ours = cluster.find(Path(named).parent.name)
    if ours is not None and ours.kubeconfig == Path(named):
        reach = _ours(ours)
        with _as_before(reach):
            yield reach
        return
    with _flattened(named, environment.get(ON, "")) as kubeconfig, _proxy(kubeconfig) as reach:
        if there := reach.run("get", "--namespace=default", _WORKLOADS, "--output=name").split():
            raise Refused(f"the tests delete what is in the namespace default, and there is something: {' '.join(there)}")
        if there := reach.run("get", "-f", str(BUNDLE), "--ignore-not-found", "--output=name").split():
            raise Refused(f"the tests install a kube-vxlan-controller, and something of one is there: {' '.join(there)}")
        with _as_before(reach):
            yield reach


@contextmanager
def _made() -> Iterator[Reach]:
    hold, ours_alone = os.pipe()
    begun, is_alone, before = time.monotonic(), not cluster.HOME.exists(), machine.limits()
    try:
        # The end of the pipe that is open here alone closes with this process, however it ends, and the cluster ends with it.
        with cluster.running(f"tests-{os.getpid()}", 2, cluster.narrate(), until=hold) as made:
            yield _ours(made, time.monotonic() - begun)
        assert not is_alone or cluster.HOME.exists() or machine.limits() == before, "the kernel's limits are not what they were"
    finally:
        os.close(hold)
        os.close(ours_alone)


def _ours(made: Cluster, seconds: float = 0.0) -> Reach:
    config = yaml.safe_load(made.kubeconfig.read_text())
    ca = (made.realm.directory / "pki" / "ca.crt").read_text()
    access = Access(config["clusters"][0]["cluster"]["server"], ca, config["users"][0]["user"]["token"])
    return Reach(made.kubeconfig, access, made, str(made.components / "kubectl"), seconds)


@contextmanager
def _flattened(named: str, allowed: str) -> Iterator[Path]:
    """One file with the current context alone, of the files that are named as kubectl has them named, with colons."""

    def config(*argv: str) -> str:
        command = ["kubectl", "config", *argv]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "KUBECONFIG": named})
        if done.returncode != 0:
            raise Refused(f"KUBECONFIG={named} cannot be used: {done.stderr.strip()}")
        return done.stdout

    if (context := config("current-context").strip()) != allowed:
        raise Refused(
            "the tests overwrite, break and delete things, and are not run on a cluster because KUBECONFIG happens to name it; "
            f"say {ON}={context} if they may be run there"
        )
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "kubeconfig")
        path.touch(mode=0o600)
        path.write_text(config("view", "--minify", "--flatten", "--raw"))
        yield path


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


@contextmanager
def _as_before(reach: Reach) -> Iterator[None]:
    """At the end nothing is there of ours if nothing was before; else the networks are those that were there."""
    was_there = bool(reach.run("get", "-f", str(BUNDLE), "--ignore-not-found", "--output=name"))
    networks = reach.run("get", *_NETWORKS, "--ignore-not-found", "--output=json")
    try:
        yield
    finally:
        if not was_there:
            reach.run("delete", "-f", str(BUNDLE), "--ignore-not-found", "--timeout=60s")
            reach.run("delete", *_LEASE, "--ignore-not-found")
        elif networks:
            reach.run("delete", *_NETWORKS, "--ignore-not-found")
            reach.run("create", "-f", "-", input=_anew(json.loads(networks)))


def _anew(there: dict[str, Any]) -> str:
    """An object that was there, to be created again."""
    metadata = {key: one for key, one in there["metadata"].items() if key in ("name", "namespace", "labels", "annotations")}
    return json.dumps(there | {"metadata": metadata})
