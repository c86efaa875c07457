"""Plans as tables. That they are right for any world is told by `tests/properties/test_kernel.py`."""

from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from kube_vxlan_controller.kernel.destinations import Destinations, Generation
from kube_vxlan_controller.kernel.netns import (
    EMPTY,
    NO_MARK,
    ZERO_MAC,
    Device,
    Entry,
    Foreign,
    ForeignRoute,
    Link,
    Mark,
    Netns,
    mark_name,
)
from kube_vxlan_controller.kernel.plan import Plan, plan
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    ChangeDevice,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    RestoreRoute,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
)
from kube_vxlan_controller.model import Hold, InterfaceName, NetworkName, Route, UdpPort, Vni

A, B = InterfaceName("vx-a"), InterfaceName("vx-b")
FIRST, SECOND, THIRD = (ip_interface(f"10.1.0.{number}/24") for number in (1, 2, 3))
SIX = ip_interface("fd02::1/64")
ROUTE = Route(ip_network("172.16.0.0/16"), ip_address("10.1.0.100"))
PEER, OTHER, THIRD_PEER = (ip_address(f"10.244.0.{number}") for number in (1, 2, 3))
STRAY, LEARNED = Entry("02:00:00:00:00:01", PEER), Entry("02:00:00:00:00:02", PEER)


def wished(
    name: InterfaceName = A, vni: int = 101, addresses: frozenset[object] | None = None, up: bool = True, network: str = "a"
) -> Link:
    """A link of a network; with one address and a route where nothing is said."""
    ours = frozenset({FIRST}) if addresses is None else addresses
    device = Device(name, Vni(vni), UdpPort(8472), InterfaceName("eth0"))
    routes = frozenset({ROUTE}) if up and ours else frozenset()
    return Link(device, Mark(network, ours, up), up, ours, routes, Destinations.of([PEER, OTHER]))  # type: ignore[arg-type]


def as_read(link: Link) -> Link:
    """The same as a kernel tells it."""
    return replace(link, device=replace(link.device, ttl=0, mtu=1450), destinations=Destinations.of(link.destinations))


def test_a_link_is_made_in_the_order_of_the_table() -> None:
    link = replace(wished(), addresses=frozenset({FIRST, SIX}), mark=Mark("a", frozenset({FIRST, SIX}), True))
    assert plan(Netns((link,)), EMPTY) == Plan(
        (
            AddLink(link.device),
            SetMark(A, link.mark),
            AddAddress(A, FIRST),
            AddAddress(A, SIX),
            SetUp(A),
            ReplaceRoute(A, ROUTE),
            AppendDestination(A, PEER),
            AppendDestination(A, OTHER),
        )
    )


def test_two_links_that_swap_their_vnis_are_both_deleted_first() -> None:
    have = Netns((as_read(wished(A, 101)), as_read(wished(B, 102, frozenset(), network="b"))))
    want = Netns((wished(A, 102), wished(B, 101, frozenset(), network="b")))
    assert plan(want, have).steps[:4] == (
        DeleteLink(A),
        DeleteLink(B),
        AddLink(want.links[0].device),
        SetMark(A, want.links[0].mark),
    )
    assert plan(want, have).steps[4:6] == (AddLink(want.links[1].device), SetMark(B, want.links[1].mark))


def test_what_changes_in_place_is_changed_in_place() -> None:
    link = wished()
    device = replace(link.device, lower=InterfaceName("eth1"), learning=False, ttl=5, mtu=1400)
    assert plan(Netns((replace(link, device=device),)), Netns((as_read(link),))).steps == (
        ChangeDevice(device),
        SetMtu(A, 1400),
    )


ETH0 = Foreign(mtus={InterfaceName("lo"): 65536, InterfaceName("eth0"): 1500, A: 1300})


def test_a_ttl_and_an_mtu_that_are_wished_no_more_are_the_kernels_again() -> None:
    link = wished()
    have = replace(as_read(link), device=replace(link.device, ttl=5, mtu=1300))
    assert plan(Netns((link,)), Netns((have,), ETH0)).steps == (ChangeDevice(link.device), SetMtu(A, 1450))
    assert plan(Netns((link,)), Netns((as_read(link),), ETH0)) == Plan()
    assert plan(Netns((link,)), Netns((have,))).steps == (ChangeDevice(link.device),), "nobody knows what it was"


