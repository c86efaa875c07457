"""I/O. A node: a containerd and a kubelet in a network namespace."""

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import machine, network
from tests.cluster.control_plane import SERVER
from tests.cluster.pki import Pki
from tests.cluster.realm import Realm, eventually

SANDBOX_IMAGE = "docker.io/library/sandbox:local"


@dataclass(frozen=True, slots=True)
class Node:
    """One of them."""

    realm: Realm
    name: str
    number: int

    @property
    def directory(self) -> Path:
        return self.realm.directory / self.name

    @property
    def socket(self) -> str:
        """Of its containerd; /run is the realm's own."""
        return f"/run/{self.name}/containerd.sock"

    def start_containers(self) -> None:
        """Start containerd."""
        (self.directory / "cni").mkdir(parents=True)
        (self.directory / "cni" / "pods.conflist").write_text(json.dumps(self._wires()))
        path = self.directory / "containerd.toml"
        path.write_text(self._containerd())
        self.realm.spawn(f"{self.name}-containerd", "containerd", "--config", str(path), node=self.name)

    def load(self, archives: Sequence[Path]) -> None:
        """Give its containerd the images of some archives."""
        eventually(lambda: self.realm.run(*self._ctr, "version", check=False), 30, f"containerd of {self.name} answers")
        for archive in archives:
            self.realm.run(*self._ctr, "images", "import", str(archive))

    @property
    def _ctr(self) -> tuple[str, ...]:
        return ("ctr", "--address", self.socket, "--namespace", "k8s.io")

    def write_kubelet(self, pki: Pki) -> None:
        """Write the kubelet's configuration."""
        pki.kubeconfig(self.directory / "kubeconfig", f"system:node:{self.name}", SERVER)
        (self.directory / "kubelet.yaml").write_text(yaml.safe_dump(self._kubelet(pki)))

    def start_kubelet(self, components: Path) -> None:
        """Start the kubelet; also again, after it was stopped."""
        options = [
            f"--config={self.directory}/kubelet.yaml",
            f"--kubeconfig={self.directory}/kubeconfig",
            f"--root-dir={self.directory}/kubelet",
            f"--hostname-override={self.name}",
            f"--node-ip={network.address(self.number)}",
        ]
        self.realm.spawn(f"{self.name}-kubelet", str(components / "kubelet"), *options, node=self.name)

    def stop_kubelet(self, number: int = signal.SIGTERM) -> None:
        """End the kubelet; the node's containers go on."""
        self.realm.stop(f"{self.name}-kubelet", number)

    @property
    def has_kubelet(self) -> bool:
        """Whether it runs."""
        return self.realm.runs(f"{self.name}-kubelet")

    def await_kubelet(self) -> None:
        """Return when the kubelet takes requests."""
        connect = ("bash", "-c", f"exec 3<>/dev/tcp/{network.address(self.number)}/10250 && echo open")
        eventually(lambda: self.realm.run(*connect, node=self.name, check=False), 30, f"the kubelet of {self.name} answers")

    def _wires(self) -> Any:
        ranges = [[{"subnet": network.pods(self.number)}]]
        ipam = {
            "type": "host-local",
            "dataDir": f"{self.directory}/addresses",
            "ranges": ranges,
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "hairpinMode": True, "ipam": ipam}
        return {"cniVersion": "1.0.0", "name": self.name, "plugins": [bridge]}

    def _containerd(self) -> str:
        # restrict_oom_score_adj: a machine may lack CAP_SYS_RESOURCE, and without that nobody lowers such a score.
        # enable_unprivileged_icmp: for `ping` in containers that have no NET_RAW.
        return f"""
version = 2
root = "{self.directory}/containerd"
state = "/run/{self.name}/containerd"
[grpc]
address = "{self.socket}"
[plugins."io.containerd.internal.v1.opt"]
path = "{self.directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{SANDBOX_IMAGE}"
restrict_oom_score_adj = true
enable_unprivileged_icmp = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{self.directory}/cni"
"""

    def _kubelet(self, pki: Pki) -> dict[str, Any]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{pki.directory}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{pki.directory}/{self.name}.crt",
            "tlsPrivateKeyFile": f"{pki.directory}/{self.name}.key",
            "podLogsDir": f"{self.directory}/logs",
            "volumePluginDir": f"{self.directory}/plugins",
            "resolvConf": "",
            "clusterDNS": ["10.96.0.10"],
            "allowedUnsafeSysctls": ["net.ipv4.ip_forward"],
            # What is all of one machine's, and belongs to nobody here:
            "failCgroupV1": False,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{machine.group(self.realm.directory)}",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "failSwapOn": False,
            "localStorageCapacityIsolation": False,
            "evictionHard": {"memory.available": "50Mi"},
            "imageGCHighThresholdPercent": 100,
            "makeIPTablesUtilChains": False,
            # Tests kill containers, and would wait for ten seconds and more after the second time:
            "featureGates": {"KubeletCrashLoopBackOffMax": True},
            "crashLoopBackOff": {"maxContainerRestartPeriod": "1s"},
            # What a small machine can bear, and no less:
            "maxPods": 250,
            "kubeAPIQPS": 200,
            "kubeAPIBurst": 400,
            "eventRecordQPS": 0,
            "serializeImagePulls": False,
        }
