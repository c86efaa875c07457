"""Hand-made histories: a short way to write down what the checker would have seen."""

from collections.abc import Callable
from dataclasses import replace

from tests.checker.constants import Constants
from tests.checker.facts import (
    Config,
    Controller,
    Definitions,
    Ended,
    Entered,
    Fact,
    Gone,
    HandedOver,
    History,
    Is,
    Left,
    Pod,
    PodGone,
    What,
)
from tests.checker.items import Address, Entry, Item, Link, Neighbour, Route, Rule
from tests.checker.judge import check
from tests.checker.sixth import in_ipv6

ZERO = "00:00:00:00:00:00"
NETWORKS: Definitions = {"red": {"id": "100", "up": "true"}, "blue": {"id": "200", "up": "true"}}
LINKS = {
    "red": Link(7, "red", "kvc1/red/up", True, 1450, 100, 8472, learning=True),
    "blue": Link(8, "blue", "kvc1/blue/up", True, 1450, 200, 8472, learning=True),
}


def pod(address: str, *networks: str, **fields: object) -> Pod:
    """A pod in these networks."""
    wants = {name: dict[str, str]() for name in networks}
    return replace(Pod(namespace="default", name=address, addresses=(address,), wants=wants), **fields)  # type: ignore[arg-type]


def sends(network: str, destination: str, **fields: object) -> Entry:
    """An entry on a network's link."""
    return Entry(LINKS[network].ifindex, ZERO, destination)._replace(**fields)  # type: ignore[arg-type]


class Told:
    """A history under construction."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def at(self, time: float, uid: str, *whats: What | Item, source: str = "told") -> "Told":
        """At this time, these; an item alone is there from now on."""
        for what in whats:
            known = Is(what) if isinstance(what, Link | Entry | Address | Route | Rule | Neighbour) else what
            self.facts.append(Fact(time, uid, known, source))
        return self

    def sorted(self) -> History:
        """The history, in the order of time."""
        return tuple(sorted(self.facts, key=lambda fact: fact.time))


def calm() -> Told:
    """Two pods, a and b, become members of red, a is in blue besides with c, which leaves at 40 s; nothing is wrong."""
    told = Told().at(0, "", Config(NETWORKS), Controller(True))
    a, b, c = "10.0.0.1", "10.0.0.2", "10.0.0.3"
    route = {"ip": ("192.168.1.1/24",), "route": ("192.168.9.0/24:192.168.1.2",)}
    told.at(
        20,
        "a",
        Entered(1),
        HandedOver(1),
        Link(2, "eth0", up=True),
        Address(2, "10.0.0.1/24"),
        Route(2, "0.0.0.0/0", "10.0.0.254", 3),
    )
    told.at(20, "a", pod(a, wants={"red": route, "blue": {}}))
    told.at(20, "b", Entered(2), HandedOver(2), pod(b, "red")).at(20, "c", Entered(3), HandedOver(3), pod(c, "blue"))
    marked = LINKS["red"]._replace(alias="kvc1/red/up/192.168.1.1-24")
    told.at(21, "a", marked, Address(7, "192.168.1.1/24"), Route(7, "192.168.9.0/24", "192.168.1.2", 86), LINKS["blue"])
    told.at(21, "b", LINKS["red"]).at(21, "c", LINKS["blue"])
    told.at(22, "a", sends("red", b), sends("blue", c)).at(22, "b", sends("red", a)).at(22, "c", sends("blue", a))
    told.at(40, "c", PodGone(), Gone(sends("blue", a)), Gone(LINKS["blue"]), Left(3))
    told.at(41, "a", Gone(sends("blue", c)))
    return told.at(120, "", Ended())


def laws(history: History | Told, constants: Constants = Constants()) -> set[str]:  # noqa: B008
    """Which laws were broken: the same, whether this happens in IPv4 or in IPv6."""
    told = history.sorted() if isinstance(history, Told) else history
    found, six = ({violation.law for violation in check(run, constants)} for run in (told, in_ipv6(told)))
    assert found == six, "what is judged of IPv4 is judged otherwise of IPv6"
    return found


def changed(history: History, which: Callable[[Fact], bool], by: Callable[[Fact], tuple[Fact, ...]]) -> History:
    """The same history with some facts replaced."""
    facts = [new for fact in history for new in (by(fact) if which(fact) else (fact,))]
    return tuple(sorted(facts, key=lambda fact: fact.time))
