from dataclasses import fields, replace
from ipaddress import ip_address, ip_interface

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.kernel.netns import EMPTY, Link
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.rounds import may_open
from kube_vxlan_controller.snapshot import Change, ConfigSeen, Elapsed, PodGone, PodSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.sources.pods import Waiting
from kube_vxlan_controller.views import AgentState, ConfigView, PodView
from tests.objects import NETWORKS, place, pod


def desired(*pods: PodView, config: ConfigView | None = NETWORKS, now: float = 0.0, policy: Policy | None = None) -> Desired:
    return desire(
        fold(Snapshot(), [PodsListed(pods), ConfigSeen(config), Elapsed(now)]),
        Desired(policy or Policy()),
    )


def after(before: Desired, *changes: Change) -> Desired:
    return desire(fold(before.snapshot, changes), before)


def link(wish: Wish, name: str = "vxeth1") -> Link:
    return next(link for link in wish.netns.links if link.name == name)


def peers(result: Desired, name: str, network: str = "vxeth1") -> set[str]:
    return set(map(str, link(result.wishes[place(name)], network).destinations))


A = pod("a", "vxeth1 ip=192.168.11.2/29 route=192.168.12.0/29:192.168.11.1", "10.244.1.1")
B = pod("b", "vxeth2 ip=192.168.12.2/29", "10.244.2.1")
GW = pod("gw", "vxeth1 ip=192.168.11.1/29, vxeth2 ip=192.168.12.1/29", "10.244.1.2")
WITHOUT_VXETH1 = ConfigView(tuple(entry for entry in NETWORKS.data if entry[0] != "vxeth1"))


class TestLinks:
    def test_a_link_has_what_the_options_say(self) -> None:
        wished = link(desired(A, B, GW).wishes[place("a")])
        assert (wished.device.vni, wished.device.port, wished.device.lower) == (101, 8472, "eth0")
        assert wished.up
        assert wished.mark.raised
        assert wished.addresses == wished.mark.addresses == {ip_interface("192.168.11.2/29")}
        assert {str(route) for route in wished.routes} == {"192.168.12.0/29:192.168.11.1"}

    def test_peers_are_the_other_members_of_the_network(self) -> None:
        result = desired(A, B, GW)
        assert peers(result, "a") == {"10.244.1.2"}
        assert peers(result, "gw") == {"10.244.1.1"}
        assert peers(result, "gw", "vxeth2") == {"10.244.2.1"}

    def test_an_ipv6_underlay_needs_a_local_address(self) -> None:
        wished = link(desired(pod("a", "vxeth1 family=ipv6", "10.0.0.1 fd00::1")).wishes[place("a")])
        assert wished.device.local == ip_address("fd00::1")
        assert link(desired(A).wishes[place("a")]).device.local is None

    def test_a_link_that_is_not_raised_has_no_routes(self) -> None:
        wished = link(desired(pod("a", "quiet ip=10.0.0.1/24 route=10.1.0.0/24:10.0.0.2")).wishes[place("a")], "quiet")
        assert not wished.up
        assert not wished.routes


