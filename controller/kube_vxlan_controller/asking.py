"""Time. One pod's requests to its agent: counted, and given up where nobody is left who could answer.

A container that is killed takes its agent along, but not always the word that it has: the way to it may stay open with nobody
at its end until the deadline. Law: once the pod's status names another container, an answer of the one before is waited for no
longer than it may take on its way.
"""

import asyncio
from dataclasses import dataclass

from kube_vxlan_controller.model import Target
from kube_vxlan_controller.ports import Agents, Meter, StreamEnded, StreamId, Told, WorldError
from kube_vxlan_controller.rounds import Round


@dataclass(frozen=True, slots=True)
class _Request:
    target: Target
    deadline: asyncio.Timeout


class Asking:
    """The requests for one place, of which one at most is under way."""

    def __init__(self, agents: Agents, meter: Meter, last_words: float) -> None:
        """`last_words`: seconds that an answer may be on its way."""
        self._agents = agents
        self._meter = meter
        self._last_words = last_words
        self._request: _Request | None = None

    @property
    def under_way(self) -> bool:
        """A request is: better waited for than cut off."""
        return self._request is not None

    async def ask(self, target: Target, due: Round, stream: StreamId | None) -> Told:
        """What the agent answers. Raises every `WorldError`; `StreamEnded` if it was given up, done or not."""
        started, outcome = asyncio.get_running_loop().time(), "cancelled"
        try:
            told = await self._answer(target, due, stream)
            outcome = "ok"
        except WorldError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            self._request = None
            self._meter.asked(due.phase, outcome, asyncio.get_running_loop().time() - started)
        return told

    def hear(self, target: Target | None) -> None:
        """Take notice of whom to ask from now on."""
        request = self._request
        if request is not None and target is not None and target != request.target and request.deadline.when() is None:
            request.deadline.reschedule(asyncio.get_running_loop().time() + self._last_words)

    async def _answer(self, target: Target, due: Round, stream: StreamId | None) -> Told:
        try:
            async with asyncio.timeout(None) as deadline:
                self._request = _Request(target, deadline)
                return await self._agents.ask(target, due.ask, stream)
        except TimeoutError:
            raise StreamEnded(f"{target.place}: no answer, and its container ({target.container}) is another one now") from None
