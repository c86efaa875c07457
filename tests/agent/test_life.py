"""How the agent's processes begin and end: deadlines, broken streams, kills, the gate and the pause."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from kube_vxlan_controller.agents.framing import Answer, Header, Refusal, encode
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.readings import digest, parse_entries
from kube_vxlan_controller.kernel.steps import AppendDestination
from kube_vxlan_controller.model import Epoch, InterfaceName, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading
from tests.agent.pod import AGENT, PATIENCE, UID, Pod, agent_pod, eventually, processes_of_group

pytestmark = pytest.mark.kernel

V1 = InterfaceName("vxeth1")
ADD = "link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0"
APPEND = "fdb append 00:00:00:00:00:00 dst 10.244.2.7 dev vxeth1 self permanent"
NOTHING = Ask()


@pytest.fixture
def pod() -> Iterator[Pod]:
    with agent_pod() as pod:
        yield pod


def request(ask: Ask, deadline: int = 20, idle: int = 20) -> bytes:
    return encode(Header(1, PodUid(UID), Epoch(1), deadline, idle), ask)


def locked(pod: Pod) -> "subprocess.Popen[bytes]":
    """Somebody who holds the lock on the pod's network until killed."""
    script = "exec 9</proc/self/ns/net && flock 9 && echo locked && exec sleep 60"
    holder = subprocess.Popen(pod.command("sh", "-c", script), stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"locked\n"
    return holder


def test_the_end_of_the_input_between_requests_is_a_good_end(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(NOTHING)
        assert agent.end_of_input() == 0
        assert agent.complaint() == ""
        eventually(lambda: processes_of_group(agent.process.pid) == [])


def test_the_end_of_the_input_within_a_request_applies_nothing(pod: Pod) -> None:
    addresses = [f"10.244.3.{number}" for number in range(1, 101)]
    short = request(Ask(batch=(ADD, "link set dev vxeth1 up"), entries=(APPEND,), finally_=Finally.READY))
    long = request(Ask(batch=(ADD,), entries=tuple(APPEND.replace("10.244.2.7", address) for address in addresses)))
    cuts = [(short, cut) for cut in range(1, len(short), 11)] + [(long, cut) for cut in range(1, len(long), 997)]
    cuts += [(short, len(short) - 1), (long, len(long) - 1)]
    for whole, cut in cuts:
        with pod.serve() as agent:
            agent.write(whole[:cut])
            # An end within the first line is an end between two requests.
            begun = cut > whole.index(b"\n")
            assert agent.end_of_input() == (65 if begun else 0)
            assert ("nothing of it was done" in agent.complaint()) == begun
    assert pod.run("ip", "link", "show", "type", "vxlan") == ""
    assert pod.run("ls", "/dev/shm") == ""


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"hello",
        b"ask 1 1 UID 1 5",
        b"ask 1 1 UID -1 5 5",
        b"ask 1 1 UID 1 soon 5",
        b"ask 1 1 UID 1 0 5",
        b"ask 1 1 UID 1 5 0",
        b"ask 1 1 UID 1 05 5",
        b"ask 1 1 UID 1 5 5\nbatch 1 5\nlink set dev vxeth1 up\nend 1",
        b"ask 1 1 UID 1 5 5\nentries 2 3\na\n\nb\nend 1",
        b"ask 1 1 UID 1 5 5\nentries 0 0\nend 1",
        b"ask 1 1 UID 1 5 5\nentries 1 9999999\nend 1",
        b"ask 1 1 UID 1 5 5\nentries 30 60\n" + b"a\n" * 28 + b"a\x00\n" + b"a\nend 1",
        b"ask 1 1 UID 1 5 5\nconjure 1 2\na\nend 1",
        b"ask 1 1 UID 1 5 5\nend 2",
    ],
)
def test_a_malformed_request_ends_the_agent(pod: Pod, malformed: bytes) -> None:
    with pod.serve() as agent:
        agent.write(malformed.replace(b"UID", UID.encode()) + b"\n")
        assert agent.process.wait(PATIENCE) == 65
        assert "nothing of it was done" in agent.complaint()


