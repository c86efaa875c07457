from dataclasses import replace
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.sources.networks import NO_NETWORKS, read_networks
from kube_vxlan_controller.sources.pods import NOTHING_READ, PodReading, Waiting, read_pod, target, waiting
from kube_vxlan_controller.views import AgentNames, AgentState, ConfigView, PodView
from tests.objects import NETWORKS, pod

TABLE = read_networks(NETWORKS)


def read(text: str | None, address: str | None = "10.244.1.1", **more: object) -> PodReading:
    return read_pod(pod("a", text, address, **more), TABLE)  # type: ignore[arg-type]


@pytest.mark.parametrize("of", [read(None), read("vxeth1", None), read("")])
def test_a_member_of_nothing(of: PodReading) -> None:
    assert of == NOTHING_READ


def test_members_in_the_order_of_the_text() -> None:
    of = read("vxeth2, vxeth1 ip=10.1.0.1/24")
    assert [(member.network, member.options.id, str(member.underlay)) for member in of.members] == [
        ("vxeth2", 102, "10.244.1.1"),
        ("vxeth1", 101, "10.244.1.1"),
    ]
    assert of.addresses == {ip_address("10.244.1.1")}


@pytest.mark.parametrize(
    ("text", "address", "more", "code", "unreadable", "held"),
    [
        ("vxeth1", "10.0.0.1", {"host_network": True}, "host-network", False, set()),
        ("vxeth1", "10.0.0.1", {"init": AgentState.ABSENT, "sidecar": AgentState.ABSENT}, "no-agent", False, set()),
        ("vxeth1", "fd00::1", {}, "no-underlay", False, {"vxeth1"}),
        ("nosuch", "10.0.0.1", {}, "unknown-network", False, {"nosuch"}),
        ("vxeth1 ip=x", "10.0.0.1", {}, "invalid-ip", False, {"vxeth1"}),
        ("vxeth1; vxeth2", "10.0.0.1", {}, None, True, set()),
    ],
)
def test_what_is_refused_and_what_is_held(
    text: str, address: str, more: dict[str, object], code: str | None, unreadable: bool, held: set[str]
) -> None:
    of = read(text, address, **more)
    assert (of.members, of.unreadable, of.held) == ((), unreadable, held)
    assert of.faults
    if code:
        assert [fault.code for fault in of.faults] == [code]


def test_who_is_not_admitted_leaves_and_holds_nothing() -> None:
    table = read_networks(ConfigView((("vxeth1", "id=101 namespaces=other"),)))
    of = read_pod(pod("a", "vxeth1"), table)
    assert (of.members, of.held, [fault.code for fault in of.faults]) == ((), frozenset(), ["not-admitted"])


def test_without_a_config_map_every_network_is_held() -> None:
    assert read_pod(pod("a", "vxeth1, own id=7"), NO_NETWORKS).held == {"vxeth1", "own"}


def test_a_pod_of_both_families_is_reached_by_the_networks_own() -> None:
    of = read("vxeth1 family=ipv6, vxeth2", "10.0.0.1 fd00::1")
    assert [str(member.underlay) for member in of.members] == ["fd00::1", "10.0.0.1"]


RUNNING = pod("a", init=AgentState.ENDED)


@pytest.mark.parametrize(
    ("seen", "container", "waits"),
    [
        (RUNNING, "vxlan-controller-agent", Waiting.NOBODY),
        (replace(RUNNING, init=AgentState.RUNNING, sidecar=AgentState.WAITING), "vxlan-controller-agent-init", Waiting.INIT),
        (replace(RUNNING, sidecar=AgentState.WAITING), None, Waiting.NOBODY),
        (replace(RUNNING, native=True, started=False), "vxlan-controller-agent", Waiting.PROBE),
        (replace(RUNNING, native=True, started=True), "vxlan-controller-agent", Waiting.NOBODY),
        (replace(RUNNING, terminal=True), None, Waiting.NOBODY),
        (replace(RUNNING, host_network=True), None, Waiting.NOBODY),
        (replace(RUNNING, node=""), None, Waiting.NOBODY),
    ],
)
def test_whom_to_ask_and_who_waits(seen: PodView, container: str | None, waits: Waiting) -> None:
    found = target(seen, AgentNames())
    assert (found.container if found else None, waiting(seen)) == (container, waits)
