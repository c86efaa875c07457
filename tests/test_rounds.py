from dataclasses import replace
from ipaddress import ip_address

import pytest

from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Netns
from kube_vxlan_controller.kernel.readings import ParseError, Reading, parse
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry
from kube_vxlan_controller.model import InterfaceName
from kube_vxlan_controller.ports import Finally, StreamId, Told
from kube_vxlan_controller.rounds import NOTHING_KNOWN, Known, Phase, Round, Settled, audit_round, learn, next_round
from kube_vxlan_controller.snapshot import ConfigSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.views import AgentState, PodView
from tests.objects import NETWORKS, place, pod
from tests.printing import printed

STREAM = StreamId(7)
A = pod("a", "vxeth1 ip=192.168.11.2/29", "10.244.1.1")
PEERS = (pod("b", "vxeth1", "10.244.1.2"), pod("c", "vxeth1", "10.244.1.3"))


def wish(*pods: PodView, of: str = "a") -> Wish:
    return desire(fold(Snapshot(), [PodsListed(pods), ConfigSeen(NETWORKS)]), Desired(Policy())).wishes[place(of)]


def told(netns: Netns, *complaints: str) -> Told:
    return Told(STREAM, complaints, printed(netns))


def known(wished: Wish, netns: Netns | None = None) -> Known:
    """What is known when a place's kernel holds `netns`, or just what is wished."""
    return learn(wished, NOTHING_KNOWN, due(wished, NOTHING_KNOWN), told(wished.netns if netns is None else netns))


def due(wished: Wish, what: Known, blind: bool = False) -> Round:
    found = next_round(wished, what, blind)
    assert isinstance(found, Round)
    return found


def without(netns: Netns, *gone: str) -> Netns:
    (link,) = netns.links
    rest = [address for address in link.destinations if str(address) not in gone]
    return Netns((replace(link, destinations=Destinations.of(rest)),))


def test_what_tests_print_is_what_parse_reads() -> None:
    netns = wish(A, *PEERS).netns
    assert parse(printed(netns)).links == tuple(
        replace(link, device=replace(link.device, mtu=1450, ttl=0)) for link in netns.links
    )


def test_nobody_to_ask() -> None:
    between = wish(replace(A, init=AgentState.ENDED, sidecar=AgentState.WAITING))
    assert next_round(between, NOTHING_KNOWN, False) == Settled()


def test_first_everything_is_read() -> None:
    first = due(wish(A, *PEERS), NOTHING_KNOWN)
    assert first.phase is Phase.READ
    assert not first.ask.writes
    assert {reading for reading, _ in first.ask.read} == {Reading.LINKS, Reading.ROUTES, Reading.ENTRIES}


def test_another_container_is_another_stream_so_it_is_read_again() -> None:
    before = wish(replace(A, init=AgentState.RUNNING, sidecar=AgentState.WAITING), *PEERS)
    assert due(wish(A, *PEERS), known(before)).phase is Phase.READ


def test_as_wished_is_settled_and_shares_the_wishes_own_sets() -> None:
    wished = wish(A, *PEERS)
    there = known(wished)
    assert next_round(wished, there, False) == Settled()
    assert there.netns is not None
    assert there.netns.links[0].destinations is wished.netns.links[0].destinations


def test_an_empty_namespace_is_filled_and_read_back_in_one_request() -> None:
    wished = wish(A, *PEERS)
    change = due(wished, known(wished, Netns()))
    assert change.phase is Phase.CHANGE
    assert change.ask.batch[0].startswith("link add name vxeth1 ")
    assert len(change.ask.entries) == 2
    assert len(change.ask.read) == 3
    after = learn(wished, known(wished, Netns()), change, told(wished.netns))
    assert next_round(wished, after, False) == Settled()


def test_a_join_is_one_line_and_nothing_is_read_back() -> None:
    wished = wish(A, *PEERS)
    before = known(wished, without(wished.netns, "10.244.1.3"))
    join = due(wished, before)
    assert join.phase is Phase.FORWARD
    assert join.plan.steps == (AppendDestination(wished.netns.links[0].name, ip_address("10.244.1.3")),)
    assert (join.ask.batch, join.ask.read) == ((), ())
    after = learn(wished, before, join, Told(STREAM))
    assert next_round(wished, after, False) == Settled()
    assert after.netns is not None
    assert after.netns.links[0].destinations is wished.netns.links[0].destinations


