"""The laws of `kernel.plan`, each over thousands of worlds.

They are told on a fake kernel, which `tests/kernel/test_fake.py` holds to the real one.
"""

from copy import deepcopy
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Link, Netns
from kube_vxlan_controller.kernel.plan import ORDER, Plan, plan
from kube_vxlan_controller.kernel.steps import (
    AddLink,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    RestoreRoute,
    SetDown,
)
from kube_vxlan_controller.model import NOTHING_HELD, Address, Fault, Hold, InterfaceName, NetworkName
from tests.kernel.fake import BY_HAND, FakeKernel, FakeLink
from tests.kernel.worlds import World, holds, wishes, without_held, worlds

thousands = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@thousands
@given(worlds())
def test_it_gets_there_and_stays_there_and_no_step_is_refused(world: World) -> None:
    faults = settle(world.kernel, world.want)
    after = world.kernel.read()
    in_the_way = {fault.network for fault in faults}
    for link in world.want.links:
        if link.mark.network not in in_the_way:
            assert_is(after.by_name[link.name], link)
    assert after.by_name.keys() <= world.want.by_name.keys()
    assert plan(world.want, after) == Plan((), faults)


@thousands
@given(worlds(), holds(False), st.data())
def test_what_is_kept_up_to_date_needs_no_steps(world: World, hold: Hold, data: st.DataObject) -> None:
    for held in (NOTHING_HELD, hold, data.draw(holds(True))):
        want, kernel = without_held(world.want, held), deepcopy(world.kernel)
        assert plan(want, want, held) == Plan()
        settle(kernel, want, held)
        assert plan(want, kernel.read(), held).steps == ()


@thousands
@given(worlds(), st.data())
def test_it_survives_a_cut_after_any_step(world: World, data: st.DataObject) -> None:
    steps = plan(world.want, world.kernel.read()).steps
    wished = {route.subnet for link in world.want.links for route in link.routes}
    # Somebody's route that is taken along and not put back any more is lost, and then in nobody's way (decision 0005).
    assume(not any(isinstance(step, RestoreRoute) and step.route.subnet in wished for step in steps))
    whole, cut = deepcopy(world.kernel), deepcopy(world.kernel)
    cut.apply(steps[: data.draw(st.integers(0, len(steps)))])
    settle(whole, world.want)
    settle(cut, world.want)
    assert ours(cut) == ours(whole)


@thousands
@given(worlds(), wishes(), st.data())
def test_nothing_of_ours_is_forgotten_when_the_wish_changes_after_a_cut(
    world: World, other: Netns, data: st.DataObject
) -> None:
    kernel, before = world.kernel, world.kernel.read()
    steps = plan(world.want, before).steps
    count = data.draw(st.integers(0, len(steps)))
    kernel.apply(steps[:count])
    adopted = steps[count - 1].link if count and isinstance(steps[count - 1], AddLink) else None
    given_by_us = {(link.name, address) for link in (*before.links, *world.want.links) for address in link.addresses}
    kernel.apply(plan(other, kernel.read()).steps)
    for name, link in kernel.links.items():
        was = before.by_name.get(name) or before.foreign.links.get(name)
        wished = other.by_name.get(name)
        if link.mark is NO_MARK:
            assert name in before.foreign.links or name == adopted
        else:
            assert wished is not None
            foreign = set() if was is None else set(was.others)
            left = {(name, address) for address in link.addresses if address not in wished.addresses and address not in foreign}
            assert not left & given_by_us
    assert {link.name: link.routes for link in kernel.read().links} == {
        link.name: other.by_name[link.name].routes & link.routes for link in kernel.read().links
    }


