"""What is read of processes, in the lab and below kubelets: there with namespaces made as a container runtime makes them."""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker.facts import Entered, GateShut, HandedOver, Left, Runs, Serving
from tests.checker.observe import Observer
from tests.checker.processes import Processes
from tests.checker.sandboxes import ancestry, below_kubelets, in_the_lab, owner
from tests.checker.sandboxes import container as container_of
from tests.namespaces import namespace
from tests.scenarios.cluster import eventually

UID = "8d1c1e3a-5a5b-4d8e-9a53-0f4d0f7c1c11"
STATIC = "0123456789abcdef0123456789abcdef"
MOUNTS = """\
560 480 0:61 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/pods/x/etc-hosts
570 560 0:58 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k
571 560 254:0 /var/lib/kubelet/pods/{uid}/etc-hosts /etc/hosts rw,relatime - ext4 /dev/root rw
"""


@pytest.mark.parametrize("uid", [UID, STATIC])
@pytest.mark.parametrize("root", ["", "/", "/var/lib", "/var/lib/kubelet", "/var/lib/kubelet/"])
def test_a_process_is_the_pods_whose_hosts_file_it_has(uid: str, root: str) -> None:
    assert owner(MOUNTS.format(uid=uid), root) == uid


def test_a_process_of_another_cluster_is_no_pods() -> None:
    assert owner(MOUNTS.format(uid=UID), "/var/lib/kubelet-2") == owner(MOUNTS.format(uid=UID), "/var/lib/kub") == ""
    assert owner("571 560 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/root rw\n", "") == ""
    assert owner("", "") == ""


def test_the_container_of_a_process_is_known_by_its_files() -> None:
    words = f"572 560 254:0 /var/lib/kubelet/pods/{UID}/containers/agent/2a8f3c11 /dev/termination-log rw - ext4 /dev/root rw\n"
    assert container_of(MOUNTS.format(uid=UID) + words, "pipe:[4711]") == "agent"
    assert container_of(MOUNTS.format(uid=UID), "/tmp/lab/pods/logs/agent.0.log") == "agent"
    assert container_of(MOUNTS.format(uid=UID), "pipe:[4711]") == ""


def test_the_parent_of_a_process_with_an_odd_name_is_found() -> None:
    stat = "4711 (a) S 1 (b) S 42 4711 4711 0 -1 4194560 141 0 0 0 0 0 0 0 20 0 1 0 987654 4562944 255"
    assert ancestry(stat) == (42, 987654)


