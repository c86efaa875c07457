"""What stays while nobody can tell what it should be, in hand-made histories: all that goes or comes meanwhile is seen."""

from dataclasses import replace

import pytest

from tests.checker.facts import ByHand, Config, Controller, Entered, Fact, Gone, HandedOver, History, Left, PodGone
from tests.checker.items import Address, Item, Link, Route
from tests.checker.telling import LINKS, NETWORKS, Told, calm, laws, pod, sends

RED, BLUE = LINKS["red"], LINKS["blue"]
A_RED = RED._replace(alias="kvc1/red/up/192.168.1.1-24")
ON_RED = (sends("red", "10.0.0.2"), Address(7, "192.168.1.1/24"), Route(7, "192.168.9.0/24", "192.168.1.2", 86))
GONE = tuple(Gone(item) for item in ON_RED)
UNREADABLE = pod("10.0.0.1", wants=None)
HELD = pod("10.0.0.1", wants={"red": None, "blue": {}})


def unreadable() -> Told:
    """As `calm`; at 60 s nobody can read any more what a wants."""
    return calm().at(60, "a", UNREADABLE)


@pytest.mark.parametrize("item", [BLUE, *ON_RED], ids=str)
@pytest.mark.parametrize("after", [0.1, 20.0])
def test_an_unreadable_pod_keeps_what_it_has(item: Item, after: float) -> None:
    assert laws(unreadable()) == set()
    assert laws(unreadable().at(60 + after, "a", Gone(item))) == {"S5"}


def test_a_link_of_an_unreadable_pod_is_not_changed() -> None:
    assert laws(unreadable().at(70, "a", A_RED._replace(up=False))) == {"S5"}
    assert laws(unreadable().at(70, "a", *GONE, Gone(A_RED))) == {"S5"}
    # It may go when it could not be read in the first place what it should be, and when the pod goes.
    assert laws(unreadable().at(70, "a", ByHand("blue"), Gone(BLUE))) == set()
    gone = unreadable().at(70, "a", *GONE, Gone(A_RED), Gone(BLUE), Left(1)).at(70.1, "a", PodGone())
    assert laws(gone.at(71, "b", Gone(sends("red", "10.0.0.1")))) == set()


def test_what_is_done_before_the_checker_sees_why_counts_too() -> None:
    """The controller is told of a change at once, and the checker sees it when it looks."""

    def history(*items: Item) -> History:
        told = calm().at(60.05, "a", *(Gone(item) for item in items))
        return tuple(sorted((*told.facts, Fact(60.3, "a", UNREADABLE, "world", since=60.0)), key=lambda fact: fact.time))

    assert laws(history()) == set()
    assert laws(history(BLUE)) == {"S5"}
    assert laws(history(sends("red", "10.0.0.2"))) == {"S5"}


def test_an_entry_that_cannot_be_read_holds_its_own_network_and_no_other() -> None:
    held = calm().at(60, "a", HELD)
    assert laws(held) == set()
    held = calm().at(60, "a", HELD).at(70, "a", Gone(sends("red", "10.0.0.2"))).at(70, "b", Gone(sends("red", "10.0.0.1")))
    assert laws(held) == {"S5"}
    less = replace(HELD, wants={"red": None})
    assert laws(calm().at(60, "a", less).at(60.5, "a", Gone(BLUE))) == set()


def test_a_restart_is_no_reason() -> None:
    restarted = unreadable().at(70, "", Controller(False)).at(71, "", Controller(True))
    assert laws(restarted.at(72, "a", Gone(BLUE))) >= {"S5"}


def joined(*items: Item, by: str = "d") -> Told:
    """A pod comes to red while a cannot be read; the controller makes these besides."""
    told = unreadable().at(80, "d", Entered(4), HandedOver(4), pod("10.0.0.4", "red"))
    told.at(81, "d", RED, sends("red", "10.0.0.2")).at(81, "b", sends("red", "10.0.0.4"))
    return told.at(81.5, by, *items)


def test_peers_of_an_unreadable_pod_neither_begin_nor_stop_to_send_there() -> None:
    assert laws(joined()) == set()
    assert laws(joined(sends("red", "10.0.0.1"))) == {"S1"}
    assert laws(unreadable().at(61, "b", Gone(sends("red", "10.0.0.1")))) == {"S5"}
    # A link that is made anew has no entry of which nobody can tell.
    told = unreadable().at(80, "b", pod("10.0.0.2")).at(80.5, "b", Gone(sends("red", "10.0.0.1")), Gone(RED))
    assert laws(told) == set()


@pytest.mark.parametrize(
    ("items", "law"),
    [
        ([sends("red", "10.0.0.4")], "S1"),
        ([Link(9, "green", "kvc1/green/up", True, 1450, 300, 8472)], "L2"),
        ([A_RED._replace(alias=f"{A_RED.alias}/192.168.1.7-24"), Address(7, "192.168.1.7/24")], "L1"),
        ([Route(7, "192.168.8.0/24", "192.168.1.2", 86)], "L1"),
    ],
)
def test_nothing_new_comes_into_an_unreadable_pod(items: list[Item], law: str) -> None:
    assert laws(joined(*items, by="a")) == {law}


@pytest.mark.parametrize("networks", [None, {"blue": NETWORKS["blue"]}], ids=["the ConfigMap", "a key"])
def test_what_a_network_that_is_gone_has_made_stays(networks: dict[str, dict[str, str]] | None) -> None:
    assert laws(calm().at(60, "", Config(networks))) == set()
    told = calm().at(60, "", Config(networks)).at(60.3, "a", Gone(sends("red", "10.0.0.2")))
    assert laws(told) == {"S5"}
    left = calm().at(60, "", Config(networks)).at(60.5, "a", *GONE, Gone(A_RED))
    left.at(60.5, "b", Gone(sends("red", "10.0.0.1")), Gone(RED))
    assert laws(left) == {"S5"}
    other = calm().at(60, "", Config(networks)).at(60.5, "a", Gone(BLUE))
    assert laws(other) >= {"S5"}


def test_what_was_decided_before_may_still_be_done_for_a_while() -> None:
    """a takes blue out, and before it is gone nobody can read the text any more."""

    def history(gone: float) -> Told:
        return calm().at(60, "a", pod("10.0.0.1", wants={"red": {}})).at(60.2, "a", UNREADABLE).at(gone, "a", Gone(BLUE))

    assert "S5" not in laws(history(62))
    assert "S5" in laws(history(80))


def test_what_stays_ends_with_the_doubt() -> None:
    mended = unreadable().at(80, "a", pod("10.0.0.1")).at(81, "a", *GONE, Gone(A_RED), Gone(BLUE))
    assert laws(mended.at(81, "b", Gone(sends("red", "10.0.0.1")))) == set()


@pytest.mark.parametrize("red", [{"id": "101", "up": "true"}, {"id": "100", "port": "4789", "up": "true"}], ids=str)
def test_a_link_may_be_made_anew_when_the_doubt_is_over(red: dict[str, str]) -> None:
    other = RED._replace(ifindex=9, vni=int(red["id"]), port=int(red.get("port", "8472")))
    told = calm().at(60, "", Config({"blue": NETWORKS["blue"]})).at(80, "", Config({**NETWORKS, "red": red}))
    told.at(80.1, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), other).at(80.2, "b", sends("red", "10.0.0.1", ifindex=9))
    marked = other._replace(alias=A_RED.alias)
    told.at(80.1, "a", *GONE, Gone(A_RED), marked, *(item._replace(ifindex=9) for item in ON_RED))
    assert laws(told) == set()
