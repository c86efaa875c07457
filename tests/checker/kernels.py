"""Pure. What each pod's kernel held, and when: links with their lives, and what hung on them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from tests.checker.facts import Gone, Is
from tests.checker.items import Address, Entry, Link, Neighbour, Route, Rule
from tests.checker.spans import Spans, union

_TEARING = 10.0
"""Seconds that a container runtime may take from a sandbox's network to the end of its last process."""

Thing = Entry | Address | Route | Rule | Neighbour
"""What a kernel holds besides links."""


@dataclass(slots=True)
class Life:
    """One link from when it was made, or got its name, to when it was gone, or got another."""

    begin: float
    end: float
    states: list[tuple[float, Link]]
    """What it was from which time on."""

    @property
    def last(self) -> Link:
        """What it was in the end."""
        return self.states[-1][1]

    @property
    def alias(self) -> str:
        """Its first alias that is not empty. (The kernel does not tell of an alias alone, so this may be seen late.)"""
        return next((link.alias for _, link in self.states if link.alias), "")

    @property
    def network(self) -> str:
        """The network that our mark names; empty for a link that is not ours. docs/protocol.md has the mark."""
        parts = self.alias.split("/")
        return parts[1] if len(parts) > 2 and parts[0].startswith("kvc") and parts[0][3:].isdigit() else ""

    @property
    def given(self) -> frozenset[str]:
        """The addresses that the mark ever recorded."""
        return frozenset(word.replace("-", "/") for _, link in self.states for word in link.alias.split("/")[3:])

    def when(self, test: Mapping[str, object]) -> Spans:
        """While its attributes were these."""
        ends = [time for time, _ in self.states[1:]] + [self.end]
        found = zip(self.states, ends, strict=True)
        return union((b, e) for (b, link), e in found if all(getattr(link, name) == value for name, value in test.items()))

    def over(self, family: int) -> Spans:
        """While it sent in this family: in IPv6 it has an address to send from."""
        ends = [time for time, _ in self.states[1:]] + [self.end]
        found = zip(self.states, ends, strict=True)
        return union((begin, end) for (begin, link), end in found if (":" in link.local) == (family == 6))

    @property
    def span(self) -> tuple[float, float]:
        """From beginning to end."""
        return self.begin, self.end


@dataclass(slots=True)
class Kernel:
    """What one pod's kernel held, through all of its sandboxes."""

    links: dict[int, list[Life]] = field(default_factory=lambda: defaultdict(list))
    held: dict[Thing, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    watched: list[tuple[float, float]] = field(default_factory=list)
    """While the checker listened there."""
    made: list[tuple[float, float]] = field(default_factory=list)
    """While the sandbox was handed over and not yet gone."""
    by_link: dict[int, list[Thing]] = field(default_factory=lambda: defaultdict(list))

    def take(self, time: float, fact: Is | Gone) -> None:
        """Write down one change."""
        item = fact.item
        if isinstance(item, Link):
            lives = self.links[item.ifindex]
            there = bool(lives) and lives[-1].end == inf
            if isinstance(fact, Gone):
                if there:
                    lives[-1].end = time
            elif there and lives[-1].last.name != item.name:
                self._rename(lives, time, item)
            elif there:
                lives[-1].states.append((time, item))
            else:
                lives.append(Life(time, inf, [(time, item)]))
        elif isinstance(fact, Gone):
            self._close(item, time)
        else:
            if isinstance(item, Entry):
                self._close(item._replace(permanent=not item.permanent), time)
            self._open(item, time)

    def _rename(self, lives: list[Life], time: float, link: Link) -> None:
        """Under another name it is another link, on which all hangs that hung on the first."""
        lives[-1].end = time
        lives.append(Life(time, inf, [(time, link)]))
        for item in self.by_link[link.ifindex]:
            if self.held[item][-1][1] == inf:
                self._close(item, time)
                self.held[item].append((time, inf))

    def leave(self, time: float) -> None:
        """The namespace is gone with all that was in it. Where its `eth0` went shortly before, its end began then."""
        torn = (life.end for life in self.lives() if life.last.name == "eth0" and time - _TEARING <= life.end < time)
        begun = min(torn, default=time)
        for life in self.lives():
            life.end = min(life.end, time)
        for item in list(self.held):
            self._close(item, time)
        for spans in (self.watched, self.made):
            if spans and spans[-1][1] == inf:
                spans[-1] = (spans[-1][0], max(spans[-1][0], begun))

    def lives(self) -> Iterable[Life]:
        """All links that ever were."""
        return (life for lives in self.links.values() for life in lives)

    def on(self, life: Life, kind: type[Thing]) -> Iterable[tuple[Thing, Spans]]:
        """What hung on a link, and when."""
        for item in self.by_link[life.last.ifindex]:
            if isinstance(item, kind):
                spans = tuple(span for span in self.held[item] if life.begin <= span[0] < life.end)
                if spans:
                    yield item, spans

    def underlay(self) -> Iterable[tuple[str, Spans]]:
        """The addresses that the pod had on links that are not ours, and when."""
        for life in self.lives():
            for item, spans in self.on(life, Address) if not life.network else ():
                assert isinstance(item, Address)
                yield item.cidr.partition("/")[0], spans

    def _open(self, item: Thing, time: float) -> None:
        spans = self.held[item]
        if not spans and not isinstance(item, Rule):
            self.by_link[item.ifindex].append(item)
        if not spans or spans[-1][1] != inf:
            spans.append((time, inf))

    def _close(self, item: Thing, time: float) -> None:
        spans = self.held.get(item)
        if spans and spans[-1][1] == inf:
            spans[-1] = (spans[-1][0], time)