class TestMembers:
    @pytest.mark.parametrize(
        "other",
        [
            pod("b", None, "10.244.2.1"),
            pod("b", "vxeth1", None),
            pod("b", "vxeth1", "10.244.2.1", terminal=True),
            pod("b", "vxeth1", "10.244.2.1", leaves_at=5.0),
            pod("b", "vxeth1", "10.244.2.1", host_network=True),
            pod("b", "vxeth1", "10.244.2.1", init=AgentState.ABSENT, sidecar=AgentState.ABSENT),
        ],
        ids=["no text", "no address", "terminal", "its time is over", "hostNetwork", "no agent"],
    )
    def test_who_is_none(self, other: PodView) -> None:
        assert peers(desired(A, other, now=10.0), "a") == set()

    @pytest.mark.parametrize(
        "other",
        [
            pod("b", "vxeth1", "10.244.2.1", init=AgentState.RUNNING, sidecar=AgentState.WAITING),
            pod("b", "vxeth1", "10.244.2.1", init=AgentState.WAITING, sidecar=AgentState.WAITING),
            pod("b", "vxeth1", "10.244.2.1", sidecar=AgentState.ENDED),
            pod("b", "vxeth1", "10.244.2.1", leaves_at=50.0),
        ],
        ids=["in its init agent", "before it", "agent ended", "terminating"],
    )
    def test_who_is_one(self, other: PodView) -> None:
        assert peers(desired(A, other, now=10.0), "a") == {"10.244.2.1"}

    def test_members_that_disagree_about_the_vni_are_no_peers_and_are_told(self) -> None:
        result = desired(A, GW, pod("odd", "vxeth1 id=7", "10.244.2.9"))
        assert peers(result, "odd") == set()
        assert peers(result, "a") == {"10.244.1.2"}
        assert [w.code for w in result.wishes[place("odd")].warnings] == ["members-disagree"]
        assert [w.code for w in result.wishes[place("a")].warnings] == ["members-disagree"]

    def test_members_that_disagree_about_the_family_are_no_peers_and_are_told(self) -> None:
        a, b = pod("a", "vxeth1", "10.0.0.1 fd00::1"), pod("b", "vxeth1", "10.0.0.2 fd00::2")
        result = desired(a, b, pod("c", "vxeth1 family=ipv6", "10.0.0.3 fd00::3"))
        assert peers(result, "a") == {"10.0.0.2"}
        assert peers(result, "b") == {"10.0.0.1"}
        assert peers(result, "c") == set()
        for name, told in {"a": "family ipv4 for vxeth1", "c": "family ipv6 for vxeth1"}.items():
            (warning,) = result.wishes[place(name)].warnings
            assert warning.code == "members-disagree"
            assert told in warning.message

    def test_a_third_pod_with_that_overlay_address_is_told_to_the_other_two(self) -> None:
        clash, other = "vxeth1 ip=10.9.0.1/24", "vxeth1 ip=10.9.0.9/24"
        before = desired(pod("a", clash, "10.244.1.1"), pod("b", clash, "10.244.1.2"), pod("c", other, "10.244.1.3"))
        told = after(before, PodSeen(pod("c", clash, "10.244.1.3"))).wishes[place("a")].warnings
        assert "default/b, default/c" in told[0].message

    def test_a_crowd_with_one_overlay_address_is_told_and_one_more_changes_nobody(self) -> None:
        crowd = [pod(f"p{n}", "vxeth1 ip=10.9.0.1/24", f"10.244.3.{n}") for n in range(1, 8)]
        before = desired(*crowd[:5], A)
        later = after(before, PodSeen(crowd[5]), PodSeen(crowd[6]))
        for wish in later.wishes.values():
            assert [warning.code for warning in wish.warnings] == ["duplicate-address"] * (wish.place != A.place)
        for name in ("p1", "p5", "a"):
            assert later.wishes[place(name)].warnings is before.wishes[place(name)].warnings
        left = after(later, *(PodGone(one.place) for one in crowd[:5]))
        assert "default/p6" in left.wishes[place("p7")].warnings[0].message

    def test_one_address_in_two_subnets_is_one_address(self) -> None:
        result = desired(pod("a", "vxeth1 ip=10.9.0.1/24", "10.244.1.1"), pod("b", "vxeth1 ip=10.9.0.1/16", "10.244.1.2"))
        assert [w.code for w in result.wishes[place("a")].warnings] == ["duplicate-address"]

    def test_two_pods_with_one_overlay_address_are_told_and_work_on(self) -> None:
        result = desired(pod("a", "vxeth1 ip=10.9.0.1/24", "10.244.1.1"), pod("b", "vxeth1 ip=10.9.0.1/24", "10.244.1.2"))
        assert peers(result, "a") == {"10.244.1.2"}
        assert [w.code for w in result.wishes[place("a")].warnings] == ["duplicate-address"]
        mended = after(result, PodSeen(pod("b", "vxeth1 ip=10.9.0.2/24", "10.244.1.2")))
        assert mended.wishes[place("a")].warnings == ()


