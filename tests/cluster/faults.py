"""I/O. What can be broken in a cluster of ours, by tests and by hand (`python -m tests.cluster break WHAT ...`)."""

import json
import os
import signal
import time

from tests.cluster import control_plane, network, processes
from tests.cluster.cluster import Cluster
from tests.cluster.processes import Json
from tests.cluster.realm import Missing


class Faults:
    """Each method is one of them; pods are named NAMESPACE/NAME."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def kill(self, pod: str, container: str, number: str | int = signal.SIGKILL) -> None:
        """Kill a container, or give it another signal; the kubelet starts it again in the same sandbox."""
        self._kill(processes.container(self._pod(pod), container), f"container {container} of {pod}", int(number))

    def kill_sandbox(self, pod: str) -> None:
        """Kill a pod's sandbox; the kubelet makes another one: same uid, new namespaces, another address."""
        self._kill(processes.sandbox(self._pod(pod)["metadata"]["uid"]), f"sandbox of {pod}")

    def stop_kubelet(self, node: str) -> None:
        """End a kubelet without a word; its pods go on, execs into them are refused."""
        self._cluster.node(node).stop_kubelet(signal.SIGKILL)

    def start_kubelet(self, node: str) -> None:
        """Start it again."""
        self._cluster.node(node).start_kubelet(self._cluster.components)

    def cut(self, node: str) -> None:
        """Take a node off the network, with its pods."""
        network.cut(self._cluster.realm, node)

    def mend(self, node: str) -> None:
        """Bring it back."""
        network.mend(self._cluster.realm, node)

    def restart_api_server(self, seconds: str | float = 0) -> None:
        """Kill the API server and start it again after some seconds; return when it is ready."""
        control_plane.stop_api_server(self._cluster.realm)
        time.sleep(float(seconds))
        control_plane.start_api_server(self._cluster.realm, self._cluster.components)

    def restart_clients(self) -> None:
        """Kill the controllers, the scheduler and the kubelets that run, and start them again; return when the kubelets answer.

        What they wait after a refusal doubles with each that comes within two minutes of another, up to a minute (client-go's
        reflectors): after some restarts of the API server nobody would see new pods for that long, were they not begun anew.
        """
        realm, components = self._cluster.realm, self._cluster.components
        control_plane.stop_clients(realm)
        control_plane.start_clients(realm, components)
        nodes = [node for node in self._cluster.nodes if node.has_kubelet]
        for node in nodes:
            node.stop_kubelet(signal.SIGKILL)
            node.start_kubelet(components)
        for node in nodes:
            node.await_kubelet()

    def compact(self) -> None:
        """Let the store forget all history."""
        control_plane.compact(self._cluster.realm)

    def _pod(self, pod: str) -> Json:
        namespace, _, name = pod.rpartition("/")
        words = ("get", "pod", "-n", namespace or "default", name, "-o", "json")
        found: Json = json.loads(self._cluster.kubectl(*words))
        return found

    def _kill(self, pid: int | None, what: str, number: int = signal.SIGKILL) -> None:
        if pid is None:
            raise Missing(f"{what} does not run")
        os.kill(pid, number)
