"""I/O. One open stream to an agent: the greeting, then one request after another.

Laws: an answer counts only with its end line and the id of the request that waits for it; a stream on which anything else
arrived, or whose request was given up, is closed, since nobody can tell what its next answer would belong to. Somebody
listens at all times, so that a stream that ends while it is idle is known to have ended.
"""

import asyncio
from contextlib import AsyncExitStack

from kube_vxlan_controller.agents.framing import VERSION, VERSIONS, Answer, Decoder, Event, Garbled, Hello, Refusal
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import Exec, ExecStream, Rejected, StreamId, Target, Unknown, Unreachable, WorldError

ARGV = ("kube-vxlan-agent", "serve")
"""The one command line; admission policies allow no other."""


class Stream:
    """An open stream after the greeting. Closes itself when it has been idle for `warm_for` seconds."""

    __slots__ = (
        "_answer",
        "_decoder",
        "_listening",
        "_request",
        "_timer",
        "_warm_for",
        "id",
        "listener",
        "open",
        "place",
        "remote",
    )

    def __init__(self, number: StreamId, place: Place, remote: ExecStream, decoder: Decoder, warm_for: float) -> None:
        self.id = number
        self.place = place
        self.remote = remote
        self.open = True
        self.listener: asyncio.Task[None] | None = None
        """Runs `listen`; whoever makes the stream sets it before anything else happens."""
        self._decoder = decoder
        self._listening = False
        self._request = 0
        self._answer: asyncio.Future[Answer | Refusal | Unknown] | None = None
        self._warm_for = warm_for
        self._timer = asyncio.get_running_loop().call_later(warm_for, self.close)

    def next_request(self) -> int:
        """The id for the next request."""
        self._request += 1
        return self._request

    async def ask(self, request: bytes, within: float) -> Answer | Refusal:
        """Send the request with the id that `next_request` gave last.

        Raises `Unknown`, and closes then; `Unreachable` if the stream has ended and nothing was sent.
        """
        if not self.open:
            raise Unreachable(f"the stream to the agent of {self.place} ended before anything was asked")
        self._timer.cancel()
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within):
                await self.remote.send(request)
                answer = await self._answer
            if isinstance(answer, Unknown):
                raise answer
        except TimeoutError:
            self.close()
            raise Unknown(f"the agent of {self.place} has not answered within {within:g} s") from None
        except (Unknown, asyncio.CancelledError):
            self.close()
            raise
        finally:
            self._answer = None
        self._timer = asyncio.get_running_loop().call_later(self._warm_for, self.close)
        return answer

    async def listen(self) -> None:
        """Hear answers until the stream ends, whoever ends it; then let go of it."""
        why = f"the stream to the agent of {self.place} was closed"
        self._listening = True
        try:
            while self.open:
                for event in self._decoder.feed(await self.remote.receive()):
                    self._hear(event)
        except WorldError as error:
            why = f"the stream to the agent of {self.place} ended: {error}"
        except Garbled as error:
            why = f"the agent of {self.place} does not speak its protocol: {error}"
        finally:
            self.open = False
            self._timer.cancel()
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(Unknown(why))
            await self.remote.close()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Hello) or self._answer is None or self._answer.done() or event.id != self._request:
            raise Garbled("an answer to nothing that was asked")
        self._answer.set_result(event)

    def close(self) -> None:
        """Use it no more; `listen` lets go of it.

        It is cancelled only once, since a second time would cut the letting go short, and not before it has begun, since it
        would never begin then.
        """
        if self.open and self._listening and self.listener is not None:
            self.listener.cancel()
        self.open = False


async def greeted(opener: Exec, target: Target) -> tuple[ExecStream, Decoder]:
    """Start an agent and hear its first line. Raises what `Exec.open` raises, and `Rejected` for an agent that we cannot ask.

    Nothing was asked of it yet, so a connection that is lost is `Unreachable`.
    """
    try:
        async with AsyncExitStack() as undo:
            remote = await opener.open(target, ARGV)
            undo.push_async_callback(remote.close)
            decoder = Decoder()
            _check(await _greeting(remote, decoder), target)
            undo.pop_all()
            return remote, decoder
    except Unknown as error:
        raise Unreachable(f"the agent of {target.place} could not be started: {error}") from error
    except Garbled as error:
        raise Rejected("version", f"what answers in {target.place} ({target.container}) is no agent: {error}") from error


async def _greeting(remote: ExecStream, decoder: Decoder) -> Hello:
    while True:
        match list(decoder.feed(await remote.receive())):
            case []:
                continue
            case [Hello() as hello]:
                return hello
            case _:
                raise Garbled("an answer to nothing that was asked")


def _check(hello: Hello, target: Target) -> None:
    if hello.version not in VERSIONS:
        raise Rejected("version", f"the agent of {target.place} speaks protocol {hello.version}; we speak {VERSION}")
    if hello.uid is None:
        raise Rejected("uid", f"the agent of {target.place} cannot tell its pod's uid: set POD_UID in it by the downward API")
    if hello.uid != target.place.uid:
        raise Rejected("uid", f"the agent in {target.place} belongs to another pod of that name ({hello.uid})")