def test_an_mtu_that_somebody_changed_is_put_back() -> None:
    link = wished()
    have = replace(as_read(link), device=replace(as_read(link).device, mtu=1000))
    assert plan(Netns((link,)), Netns((have,), ETH0)).steps == (SetMtu(A, 1450),)


def test_over_ipv6_an_mtu_is_20_bytes_less() -> None:
    six = replace(wished(), device=replace(wished().device, local=ip_address("fd00::1")))
    have = replace(as_read(six), device=replace(as_read(six).device, mtu=1400))
    assert plan(Netns((six,)), Netns((have,), ETH0)).steps == (SetMtu(A, 1430),)


@pytest.mark.parametrize("there", [True, False])
def test_an_mtu_that_does_not_fit_is_told_with_the_largest_that_does(there: bool) -> None:
    want = replace(wished(), device=replace(wished().device, mtu=9000))
    have = Netns((as_read(wished()),) if there else (), ETH0)
    planned = plan(Netns((want,)), have)
    assert planned.steps == ()
    (fault,) = planned.faults
    assert (fault.code, fault.network) == ("mtu-too-large", "a")
    assert "9000" in fault.message
    assert "mtu=1450" in fault.hint


def test_an_mtu_that_does_not_fit_keeps_nothing_else_from_being_done_to_a_link_that_is_there() -> None:
    want = replace(wished(), device=replace(wished().device, mtu=9000, learning=False))
    have = replace(as_read(wished()), destinations=Destinations.of([PEER, THIRD_PEER]), learned=frozenset({LEARNED}))
    planned = plan(Netns((want,)), Netns((have,), ETH0))
    assert [fault.code for fault in planned.faults] == ["mtu-too-large"]
    changed, *entries = planned.steps
    assert changed == ChangeDevice(replace(want.device, mtu=1450))
    assert entries == [AppendDestination(A, OTHER), DeleteEntry(A, Entry(ZERO_MAC, THIRD_PEER))]
    other_vni = replace(have, device=replace(have.device, vni=Vni(202)))
    assert plan(Netns((want,)), Netns((other_vni,), ETH0)).steps == (DeleteLink(A),)
    foreign = Foreign({A: replace(have, mark=NO_MARK)}, mtus=ETH0.mtus)
    assert plan(Netns((want,)), Netns((), foreign)).steps == ()


def test_a_device_that_is_not_there_is_told_with_those_that_are_and_never_named_to_the_kernel() -> None:
    missing = replace(wished(), device=replace(wished().device, lower=InterfaceName("eth7")))
    beside = wished(B, 102, frozenset(), network="b")
    planned = plan(Netns((missing, beside)), Netns((), ETH0))
    (fault,) = planned.faults
    assert (fault.code, fault.network, fault.message) == ("no-device", "a", "The pod has no device eth7.")
    assert "(eth0)" in (fault.hint or "")
    assert planned.steps == plan(Netns((beside,)), Netns((), ETH0)).steps
    came = replace(ETH0, mtus={**ETH0.mtus, InterfaceName("eth7"): 1500})
    assert AddLink(missing.device) in plan(Netns((missing, beside)), Netns((), came)).steps


def test_a_link_keeps_the_device_that_it_has_while_the_wished_one_is_not_there() -> None:
    want = replace(wished(addresses=frozenset({SECOND})), device=replace(wished().device, lower=InterfaceName("eth7"), ttl=5))
    have = replace(as_read(wished()), destinations=Destinations.of([PEER, THIRD_PEER]))
    planned = plan(Netns((want,)), Netns((have,), ETH0))
    assert [fault.code for fault in planned.faults] == ["no-device"]
    assert planned.steps == (
        DeleteAddress(A, FIRST),
        SetMark(A, want.mark),
        AddAddress(A, SECOND),
        ReplaceRoute(A, ROUTE),
        AppendDestination(A, OTHER),
        DeleteEntry(A, Entry(ZERO_MAC, THIRD_PEER)),
    )


def test_a_link_that_is_about_to_be_deleted_carries_no_other() -> None:
    want = replace(wished(B, 102, network="b"), device=replace(wished(B, 102).device, lower=A))
    have = Netns((as_read(wished()),), ETH0)
    planned = plan(Netns((want,)), have)
    assert planned.steps == (DeleteLink(A),)
    assert [fault.code for fault in planned.faults] == ["no-device"]


