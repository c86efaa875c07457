"""Time. Execs that go wrong because somebody asked for it: they hang, are slow, are cut off, or are refused.

Laws: trouble concerns one pod, its open execs and its next ones; while bytes are held up none is lost, and they go on when the
trouble is over. What hangs is the way to the command: the command itself runs. The barrier alone is for all pods.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.barrier import Barrier
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import PODS


class How(StrEnum):
    """What happens to a pod's execs."""

    WORK = "work"
    HANG = "hang"
    """No byte passes, in either direction."""
    SLOW = "slow"
    """Each piece of the command's input comes late."""
    CUT = "cut"
    """The connection is reset when the command answers to its input: it has been carried out, and nobody hears of it."""
    REFUSE = "refuse"
    """Nothing is started."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a pod's execs."""

    how: How
    seconds: float = 0.0
    """How late, for `SLOW`."""
    times: int = 0
    """How often, for `CUT`; 0: until it is over."""
    code: int = 500
    """The HTTP code of a refusal: 403 says that the client may not, any other that the node cannot be reached."""


class Troubles:
    """The pods whose execs are in trouble, by uid."""

    def __init__(self) -> None:
        self.barrier = Barrier()
        self._pods: dict[str, Trouble] = {}
        self._changed = asyncio.Event()

    def set(self, uid: str, trouble: Trouble) -> None:
        """From now on it is so with this pod's execs."""
        self._pods.pop(uid, None)
        if trouble.how is not How.WORK:
            self._pods[uid] = trouble
        self._changed.set()
        self._changed = asyncio.Event()

    def refuse(self, uid: str, pod: str) -> None:
        """Raises a Refusal if execs in the pod are refused; `pod` is its name."""
        trouble = self._pods.get(uid)
        if trouble is None or trouble.how is not How.REFUSE:
            return
        if trouble.code == 403:
            raise failures.forbidden(PODS, pod, 'the client cannot create resource "pods/exec" in API group ""')
        raise Refusal(trouble.code, "InternalError", "error dialing backend: dial tcp: connect: connection refused")

    async def input(self, uid: str) -> bool:
        """Return when a piece of input may reach the command: whether it does, or is lost and ends the input."""
        if not await self.barrier.passed():
            return False
        trouble = await self._unstuck(uid)
        if trouble is not None and trouble.how is How.SLOW:
            await asyncio.sleep(trouble.seconds)
        return True

    async def output(self, uid: str, answers: bool) -> bool:
        """Return when a piece of output may reach the client: whether it does, or the connection is to be cut instead.

        `answers`: the command has had input before it.
        """
        if not await self.barrier.passed():
            return False
        trouble = await self._unstuck(uid)
        if trouble is None or trouble.how is not How.CUT or not answers:
            return True
        if trouble.times == 1:
            del self._pods[uid]
        elif trouble.times:
            self._pods[uid] = Trouble(How.CUT, times=trouble.times - 1)
        return False

    async def _unstuck(self, uid: str) -> Trouble | None:
        while (trouble := self._pods.get(uid)) is not None and trouble.how is How.HANG:
            await self._changed.wait()
        return trouble