class TestClaims:
    def test_an_address_of_two_live_pods_belongs_to_neither(self) -> None:
        result = desired(A, pod("b", address="10.244.2.1"), pod("c", address="10.244.2.1"))
        assert peers(result, "a") == set()
        assert peers(result, "b") == {"10.244.1.1"}

    def test_a_terminating_pod_loses_its_address_to_one_that_is_not(self) -> None:
        leaving, new = pod("b", "vxeth2", "10.244.2.1", leaves_at=50.0), pod("c", "vxeth1", "10.244.2.1")
        assert peers(desired(A, leaving, new), "a") == {"10.244.2.1"}
        assert peers(desired(pod("a", "vxeth2", "10.244.1.1"), leaving, new), "a", "vxeth2") == set()

    def test_it_is_resolved_when_one_of_them_goes(self) -> None:
        before = desired(A, pod("b", address="10.244.2.1"), pod("c", address="10.244.2.1"))
        assert peers(after(before, PodGone(place("b"))), "a") == {"10.244.2.1"}
        assert peers(after(before, PodSeen(pod("b", address="10.244.2.1", leaves_at=9.0))), "a") == {"10.244.2.1"}


class TestHolds:
    def test_an_unreadable_text_holds_the_pod_and_its_address_everywhere(self) -> None:
        result = desired(A, pod("b", "vxeth1; vxeth2", "10.244.2.1"))
        held = result.wishes[place("b")]
        assert held.hold.everything
        assert held.netns == EMPTY
        assert ip_address("10.244.1.1") in held.hold.alive
        assert result.wishes[place("a")].hold.destinations == {ip_address("10.244.2.1")}

    def test_one_bad_entry_holds_that_network_and_lets_the_others_work(self) -> None:
        result = desired(A, B, pod("c", "vxeth1 ip=300.1.1.1/24, vxeth2", "10.244.2.9"))
        wish = result.wishes[place("c")]
        assert wish.hold.networks == {"vxeth1"}
        assert [link.name for link in wish.netns.links] == ["vxeth2"]
        assert peers(result, "b", "vxeth2") == {"10.244.2.9"}
        assert result.wishes[place("a")].hold.peers == {"vxeth1": {ip_address("10.244.2.9")}}
        assert not may_open(wish, ())

    def test_a_network_that_left_the_config_map_holds(self) -> None:
        result = desired(A, GW)
        result = after(result, ConfigSeen(WITHOUT_VXETH1))
        assert result.wishes[place("a")].hold.networks == {"vxeth1"}
        assert [link.name for link in result.wishes[place("gw")].netns.links] == ["vxeth2"]
        assert after(result, ConfigSeen(NETWORKS)).wishes == desired(A, GW).wishes

    def test_who_holds_is_not_woken_by_a_join_and_knows_of_it_all_the_same(self) -> None:
        held = desired(A, GW, B, config=WITHOUT_VXETH1)
        joined = after(held, PodSeen(pod("new", "vxeth2", "10.244.2.7")))
        assert joined.changed == {place("gw"), place("b"), place("new")}, "gw is a member of vxeth2 too"
        assert ip_address("10.244.2.7") in joined.wishes[place("a")].hold.alive
        later = after(joined, PodSeen(pod("also", "vxeth1", "10.244.2.8")))
        assert later.changed == {place("also")}, "it holds what it has, as they do"
        assert ip_address("10.244.2.8") in later.wishes[place("a")].hold.alive

    def test_who_holds_forgets_an_address_that_nobody_claims(self) -> None:
        held = desired(A, GW, B, config=WITHOUT_VXETH1)
        left = after(held, PodGone(place("b")))
        assert left.changed == {place("a"), place("gw"), place("b")}
        assert ip_address("10.244.2.1") not in left.wishes[place("a")].hold.alive
        assert ip_address("10.244.2.1") in held.wishes[place("a")].hold.alive

    def test_two_futures_of_one_past_do_not_know_of_each_other(self) -> None:
        held = desired(A, GW, config=WITHOUT_VXETH1)
        one, other = (after(held, PodSeen(pod(name, None, f"10.244.9.{ord(name)}"))) for name in "xy")
        for future in (one, other):
            assert future.wishes == desire(future.snapshot, Desired(Policy())).wishes

    def test_who_is_a_member_of_nothing_that_is_adrift_is_not_concerned(self) -> None:
        before = desired(A, B)
        later = after(before, PodSeen(pod("c", "vxeth1 ip=x", "10.244.2.9")))
        assert later.changed == {place("a"), place("c")}
        assert later.wishes[place("a")].hold.peers == {"vxeth1": {ip_address("10.244.2.9")}}

    def test_so_does_a_config_map_that_is_gone(self) -> None:
        result = after(desired(A, GW), ConfigSeen(None))
        assert result.wishes[place("gw")].hold.networks == {"vxeth1", "vxeth2"}

    def test_a_pod_that_is_not_admitted_leaves(self) -> None:
        closed = ConfigView((("vxeth1", "id=101 up namespaces=other"),))
        wish = desired(A, config=closed).wishes[place("a")]
        assert wish.hold.networks == frozenset()
        assert wish.netns == EMPTY
        assert [fault.code for fault in wish.reading.faults] == ["not-admitted"]


