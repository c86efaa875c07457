"""The agent's image, built for real: what it weighs, and that what is in it runs with nothing but what is in it."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from kube_vxlan_controller.agents.framing import Answer, Decoder, Header, Hello, encode
from kube_vxlan_controller.kernel.readings import digest
from kube_vxlan_controller.model import Epoch, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading
from tests.images import Image, build, out

pytestmark = pytest.mark.image

LIMIT = 8_000_000


@pytest.fixture(scope="module")
def image() -> Image:
    return build("agent", "docker.io/openvnf/kube-vxlan-controller-agent:2")


@pytest.fixture(scope="module")
def inside(image: Image) -> Iterator[list[str]]:
    """What to put before a command to run it in the image."""
    with image.inside("POD_UID=u-1") as words:
        yield words


def test_it_is_small(image: Image) -> None:
    words = {"buildah": ("buildah", "from", "--pull-never"), "docker": ("docker", "create")}[image.program]
    container = out(*words, image.name).decode().strip()
    try:
        if image.program == "buildah":
            weight = sum(file.lstat().st_size for file in Path(out("buildah", "mount", container).decode().strip()).rglob("*"))
        else:
            weight = len(out("docker", "export", container))
    finally:
        out(image.program, "rm", container)
    assert weight <= LIMIT


def test_the_default_command_holds_the_container(image: Image) -> None:
    assert image.configured("Cmd") == "[kube-vxlan-agent pause]"


@pytest.mark.parametrize(
    "command", [("ip", "-V"), ("bridge", "-V"), ("flock", "-V"), ("busybox", "true"), ("kube-vxlan-agent", "version")]
)
def test_its_programs_run(inside: list[str], command: tuple[str, ...]) -> None:
    out(*inside, *command)


def test_its_agent_answers(inside: list[str]) -> None:
    ask = Ask(read=tuple((reading, ()) for reading in Reading))
    said = out(*inside, "kube-vxlan-agent", "serve", input=encode(Header(1, PodUid("u-1"), Epoch(1), 20, 20), ask))
    hello, answer = list(Decoder().feed(said))
    assert isinstance(hello, Hello)
    assert hello.uid == "u-1"
    assert isinstance(answer, Answer)
    assert answer.complaints == ()
    assert set(answer.readings) == set(Reading)
    assert answer.readings[Reading.LINKS].startswith("[")


CONTAINER = """
cd "$1" && mkdir -p proc dev/shm && touch dev/null
mount -t proc proc proc && mount -t tmpfs tmpfs dev/shm && mount --bind /dev/null dev/null
ip link add eth0 type veth peer name other0 && ip link set eth0 up
exec env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin POD_UID=u-1 setpriv --no-new-privs --bounding-set=-all,+net_admin,+sys_chroot \\
    chroot . kube-vxlan-agent serve
"""
"""The image as the root of namespaces of its own, with NET_ADMIN and what chroot needs."""


def test_its_agent_programs_a_network_with_the_one_capability_that_it_is_given(image: Image) -> None:
    if image.program == "docker" or out("id", "-u") != b"0\n":
        pytest.skip("needs buildah and root")
    ask = Ask(
        batch=(
            "link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0",
            "link set dev vxeth1 alias kvc1/vxeth1/up",
            "link set dev vxeth1 up",
        ),
        entries=tuple(
            f"fdb append 00:00:00:00:00:00 dst 10.244.2.{number} dev vxeth1 self permanent" for number in range(1, 101)
        ),
        read=((Reading.DIGEST, ()), (Reading.ENTRIES, ())),
        finally_=Finally.READY,
    )
    request = encode(Header(1, PodUid("u-1"), Epoch(1), 20, 20), ask)
    container = out("buildah", "from", "--pull-never", image.name).decode().strip()
    try:
        root = out("buildah", "mount", container).decode().strip()
        words = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", CONTAINER, "container", root)
        hello, answer = list(Decoder().feed(out(*words, input=request)))
    finally:
        out("buildah", "rm", container)
    assert isinstance(hello, Hello)
    assert isinstance(answer, Answer)
    assert answer.complaints == ()
    addresses = [ip_address(f"10.244.2.{number}") for number in range(1, 101)]
    assert answer.readings[Reading.DIGEST] == f"vxeth1 {digest(addresses)}\n"
    assert len(answer.readings[Reading.ENTRIES].splitlines()) == 100
