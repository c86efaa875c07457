"""I/O. The images that pods run: built from our Dockerfiles with buildah, those that a registry would have made here, and each
kept as an archive in the cache until it is another one."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.cluster.build import cache
from tests.cluster.node import SANDBOX_IMAGE
from tests.cluster.realm import PATH, Missing

ROOT = Path(__file__).parents[2]
AGENT = "docker.io/openvnf/kube-vxlan-controller-agent:2"
CONTROLLER = "docker.io/openvnf/kube-vxlan-controller:2"
BUSYBOX = "docker.io/library/busybox:stable"
_OURS = {AGENT: "agent", CONTROLLER: "controller"}
_SLEEP = '["sh", "-c", "trap exit TERM; sleep 2147483647 & wait"]'


def archives(say: Callable[[str], None]) -> list[Path]:
    """All images as archives, built if they have changed. Raises `Missing`."""
    for image, name in _OURS.items():
        build(image, name, say)
    for image in (BUSYBOX, SANDBOX_IMAGE):
        if not _id(image):
            _make_busybox(image, say)
    return [archive(image, say) for image in (AGENT, CONTROLLER, BUSYBOX, SANDBOX_IMAGE)]


def build(image: str, name: str, say: Callable[[str], None]) -> None:
    """Build one of our own images, `agent` or `controller`, and call it `image`."""
    say(f"building the image {image}")
    _run(str(ROOT / "scripts" / "image"), name, image)


def derive(image: str, name: str, label: str) -> None:
    """Make an image that differs in a label, and so in its digest, and call it `name`; the same one each time."""
    container = _run("buildah", "from", "--pull-never", image).strip()
    try:
        _run("buildah", "config", "--label", label, container)
        _run("buildah", "commit", "--quiet", "--timestamp", "1", container, name)
    finally:
        _run("buildah", "rm", container)


def archive(image: str, say: Callable[[str], None]) -> Path:
    """The archive of an image that is built; it is written when there is none of this very image."""
    short = image.rpartition("/")[2].replace(":", "-")
    path = cache() / "images" / f"{short}-{_id(image)[:12]}.tar"
    if not path.exists():
        say(f"writing {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{short}-*.tar"):
            old.unlink(missing_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        _run("buildah", "push", "--quiet", image, f"docker-archive:{part}:{image}")
        part.rename(path)
    return path


def _make_busybox(image: str, say: Callable[[str], None]) -> None:
    """An image of the machine's static busybox, which waits and reaps: good for a sandbox, and for an application."""
    say(f"making the image {image}")
    container = _run("buildah", "from", "scratch").strip()
    try:
        _run("buildah", "add", "--quiet", container, _run("sh", "-c", "command -v busybox").strip(), "/bin/busybox")
        # A RUN needs nothing but what is in the image; the applets are links to the one program.
        _run("buildah", "run", "--isolation", "chroot", container, "/bin/busybox", "--install", "-s", "/bin")
        _run("buildah", "config", "--env", "PATH=/bin", "--cmd", _SLEEP, container)
        _run("buildah", "commit", "--quiet", container, image)
    finally:
        _run("buildah", "rm", container)


def _id(image: str) -> str:
    done = subprocess.run(
        ["buildah", "inspect", "--type", "image", "--format", "{{.FromImageID}}", image],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _run(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": f"{os.environ['PATH']}:{PATH}"}
    )
    if done.returncode != 0:
        raise Missing(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
