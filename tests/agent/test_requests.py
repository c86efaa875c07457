"""The agent's `serve`, asked for what it is there for: lines and readings, in a real network namespace."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import md5
from ipaddress import ip_address, ip_interface, ip_network
from typing import get_args

import pytest

from kube_vxlan_controller.agents.framing import Answer, Refusal
from kube_vxlan_controller.kernel import steps
from kube_vxlan_controller.kernel.alias import alias
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Device, Entry, ForeignRoute, Mark
from kube_vxlan_controller.kernel.readings import digest, parse, parse_digests, parse_entries
from kube_vxlan_controller.kernel.steps import Step
from kube_vxlan_controller.model import InterfaceName, Route, UdpPort, Vni
from kube_vxlan_controller.ports import Ask, Reading
from tests.agent.pod import Pod, agent_pod

pytestmark = pytest.mark.kernel

V1, V6 = InterfaceName("vxeth1"), InterfaceName("vx.six_-9")
ETH0 = InterfaceName("eth0")
DEVICE = Device(V1, Vni(101), UdpPort(8472), ETH0)
DEVICE6 = Device(V6, Vni(16777215), UdpPort(4789), ETH0, ip_address("fd00:244:1::2"), learning=False, ttl=64, mtu=1400)
ROUTE = Route(ip_network("192.168.12.0/29"), ip_address("192.168.11.1"))
ROUTE6 = Route(ip_network("fd00:12::/64"), ip_address("fd00:11::1"))
OTHERS = (
    ForeignRoute(ip_network("10.50.0.0/16"), ip_address("192.168.99.2"), 186),
    ForeignRoute(ip_network("10.51.0.0/16"), None, 3, 20),
    ForeignRoute(ip_network("fd50::/64"), ip_address("fe80::5"), 99, 1024),
)
PEER, PEER6 = ip_address("10.244.2.7"), ip_address("fd00:244:2::7")
IP, IP6 = ip_interface("192.168.11.2/29"), ip_interface("fd00:11::2/64")
MARK = Mark("vxeth1", frozenset({IP, IP6}), raised=True)

BUILD: tuple[Step, ...] = (
    steps.AddLink(DEVICE),
    steps.AddLink(DEVICE6, "02:11:22:33:44:55"),
    steps.SetMark(V1, MARK),
    steps.SetMark(V6, Mark("v6")),
    steps.SetMtu(V1, 1350),
    steps.AddAddress(V1, IP),
    steps.AddAddress(V1, IP6),
    steps.SetUp(V1),
    steps.SetUp(V6),
    steps.ReplaceRoute(V1, ROUTE),
    steps.ReplaceRoute(V1, ROUTE6),
    steps.AppendDestination(V1, PEER),
    steps.AppendDestination(V6, PEER6),
)
CHANGE: tuple[Step, ...] = (
    steps.ChangeDevice(Device(V1, Vni(101), UdpPort(8472), ETH0, learning=False, ttl=9)),
    steps.ChangeDevice(Device(V6, Vni(16777215), UdpPort(4789), ETH0, ip_address("fd00:244:1::2"), ttl=3)),
    steps.DeleteRoute(V1, ROUTE),
    steps.DeleteRoute(V1, ROUTE6),
    steps.DeleteAddress(V1, IP),
    steps.DeleteAddress(V1, IP6),
    steps.RestoreAddress(V1, ip_interface("192.168.99.1/24")),
    steps.RestoreAddress(V1, ip_interface("fd00:99::1/128")),
    *(steps.RestoreRoute(V1, route) for route in OTHERS),
    steps.SetDown(V6),
    steps.DeleteEntry(V1, Entry(ZERO_MAC, PEER)),
    steps.DeleteEntry(V6, Entry(ZERO_MAC, PEER6)),
)
REMOVE: tuple[Step, ...] = (steps.DeleteLink(V1), steps.DeleteLink(V6))


@pytest.fixture
def pod() -> Iterator[Pod]:
    with agent_pod() as pod:
        yield pod


def rendered(*wanted: Step) -> Ask:
    batches = render(wanted)
    return Ask(batch=batches.batch, entries=batches.entries)


def test_every_kind_of_step_takes_effect(pod: Pod) -> None:
    assert {type(step) for step in BUILD + CHANGE + REMOVE} == set(get_args(Step))
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        six, one = sorted(
            json.loads(pod.run("ip", "-d", "-j", "link", "show", "type", "vxlan")), key=lambda link: link["ifname"]
        )
        assert (one["ifalias"], one["mtu"], one["linkinfo"]["info_data"]["id"]) == (alias(MARK), 1350, 101)
        assert six["address"] == "02:11:22:33:44:55"
        assert (six["mtu"], six["linkinfo"]["info_data"]["local6"]) == (1400, "fd00:244:1::2")
        assert "192.168.12.0/29 via 192.168.11.1 dev vxeth1 proto 86" in pod.run("ip", "route")
        assert "fd00:12::/64 via fd00:11::1 dev vxeth1 proto 86" in pod.run("ip", "-6", "route")
        assert f"dst {PEER} self permanent" in pod.run("bridge", "fdb", "show", "dev", "vxeth1")
        assert f"dst {PEER6} self permanent" in pod.run("bridge", "fdb", "show", "dev", V6)
        agent.done(rendered(*CHANGE))
        one = json.loads(pod.run("ip", "-d", "-j", "addr", "show", "dev", "vxeth1"))[0]
        assert (one["linkinfo"]["info_data"]["learning"], one["linkinfo"]["info_data"]["ttl"]) == (False, 9)
        here = {f"{given['local']}/{given['prefixlen']}" for given in one["addr_info"] if given["scope"] == "global"}
        assert here == {"192.168.99.1/24", "fd00:99::1/128"}
        assert "proto 86" not in pod.run("ip", "route") + pod.run("ip", "-6", "route")
        there = pod.run("ip", "-N", "route") + pod.run("ip", "-N", "-6", "route")
        assert "10.50.0.0/16 via 192.168.99.2 dev vxeth1 proto 186" in there
        assert re.search("10.51.0.0/16 dev vxeth1 scope (link|253) metric 20", there)  # iproute2 leaves the protocol boot out
        assert "fd50::/64 via fe80::5 dev vxeth1 proto 99 metric 1024" in there
        assert " dst " not in pod.run("bridge", "fdb", "show")
        agent.done(rendered(*REMOVE))
    assert pod.run("ip", "link", "show", "type", "vxlan") == ""


def test_neighbour_lines_take_effect(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        lines = [
            f"neigh replace {address} lladdr 02:00:00:00:00:01 dev vxeth1 nud permanent"
            for address in ("192.168.11.3", "fd00::3")
        ]
        agent.done(Ask(neighbours=tuple(lines)))
        shown = pod.run("ip", "neigh", "show", "dev", "vxeth1", "nud", "permanent")
        assert "192.168.11.3 lladdr 02:00:00:00:00:01 PERMANENT" in shown
        assert "fd00::3 lladdr 02:00:00:00:00:01 PERMANENT" in shown
        agent.done(Ask(neighbours=("neigh del 192.168.11.3 dev vxeth1", "neigh del fd00::3 dev vxeth1")))
        assert pod.run("ip", "neigh", "show", "dev", "vxeth1", "nud", "permanent") == ""


def test_neighbours_may_be_on_a_link_that_the_batch_adds(pod: Pod) -> None:
    line = "neigh replace 192.168.11.3 lladdr 02:00:00:00:00:01 dev vxeth1 nud permanent"
    with pod.serve() as agent:
        agent.done(replace(rendered(*BUILD), neighbours=(line,)))
    assert "192.168.11.3 lladdr 02:00:00:00:00:01 PERMANENT" in pod.run("ip", "neigh", "show", "dev", "vxeth1")


def test_what_was_rendered_and_applied_is_read_back_as_it_was_wished(pod: Pod) -> None:
    everything = tuple((reading, ()) for reading in (Reading.LINKS, Reading.ROUTES, Reading.ENTRIES))
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        found = parse(agent.done(Ask(read=everything)).readings)
    link = found.by_name[V1]
    assert (link.mark, link.up, link.addresses, link.routes) == (MARK, True, {IP, IP6}, {ROUTE, ROUTE6})
    assert list(link.destinations) == [PEER]
    assert list(found.by_name[V6].destinations) == [PEER6]


def test_a_refusal_of_the_kernel_is_a_complaint_and_the_rest_goes_on(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        answer = agent.ask(
            Ask(
                batch=("addr del 10.9.9.9/24 dev vxeth1", "link set dev vxeth1 mtu 1300"),
                entries=(
                    "fdb del 02:00:00:00:00:09 dst 10.9.9.9 dev vxeth1 self",
                    f"fdb append {ZERO_MAC} dst 10.244.2.8 dev vxeth1 self permanent",
                ),
            )
        )
    assert isinstance(answer, Answer)
    assert [line for line in answer.complaints if line.startswith("Command failed")] == ["Command failed -:1"] * 2
    assert "mtu 1300" in pod.run("ip", "link", "show", "dev", "vxeth1")
    assert "dst 10.244.2.8" in pod.run("bridge", "fdb", "show", "dev", "vxeth1")


def test_readings_of_entries_are_canonical_and_chosen_by_link(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        pod.run("bridge", "fdb", "append", "02:00:00:00:00:01", "dst", "10.244.2.9", "dev", "vxeth1", "self", "dynamic")
        pod.run("bridge", "fdb", "append", "02:00:00:00:00:02", "dst", "10.244.2.9", "dev", "vxeth1", "self", "static")
        pod.run("bridge", "fdb", "append", "02:00:00:00:00:03", "dst", "10.244.2.9", "dev", "vxeth1", "self", "permanent")
        pod.run("bridge", "fdb", "append", "02:00:00:00:00:04", "dst", "fd00::9", "dev", V6, "self", "dynamic", "extern_learn")
        all_links: tuple[InterfaceName, ...] = ()
        sums = sorted(f"{mac} {to}\n" for mac, to in ((ZERO_MAC, PEER), ("02:00:00:00:00:03", "10.244.2.9")))
        with_a_stray = md5("".join(sums).encode(), usedforsecurity=False).hexdigest()
        read = agent.done(Ask(read=((Reading.ENTRIES, all_links), (Reading.DIGEST, all_links)))).readings
        assert sorted(read[Reading.ENTRIES].splitlines()) == [
            f"{V6} {ZERO_MAC} {PEER6}",
            f"vxeth1 {ZERO_MAC} {PEER}",
            "vxeth1 02:00:00:00:00:01 10.244.2.9 learned",
            "vxeth1 02:00:00:00:00:03 10.244.2.9",
        ]
        assert parse_digests(read[Reading.DIGEST])[V1] == with_a_stray
        assert parse_digests(read[Reading.DIGEST])[V6] == digest([PEER6])
        assert set(parse_digests(read[Reading.DIGEST])) == {V1, V6}
        one = agent.done(Ask(read=((Reading.ENTRIES, (V6,)), (Reading.DIGEST, (V6,))))).readings
    assert one == {
        Reading.ENTRIES: f"{V6} {ZERO_MAC} {PEER6}\n",
        Reading.DIGEST: f"{V6} {digest([PEER6])}\n",
    }


def test_readings_of_an_empty_pod_are_empty(pod: Pod) -> None:
    with pod.serve() as agent:
        nothing = agent.done(Ask(read=tuple((reading, ()) for reading in Reading))).readings
        named = agent.done(Ask(read=((Reading.DIGEST, (V1,)), (Reading.ENTRIES, (V1,))))).readings
    assert (nothing[Reading.ENTRIES], nothing[Reading.DIGEST]) == ("", "")
    assert parse(nothing).links == ()
    assert named == {Reading.DIGEST: f"vxeth1 {digest([])}\n", Reading.ENTRIES: ""}


def test_readings_for_people_are_what_iproute2_prints(pod: Pod) -> None:
    with pod.serve() as agent:
        agent.done(rendered(*BUILD))
        shown = (Reading.SHOW_FDB, Reading.SHOW_ADDRESSES, Reading.SHOW_ROUTES)
        read = agent.done(Ask(read=tuple((reading, (V1,)) for reading in shown))).readings
        assert read[Reading.SHOW_FDB] == pod.run("bridge", "fdb", "show", "dev", "vxeth1")
        assert read[Reading.SHOW_ADDRESSES] == pod.run("ip", "-d", "addr", "show", "dev", "vxeth1")
        assert read[Reading.SHOW_ROUTES] == pod.run("ip", "route", "show", "dev", "vxeth1")
        both = agent.done(Ask(read=((Reading.SHOW_FDB, (V1, V6)),))).readings
        assert both[Reading.SHOW_FDB] == read[Reading.SHOW_FDB] + pod.run("bridge", "fdb", "show", "dev", V6)


def test_a_reading_that_fails_is_a_complaint(pod: Pod) -> None:
    with pod.serve() as agent:
        answer = agent.ask(Ask(read=((Reading.SHOW_FDB, (InterfaceName("nosuch"),)), (Reading.ENTRIES, ()))))
    assert isinstance(answer, Answer)
    assert answer.readings == {Reading.ENTRIES: ""}
    assert any("nosuch" in line for line in answer.complaints)


def test_a_big_request_is_read_whole_and_checked_whole(pod: Pod) -> None:
    addresses = [ip_address(f"10.{50 + i // 250}.1.{i % 250 + 1}") for i in range(1000)]
    with pod.serve() as agent:
        agent.done(rendered(*BUILD[:1]))
        agent.done(rendered(*(steps.AppendDestination(V1, address) for address in addresses)))
        read = agent.done(Ask(read=((Reading.DIGEST, (V1,)), (Reading.ENTRIES, (V1,))))).readings
        assert read[Reading.DIGEST] == f"vxeth1 {digest(addresses)}\n"
        assert len(parse_entries(read[Reading.ENTRIES])[0][V1]) == 1000
        agent.done(rendered(*(steps.DeleteEntry(V1, Entry(ZERO_MAC, address)) for address in addresses[1:])))
        assert agent.done(Ask(read=((Reading.DIGEST, (V1,)),))).readings[Reading.DIGEST] == f"vxeth1 {digest(addresses[:1])}\n"


def test_two_writers_take_turns(pod: Pod) -> None:
    add = render(BUILD[:1]).batch[0]
    turn = Ask(batch=(add, *(f"link set dev vxeth1 mtu {mtu}" for mtu in range(1000, 1010)), "link del dev vxeth1"))
    with pod.serve() as one, pod.serve() as other:
        for epoch in range(1000, 1020, 2):
            one.say(turn, epoch=epoch)
            other.say(turn, epoch=epoch + 1)
            first = one.hear()
            # Without the lock the one's `add` would find the other's link. Who is first is anybody's guess.
            assert first == Answer(one.requests) or (isinstance(first, Refusal) and first.code == "epoch")
            assert other.hear() == Answer(other.requests)
