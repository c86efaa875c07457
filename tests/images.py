"""The project's images, built for real by `scripts/image`, and what runs in them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def out(*argv: str, input: bytes = b"", code: int = 0) -> bytes:
    """What a command prints; it has to end with this code."""
    done = subprocess.run(argv, input=input, capture_output=True, check=False, timeout=300, cwd=ROOT)
    assert done.returncode == code, f"{argv} gave {done.returncode}: {done.stderr.decode()}"
    return done.stdout


@dataclass(frozen=True)
class Image:
    """An image, and the program that has it: buildah or docker."""

    name: str
    program: str

    def configured(self, field: str) -> str:
        """A field of its configuration, as Go prints it."""
        path = {"buildah": f"{{{{.OCIv1.Config.{field}}}}}", "docker": f"{{{{.Config.{field}}}}}"}[self.program]
        return out(self.program, "inspect", "--type", "image", "--format", path, self.name).decode().strip()

    @contextmanager
    def inside(self, *environment: str) -> Iterator[list[str]]:
        """What to put before a command to run it in the image, without its entry point."""
        variables = [word for one in environment for word in ("--env", one)]
        if self.program == "docker":
            yield ["docker", "run", "--rm", "--interactive", "--entrypoint", "", *variables, self.name]
            return
        container = out("buildah", "from", "--pull-never", self.name).decode().strip()
        try:
            yield ["buildah", "run", "--isolation", "chroot", *variables, container, "--"]
        finally:
            out("buildah", "rm", container)


def build(which: str, name: str) -> Image:
    """The image, after `scripts/image WHICH`; skips the test where the machine has nothing to build it with."""
    done = subprocess.run([ROOT / "scripts" / "image", which], capture_output=True, text=True, check=False, timeout=600)
    if done.returncode == 69:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{name}: ")
    return Image(name, "buildah" if shutil.which("buildah") else "docker")
