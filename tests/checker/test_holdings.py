"""What links, addresses and routes are judged by: S4, S8, S9, L3, L8, in hand-made histories."""

from dataclasses import replace

import pytest

from tests.checker.facts import ByHand, Config, Controller, Ended, Entered, Gone, HandedOver, History, Is, Left, PodGone, What
from tests.checker.items import Address, Entry, Link, Route
from tests.checker.judge import check
from tests.checker.sixth import in_ipv6
from tests.checker.telling import LINKS, NETWORKS, Told, calm, changed, laws, pod, sends

RED, BLUE = LINKS["red"], LINKS["blue"]


def laws_of(history: History) -> set[str]:
    """Which laws were broken in this family alone."""
    return {violation.law for violation in check(history)}


def test_an_address_to_send_from_that_is_not_the_pods_is_seen_in_ipv6() -> None:
    six = in_ipv6(calm().sorted())
    assert laws_of(six) == set()
    assert laws_of(tuple(replace(fact, what=_without_local(fact.what)) for fact in six)) == {"L3"}


def of_two_families(family: str) -> History:
    """Two members with addresses of both families; at 60 s the network gets this family, and their links are made anew."""
    told = Told().at(0, "", Config({"red": {"id": "100", "up": "true"}}), Controller(True))
    told.at(60, "", Config({"red": {"id": "100", "up": "true", "family": family}}))
    for number, uid in ((1, "a"), (2, "b")):
        told.at(
            20, uid, Entered(number), replace(pod(f"10.0.0.{number}", "red"), addresses=(f"10.0.0.{number}", f"fd00::{number}"))
        )
        old, new = sends("red", f"10.0.0.{3 - number}"), sends("red", f"fd00::{3 - number}", ifindex=17)
        told.at(20.5, uid, RED, old).at(62, uid, Gone(old), Gone(RED))
        told.at(62.1, uid, RED._replace(ifindex=17, local=f"fd00::{number}"), new)
    return told.at(120, "", Ended()).sorted()


def test_a_link_is_made_anew_in_another_family_and_only_then() -> None:
    assert laws_of(of_two_families("ipv6")) == set()
    assert laws_of(of_two_families("ipv4")) >= {"S5", "L3"}


def _without_local(what: What) -> What:
    match what:
        case Is(item=Link() as link):
            return Is(link._replace(local=""))
    return what


@pytest.mark.parametrize(
    "what",
    [
        Gone(Route(2, "0.0.0.0/0", "10.0.0.254", 3)),
        Gone(Address(2, "10.0.0.1/24")),
        Is(Link(2, "eth0", up=False)),
        Gone(Link(2, "eth0", up=True)),
        Is(Route(2, "10.9.0.0/16", "10.0.0.254", 86)),
        Is(Link(9, "other", up=True)),
    ],
    ids=str,
)
def test_what_is_not_ours_stays(what: Is | Gone) -> None:
    assert laws(calm().at(60, "a", what)) == {"S4"}


def test_entries_of_a_link_that_is_not_ours_stay() -> None:
    theirs, entry = Link(9, "flannel.1", up=True, vni=1, port=8472), Entry(9, "02:00:00:00:00:09", "10.0.9.9")
    with_theirs = calm().at(30, "a", ByHand(), theirs, entry)
    assert laws(with_theirs) == set()
    assert laws(with_theirs.at(110, "a", entry._replace(destination="10.0.0.9"))) == {"S4"}
    assert laws(calm().at(30, "a", ByHand(), theirs, entry).at(110, "a", Gone(entry))) == {"S4"}
    learned = entry._replace(permanent=False)
    assert laws(calm().at(30, "a", ByHand(), theirs).at(110, "a", learned).at(111, "a", Gone(learned))) == set()


def test_a_link_of_ours_under_another_name_is_another_link() -> None:
    mine, entry = RED._replace(name="mine"), sends("red", "10.0.0.1")
    assert laws(calm().at(45, "b", mine)) >= {"L2", "S5"}
    by_hand = calm().at(45, "b", ByHand("red"), ByHand("mine")).at(45.1, "b", mine)
    assert laws(by_hand) == {"L2", "L8"}
    put_back = RED._replace(ifindex=17), entry._replace(ifindex=17)
    assert laws(by_hand.at(47, "b", Gone(entry), Gone(mine), *put_back)) == set()


@pytest.mark.parametrize("later", [0.01, 5.0])
def test_whoever_takes_a_sandbox_down_begins_with_its_network(later: float) -> None:
    """A container runtime on a busy machine needs seconds from `eth0`, with which all VXLAN links go, to the last process."""
    address = Address(2, "10.0.0.2/24")
    told = calm().at(20, "b", Link(2, "eth0", up=True), address)
    told.at(60, "b", Gone(address), Gone(LINKS["red"]), Gone(sends("red", "10.0.0.1")), Gone(Link(2, "eth0", up=True)))
    told.at(60 + later, "b", Left(2)).at(60.2 + later, "b", PodGone()).at(61 + later, "a", Gone(sends("red", "10.0.0.2")))
    assert laws(told) == set()


def test_an_eth0_that_is_taken_from_a_pod_that_goes_on_is_missed() -> None:
    told = calm().at(60, "a", Gone(Address(2, "10.0.0.1/24")), Gone(Link(2, "eth0", up=True)))
    assert "S4" in laws(told)