class TestGate:
    def test_whom_to_ask_and_who_waits(self) -> None:
        waiting = desired(pod("a", init=AgentState.RUNNING, sidecar=AgentState.WAITING)).wishes[place("a")]
        assert waiting.target is not None
        assert (waiting.target.container, waiting.waiting) == ("vxlan-controller-agent-init", Waiting.INIT)
        started = desired(pod("a")).wishes[place("a")]
        assert started.target is not None
        assert (started.target.container, started.waiting) == ("vxlan-controller-agent", Waiting.NOBODY)

    def test_a_native_sidecar_waits_until_it_has_started(self) -> None:
        native = pod("a", init=AgentState.ABSENT, native=True, started=False)
        assert desired(native).wishes[place("a")].waiting is Waiting.PROBE
        assert desired(replace(native, started=True)).wishes[place("a")].waiting is Waiting.NOBODY

    def test_between_the_agents_nobody_can_be_asked(self) -> None:
        assert desired(pod("a", init=AgentState.ENDED, sidecar=AgentState.WAITING)).wishes[place("a")].target is None

    def test_nobody_is_ever_asked_in_a_nodes_own_namespace(self) -> None:
        assert desired(pod("a", host_network=True)).wishes[place("a")].target is None

    def test_no_text_opens_at_once_and_a_fault_keeps_it_shut_unless_the_operator_says_otherwise(self) -> None:
        assert may_open(desired(pod("a", None)).wishes[place("a")], ())
        assert not may_open(desired(pod("a", "nosuch")).wishes[place("a")], ())
        assert may_open(desired(pod("a", "nosuch"), policy=Policy(gate_open=True)).wishes[place("a")], ())


class TestSharing:
    def test_all_members_share_one_set_and_a_change_elsewhere_keeps_it(self) -> None:
        before = desired(A, B, GW)
        a, gw = link(before.wishes[place("a")]), link(before.wishes[place("gw")])
        assert a.destinations.shared is gw.destinations.shared
        later = after(before, PodSeen(pod("new", "vxeth2", "10.244.2.7")))
        assert later.changed == {place("b"), place("gw"), place("new")}
        assert later.wishes[place("a")] is before.wishes[place("a")]

    def test_who_gets_other_peers_keeps_all_else(self) -> None:
        """Every field that is not the default: a new one must not be lost here."""
        waits = replace(A, init=AgentState.RUNNING, leaves_at=9.0, gated=True)
        twin = pod("twin", "vxeth1 ip=192.168.11.2/29", "10.244.1.9")
        before = desired(waits, twin, pod("x", "bad;", "10.244.9.9"), policy=Policy(gate_open=True))
        wish = before.wishes[place("a")]
        bare = Wish(wish.place)
        assert [f.name for f in fields(Wish) if getattr(wish, f.name) == getattr(bare, f.name)] == ["place"]
        later = after(before, PodSeen(pod("new", "vxeth1", "10.244.2.7"))).wishes[place("a")]
        assert set(map(str, link(later).destinations)) == {"10.244.1.9", "10.244.2.7"}
        assert replace(later, netns=wish.netns) == wish

    def test_an_event_without_meaning_changes_nothing(self) -> None:
        before = desired(A, B, GW)
        assert after(before, PodSeen(replace(A)), ConfigSeen(replace(NETWORKS))).changed == frozenset()