def test_an_address_is_recorded_before_it_is_added_and_until_it_is_gone() -> None:
    want = wished(addresses=frozenset({SECOND}))
    assert plan(Netns((want,)), Netns((as_read(wished()),))).steps == (
        DeleteAddress(A, FIRST),
        SetMark(A, want.mark),
        AddAddress(A, SECOND),
        ReplaceRoute(A, ROUTE),  # lost with the last address
    )


def test_the_prefix_length_of_an_ipv6_address_changes_by_way_of_nothing() -> None:
    narrow = ip_interface("fd02::1/80")
    want, have = wished(addresses=frozenset({narrow}), up=False), wished(addresses=frozenset({SIX}), up=False)
    assert plan(Netns((want,)), Netns((as_read(have),))).steps == (
        DeleteAddress(A, SIX),
        SetMark(A, want.mark),
        AddAddress(A, narrow),
    )


def test_secondaries_that_go_with_our_primary_come_back() -> None:
    foreign = ip_interface("10.1.0.9/24")
    have = replace(
        as_read(wished(addresses=frozenset({FIRST, SECOND, THIRD}))),
        others=(foreign,),
        secondary=frozenset({SECOND, THIRD, foreign}),
    )
    want = wished(addresses=frozenset({SECOND}))
    assert plan(Netns((want,)), Netns((have,))).steps == (
        DeleteAddress(A, THIRD),
        DeleteAddress(A, FIRST),
        SetMark(A, want.mark),
        AddAddress(A, SECOND),
        RestoreAddress(A, foreign),
        ReplaceRoute(A, ROUTE),
    )


def test_no_address_comes_back_that_did_not_go() -> None:
    have = replace(
        as_read(wished(addresses=frozenset({FIRST, SECOND}))),
        others=(ip_interface("10.1.0.9/24"), ip_interface("10.9.0.9/24")),
        secondary=frozenset({FIRST, SECOND}),
    )
    want = wished(addresses=frozenset({SECOND}))
    assert plan(Netns((want,)), Netns((have,))).steps == (DeleteAddress(A, FIRST), SetMark(A, want.mark))


def test_a_link_that_we_raised_is_lowered_and_loses_no_address() -> None:
    ours = frozenset({FIRST, SIX})
    foreign = ip_interface("fd02::9/64")
    have = replace(as_read(wished(addresses=ours)), others=(foreign,), learned=frozenset({LEARNED}))
    want = wished(addresses=ours, up=False)
    assert plan(Netns((want,)), Netns((have,))).steps == (
        SetDown(A),
        SetMark(A, want.mark),
        AddAddress(A, SIX),
        RestoreAddress(A, foreign),
    )


def test_what_is_not_ours_comes_back_on_a_link_that_is_made_anew() -> None:
    foreign, by_hand = ip_interface("10.9.0.9/24"), ip_interface("fe80::99/64")
    routes = [
        ForeignRoute(ip_network("10.50.0.0/16"), ip_address("10.9.0.1"), 186),
        ForeignRoute(ip_network("10.51.0.0/16"), None, 186, 20),
        ForeignRoute(ip_network("fd50::/64"), ip_address("fe80::5"), 3, 1024),
        ForeignRoute(ip_network("10.52.0.0/16"), ip_address("10.8.0.1"), 186),  # nobody is beside that gateway any more
        ForeignRoute(ROUTE.subnet, ROUTE.gateway, 3),  # the ancestor's, which is taken over
    ]
    mac = "02:11:22:33:44:55"
    have = replace(as_read(wished()), others=(foreign, by_hand), other_routes=frozenset(routes), mac=mac)
    want = wished(vni=201)
    assert plan(Netns((want,)), Netns((have,))).steps == (
        DeleteLink(A),
        AddLink(want.device, mac),
        SetMark(A, want.mark),
        AddAddress(A, FIRST),
        RestoreAddress(A, foreign),
        RestoreAddress(A, by_hand),
        SetUp(A),
        ReplaceRoute(A, ROUTE),
        RestoreRoute(A, routes[0]),
        RestoreRoute(A, routes[1]),
        RestoreRoute(A, routes[2]),
        AppendDestination(A, PEER),
        AppendDestination(A, OTHER),
    )


