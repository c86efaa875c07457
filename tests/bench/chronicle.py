"""Pure. What happened in a lab as a history that the checker judges (`tests.checker.judge.check`).

Kernels' facts come as the observer tells them. Pods come from a watch instead of the checker's own lists: a list of a thousand
pods, again and again, would take time from those that are measured. What a watch tells is up to `_LAG` old, and is written down
at the next tick of a clock as if a list had told it: for each moment at which pods change the checker works out anew what all
of a thousand should hold, which takes up to a tenth of a second. What one pod was between two ticks is not passed over: it may
have joined and left.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

from tests.checker.facts import Config, Ended, Entries, Fact, Gap, History, Pod, PodGone, Reported, Said, Started, What
from tests.checker.objects import Objects
from tests.checker.words import events, lines, starts

_LAG, _TICK = 5.0, 1.0
"""Seconds in which a watch tells what has happened (to us, on a machine that is strained; the controller may hear of it at
once), and between two moments at which that is written down."""
_AFTER = 0.001
"""Seconds between two states of one pod."""


class Chronicle:
    """A history that grows. `offset`: seconds from its clock to the world's; `texts`: what odd annotations mean."""

    def __init__(self, offset: float, texts: Mapping[str, Entries | None]) -> None:
        self._offset = offset
        self._odd: list[str] = []
        self._objects = Objects(texts, {}, offset, self._odd.append)
        self._facts: list[Fact] = []
        self._pods: dict[str, Pod] = {}
        self._written: dict[str, float] = {}
        """Of each pod: at which moment it was written down last."""
        self._reported: dict[str, str] = {}

    def take(self, fact: Fact) -> None:
        """Write down what somebody else has seen."""
        self._facts.append(fact)

    def note(self, time: float, what: What, uid: str = "") -> None:
        """Write down what we did ourselves, which may be earlier than what stands there already."""
        self._facts.append(Fact(time, uid, what))

    def config(self, time: float, data: Mapping[str, str]) -> None:
        """The ConfigMap is now this."""
        self.note(time, Config(self._objects.networks(data)))

    def pod(self, time: float, kind: str, obj: Mapping[str, Any]) -> None:
        """What a watch of pods told."""
        uid, pod = self._objects.pod(obj)
        if kind == "DELETED":
            self._pods.pop(uid, None)
            self._write(time, uid, PodGone())
        elif self._pods.get(uid) != pod:
            self._pods[uid] = pod
            self._write(time, uid, pod)

    def _write(self, time: float, uid: str, what: Pod | PodGone) -> None:
        tick = ceil(time / _TICK) * _TICK
        moment = max(tick, self._written.get(uid, 0.0) + _AFTER)
        self._written[uid] = moment
        self._facts.append(Fact(moment, uid, what, "world", tick - _TICK - _LAG))

    def event(self, time: float, obj: Mapping[str, Any]) -> None:
        """What a watch of Events told."""
        self._facts += (Fact(time, uid, Reported(), "world") for uid in events({"items": [obj]}, self._reported))

    def history(self, time: float, said: str) -> History:
        """All until now; `said` is the controller's log."""
        facts = [*self._facts, *(Fact(time, "", Gap(why), "world") for why in self._odd)]
        facts += (Fact(at - self._offset, "", Started()) for at in starts(said))
        facts += (Fact(at - self._offset, uid, Said()) for at, uid in lines(said))
        return (*sorted(facts, key=lambda fact: fact.time), Fact(time + _TICK, "", Ended()))