def test_what_was_held_back_while_blind_is_left_to_do() -> None:
    """One peer has joined and one has gone; what is appended at once is not all."""
    wished = wish(A, PEERS[1])
    before = known(wished, without(wish(A, *PEERS).netns, "10.244.1.3"))
    join = due(wished, before, blind=True)
    assert {type(step) for step in join.plan.steps} == {AppendDestination}
    after = learn(wished, before, join, Told(STREAM))
    assert next_round(wished, after, blind=True) == Settled()
    assert {type(step) for step in due(wished, after).plan.steps} == {DeleteEntry}


def test_a_gate_is_opened_after_forwarding_lines_too() -> None:
    waiting = wish(replace(A, native=True, started=False), *PEERS)
    before = known(waiting, without(waiting.netns, "10.244.1.3"))
    after = learn(waiting, before, due(waiting, before), Told(STREAM))
    assert due(waiting, after).phase is Phase.OPEN


def test_what_stands_in_the_way_is_told_only_right_after_a_reading() -> None:
    """A device that is missed may have come since the kernel was last read."""
    wished = wish(replace(A, text="vxeth1 ip=192.168.11.2/29 dev=eth1"))
    before = replace(known(wish(A)), read_for=None)
    first = due(wished, before)
    assert first.phase is Phase.READ
    after = learn(wished, before, first, told(wish(A).netns))
    missed = next_round(wished, after, False)
    assert isinstance(missed, Settled)
    assert [fault.code for fault in missed.faults] == ["no-device"]
    # It is known then: a peer that joins makes nobody read again.
    joined = wish(replace(A, text="vxeth1 ip=192.168.11.2/29 dev=eth1"), PEERS[0])
    rested = replace(after, read_for=None, faults=frozenset(missed.faults))
    assert due(joined, rested).phase is Phase.FORWARD


def test_a_complaint_about_a_forwarding_line_makes_it_read() -> None:
    wished = wish(A, *PEERS)
    before = known(wished, without(wished.netns, "10.244.1.3"))
    after = learn(wished, before, due(wished, before), Told(STREAM, ("RTNETLINK answers: No such device",)))
    assert after.netns is None
    assert due(wished, after).phase is Phase.READ


def test_a_member_goes_in_one_request_since_the_agent_removes_what_was_learned_of_it() -> None:
    wished = wish(A, PEERS[0])
    before = known(wished, wish(A, *PEERS).netns)
    leave = due(wished, before)
    assert (leave.phase, leave.ask.read) == (Phase.FORWARD, ())
    assert next_round(wished, learn(wished, before, leave, Told(STREAM)), blind=False) == Settled()


def test_an_entry_with_more_to_it_goes_and_the_member_at_its_destination_stays() -> None:
    wished = wish(A, *PEERS)
    odd = Entry(ZERO_MAC, ip_address("10.244.1.3"), port=4789)
    text = "vxeth1 00:00:00:00:00:00 10.244.1.3 port 4789"
    there = printed(wished.netns)
    read = Told(STREAM, (), {**there, Reading.ENTRIES: f"{there[Reading.ENTRIES]}\n{text}"})
    found = learn(wished, NOTHING_KNOWN, due(wished, NOTHING_KNOWN), read)
    asked = due(wished, found)
    assert (asked.phase, asked.plan.steps) == (Phase.FORWARD, (DeleteEntry(InterfaceName("vxeth1"), odd),))
    after = learn(wished, found, asked, Told(STREAM, (), {}))
    assert after.netns is not None
    assert (set(after.netns.links[0].destinations), after.netns.links[0].strays) == (
        set(wished.netns.links[0].destinations),
        frozenset(),
    )


def test_what_was_learned_is_kept_only_where_no_destination_stands_beside_it() -> None:
    wished = wish(A, PEERS[0])
    learned = "vxeth1 02:00:00:00:00:09 10.244.1.3 learned\nvxeth1 02:00:00:00:00:08 10.244.1.2 learned"
    there = printed(wished.netns)
    read = Told(STREAM, (), {**there, Reading.ENTRIES: f"{there[Reading.ENTRIES]}\n{learned}"})
    found = learn(wished, NOTHING_KNOWN, due(wished, NOTHING_KNOWN), read)
    gone = Entry("02:00:00:00:00:09", ip_address("10.244.1.3"))
    assert found.netns is not None
    assert found.netns.links[0].learned == {gone}
    assert due(wished, found).plan.steps == (DeleteEntry(wished.netns.links[0].name, gone, learned=True),)


def test_part_of_a_wish_that_was_done_while_it_changed_is_not_taken_for_all() -> None:
    old, new = wish(A, PEERS[0]), wish(A, *PEERS)
    before = known(old, without(old.netns, "10.244.1.2"))
    after = learn(new, before, due(old, before), Told(STREAM))
    assert due(new, after).plan.steps == (AppendDestination(new.netns.links[0].name, ip_address("10.244.1.3")),)