def test_a_network_keeps_its_mac_address_under_another_name() -> None:
    have = replace(as_read(wished(A)), mac="02:11:22:33:44:55")
    renamed, moved = wished(B), wished(B, vni=201)
    for want in (renamed, moved):
        assert plan(Netns((want,)), Netns((have,))).steps[:2] == (DeleteLink(A), AddLink(want.device, have.mac))
    assert AddLink(moved.device) in plan(Netns((moved,)), Netns((have,)), Hold(removals=True)).steps


def test_networks_that_swap_their_names_keep_their_mac_addresses() -> None:
    first, second = wished(A, 101, network="a"), wished(B, 102, frozenset(), network="b")
    have = Netns((replace(as_read(first), mac="02:00:00:00:00:0a"), replace(as_read(second), mac="02:00:00:00:00:0b")))
    swapped = Netns((wished(B, 101, network="a"), wished(A, 102, frozenset(), network="b")))
    made = {step.link: step.mac for step in plan(swapped, have).steps if isinstance(step, AddLink)}
    assert made == {B: "02:00:00:00:00:0a", A: "02:00:00:00:00:0b"}


def test_a_link_that_stays_gives_its_mac_address_to_no_other() -> None:
    have = replace(as_read(wished(A, 101, network="a")), mac="02:00:00:00:00:0a")
    taken_over, anew = wished(A, 101, network="b"), wished(B, 102, frozenset(), network="a")
    steps = plan(Netns((taken_over, anew)), Netns((have,))).steps
    assert AddLink(anew.device) in steps
    assert DeleteLink(A) not in steps


def test_a_route_of_somebody_else_comes_back_where_the_last_address_took_it_along() -> None:
    near = ForeignRoute(ip_network("10.50.0.0/16"), ip_address("10.1.0.7"), 186)
    six = ForeignRoute(ip_network("fd50::/64"), None, 186, 1024)
    have = replace(as_read(wished()), other_routes=frozenset({near, six}))
    want = wished(addresses=frozenset({SECOND}))
    assert plan(Netns((want,)), Netns((have,))).steps[-2:] == (ReplaceRoute(A, ROUTE), RestoreRoute(A, near))
    none = wished(addresses=frozenset())
    assert not any(isinstance(step, RestoreRoute) for step in plan(Netns((none,)), Netns((have,))).steps)


def test_a_link_that_somebody_else_raised_stays_up() -> None:
    want = wished(up=False)
    assert plan(Netns((want,)), Netns((replace(as_read(want), up=True),))) == Plan()


def test_a_route_with_another_gateway_is_replaced_and_one_too_many_deleted() -> None:
    other = Route(ip_network("172.17.0.0/16"), ROUTE.gateway)
    moved = replace(ROUTE, gateway=ip_address("10.1.0.101"))
    have = replace(as_read(wished()), routes=frozenset({other, moved}))
    assert plan(Netns((wished(),)), Netns((have,))).steps == (DeleteRoute(A, other), ReplaceRoute(A, ROUTE))


def test_strays_go_and_learned_entries_only_with_their_destination() -> None:
    have = replace(as_read(wished()), strays=frozenset({STRAY}), learned=frozenset({LEARNED}))
    assert plan(Netns((wished(),)), Netns((have,))).steps == (DeleteEntry(A, STRAY),)
    alone = replace(wished(), destinations=Destinations.of([OTHER]))
    assert plan(Netns((alone,)), Netns((have,))).steps == (
        DeleteEntry(A, Entry(ZERO_MAC, PEER)),
        DeleteEntry(A, STRAY),
        DeleteEntry(A, LEARNED, learned=True),
    )


def test_a_foreign_link_of_the_same_wire_is_adopted_with_what_is_on_it() -> None:
    there = replace(
        as_read(wished()),
        mark=NO_MARK,
        addresses=frozenset(),
        others=(FIRST,),
        routes=frozenset(),
        destinations=Destinations.of([PEER, THIRD_PEER]),
    )
    have = Netns((), Foreign({A: there}))
    assert plan(Netns((wished(),)), have) == Plan(
        (
            SetMark(A, wished().mark),
            ReplaceRoute(A, ROUTE),
            AppendDestination(A, OTHER),
            DeleteEntry(A, Entry(ZERO_MAC, THIRD_PEER)),
        )
    )