@thousands
@given(worlds())
def test_continuous_members_are_never_cut(world: World) -> None:
    kernel, before = world.kernel, world.kernel.read()
    staying = {
        link.name: set(link.destinations) & set(there.destinations)
        for link in world.want.links
        if (there := before.by_name.get(link.name) or before.foreign.links.get(link.name))
        and there.device.same_wire(link.device)
    }
    for step in plan(world.want, before).steps:
        assert not isinstance(step, DeleteLink) or step.link not in staying
        kernel.do(step)
        for name, destinations in staying.items():
            assert destinations <= kernel.links[name].permanent.get(ZERO_MAC, set())


@thousands
@given(worlds())
def test_what_is_not_ours_is_never_named(world: World) -> None:
    before = world.kernel.read()
    steps = plan(world.want, before).steps
    unrestored = deepcopy(world.kernel)
    unrestored.apply(step for step in steps if not isinstance(step, RestoreAddress | RestoreRoute))
    restored: dict[InterfaceName, list[object]] = {}
    for step in steps:
        there, foreign = before.by_name.get(step.link), before.foreign.links.get(step.link)
        match step:
            case DeleteLink(name):
                assert name in before.by_name
            case DeleteAddress(_, address):
                assert there is not None
                assert address in there.mark.addresses
            case DeleteRoute(_, route):
                assert route in (there or foreign).routes
            case SetDown(_):
                assert there is not None
                assert there.mark.raised
            case ReplaceRoute(_, route):
                assert route.subnet not in before.foreign.routes
                assert step.link in world.want.by_name
            case RestoreAddress(name, address):
                assert address not in world.want.by_name[name].addresses
                restored.setdefault(name, []).append(address)
            case RestoreRoute(name, other):
                assert other in before.by_name[name].other_routes
                assert other.subnet not in unrestored.routes or unrestored.promotes
            case _:
                assert step.link in world.want.by_name
                assert step.link not in before.foreign.links or foreign is not None
        assert step.link not in before.foreign.aliases
    for link in before.links:
        if link.name in unrestored.links and not unrestored.promotes:
            lost = [address for address in link.others if address not in unrestored.links[link.name].addresses]
            assert restored.get(link.name, []) == lost


@thousands
@given(worlds())
def test_what_is_not_ours_survives(world: World) -> None:
    kernel, before = world.kernel, world.kernel.read()
    kernel.apply(plan(world.want, before).steps)
    for name, wished in world.want.by_name.items():
        was, now = before.by_name.get(name), kernel.read().by_name.get(name)
        if was is None or now is None:
            continue
        assert now.mac == was.mac or was.mark.network != wished.mark.network
        assert {*was.others} - wished.addresses <= {*now.others}
        near = {address.network for address in (*now.addresses, *now.others)}
        taken_over = {route.subnet for route in wished.routes} - before.foreign.routes.keys()
        for route in was.other_routes if now.up else ():
            gateway = route.gateway
            reachable = gateway is None or gateway.is_link_local or any(gateway in network for network in near)
            assert route in now.other_routes or route.subnet in taken_over or not reachable


@thousands
@given(worlds())
def test_no_two_links_have_one_mac_address(world: World) -> None:
    kernel = world.kernel
    kernel.apply(plan(world.want, kernel.read()).steps)
    macs = [link.mac for link in kernel.read().links]
    assert len(macs) == len({*macs})


@thousands
@given(worlds(), holds(False))
def test_what_is_held_is_left_alone(world: World, hold: Hold) -> None:
    kernel, before = world.kernel, world.kernel.read()
    held = {link.name: link for link in before.links if hold.everything or link.mark.network in hold.networks}
    want = without_held(world.want, hold)
    steps = plan(want, before, hold).steps
    assert kernel.apply(steps) == []
    for step in steps:
        if step.link in held:
            assert isinstance(step, DeleteEntry)
    for name, link in held.items():
        stay = hold.alive | hold.destinations | hold.peers.get(NetworkName(link.mark.network), frozenset())
        assert {to for _, to in entries(kernel.links[name])} == {to for _, to in entries_of(link) if to in stay}
    for link in want.links:
        still = hold.destinations | hold.peers.get(NetworkName(link.mark.network), frozenset())
        there = before.by_name.get(link.name)
        if there is not None and there.device.same_wire(link.device) and link.name not in held:
            learned = set() if there.up > kernel.links[link.name].up else there.learned  # a link that is lowered forgets
            had = {entry for entry in entries_of(replace(there, learned=frozenset(learned))) if entry[1] in still}
            assert {entry for entry in entries(kernel.links[link.name]) if entry[1] in still} == had