TEXTS = st.sampled_from(
    [
        None,
        "vxeth1",
        "vxeth1, vxeth2",
        "vxeth1 ip=10.1.0.1/24",
        "vxeth1 ip=10.1.0.2/24",
        "vxeth2 id=9",
        "vxeth1 family=ipv6",
        "bad;",
        "nosuch",
        "vxeth1 ip=x",
    ]
)
CROWDED = st.sampled_from(
    ["vxeth1 ip=10.1.0.1/24", "vxeth1 ip=10.1.0.1/24 ip=10.1.0.2/24", "vxeth1 ip=10.1.0.2/24", "vxeth1 id=9"]
)
ADDRESSES = st.sampled_from(["10.244.1.1", "10.244.1.2", "10.244.1.3", "10.244.1.3 fd00::3", None])


@st.composite
def changes(draw: st.DrawFn) -> Change:
    name = draw(st.sampled_from("abcd"))
    uid = draw(st.sampled_from(["", "", "second"]))
    match draw(st.integers(0, 9)):
        case 0:
            return PodGone(place(name, uid and f"{name}-{uid}"))
        case 1:
            return ConfigSeen(draw(st.sampled_from([None, NETWORKS, ConfigView(NETWORKS.data[:2])])))
        case 2:
            return Elapsed(draw(st.floats(0, 100)))
        case _:
            return PodSeen(
                pod(
                    name,
                    draw(TEXTS),
                    draw(ADDRESSES),
                    uid=uid and f"{name}-{uid}",
                    leaves_at=draw(st.sampled_from([None, None, 50.0])),
                    init=draw(st.sampled_from(AgentState)),
                )
            )


@st.composite
def changes_in_a_crowd(draw: st.DrawFn) -> Change:
    number = draw(st.integers(1, 9))
    if draw(st.integers(0, 4)) == 0:
        return PodGone(place(f"p{number}"))
    return PodSeen(pod(f"p{number}", draw(CROWDED), f"10.244.1.{number}"))


@settings(max_examples=2000, deadline=None)
@given(st.lists(changes(), max_size=12), st.data())
def test_history_does_not_matter(sequence: list[Change], data: st.DataObject) -> None:
    """However the changes were cut into bursts, and whatever was doubled, the wishes are those of the last snapshot alone."""
    history_does_not_matter(sequence, data)


@settings(max_examples=500, deadline=None)
@given(st.lists(changes_in_a_crowd(), min_size=5, max_size=25), st.data())
def test_history_does_not_matter_in_a_crowd(sequence: list[Change], data: st.DataObject) -> None:
    history_does_not_matter(sequence, data)


def history_does_not_matter(sequence: list[Change], data: st.DataObject) -> None:
    start = fold(Snapshot(), [PodsListed(()), ConfigSeen(NETWORKS)])
    result, rest = desire(start, Desired(Policy())), list(sequence)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        doubled = data.draw(st.booleans())
        result = after(result, *rest[:size], *(rest[:size] if doubled else ()))
        rest = rest[size:]
    afresh = desire(result.snapshot, Desired(Policy()))
    assert result.wishes == afresh.wishes
    assert result.membership.claims == afresh.membership.claims


@given(st.permutations([A, B, GW, pod("c", "vxeth1 ip=1", "10.244.2.2"), pod("d", "vxeth1", "10.244.1.1")]))
def test_the_order_in_which_pods_are_seen_does_not_matter(order: list[PodView]) -> None:
    listed = desired(*order)
    one_by_one = desired()
    for seen in order:
        one_by_one = after(one_by_one, PodSeen(seen))
    reference = desired(*sorted(order, key=lambda seen: seen.place))
    assert listed.wishes == one_by_one.wishes == reference.wishes
    places: list[Place] = sorted(listed.wishes)
    assert len(places) == 5