def test_whoever_makes_a_sandbox_may_change_it_until_it_is_handed_over() -> None:
    def history(handed_over: float) -> Told:
        told = calm().at(60, "d", Entered(4), Link(1, "lo"), pod("10.0.0.4"))
        return told.at(63, "d", Link(1, "lo", up=True)).at(handed_over, "d", HandedOver(4))

    assert laws(history(64)) == set()
    assert laws(history(62)) == {"S4"}


def test_the_network_of_a_node_is_not_that_of_its_pods() -> None:
    def history(on_host: bool) -> Told:
        told = calm().at(60, "d", Entered(4), HandedOver(4), pod("172.31.0.11", host_network=on_host))
        return told.at(70, "d", Link(9, "pod17", up=True))

    assert laws(history(True)) == set()
    assert laws(history(False)) == {"S4"}


def test_a_foreign_address_on_our_link_may_go_for_a_moment_and_not_for_good() -> None:
    theirs = Address(7, "192.168.1.77/24")
    with_theirs = calm().at(30, "a", ByHand("red"), theirs).at(110, "a", Gone(theirs))
    assert laws(with_theirs) == {"S4"}
    assert laws(with_theirs.at(110.01, "a", theirs)) == set()


def test_a_namespace_that_is_not_admitted_has_no_part() -> None:
    closed = {**NETWORKS, "red": {"id": "100", "up": "true", "namespaces": "other"}}
    shut = changed(calm().sorted(), lambda f: f.what == Config(NETWORKS), lambda f: (replace(f, what=Config(closed)),))
    assert laws(shut) == {"S8", "L1"}


def test_two_links_of_one_vni_are_one_too_many() -> None:
    assert "S9" in laws(calm().at(60, "a", Link(12, "red2", "kvc1/red/up", True, 1450, 100, 8472)))


@pytest.mark.parametrize(("up_at", "broken"), [(64.0, set()), (70.0, {"L3"})])
def test_a_link_that_is_made_anew_for_another_vni_has_time_for_all_that_is_on_it(up_at: float, broken: set[str]) -> None:
    other = {**NETWORKS, "blue": {"id": "201", "up": "true"}}
    down = BLUE._replace(ifindex=9, vni=201, up=False)
    told = calm().at(60, "", Config(other)).at(60.5, "a", Gone(BLUE), down)
    assert laws(told.at(up_at, "a", down._replace(up=True))) == broken


def test_a_network_whose_key_is_gone_is_held() -> None:
    assert laws(calm().at(60, "", Config({"blue": NETWORKS["blue"]}))) == set()
    assert laws(calm().at(60, "", Config(None))) == set()


def test_networks_of_one_id_are_held_both() -> None:
    def edited(red: dict[str, str]) -> Told:
        return calm().at(60, "", Config({"red": red, "blue": NETWORKS["blue"]}))

    assert laws(edited({"id": "200", "up": "true"})) == set()
    assert "L3" in laws(edited({"id": "200", "port": "4789", "up": "true"}))


def test_a_pod_that_takes_a_network_out_loses_its_link() -> None:
    out = calm().at(60, "b", pod("10.0.0.2"))
    assert laws(out) == {"L2", "S1"}
    assert laws(out.at(61, "b", Gone(sends("red", "10.0.0.1")), Gone(RED)).at(61, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_addresses_and_routes_that_nobody_wants_any_more_are_seen() -> None:
    assert laws(calm().at(60, "a", pod("10.0.0.1", "red", "blue"))) == {"L1"}


def test_what_was_done_by_hand_is_undone_in_time() -> None:
    entry = sends("red", "10.0.0.2")

    def history(back: float) -> Told:
        return calm().at(40, "a", ByHand("red"), Gone(entry)).at(back, "a", entry)

    assert laws(history(80)) == set()
    assert laws(history(110)) == {"L8"}
    assert laws(calm().at(40, "a", ByHand("red")).at(41, "a", Gone(sends("blue", "10.0.0.3")))) == set()


def through(mtu: int, lower: int = 1500) -> Link:
    """The link of pod a in blue, through eth0."""
    return BLUE._replace(mtu=mtu, lower=2 if lower else 0)


def test_a_link_has_the_mtu_that_fits_through_its_lower_device() -> None:
    def history(mtu: int) -> Told:
        told = calm().at(20, "a", Link(2, "eth0", up=True, mtu=1500))
        told.at(20, "c", Link(2, "eth0", up=True, mtu=1500)).at(21.5, "c", through(mtu))
        return told.at(21.5, "a", through(mtu))

    assert laws(history(1450)) == set()
    assert laws(history(1449)) == laws(history(1430)) == laws(history(1500)) == {"L3"}
    assert laws(history(1450).at(60, "a", through(1400))) == {"L3"}
    by_hand = history(1450).at(40, "a", ByHand("blue"), through(1400))
    assert laws(by_hand.at(80, "a", through(1450))) == set()
    assert laws(history(1450).at(40, "a", ByHand("blue"), through(1400))) == {"L8"}


def test_a_lower_device_that_changes_takes_its_links_along() -> None:
    def history(back: float) -> Told:
        told = calm().at(20, "a", Link(2, "eth0", up=True, mtu=1500)).at(21.5, "a", through(1450))
        return told.at(40, "a", ByHand(), Link(2, "eth0", up=True, mtu=1400)).at(back, "a", through(1350))

    assert laws(history(80)) == set()
    assert laws(history(110)) == {"L8"}
