"""I/O. The programs that the cluster takes from Debian, and what is missing of them."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping

from tests.cluster.realm import PATH, Missing

PROGRAMS: Mapping[str, str] = {
    "etcdctl": "etcd-client",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/usr/lib/cni/host-local": "containernetworking-plugins",
}
"""Each program, and the package that has it. (kubectl is one of the components that are built.)"""


def missing() -> list[str]:
    """The packages that are not installed, of those that are needed."""
    return sorted({package for program, package in PROGRAMS.items() if shutil.which(program, path=PATH) is None})


def unavailable() -> str:
    """Why no cluster can be made on this machine, in a sentence; empty if one can."""
    if os.geteuid() != 0:
        return "a cluster needs root, for containers and for network namespaces that these can join"
    if shutil.which("go") is None:
        return "a cluster needs Go 1.24 or newer, to build Kubernetes with"
    lacking = missing()
    if lacking and shutil.which("apt-get") is None:
        return f"a cluster needs the Debian packages {' '.join(lacking)}, and there is no apt-get"
    return ""


def install(say: Callable[[str], None]) -> None:
    """Install what is missing. Raises `Missing` with what apt-get said when that fails."""
    lacking = missing()
    if not lacking:
        return
    say(f"installing the packages {' '.join(lacking)}")
    for words in (["update"], ["install", "-y", "--no-install-recommends", *lacking]):
        command = ["apt-get", "-qq", *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
        if done.returncode != 0:
            raise Missing(f"{' '.join(command)} failed: {done.stderr.strip()}")
