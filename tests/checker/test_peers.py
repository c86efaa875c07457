"""What forwarding entries are judged by: S1, S2, S3, S5, L1, L2, in hand-made histories."""

from dataclasses import replace

import pytest

from tests.checker.facts import Config, Controller, Ended, Entered, Fact, Gone, HandedOver, Left, PodGone
from tests.checker.items import Address, Entry, Link
from tests.checker.judge import check
from tests.checker.telling import LINKS, NETWORKS, Told, calm, changed, laws, pod, sends

RED, BLUE = LINKS["red"], LINKS["blue"]


def test_an_entry_that_stays_behind_is_a_stranger() -> None:
    gone = Gone(sends("blue", "10.0.0.3"))
    forgotten = changed(calm().sorted(), lambda fact: fact.what == gone, lambda _: ())
    late = changed(calm().sorted(), lambda fact: fact.what == gone, lambda fact: (replace(fact, time=47),))
    assert laws(forgotten) == laws(late) == {"S1"}
    (violation,) = check(forgotten)
    assert (violation.pod, violation.time) == ("a", 45.5)
    assert "blue sends to 10.0.0.3" in violation.sentence


@pytest.mark.parametrize(
    ("entry", "law"),
    [
        (sends("red", "10.0.0.9"), "S1"),
        (sends("red", "10.0.0.3"), "S1"),  # a member of the other network
        (sends("red", "10.0.0.9", permanent=False, mac="02:00:00:00:00:01"), "S1"),
        (sends("red", "10.0.0.1"), "S2"),
        (sends("red", "0.0.0.0"), "S2"),
        (sends("red", "224.0.0.1"), "S2"),
        (sends("red", "127.0.0.1"), "S2"),
        (sends("red", "255.255.255.255"), "S2"),
        (sends("red", "fd00::1"), "S2"),
        (sends("red", "10.0.0.2", mac="02:00:00:00:00:01"), "L1"),
    ],
)
def test_a_wrong_entry_is_seen_however_short_it_is(entry: Entry, law: str) -> None:
    length = 20.0 if law == "L1" else 0.001
    assert laws(calm().at(60, "a", entry).at(60 + length, "a", Gone(entry))) == {law}


def test_a_learned_entry_to_a_member_is_nothing_odd() -> None:
    assert laws(calm().at(60, "a", sends("red", "10.0.0.2", permanent=False, mac="02:00:00:00:00:01"))) == set()


def test_what_was_learned_of_another_network_that_has_or_just_had_the_same_id_is_nothing_odd() -> None:
    """The networks swap their ids, and frames of one come to the other while not all pods have."""
    astray = sends("red", "10.0.0.3", permanent=False, mac="02:00:00:00:00:03")
    networks = {"red": {"id": "101", "up": "true"}, "blue": {"id": "100", "up": "true"}}

    def learned(at: float) -> set[str]:
        told = Told().at(0, "", Config({"red": {"id": "100", "up": "true"}, "blue": {"id": "101", "up": "true"}}))
        told.at(0, "", Controller(True)).at(20, "c", Entered(3), pod("10.0.0.3", "blue")).at(20.1, "c", BLUE._replace(vni=101))
        told.at(20, "a", Entered(1), pod("10.0.0.1", "red")).at(20.1, "a", RED._replace(vni=100))
        told.at(60, "", Config(networks))
        told.at(60.2, "a", Gone(RED._replace(vni=100))).at(60.3, "a", RED._replace(vni=101)).at(at, "a", astray)
        told.at(60.5, "c", Gone(BLUE._replace(vni=101))).at(60.6, "c", BLUE._replace(vni=100))
        return laws(told.at(90, "", Ended()))

    assert learned(60.4) == set()
    assert learned(75) == {"S1"}


def test_a_member_that_has_another_vni_in_its_kernel_is_seen() -> None:
    assert laws(calm().at(60, "b", RED._replace(vni=101))) >= {"S3", "L3"}


def test_a_member_that_others_reach_in_another_family_is_no_peer() -> None:
    other = pod("10.0.0.4", addresses=("10.0.0.4", "fd00::4"), wants={"red": {"family": "ipv6"}})
    history = calm().at(50, "d", Entered(4), HandedOver(4), other).sorted()
    assert not [violation for violation in check(history) if "does not send" in violation.sentence]


def test_continuous_members_are_never_cut() -> None:
    entry = sends("red", "10.0.0.2")
    assert laws(calm().at(60, "a", Gone(entry)).at(60.001, "a", entry)) == {"S5", "L1"}
    assert "S5" in laws(
        calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED)).at(60.001, "b", RED, sends("red", "10.0.0.1"))
    )