@thousands
@given(worlds(), holds(True))
def test_who_is_blind_removes_nothing(world: World, hold: Hold) -> None:
    before = deepcopy(world.kernel)
    world.kernel.apply(plan(without_held(world.want, hold), before.read(), hold).steps)
    for name, link in before.links.items():
        now = world.kernel.links[name]
        assert now.up >= link.up
        assert set(now.addresses) >= set(link.addresses)
        assert now.mark.addresses >= link.mark.addresses
        assert now.mark.raised >= link.mark.raised
        assert entries(now) >= entries(link)
        assert link.device is None or now.device.same_wire(link.device)
    for subnet, (dev, gateway, protocol) in before.routes.items():
        taken_over = protocol == BY_HAND and dev not in ("eth0", "eth1")
        assert taken_over or world.kernel.routes[subnet] == (dev, gateway, protocol)


@thousands
@given(worlds(), holds(False))
def test_steps_stand_in_the_order_of_the_table(world: World, hold: Hold) -> None:
    rank = {kind: place for place, kinds in enumerate(ORDER) for kind in kinds}
    ranks = [rank[type(step)] for step in plan(without_held(world.want, hold), world.kernel.read(), hold).steps]
    assert ranks == sorted(ranks)


def settle(kernel: FakeKernel, want: Netns, hold: Hold = NOTHING_HELD) -> tuple[Fault, ...]:
    """Carry out a wish; returns what stands in its way at the end.

    One plan suffices, but where a foreign route went together with what we took away: then it is in the way no more. A kernel
    that promotes secondaries may still have a route that was to be put back.
    """
    first = plan(want, kernel.read(), hold)
    refused = kernel.apply(first.steps)
    assert refused == [] or (kernel.promotes and all(isinstance(step, RestoreRoute) for step in refused))
    second = plan(want, kernel.read(), hold)
    assert second.steps == () or first.faults
    assert kernel.apply(second.steps) == []
    return second.faults


def ours(kernel: FakeKernel) -> list[object]:
    """What is ours there, in a form that tells differences; not which of two addresses in a subnet came first."""
    return sorted(
        (link.name, link.device, link.mark, link.up, link.addresses, link.routes, link.strays, frozenset(link.destinations))
        for link in kernel.read().links
    )


def entries(link: FakeLink) -> set[tuple[str, Address]]:
    """All forwarding entries of a link."""
    plain = {(mac, to) for table in (link.permanent, link.learned) for mac, all_to in table.items() for to in all_to}
    return plain | {(entry.mac, entry.destination) for entry in link.odd}


def entries_of(link: Link) -> set[tuple[str, Address]]:
    """The same of a value."""
    zeros = {(ZERO_MAC, destination) for destination in link.destinations}
    return zeros | {(entry.mac, entry.destination) for entry in link.strays | link.learned}


def assert_is(link: Link, wished: Link) -> None:
    """The link is as wished, where the wish says how it should be."""
    assert link.device.same_wire(wished.device)
    assert (link.device.lower, link.device.learning, link.device.ttl) == (
        wished.device.lower,
        wished.device.learning,
        wished.device.ttl or 0,
    )
    assert wished.device.local in (None, link.device.local)
    assert wished.device.mtu in (None, link.device.mtu)
    assert link.mark == wished.mark
    assert link.up >= wished.up
    assert link.addresses == wished.addresses
    assert link.routes == wished.routes
    assert set(link.destinations) == set(wished.destinations)
    assert not link.strays
    assert {entry.destination for entry in link.learned} <= set(wished.destinations)
