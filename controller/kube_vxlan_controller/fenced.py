"""I/O. The agents as a leader asks them: that one of them has seen a newer leader is a reason to look at the Lease."""

from collections.abc import Callable

from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import Agents, Ask, Rejected, StreamId, Target, Told


class Fenced:
    """`Agents` whose word that they have seen a newer leader is passed on to `doubt`, besides being the answer."""

    def __init__(self, inner: Agents, doubt: Callable[[], None]) -> None:
        self._inner = inner
        self._doubt = doubt

    async def ask(self, target: Target, ask: Ask, stream: StreamId | None = None) -> Told:
        """See `ports.Agents`."""
        try:
            return await self._inner.ask(target, ask, stream)
        except Rejected as error:
            if error.code == "epoch":
                self._doubt()
            raise

    async def forget(self, place: Place) -> None:
        """See `ports.Agents`."""
        await self._inner.forget(place)