def test_what_cannot_be_adopted_is_a_fault_and_the_rest_proceeds() -> None:
    other_vni = replace(as_read(wished(A, 105)), mark=NO_MARK)
    for in_the_way in (None, other_vni):
        have = Netns((), Foreign({A: in_the_way}))
        planned = plan(Netns((wished(), wished(B, 102, frozenset(), network="b"))), have)
        (fault,) = planned.faults
        assert (fault.code, fault.network) == ("link-in-the-way", "a")
        assert "vx-a" in fault.message
        assert {step.link for step in planned.steps} == {B}


def test_a_link_that_carries_somebodys_alias_is_not_adopted() -> None:
    there = replace(as_read(wished()), mark=NO_MARK)
    have = Netns((), Foreign({A: there}, {A: "mine\n"}))
    planned = plan(Netns((wished(), wished(B, 102, frozenset(), network="b"))), have)
    (fault,) = planned.faults
    assert (fault.code, fault.network) == ("link-in-the-way", "a")
    assert "alias is mine?" in fault.message
    assert "ip link set dev vx-a alias ''" in (fault.hint or "")
    assert {step.link for step in planned.steps} == {B}
    assert plan(EMPTY, have) == Plan()


def test_a_link_that_leads_somewhere_by_itself_is_not_adopted() -> None:
    there = replace(as_read(wished()), mark=NO_MARK)
    planned = plan(Netns((wished(),)), Netns((), Foreign({A: there}, leading={A: "239.1.1.1"})))
    assert planned.steps == ()
    (fault,) = planned.faults
    assert (fault.code, fault.network) == ("link-in-the-way", "a")
    assert "239.1.1.1" in fault.message
    assert "`remote`" in (fault.hint or "")


def test_an_entry_with_more_to_it_than_a_destination_goes_and_is_no_member() -> None:
    odd = Entry(ZERO_MAC, PEER, 4789), Entry(ZERO_MAC, THIRD_PEER, via="eth0")
    have = replace(as_read(wished()), destinations=Destinations.of([OTHER]), strays=frozenset(odd))
    planned = plan(Netns((wished(),)), Netns((have,)))
    assert planned.steps == (AppendDestination(A, PEER), DeleteEntry(A, odd[0]), DeleteEntry(A, odd[1]))


def test_a_vni_that_a_foreign_link_has_is_a_fault() -> None:
    have = Netns((), Foreign({B: replace(as_read(wished(B)), mark=NO_MARK)}))
    planned = plan(Netns((wished(),)), have)
    assert planned.steps == ()
    assert planned.faults[0].code == "link-in-the-way"
    assert "101" in planned.faults[0].message
    assert "vx-b" in planned.faults[0].message


def test_a_route_is_never_put_in_the_place_of_another() -> None:
    default = Route(ip_network("0.0.0.0/0"), ROUTE.gateway)
    beside = Route(FIRST.network, ROUTE.gateway)
    want = replace(wished(), routes=frozenset({ROUTE, default, beside}))
    planned = plan(Netns((want,)), Netns((), Foreign(routes={ROUTE.subnet: "186"})))
    assert [fault.code for fault in planned.faults] == ["route-in-the-way"] * 3
    assert not any(isinstance(step, ReplaceRoute) for step in planned.steps)
    assert SetUp(A) in planned.steps
    there = replace(as_read(want), routes=frozenset({ROUTE}))
    assert plan(Netns((wished(),)), Netns((there,), Foreign(routes={ROUTE.subnet: "186"}))) == Plan()


def test_a_held_link_stays_but_for_entries_that_nobody_claims() -> None:
    have = Netns((replace(as_read(wished()), strays=frozenset({STRAY}), learned=frozenset({LEARNED})),))
    gone = (DeleteEntry(A, Entry(ZERO_MAC, PEER)), DeleteEntry(A, STRAY), DeleteEntry(A, LEARNED, learned=True))
    for hold in (
        Hold(everything=True, alive=frozenset({OTHER})),
        Hold(networks=frozenset({NetworkName("a")}), alive=frozenset({OTHER})),
    ):
        assert plan(EMPTY, have, hold).steps == gone
        assert plan(EMPTY, have, replace(hold, alive=frozenset({PEER, OTHER}))) == Plan()
        assert plan(EMPTY, have, replace(hold, removals=True)) == Plan()
    assert plan(EMPTY, have, Hold(networks=frozenset({NetworkName("b")}))).steps == (DeleteLink(A),)