@pytest.mark.parametrize("text", ["entries 2 20\na", "entries 500 9000\nfdb", "read links"])
def test_a_request_that_does_not_go_on_is_given_up(pod: Pod, text: str) -> None:
    with pod.serve() as agent:
        agent.write(f"ask 1 1 {UID} 1 1 20\n{text}".encode())
        assert agent.process.wait(PATIENCE) == 75
        eventually(lambda: processes_of_group(agent.process.pid) == [])


def test_a_request_that_hangs_is_ended_with_all_its_processes(pod: Pod) -> None:
    holder = locked(pod)
    with pod.serve() as agent:
        agent.write(request(Ask(batch=(ADD,)), deadline=1))
        eventually(lambda: "flock" in agent.group())
        assert agent.process.wait(PATIENCE) == 75
        eventually(lambda: processes_of_group(agent.process.pid) == [])
    holder.kill()
    holder.communicate()
    assert pod.run("ip", "link", "show", "type", "vxlan") == ""


def test_a_process_that_ignores_the_end_is_killed(pod: Pod) -> None:
    holder = locked(pod)
    with pod.serve() as agent:
        agent.write(request(Ask(batch=(ADD,)), deadline=1))
        eventually(lambda: "flock" in agent.group())
        (waiting,) = (number for number, name in processes_of_group(agent.process.pid) if name == "flock")
        os.kill(waiting, signal.SIGSTOP)
        assert agent.process.wait(PATIENCE) == -signal.SIGKILL
        eventually(lambda: processes_of_group(agent.process.pid) == [])
    holder.kill()
    holder.communicate()


