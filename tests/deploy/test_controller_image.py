"""The controller's image, built for real: who it runs as, what is in it, and how soon it is ready to work."""

from collections.abc import Iterator

import pytest

from kube_vxlan_controller import __version__
from tests.images import Image, build, out

pytestmark = pytest.mark.image

SITE = "/opt/kube-vxlan-controller/lib/python3.11/site-packages"
START = "import sys, time; import kube_vxlan_controller.cli.run, kube_vxlan_controller.app"
"""All that `run` imports in a cluster."""


@pytest.fixture(scope="module")
def image() -> Image:
    return build("controller", "docker.io/openvnf/kube-vxlan-controller:2")


@pytest.fixture(scope="module")
def inside(image: Image) -> Iterator[list[str]]:
    """What to put before a command to run it in the image."""
    with image.inside() as words:
        yield words


def test_it_runs_the_controller_as_nobody_in_particular(image: Image, inside: list[str]) -> None:
    assert image.configured("User") == "65532:65532"
    assert (image.configured("Entrypoint"), image.configured("Cmd")) == ("[kube-vxlan-controller]", "[run]")
    assert out(*inside, "id", "-u") == b"65532\n"


def test_its_commands_run(inside: list[str]) -> None:
    assert __version__.encode() in out(*inside, "kube-vxlan-controller", "version")
    assert b"vxlan.openvnf.org/networks" in out(*inside, "kube-vxlan-controller", "config")


def test_no_build_tools_are_left_in_it(inside: list[str]) -> None:
    tools = ("pip", "pip3", "gcc", "cc", "make", "uv")
    found = out(*inside, "sh", "-c", f"for tool in {' '.join(tools)}; do command -v $tool; done; ls {SITE}").decode().split()
    assert {"kube_vxlan_controller", "aiohttp", "uvloop"} <= set(found)
    assert [name for name in found if name.startswith(("pip", "setuptools", "wheel")) or "/" in name] == []


def test_all_of_it_is_compiled_since_nobody_can_do_that_later(inside: list[str]) -> None:
    paths = f"pathlib.Path('{SITE}').rglob('*.py')"
    bare = f"[str(path) for path in {paths} if not os.path.exists(importlib.util.cache_from_source(path))]"
    ask = f"import importlib.util, os, pathlib; print(len(list({paths})) > 500, {bare})"
    assert out(*inside, "python", "-c", ask) == b"True []\n"


def test_what_it_imports_to_start_takes_less_than_half_a_second(inside: list[str]) -> None:
    ask = f"{START}; print(time.process_time(), *(name for name in sys.modules if name.startswith('kubernetes_asyncio')))"
    told = [out(*inside, "python", "-c", ask).decode().split() for _ in range(3)]
    assert {len(words) for words in told} == {1}, "kubernetes_asyncio takes most of a second, and nobody needs it in a cluster"
    assert min(float(seconds) for (seconds,) in told) < 0.5