@contextlib.contextmanager
def container(pause: int, hosts: Path, *argv: str) -> Iterator[int]:
    """A process with the network of `pause`, and with this file as its /etc/hosts; gives its id. It sleeps, or runs `argv`."""
    into = ["nsenter", f"--net=/proc/{pause}/ns/net", "unshare", "--mount", "--propagation", "private", "sh", "-c"]
    script = f"mount --bind {hosts} /etc/hosts && echo runs && exec {shlex.join(argv or ('sleep', '3600'))}"
    process = subprocess.Popen([*into, script], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    with process.stdout as said:
        try:
            assert said.readline() == "runs\n"
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with what it has started
            process.wait()


@pytest.mark.kernel
def test_a_sandbox_lasts_as_long_as_its_pause_and_not_as_its_containers(tmp_path: Path) -> None:
    facts: list[tuple[str, object]] = []
    hosts = tmp_path / "pods" / UID / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    # Where a kubelet's directory is a file system of its own, paths within it are what processes are known by.
    root = str(tmp_path).removeprefix(_mount_point(tmp_path).rstrip("/"))
    observer = Observer(lambda uid, what, _: facts.append((uid, what)), 3600.0)
    with contextlib.ExitStack() as end:
        end.callback(observer.stop)
        with namespace() as pause:
            inode = os.stat(f"/proc/{pause.pid}/ns/net").st_ino
            processes = Processes(observer, lambda what, uid, _: facts.append((uid, what)), below_kubelets(root))
            end.callback(processes.stop)
            with container(pause.pid, hosts):
                eventually(lambda: {(UID, Entered(inode)), (UID, HandedOver(inode))} <= set(facts), what="it is in")
            with container(pause.pid, hosts):
                observer.read()
            assert [what for _, what in facts if isinstance(what, Entered | Left)] == [Entered(inode)]
        eventually(lambda: (UID, Left(inode)) in facts, what="it was left")
    assert {uid for uid, _ in facts} == {UID}


@pytest.mark.kernel
def test_who_only_looks_into_a_sandbox_does_not_keep_it(tmp_path: Path) -> None:
    facts: list[tuple[str, object]] = []
    hosts = tmp_path / "pods" / UID / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    root = str(tmp_path).removeprefix(_mount_point(tmp_path).rstrip("/"))
    observer = Observer(lambda uid, what, _: facts.append((uid, what)), 3600.0)
    # As the runtime does: it is older than the sandbox, and not of the same parent.
    look = (
        "sh -c 'echo there && read pause && exec nsenter --net=/proc/$pause/ns/net sh -c \"echo in && exec sleep 3600\"'; exit"
    )
    runtime = subprocess.Popen(
        ["sh", "-c", look], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with contextlib.ExitStack() as end:
        end.enter_context(runtime)
        end.callback(os.killpg, runtime.pid, signal.SIGKILL)
        end.callback(observer.stop)
        assert runtime.stdin is not None
        assert runtime.stdout is not None
        assert runtime.stdout.readline() == "there\n"
        with namespace() as pause:
            inode = os.stat(f"/proc/{pause.pid}/ns/net").st_ino
            runtime.stdin.write(f"{pause.pid}\n")
            runtime.stdin.flush()
            assert runtime.stdout.readline() == "in\n"
            with container(pause.pid, hosts):
                processes = Processes(observer, lambda what, uid, _: facts.append((uid, what)), below_kubelets(root))
                end.callback(processes.stop)
                eventually(lambda: (UID, Entered(inode)) in facts, what="it is in")
        eventually(lambda: (UID, Left(inode)) in facts, what="it was left")


@pytest.mark.kernel
def test_an_exec_of_another_cluster_on_the_same_machine_is_not_counted(tmp_path: Path) -> None:
    counts: list[tuple[str, object]] = []
    agent = tmp_path / "kube-vxlan-agent"
    agent.write_text("sleep 3600\n")
    hosts = tmp_path / "pods" / UID / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    root = str(tmp_path).removeprefix(_mount_point(tmp_path).rstrip("/"))
    observer = Observer(lambda _uid, _what, _source: None, 3600.0)
    with contextlib.ExitStack() as end:
        end.callback(observer.stop)
        serves = ("sh", str(agent), "serve")
        stranger = subprocess.Popen(serves)
        end.callback(stranger.wait)
        end.callback(stranger.kill)
        pause = end.enter_context(namespace())
        end.enter_context(container(pause.pid, hosts, *serves))
        processes = Processes(observer, lambda what, uid, _: counts.append((uid, what)), below_kubelets(root))
        end.callback(processes.stop)
        eventually(lambda: (UID, Serving(1)) in counts, what="the pod's own exec is counted")
        assert counts == [(UID, Serving(1))]


@pytest.mark.kernel
@pytest.mark.parametrize(("name", "holds"), [("vxlan-controller-agent-init", True), ("vxlan-controller-agent", False)])
def test_a_sidecar_that_waits_is_no_init_agent_that_holds_its_pod(name: str, holds: bool, tmp_path: Path) -> None:
    facts: list[object] = []
    agent = tmp_path / "kube-vxlan-agent"
    agent.write_text("sleep 3600\n")
    hosts = tmp_path / "pods" / UID / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    observer = Observer(lambda _uid, what, _source: facts.append(what), 3600.0)
    waits = ("sh", "-c", f"exec sh {agent} pause >{tmp_path}/{name}.0.log")
    serves = ("sh", str(agent), "serve")
    with contextlib.ExitStack() as end:
        end.callback(observer.stop)
        pause = end.enter_context(namespace())
        begun = time.monotonic()
        waiting = Path("/proc", str(end.enter_context(container(pause.pid, hosts, *waits))), "cmdline")
        eventually(lambda: waiting.read_bytes().endswith(b"pause\0"), what="it waits")
        end.enter_context(container(pause.pid, hosts, *serves))  # whoever has seen this one, has looked at the other too
        processes = Processes(observer, lambda what, _uid, _source: facts.append(what), in_the_lab)
        end.callback(processes.stop)
        eventually(lambda: Serving(1) in facts, what="it has looked at all processes")
        eventually(lambda: any(isinstance(what, Entered) for what in facts), what="what it ordered is done")
        assert (GateShut() in facts) == holds
        (runs,) = (what for what in facts if isinstance(what, Runs))
        assert runs.container == name
        assert begun - 0.02 <= runs.began <= time.monotonic()


def _mount_point(path: Path) -> str:
    at = path
    while not os.path.ismount(at):
        at = at.parent
    return str(at)