def test_an_agent_that_nobody_asks_ends_by_itself(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(NOTHING, idle=1)
        assert agent.process.wait(PATIENCE) == 76
        eventually(lambda: processes_of_group(agent.process.pid) == [])


def test_a_request_keeps_an_agent_that_would_have_ended(pod: Pod) -> None:
    with pod.serve() as agent:
        began = time.monotonic()
        while time.monotonic() < began + 1.5:
            agent.done(NOTHING, idle=1)


def test_no_process_outlives_a_request(pod: Pod) -> None:
    everything = Ask(batch=(ADD,), entries=(APPEND,), read=tuple((reading, ()) for reading in Reading))
    with pod.serve() as agent:
        before = agent.group()
        assert len(before) == 2
        agent.done(everything)
        assert agent.group() == before


def test_it_makes_a_group_of_its_own_where_it_has_none(pod: Pod) -> None:
    with pod.serve(new_session=False) as agent:
        assert os.getpgid(agent.process.pid) == agent.process.pid != os.getpgid(0)
        agent.done(NOTHING, idle=1)
        assert agent.process.wait(PATIENCE) == 76


def test_after_a_kill_in_the_middle_the_next_stream_reads_and_goes_on(pod: Pod) -> None:
    addresses = [ip_address(f"10.{50 + i // 62500}.{i // 250 % 250}.{i % 250 + 1}") for i in range(8000)]
    entries = render(AppendDestination(V1, address) for address in addresses).entries
    with pod.serve() as agent:
        agent.done(Ask(batch=(ADD,)))
        agent.say(Ask(batch=("link set dev vxeth1 up",), entries=entries))
        eventually(lambda: "bridge" in agent.group())
        agent.process.kill()
        assert agent.process.wait(PATIENCE) == -signal.SIGKILL
        eventually(lambda: processes_of_group(agent.process.pid) == [])
    with pod.serve() as agent:
        there, _ = parse_entries(agent.done(Ask(read=((Reading.ENTRIES, (V1,)),))).readings[Reading.ENTRIES])
        assert len(there.get(V1, ())) <= len(addresses)
        missing = set(addresses) - {entry.destination for entry in there.get(V1, ())}
        agent.done(
            Ask(batch=("link set dev vxeth1 down",), entries=render(AppendDestination(V1, it) for it in missing).entries)
        )
        assert agent.done(Ask(read=((Reading.DIGEST, (V1,)),))).readings[Reading.DIGEST] == f"vxeth1 {digest(addresses)}\n"


def test_ready_tells_whether_the_mark_is_there(pod: Pod) -> None:
    assert pod.agent("ready").returncode == 1
    with pod.serve() as agent:
        agent.done(Ask(finally_=Finally.READY))
    assert pod.agent("ready").returncode == 0


def test_ready_waits_for_the_mark_as_long_as_it_is_told(pod: Pod) -> None:
    begun = time.monotonic()
    assert pod.agent("ready", "1").returncode == 1
    assert time.monotonic() - begun >= 1.0
    with pod.serve() as agent, subprocess.Popen(pod.command(str(AGENT), "ready", "20")) as waiting:
        agent.done(Ask(finally_=Finally.READY))
        assert waiting.wait(PATIENCE) == 0
    pod.run("rm", "/dev/shm/kube-vxlan-agent.ready")
    for odd in ("soon", "-1", "1.5", "9 9"):
        assert pod.agent("ready", odd).returncode == 1, odd


def test_release_ends_the_pause_and_answers_before(pod: Pod) -> None:
    with pod.serve() as agent:
        refusal = agent.ask(Ask(entries=(APPEND,), finally_=Finally.RELEASE))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "pause"
        assert pod.agent("ready").returncode == 1
        with subprocess.Popen(pod.command(str(AGENT), "pause")) as pause:
            eventually(lambda: pod.run("cat", "/dev/shm/kube-vxlan-agent.pause", check=False) == f"{pause.pid}\n")
            agent.done(Ask(finally_=Finally.READY))
            assert pause.poll() is None
            assert agent.ask(Ask(finally_=Finally.RELEASE)) == Answer(3)
            assert pause.wait(PATIENCE) == 0
        assert pod.agent("ready").returncode == 0


def test_a_pause_of_another_container_is_not_released(pod: Pod) -> None:
    with subprocess.Popen(pod.command("unshare", "--mount", str(AGENT), "pause")) as pause, pod.serve() as agent:
        eventually(lambda: pod.run("cat", "/dev/shm/kube-vxlan-agent.pause", check=False) == f"{pause.pid}\n")
        refusal = agent.ask(Ask(finally_=Finally.RELEASE))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "pause"
        assert pause.poll() is None
        pause.terminate()
        assert pause.wait(PATIENCE) == 0


def test_pause_as_the_first_process_reaps_and_ends_at_once(pod: Pod) -> None:
    first = ["unshare", "--pid", "--fork", "--mount-proc", str(AGENT), "pause"]
    with subprocess.Popen(pod.command(*first)) as outside:
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
        eventually(lambda: len(children.read_text().split()) == 1)
        inside = int(children.read_text())
        eventually(lambda: pod.run("cat", "/dev/shm/kube-vxlan-agent.pause", check=False) == "1\n")
        enter = ["nsenter", f"--pid=/proc/{inside}/ns/pid", f"--mount=/proc/{inside}/ns/mnt", "--"]
        subprocess.run([*enter, "sh", "-c", "sleep 0.2 & sleep 0.1 &"], check=True, timeout=PATIENCE)
        states = r"for stat in /proc/[0-9]*/stat; do cat $stat; done"

        def alone() -> bool:
            shown = subprocess.run(
                [*enter, "sh", "-c", states], capture_output=True, text=True, check=False, timeout=PATIENCE
            ).stdout
            names = re.findall(r"^\d+ \((\S+)\) (\S) (\d+)", shown, re.MULTILINE)
            return [name for name, _, parent in names if parent == "1"] == ["sleep"] and not any(
                state == "Z" for _, state, _ in names
            )

        eventually(alone)
        began = time.monotonic()
        os.kill(inside, signal.SIGTERM)
        assert outside.wait(PATIENCE) == 0
        assert time.monotonic() - began < 5, "it waits for a sleep of a day"


def test_pause_leaves_no_process(pod: Pod) -> None:
    with subprocess.Popen(pod.command(str(AGENT), "pause"), start_new_session=True) as pause:
        eventually(lambda: "sleep" in [name for _, name in processes_of_group(pause.pid)])
        pause.terminate()
        assert pause.wait(PATIENCE) == 0
        eventually(lambda: processes_of_group(pause.pid) == [])