def test_a_network_with_a_long_name_is_held_by_its_hash() -> None:
    long = NetworkName("n" * 100)
    have = Netns((as_read(wished(network=mark_name(long))),))
    alive = frozenset({PEER, OTHER})
    assert plan(EMPTY, have, Hold(networks=frozenset({long}), alive=alive)) == Plan()
    assert plan(EMPTY, have, Hold(networks=frozenset({NetworkName("n" * 99)}), alive=alive)).steps == (DeleteLink(A),)


def test_a_wire_that_a_held_link_has_is_a_fault() -> None:
    planned = plan(Netns((wished(B, network="b"),)), Netns((as_read(wished()),)), Hold(networks=frozenset({NetworkName("a")})))
    assert [fault.code for fault in planned.faults] == ["link-in-the-way"]
    assert not any(isinstance(step, AddLink) for step in planned.steps)


def test_a_name_that_a_held_link_of_another_network_has_is_a_fault() -> None:
    hold = Hold(networks=frozenset({NetworkName("a")}), alive=frozenset({PEER, OTHER}))
    planned = plan(Netns((wished(A, 102, network="b"),)), Netns((as_read(wished()),)), hold)
    assert planned.steps == ()
    (fault,) = planned.faults
    assert (fault.code, fault.network) == ("link-in-the-way", "b")
    assert "vx-a" in fault.message
    assert "network a" in fault.message
    assert plan(Netns((wished(),)), Netns((as_read(wished()),)), hold) == Plan()


def test_a_held_destination_is_neither_added_nor_removed() -> None:
    have = replace(as_read(wished()), destinations=Destinations.of([PEER, THIRD_PEER]))
    anywhere = Hold(destinations=frozenset({OTHER, THIRD_PEER}))
    here = Hold(peers={NetworkName("a"): frozenset({OTHER, THIRD_PEER})})
    elsewhere = Hold(peers={NetworkName("b"): frozenset({OTHER, THIRD_PEER})})
    assert plan(Netns((wished(),)), Netns((have,)), anywhere) == Plan()
    assert plan(Netns((wished(),)), Netns((have,)), here) == Plan()
    assert len(plan(Netns((wished(),)), Netns((have,)), elsewhere).steps) == 2


def test_who_is_blind_adds_and_waits_with_the_rest() -> None:
    blind = Hold(removals=True)
    have = Netns((as_read(wished()), as_read(wished(B, 102, frozenset(), network="b"))))
    want = wished(addresses=frozenset({SECOND}), up=False)
    both = Mark("a", frozenset({FIRST, SECOND}), True)
    assert plan(Netns((want,)), have, blind).steps == (SetMark(A, both), AddAddress(A, SECOND))
    assert plan(Netns((wished(A, 103),)), have, blind) == Plan()
    assert plan(Netns((wished(InterfaceName("vx-c"), 102),)), have, blind) == Plan()


def test_who_is_blind_adds_no_address_that_the_alias_cannot_record() -> None:
    have = as_read(wished(addresses=frozenset(ip_interface(f"10.1.0.{number}/24") for number in range(1, 5))))
    want = replace(wished(addresses=frozenset({ip_interface("10.2.0.1/24")})), routes=frozenset())
    assert plan(Netns((want,)), Netns((have,)), Hold(removals=True)) == Plan()


def test_a_join_is_one_step_whether_or_not_the_parts_are_the_same_objects() -> None:
    before, after = Generation(frozenset({PEER, OTHER})), Generation(frozenset({PEER, OTHER, THIRD_PEER}))
    have = replace(wished(), destinations=Destinations(before, PEER))
    want = replace(have, destinations=Destinations(after, PEER))
    for there in (have, as_read(have)):
        assert plan(Netns((want,)), Netns((there,))) == Plan((AppendDestination(A, THIRD_PEER),))
        assert plan(Netns((have,)), Netns((replace(there, destinations=want.destinations),))) == Plan(
            (DeleteEntry(A, Entry(ZERO_MAC, THIRD_PEER)),)
        )
