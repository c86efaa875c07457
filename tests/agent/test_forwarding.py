"""The agent's fast path: requests of nothing but forwarding lines, in a real network namespace."""

from collections.abc import Iterator

import pytest

from kube_vxlan_controller.agents.framing import Answer
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import ZERO_MAC
from kube_vxlan_controller.kernel.readings import parse_entries
from kube_vxlan_controller.kernel.steps import DeleteEntry
from kube_vxlan_controller.model import InterfaceName
from kube_vxlan_controller.ports import Ask, Reading
from tests.agent.pod import Pod, Serving, agent_pod, eventually

pytestmark = pytest.mark.kernel

LINK = "ip link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472"
LINK_NAME = InterfaceName("vxeth1")
ALONE = ["kube-vxlan-agen"] * 2
"""`serve` and its watchdog."""


@pytest.fixture
def pod() -> Iterator[Pod]:
    with agent_pod() as pod:
        pod.run(*LINK.split())
        yield pod


def append(number: int) -> str:
    return f"fdb append {ZERO_MAC} dst 10.244.2.{number} dev vxeth1 self permanent"


def delete(number: int, mac: str = ZERO_MAC) -> str:
    return f"fdb del {mac} dst 10.244.2.{number} dev vxeth1 self"


def forwarding(pod: Pod) -> set[tuple[str, str]]:
    """MAC and destination of each entry."""
    words = (line.split() for line in pod.run("bridge", "fdb", "show", "dev", "vxeth1").splitlines() if " dst " in line)
    return {(one[0], one[one.index("dst") + 1]) for one in words}


def learned(pod: Pod, mac: str, number: int, link: str = "vxeth1", how: str = "dynamic") -> None:
    pod.run("bridge", "fdb", "append", mac, "dst", f"10.244.2.{number}", "dev", link, "self", *how.split())


def asked(agent: Serving, *lines: str) -> tuple[str, ...]:
    """What is complained of these lines."""
    answer = agent.ask(Ask(entries=lines))
    assert isinstance(answer, Answer)
    return answer.complaints


def test_one_bridge_takes_the_lines_of_all_requests_until_one_of_another_kind(pod: Pod) -> None:
    with pod.serve() as agent:
        before = agent.group()
        for number in (1, 2, 3):
            assert asked(agent, append(number), append(number + 10)) == ()
            assert agent.group() == sorted([*before, "bridge"])
        agent.done(Ask(read=((Reading.DIGEST, (InterfaceName("vxeth1"),)),)))
        assert agent.group() == before
        assert asked(agent, append(4)) == ()
    assert forwarding(pod) == {(ZERO_MAC, f"10.244.2.{number}") for number in (1, 2, 3, 4, 11, 12, 13)}


def test_it_ends_with_the_stream(pod: Pod) -> None:
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        assert agent.end_of_input() == 0
        eventually(lambda: agent.group() == [])


def test_it_holds_no_lock(pod: Pod) -> None:
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        assert pod.run("sh", "-c", "exec 9</proc/self/ns/net && flock -n 9 && echo free") == "free\n"


def test_what_the_kernel_refuses_is_a_complaint_and_the_rest_goes_on(pod: Pod) -> None:
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        complaints = asked(agent, delete(9, "02:00:00:00:00:09"), append(2))
        assert [line for line in complaints if line.startswith("Command failed")] != []
        assert not any("end" in line for line in complaints)
        assert asked(agent, append(3)) == ()
    assert forwarding(pod) == {(ZERO_MAC, f"10.244.2.{number}") for number in (1, 2, 3)}


def test_a_line_at_which_bridge_gives_up_is_a_complaint_and_the_next_request_is_carried_out(pod: Pod) -> None:
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        assert asked(agent, append(999), append(2)) != ()
        assert asked(agent, append(3)) == ()
    assert (ZERO_MAC, "10.244.2.3") in forwarding(pod)


def test_no_name_of_a_link_is_taken_for_the_end_of_the_answer(pod: Pod) -> None:
    with pod.serve() as agent:
        for _ in range(2):
            assert 'Cannot find device "end"' in asked(agent, append(1).replace("vxeth1", "end"))
            assert asked(agent, append(1)) == ()


