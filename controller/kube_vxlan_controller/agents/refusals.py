"""Pure. What an agent's refusal means to whoever reads it, and what to do about it.

An agent says what it found (the codes are in `docs/protocol.md`), and knows nothing of controllers. Law: where there is nothing
to add, its own words are passed on.
"""

from kube_vxlan_controller.agents.framing import Refusal

_NEWER = (
    "a controller that was started, or took the lead, later than this one has written here; its epoch is {epoch}. End one of "
    "the two, or run both with --lease=on, so that they elect one. If this one is to stay, or no other runs, restart it."
)
_SUPERSEDED = (
    "a later stream with the epoch of this controller has been here. A new one is opened, so this passes; if not, there "
    "are two controllers that were started at the same moment: end one of them, and restart the other."
)


def told(refusal: Refusal) -> str:
    """One or more sentences."""
    number = refusal.sentence.partition(" ")[0]
    if refusal.code == "epoch" and number.isdecimal():  # else it could not record ours, and says so
        return _NEWER.format(epoch=number)
    return _SUPERSEDED if refusal.code == "superseded" else refusal.sentence