def test_an_address_that_another_pod_has_at_once_is_not_the_same_member() -> None:
    entry = sends("red", "10.0.0.2")
    told = calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), Left(2), PodGone())
    told.at(60, "d", Entered(4), pod("10.0.0.2", "red")).at(61, "d", RED, sends("red", "10.0.0.1"))
    assert laws(told.at(60.1, "a", Gone(entry)).at(60.2, "a", entry)) == set()


def test_a_kernel_that_ends_with_its_pod_cuts_nobody() -> None:
    end = calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), Left(2)).at(60.2, "b", PodGone())
    assert laws(end.at(61, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_a_held_pod_still_forgets_an_address_that_nobody_has() -> None:
    told = calm().at(60, "a", pod("10.0.0.1", wants=None)).at(70, "b", Left(2), PodGone())
    assert laws(told) == {"S1"}
    assert laws(told.at(71, "a", Gone(sends("red", "10.0.0.2")))) == set()


def rebuilt(*uids: str) -> Told:
    """Pod b gets a new sandbox with address 10.0.0.9, two seconds before the API says so; those named learn at once of it."""
    told = calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), Left(2))
    told.at(61, "b", Entered(4), Link(2, "eth0", up=True), Address(2, "10.0.0.9/24"), HandedOver(4))
    told.at(61.5, "b", RED, sends("red", "10.0.0.1")).at(63.5, "b", pod("10.0.0.9", "red"))
    for uid in uids:
        told.at(61.6, uid, sends("red", "10.0.0.9", permanent=False, mac="02:00:00:00:00:01"))
    told.at(63.6, "b", RED)  # in IPv6 it sends from the other address now
    return told.at(63.6, "a", sends("red", "10.0.0.9")).at(63.7, "a", Gone(sends("red", "10.0.0.2")))


def test_a_member_has_the_address_that_its_kernel_has_before_the_api_says_so() -> None:
    assert laws(rebuilt("a")) == set()


def test_a_kernels_address_is_nobodys_but_its_pods() -> None:
    strange = Told().at(0, "d", Entered(5), Link(2, "eth0", up=True), Address(2, "10.0.0.7/24"))
    for fact in (pod("10.0.0.8", "red", labelled=False), pod("10.0.0.8", "blue"), pod("10.0.0.8", "red", terminal=True)):
        told = calm().at(60, "a", sends("red", "10.0.0.7", permanent=False, mac="02:00:00:00:00:01"))
        told.facts += strange.at(20, "d", fact).facts
        assert "S1" in laws(told), fact
    # An address that the overlay has is nobody's in the underlay.
    assert laws(calm().at(60, "b", Address(7, "10.0.0.7/24")).at(61, "b", sends("red", "10.0.0.7"))) >= {"S1"}


def test_what_may_have_been_the_case_between_two_looks_may_have_been_acted_on() -> None:
    """A pod gets its address and then the network another id; the checker sees both at once."""
    told = Told().at(0, "", Config(NETWORKS), Controller(True)).at(20, "a", Entered(1), pod("10.0.0.1", "red"))
    told.at(20, "b", Entered(2), replace(pod("10.0.0.2", "red"), addresses=()))
    told.at(20.5, "a", RED).at(20.5, "b", RED).at(20.7, "a", sends("red", "10.0.0.2")).at(
        21.0, "a", Gone(sends("red", "10.0.0.2"))
    )
    both = (("", Config({"red": {"id": "101", "up": "true"}})), ("b", pod("10.0.0.2", "red")))
    told.facts += [Fact(21.5, uid, what, "world", since=20.1) for uid, what in both]
    assert laws(told.at(24.0, "", Ended())) == set()


def test_an_address_that_two_claim_belongs_to_neither_unless_one_is_leaving() -> None:
    told = calm().at(60, "d", Entered(4), pod("10.0.0.2", "red"))
    told.at(61, "d", RED, sends("red", "10.0.0.1"))
    assert laws(told) == {"S1"}
    told.at(62, "a", Gone(sends("red", "10.0.0.2")))
    assert laws(told) == set()
    assert laws(calm().at(60, "b", pod("10.0.0.2", "red", leaves_at=300.0))) == set()


def test_a_pod_leaves_when_its_deletion_is_over_or_its_phase_is_terminal() -> None:
    assert laws(calm().at(50, "b", pod("10.0.0.2", "red", leaves_at=80.0))) == {"S1"}
    assert laws(calm().at(50, "b", pod("10.0.0.2", "red", terminal=True))) == {"S1"}