def test_a_link_that_somebody_made_anew_is_found_at_the_second_try(pod: Pod) -> None:
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        pod.run("ip", "link", "del", "dev", "vxeth1")
        pod.run(*LINK.split())
        if asked(agent, append(2)):
            assert asked(agent, append(2)) == ()
    assert forwarding(pod) == {(ZERO_MAC, "10.244.2.2")}


def test_with_a_destination_goes_what_was_learned_of_it_and_nothing_else(pod: Pod) -> None:
    pod.run(*LINK.replace("vxeth1", "other").replace("101", "102").split())
    with pod.serve() as agent:
        assert asked(agent, append(1), append(2), append(11)) == ()
        learned(pod, "02:00:00:00:00:01", 2)
        learned(pod, "02:00:00:00:00:02", 1, link="other")
        learned(pod, "02:00:00:00:00:03", 1, how="static")
        before = forwarding(pod)
        learned(pod, "02:00:00:00:00:0a", 1)
        learned(pod, "02:00:00:00:00:0b", 1)
        assert asked(agent, delete(1)) == ()
    assert forwarding(pod) == before - {(ZERO_MAC, "10.244.2.1")}
    assert "02:00:00:00:00:02" in pod.run("bridge", "fdb", "show", "dev", "other")


def test_many_destinations_go_at_once_with_what_was_learned_of_them(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(Ask(entries=tuple(map(append, range(1, 201)))))
        for number in range(1, 201, 20):
            learned(pod, f"02:00:00:00:00:{number:02x}", number)
        agent.done(Ask(entries=tuple(map(delete, range(1, 201)))))
    assert forwarding(pod) == set()


def test_entries_with_more_to_them_than_a_destination_are_told_apart_and_removed_alone(pod: Pod) -> None:
    show = Ask(read=((Reading.ENTRIES, ()), (Reading.DIGEST, ())))
    with pod.serve() as agent:
        assert asked(agent, append(1)) == ()
        plain = agent.done(show).readings
        learned(pod, "02:00:00:00:00:0a", 1)
        odd = ("port 4789", "vni 7 via eth0", "port 1 vni 7 via other0")
        for words in odd:
            pod.run(
                "bridge", "fdb", "append", ZERO_MAC, "dst", "10.244.2.1", *words.split(), "dev", "vxeth1", "self", "permanent"
            )
        learned(pod, "02:00:00:00:00:0b", 1, how="dynamic via eth0")
        now = agent.done(show).readings
        assert now[Reading.DIGEST] != plain[Reading.DIGEST]
        assert set(now[Reading.ENTRIES].splitlines()) == {
            f"vxeth1 {ZERO_MAC} 10.244.2.1",
            *(f"vxeth1 {ZERO_MAC} 10.244.2.1 {words}" for words in odd),
            "vxeth1 02:00:00:00:00:0a 10.244.2.1 learned",
            "vxeth1 02:00:00:00:00:0b 10.244.2.1 learned via eth0",
        }
        entries, found = parse_entries(now[Reading.ENTRIES])
        gone = [entry for entry in entries[LINK_NAME] if not entry.is_destination] + [e for e in found[LINK_NAME] if e.via]
        assert asked(agent, *render([DeleteEntry(LINK_NAME, entry) for entry in gone]).entries) == ()
        after = agent.done(show).readings
        assert after[Reading.DIGEST] == plain[Reading.DIGEST]
        assert set(after[Reading.ENTRIES].splitlines()) == {
            f"vxeth1 {ZERO_MAC} 10.244.2.1",
            "vxeth1 02:00:00:00:00:0a 10.244.2.1 learned",
        }


@pytest.mark.parametrize("name", ["permanent", "static"])
def test_no_name_of_a_link_is_taken_for_a_state_of_its_entries(pod: Pod, name: str) -> None:
    pod.run(*LINK.replace("vxeth1", name).replace("101", "102").split())
    everything = Ask(read=((Reading.ENTRIES, ()),))
    with pod.serve() as agent:
        assert asked(agent, append(1).replace("vxeth1", name)) == ()
        learned(pod, "02:00:00:00:00:0a", 1, link=name)
        assert set(agent.done(everything).readings[Reading.ENTRIES].splitlines()) == {
            f"{name} {ZERO_MAC} 10.244.2.1",
            f"{name} 02:00:00:00:00:0a 10.244.2.1 learned",
        }
        assert asked(agent, delete(1).replace("vxeth1", name)) == ()
        assert agent.done(everything).readings == {Reading.ENTRIES: ""}
