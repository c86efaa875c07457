"""The agent's image, built for real: what it weighs, and that what is in it runs with nothing but what is in it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kube_vxlan_controller.agents.framing import Answer, Decoder, Header, Hello, encode
from kube_vxlan_controller.model import Epoch, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading

pytestmark = pytest.mark.image

ROOT = Path(__file__).parents[2]
LIMIT = 8_000_000
TAG = "kube-vxlan-agent:latest"


def out(*argv: str, input: bytes = b"", code: int = 0) -> bytes:
    done = subprocess.run(argv, input=input, capture_output=True, check=False, timeout=300, cwd=ROOT)
    assert done.returncode == code, f"{argv} gave {done.returncode}: {done.stderr.decode()}"
    return done.stdout


@pytest.fixture(scope="module")
def builder() -> str:
    """Builds the image; the word is the program that has it now."""
    done = subprocess.run([ROOT / "scripts" / "image", "agent"], capture_output=True, text=True, check=False, timeout=600)
    if done.returncode == 69:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(TAG)
    return "buildah" if shutil.which("buildah") else "docker"


@pytest.fixture(scope="module")
def inside(builder: str) -> Iterator[list[str]]:
    """What to put before a command to run it in the image."""
    if builder == "docker":
        yield ["docker", "run", "--rm", "--interactive", "--env", "POD_UID=u-1", TAG]
        return
    container = out("buildah", "from", "--pull-never", TAG).decode().strip()
    try:
        yield ["buildah", "run", "--isolation", "chroot", "--env", "POD_UID=u-1", container, "--"]
    finally:
        out("buildah", "rm", container)


def test_it_is_small(builder: str) -> None:
    words = {"buildah": ("buildah", "from", "--pull-never", TAG), "docker": ("docker", "create", TAG)}[builder]
    container = out(*words).decode().strip()
    try:
        if builder == "buildah":
            weight = sum(file.lstat().st_size for file in Path(out("buildah", "mount", container).decode().strip()).rglob("*"))
        else:
            weight = len(out("docker", "export", container))
    finally:
        out(builder, "rm", container)
    assert weight <= LIMIT


def test_the_default_command_holds_the_container(builder: str) -> None:
    field = {"buildah": "{{.OCIv1.Config.Cmd}}", "docker": "{{.Config.Cmd}}"}[builder]
    assert out(builder, "inspect", "--type", "image", "--format", field, TAG).decode().strip() == "[kube-vxlan-agent pause]"


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


def test_its_agent_programs_a_network_with_the_one_capability_that_it_is_given(builder: str) -> None:
    if builder == "docker" or out("id", "-u") != b"0\n":
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
    container = out("buildah", "from", "--pull-never", TAG).decode().strip()
    try:
        root = out("buildah", "mount", container).decode().strip()
        words = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", CONTAINER, "container", root)
        hello, answer = list(Decoder().feed(out(*words, input=request)))
    finally:
        out("buildah", "rm", container)
    assert isinstance(hello, Hello)
    assert isinstance(answer, Answer)
    assert answer.complaints == ()
    assert answer.readings[Reading.DIGEST].startswith("vxeth1 100 ")
    assert len(answer.readings[Reading.ENTRIES].splitlines()) == 100
