"""What the agent refuses, and that nothing of a refused request was done: by the kernel's word, in a real network namespace."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.agents.framing import Answer, Header, Refusal, encode
from kube_vxlan_controller.model import Epoch, InterfaceName, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading
from tests.agent.pod import PATIENCE, UID, Pod, Serving, agent_pod

pytestmark = pytest.mark.kernel

ADD = "link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0"
MARK = "link set dev vxeth1 alias kvc1/vxeth1/down"
APPEND = "fdb append 00:00:00:00:00:00 dst 10.244.2.7 dev vxeth1 self permanent"

BATCH = """
link del dev eth0
link del dev lo
link del dev other0
link del dev nosuch
link del dev vxeth1 type vxlan
link del vxeth1
link delete dev vxeth1
link set dev eth0 down
link set dev eth0 mtu 68
link set dev eth0 alias kvc1/vxeth1/up
link set dev other0 down
link set dev foreign0 down
link set dev vxeth1 down up
link set dev vxeth1 netns 1
link set dev vxeth1 name eth1
link set dev vxeth1 master other0
link set dev vxeth1 xdp object /bin/busybox
link set dev vxeth1 alias mine
link set dev vxeth1 alias kvc1/a b
link set dev vxeth1 type vxlan id 7
link set dev vxeth1 mtu 1400 down
link set vxeth1 up
link add name lo type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name eth0 type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name a23456789012345x type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name v type dummy
link add name v type veth peer name w
link add name v type vxlan id 102 dev eth0 dstport 8472 learning ttl 0 encap mpls
link add name v type vxlan id 102 dev eth0 dstport 8472 learning ttl 0 external
link add name v address 02:11:22:33:44 type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link set dev vxeth1 address 02:11:22:33:44:55
link add name v%d type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name if2q type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name if-2 type vxlan id 102 dev eth0 dstport 8472 learning ttl 0
link add name v type vxlan id 102 dev if2 dstport 8472 learning ttl 0
link set dev vxeth1 type vxlan dev if2q learning ttl 0
link set dev if2q down
addr add 10.9.0.1/24 dev eth0
addr replace 10.9.0.1/24 dev eth0
addr replace 10.9.0.1/24 dev other0
addr replace 10.9.0.1 dev vxeth1
addr replace 10.9.0.1/0 dev vxeth1
addr del 10.244.1.2/24 dev eth0
addr flush dev vxeth1
route replace 10.9.0.0/24 via 10.244.1.1 dev eth0 proto 86
route replace 0.0.0.0/0 via 10.244.1.1 dev vxeth1 proto 86
route replace default via 10.244.1.1 dev vxeth1 proto 86
route replace 10.9.0.0/24 via 10.244.1.1 dev vxeth1 proto 4
route replace 10.9.0.0/24 via 10.244.1.1 dev vxeth1 proto 86 table 7
route replace 10.9.0.0/24 encap mpls 7 via 10.244.1.1 dev vxeth1 proto 86
route add 10.9.0.0/24 dev eth0 proto 186
route add 10.9.0.0/24 via 10.244.1.1 dev vxeth1 proto 86
route add 10.9.0.0/24 via 10.244.1.1 dev vxeth1 proto 086
route add 10.9.0.0/24 via 10.244.1.1 dev vxeth1 proto bgp
route add 10.9.0.0/24 via 10.244.1.1 dev vxeth1
route add 0.0.0.0/0 dev vxeth1 proto 186
route add default dev vxeth1 proto 186
route add 10.9.0.0/24 dev vxeth1 proto 186 onlink
route add 10.9.0.0/24 dev vxeth1 proto 186 metric 5 table 7
route replace 10.9.0.0/24 dev vxeth1 proto 186
route flush dev vxeth1
netns add x
netns exec x sh
rule add from all table 7
-batch /etc/passwd
help
""".strip().split("\n")
ODD_BATCH = ["", " ", "link set dev vxeth1 up ", "link  set dev vxeth1 up", "link set dev vxeth1\tup", "link set dev vxeth1 \\"]
"""(`foreign0` is a VXLAN link with an alias that is not ours, `other0` is no VXLAN link.)"""

NEIGHBOURS = """
neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev vxeth1 nud reachable
neigh replace 10.9.0.1 lladdr 02:00:00:00:00 dev vxeth1 nud permanent
neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev vxeth1 nud permanent
neigh flush dev vxeth1
neigh del 10.244.1.1 dev eth0
link set dev vxeth1 up
""".strip().split("\n")

ENTRIES = """
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev eth0 self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev lo self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev a23456789012345x self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev if2 self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev if-4294967294 self permanent
fdb del 02:00:00:00:00:01 dst 10.9.0.1 dev if2q self
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 self
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 self permanent vni 7
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 master permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev vx|eth1 self permanent
fdb append 02:00:00:00:00:01 dst 10.9.0.1 dev vxeth1 self permanent
fdb replace 02:00:00:00:00:01 dst 10.9.0.1 dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0 dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1.2 dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst 10.9.0.1/32 dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst ::ffff:10.9.0.1 dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst gateway dev vxeth1 self permanent
fdb append 00:00:00:00:00:00 dst 0.0.0.0 dev vxeth1 self permanent
fdb del 00:00:00:00:00:00 dst 0.0.0.0 dev vxeth1 self
fdb del 00:00:00:00:00:00 dst 000.0.00.0 dev vxeth1 self
fdb del 00:00:00:00:00:00 dst :: dev vxeth1 self
fdb del 00:00:00:00:00:00 dst 0:0::0 dev vxeth1 self
fdb del 00:00:00:00:00:00 dev vxeth1 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 dev eth0 port 4789 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 dev lo via vxeth1 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 via vxeth1 dev eth0 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 nhid 7 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 via eth0 port 4789 self
fdb del 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 vni -7 self
fdb append 00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 port 4789 self permanent
fdb del 00:00:00:00:00:00:00 dst 10.9.0.1 dev vxeth1 self
fdb del 0:0:0:0:0:0 dst 10.9.0.1 dev vxeth1 self
fdb del 02:00:00:00:00:01 dst 10.9.0.1 dev vxeth1 self permanent
fdb flush dev vxeth1
vlan add dev vxeth1 vid 7
link set dev vxeth1 learning off
""".strip().split("\n")
ODD_ENTRIES = ["", f" {APPEND}", f"{APPEND} ", APPEND.replace(" dst", "  dst"), APPEND.replace(" dst", "\tdst"), APPEND.upper()]


@pytest.fixture(scope="module")
def pod() -> Iterator[Pod]:
    with agent_pod() as pod:
        pod.run("ip", "-batch", "-", input=f"{ADD}\n{MARK}\n{ADD.replace('vxeth1', 'foreign0').replace('101', '201')}\n")
        pod.run("ip", "link", "set", "dev", "foreign0", "alias", "somebody's")
        yield pod


def kernel(pod: Pod) -> str:
    """Everything that a line could have changed."""
    shown = (
        ("-d", "addr"),
        ("-4", "route", "show", "table", "all"),
        ("-6", "route", "show", "table", "all"),
        ("rule",),
        ("neigh",),
    )
    return "".join(pod.run("ip", *words) for words in shown) + pod.run("bridge", "fdb", "show")


def refused(answer: Answer | Refusal, code: str) -> str:
    assert isinstance(answer, Refusal)
    assert answer.code == code
    return answer.sentence


def many(line: str, place: int) -> tuple[str, ...]:
    """A hundred allowed lines, so that the section goes the way of the long ones, and this one among them."""
    lines = [APPEND.replace("2.7", f"3.{number}") for number in range(1, 101)]
    return (*lines[:place], line, *lines[place:])


def test_lines_that_are_not_allowed_are_named_and_nothing_is_done(pod: Pod) -> None:
    before = kernel(pod)
    with pod.serve() as agent:
        for line in (*BATCH, *ODD_BATCH):
            for beside in ("link set dev vxeth1 up", line):
                answer = agent.ask(Ask(batch=("link set dev vxeth1 up", line, beside)))
                assert refused(answer, "line") == f"batch 2 is not allowed: {line}"
            assert refused(agent.ask(Ask(batch=("link set dev vxeth1 up", line))), "line") == f"batch 2 is not allowed: {line}"
        for line in NEIGHBOURS:
            answer = agent.ask(Ask(neighbours=(line,), entries=(APPEND,)))
            assert refused(answer, "line") == f"neighbours 1 is not allowed: {line}"
        for line in (*ENTRIES, *ODD_ENTRIES):
            assert refused(agent.ask(Ask(entries=(APPEND, line))), "line") == f"entries 2 is not allowed: {line}"
            if line.strip():
                assert refused(agent.ask(Ask(entries=many(line, 70))), "line") == f"entries 71 is not allowed: {line}"
        bad_name = Ask(entries=(APPEND,), read=((Reading.SHOW_FDB, (InterfaceName("a;b"),)),))
        assert "a;b" in refused(agent.ask(bad_name), "line")
    assert kernel(pod) == before


def test_a_section_has_as_many_lines_as_it_says(pod: Pod) -> None:
    before = kernel(pod)
    with pod.serve() as agent:
        request = encode(Header(1, PodUid(UID), Epoch(1), 5, 5), Ask(entries=many(APPEND, 0)))
        for said in (b"entries 100 ", b"entries 102 "):
            agent.write(request.replace(b"entries 101 ", said))
            answer = agent.hear()
            assert isinstance(answer, Refusal)
            assert refused(answer, "line").startswith("entries 101 is not allowed")
    assert kernel(pod) == before


def test_a_name_that_is_taken_cannot_be_made_ours_by_adding_it(pod: Pod) -> None:
    before = kernel(pod)
    with pod.serve() as agent:
        for name in ("other0", "foreign0"):
            answer = agent.ask(Ask(batch=(ADD.replace("vxeth1", name), f"link del dev {name}")))
            assert refused(answer, "line") == f"batch 1 is not allowed: {ADD.replace('vxeth1', name)}"
    assert kernel(pod) == before


def test_a_name_that_iproute2_takes_for_a_number_reaches_no_other_link(pod: Pod) -> None:
    before = kernel(pod)
    index = pod.run("ip", "-o", "link", "show", "dev", "eth0").partition(":")[0]
    pod.run("ip", "link", "set", "dev", f"if{index}q", "alias", "reached")
    assert "reached" in pod.run("ip", "link", "show", "dev", "eth0")
    pod.run("ip", "link", "set", "dev", "eth0", "alias", "")
    add = ADD.replace("vxeth1", f"if{index}q")
    with pod.serve() as agent:  # the first line fails, and the others would be about eth0
        answer = agent.ask(Ask(batch=(add, f"link set dev if{index}q alias kvc1/a/up", f"link set dev if{index}q down")))
        assert refused(answer, "line") == f"batch 1 is not allowed: {add}"
    assert kernel(pod) == before


def test_a_vxlan_link_without_alias_may_be_adopted(pod: Pod) -> None:
    pod.run("ip", *ADD.replace("vxeth1", "plain0").replace("101", "301").split())
    with pod.serve() as agent:
        agent.done(Ask(batch=("link set dev plain0 alias kvc1/plain0/down",)))
        agent.done(Ask(batch=("link set dev plain0 up", "link del dev plain0")))


WORDS = (
    "fdb append del replace 00:00:00:00:00:00 02:00:00:00:00:0a 2:0:0:0:0:0 dst 10.9.0.1 0.0.0.0 1.2.3 :: fd00::1 fd00::1.2.3.4"
)
WORDS += " dev vxeth1 eth0 lo .-_ a23456789012345 a234567890123456 self permanent port vni via 7"
LINES = st.one_of(
    st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=10).map(" ".join),
    st.tuples(
        st.sampled_from(["fdb append", "fdb del"]),
        st.sampled_from(["00:00:00:00:00:00", "02:00:00:00:00:0a", "0a:0:00:00:00:00:0", "02-00:00:00:00:00"]),
        st.text("0123456789abcdef.:", min_size=1, max_size=12) | st.ip_addresses().map(str),
        st.text("abceo10._-", min_size=1, max_size=17) | st.sampled_from(["lo", "eth0", "eth00"]),
        st.sampled_from(["self permanent", "self", "self  permanent", "self permanent ", "port 5 vni 6 via eth0 self"]),
    ).map(lambda it: f"{it[0]} {it[1]} dst {it[2]} dev {it[3]} {it[4]}"),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=LINES)
def test_short_and_long_sections_are_judged_alike(judge: "Judge", line: str) -> None:
    short, long = judge.sentence((line,)), judge.sentence(many(line, 0))
    assert (short is None) == (long is None), (short, long)


class Judge:
    """Asks whether lines are allowed, under an epoch that is too low for them to be carried out."""

    def __init__(self, agent: Serving) -> None:
        self._agent = agent

    def sentence(self, lines: tuple[str, ...]) -> str | None:
        answer = self._agent.ask(Ask(entries=lines), epoch=1)
        assert isinstance(answer, Refusal)
        return None if answer.code == "epoch" else answer.sentence


@pytest.fixture
def judge(pod: Pod) -> Iterator[Judge]:
    with pod.serve() as agent:
        agent.done(Ask(finally_=Finally.READY), epoch=5000)
        yield Judge(agent)
        pod.run("rm", "/dev/shm/kube-vxlan-agent.epoch")


def test_another_pod_is_refused(pod: Pod) -> None:
    before = kernel(pod)
    with pod.serve() as agent:
        assert UID in refused(agent.ask(Ask(entries=(APPEND,)), uid="another"), "uid")
        refused(agent.ask(Ask(read=((Reading.LINKS, ()),)), uid="another"), "uid")
    assert kernel(pod) == before


def test_the_uid_comes_from_where_the_kubelet_mounts_etc_hosts_from(pod: Pod, tmp_path: Path) -> None:
    hosts = tmp_path / "pods" / UID / "etc-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("127.0.0.1 localhost\n")
    with pod.serve(uid=None) as agent:
        assert agent.hello.uid is None
        assert "POD_UID" in refused(agent.ask(Ask(entries=(APPEND,))), "uid")
    pod.run("mount", "--bind", str(hosts), "/etc/hosts")
    try:
        with pod.serve(uid=None) as agent:
            assert agent.hello.uid == UID
            agent.done(Ask(read=((Reading.ENTRIES, ()),)))
    finally:
        pod.run("umount", "/etc/hosts")


def test_an_older_epoch_is_refused_in_all_containers_and_may_still_read(pod: Pod) -> None:
    with pod.serve() as newer, pod.serve() as older:
        newer.done(Ask(entries=(APPEND,)), epoch=1_763_000_000_000_001)
        before = kernel(pod)
        change = Ask(entries=(APPEND.replace("2.7", "2.8"),), batch=("link set dev vxeth1 mtu 1300",))
        for ask in (change, Ask(finally_=Finally.READY), Ask(entries=change.entries)):
            assert "1763000000000001" in refused(older.ask(ask, epoch=1_763_000_000_000_000), "epoch")
        older.done(Ask(read=((Reading.LINKS, ()), (Reading.DIGEST, ()))), epoch=1)
        assert kernel(pod) == before
        older.done(Ask(entries=(APPEND,)), epoch=1_763_000_000_000_001)
    with pod.serve() as next_one:
        refused(next_one.ask(Ask(entries=(APPEND,)), epoch=1_763_000_000_000_000), "epoch")
    pod.run("rm", "/dev/shm/kube-vxlan-agent.epoch")


@pytest.mark.parametrize("planted", ["", "nonsense", "-5", "99999999999999999999999999", "12x 34"])
def test_what_is_no_number_is_no_epoch(pod: Pod, planted: str) -> None:
    pod.run("tee", "/dev/shm/kube-vxlan-agent.epoch", input=f"{planted}\n")
    with pod.serve() as agent:
        agent.done(Ask(entries=(APPEND,)), epoch=7)
        refused(agent.ask(Ask(entries=(APPEND,)), epoch=6), "epoch")
    pod.run("rm", "/dev/shm/kube-vxlan-agent.epoch")


def test_an_epoch_that_cannot_be_kept_is_refused(pod: Pod) -> None:
    pod.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/dev/shm")
    try:
        with pod.serve() as agent:
            refused(agent.ask(Ask(entries=(APPEND,)), epoch=8), "epoch")
    finally:
        pod.run("umount", "/dev/shm")


def test_a_locked_namespace_is_busy_for_ip_lines_and_not_for_entries(pod: Pod) -> None:
    locked = ["sh", "-c", "exec 9</proc/self/ns/net && flock 9 && echo locked && exec sleep 60"]
    with pod.serve() as agent:
        agent.done(Ask(entries=(APPEND,)))
        with subprocess.Popen(pod.command(*locked), stdout=subprocess.PIPE) as holder:
            try:
                assert holder.stdout is not None
                assert holder.stdout.readline() == b"locked\n"
                agent.done(
                    Ask(
                        entries=(
                            APPEND.replace("append 00:00:00:00:00:00", "del 00:00:00:00:00:00").removesuffix(" permanent"),
                        )
                    )
                )
                refused(agent.ask(Ask(batch=("link set dev vxeth1 up",))), "busy")
            finally:
                holder.kill()
        agent.done(Ask(batch=("link set dev vxeth1 up", "link set dev vxeth1 down")))
    pod.run("rm", "/dev/shm/kube-vxlan-agent.epoch")


def test_a_protocol_that_it_does_not_speak_is_refused(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.write(encode(Header(1, PodUid(UID), Epoch(1), 5, 5), Ask(entries=(APPEND,))).replace(b"ask 1", b"ask 2", 1))
        answer = agent.hear()
        assert isinstance(answer, Refusal)
        assert answer.code == "version"
        assert agent.process.wait(PATIENCE) == 65
