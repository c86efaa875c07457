"""I/O. The components of Kubernetes as one program, built with Go from binary/ and kept in the user's cache.

The first build takes four minutes of two cores and downloads 700 MB of modules; afterwards it is a look into a directory,
which is named after what it was built from.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.cluster.realm import Missing

SOURCE = Path(__file__).parent / "binary"
COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl", "etcd")
_FILES = ("go.mod", "go.sum", "main.go")


def cache() -> Path:
    """Where what takes long to make is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "kube-vxlan-controller")


def components(say: Callable[[str], None]) -> Path:
    """The directory with a link for each component; builds it when it is not there. Raises `Missing`."""
    recipe = hashlib.sha256(b"\0".join((SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    directory = cache() / f"kubernetes-{recipe}"
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as work:
            _build(Path(work), say)
            Path(work, "bin").rename(directory)
    return directory


def _build(work: Path, say: Callable[[str], None]) -> None:
    for name in _FILES:
        shutil.copy(SOURCE / name, work)
    found = re.search(r"^\tk8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)$", (work / "go.mod").read_text(), re.MULTILINE)
    assert found, "go.mod does not say which Kubernetes"
    version, major, minor = found.groups()
    say(f"building Kubernetes {version}, which takes four minutes the first time (go build)")
    # Without these, kubectl cannot read the server's version.
    stamps = [
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in (("gitVersion", version), ("gitMajor", major), ("gitMinor", minor))
    ]
    command = ["nice", "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s", "-w", *stamps])]
    done = subprocess.run(
        [*command, "-o", "bin/kubernetes", "."],
        cwd=work,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Missing(f"go build failed: {done.stderr.strip()[-2000:]}")
    for name in COMPONENTS:
        (work / "bin" / name).symlink_to("kubernetes")