def test_blind_adds_and_never_removes() -> None:
    wished = wish(A, PEERS[0])
    before = known(wished, wish(A, *PEERS).netns)
    assert isinstance(next_round(wished, before, True), Settled)
    assert due(wished, before, blind=False).phase is Phase.FORWARD


@pytest.mark.parametrize(
    ("states", "opens"),
    [
        ({"init": AgentState.RUNNING, "sidecar": AgentState.WAITING}, Finally.RELEASE),
        ({"init": AgentState.ABSENT, "native": True, "started": False}, Finally.READY),
    ],
)
def test_the_gate_opens_once_when_all_is_there(states: dict[str, object], opens: Finally) -> None:
    wished = wish(replace(A, **states), *PEERS)  # type: ignore[arg-type]
    there = known(wished)
    opening = due(wished, there)
    assert (opening.phase, opening.ask.finally_) == (Phase.OPEN, opens)
    after = learn(wished, there, opening, Told(STREAM))
    assert after.opened
    assert next_round(wished, after, False) == Settled()


def test_the_gate_stays_shut_while_anything_is_to_be_done_or_refused() -> None:
    waiting = replace(A, init=AgentState.RUNNING, sidecar=AgentState.WAITING)
    wished = wish(waiting, *PEERS)
    assert due(wished, known(wished, Netns())).ask.finally_ is Finally.NOTHING
    refused = wish(replace(waiting, text="vxeth1, nosuch"), *PEERS)
    assert isinstance(next_round(refused, known(refused), False), Settled)


class TestBeforeWhatTakesOthersThingsAlong:
    """A link with another VNI is made anew, and what is not ours on it is put back as it was last read."""

    def test_it_is_read_once_more(self) -> None:
        before, after = wish(A, *PEERS), wish(replace(A, text="vxeth1 id=777 ip=192.168.11.2/29"), *PEERS)
        assert due(after, known(before)).phase is Phase.READ

    def test_a_reading_for_this_wish_is_enough(self) -> None:
        before, after = wish(A, *PEERS), wish(replace(A, text="vxeth1 id=777 ip=192.168.11.2/29"), *PEERS)
        read = learn(after, known(before), due(after, known(before)), told(before.netns))
        change = due(after, read)
        assert change.phase is Phase.CHANGE
        assert change.ask.batch[0] == "link del dev vxeth1"

    def test_what_takes_nothing_along_needs_no_reading(self) -> None:
        before, after = wish(A, *PEERS), wish(replace(A, text="vxeth1 ip=192.168.11.2/29 ttl=9"), *PEERS)
        assert due(after, known(before)).phase is Phase.CHANGE


class TestAudit:
    def test_the_same_digest_keeps_what_is_known(self) -> None:
        wished = wish(A, *PEERS)
        before = known(wished)
        after = learn(wished, before, audit_round(), told(wished.netns))
        assert next_round(wished, after, False) == Settled()
        assert after.netns is not None
        assert before.netns is not None
        assert after.netns.links[0].destinations is before.netns.links[0].destinations

    def test_another_digest_makes_it_read(self) -> None:
        wished = wish(A, *PEERS)
        after = learn(wished, known(wished), audit_round(), told(without(wished.netns, "10.244.1.2")))
        assert after.netns is None

    def test_a_link_that_is_gone_is_seen_at_once(self) -> None:
        wished = wish(A, *PEERS)
        after = learn(wished, known(wished), audit_round(), told(Netns()))
        assert due(wished, after).phase is Phase.CHANGE

    def test_an_address_that_is_gone_is_put_back(self) -> None:
        wished = wish(A, *PEERS)
        (link,) = wished.netns.links
        drifted = Netns((replace(link, addresses=frozenset()),))
        after = learn(wished, known(wished), audit_round(), told(drifted))
        assert due(wished, after).ask.batch == ("addr replace 192.168.11.2/29 dev vxeth1",)


def test_an_answer_that_makes_no_sense_is_a_parse_error() -> None:
    wished = wish(A, *PEERS)
    with pytest.raises(ParseError):
        learn(wished, NOTHING_KNOWN, due(wished, NOTHING_KNOWN), Told(STREAM, (), {Reading.LINKS: "<html>"}))


def test_what_could_not_be_read_is_not_taken_for_empty() -> None:
    wished = wish(A, *PEERS)
    readings = {reading: text for reading, text in printed(wished.netns).items() if reading is not Reading.LINKS}
    with pytest.raises(ParseError, match="could not read links: cannot open"):
        learn(wished, NOTHING_KNOWN, due(wished, NOTHING_KNOWN), Told(STREAM, ("cannot open netlink socket",), readings))
