"""Pure. How one pod stands, in one sentence: the last line of `explain`."""

from collections.abc import Sequence

from kube_vxlan_controller.cli.prospect import Prospect
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.model import Place


def verdict(place: Place, lacking: str, prospect: Prospect | None, deaf: Sequence[str]) -> str:
    """The sentence. `lacking`: what must be so and is not; `deaf`: peers without an entry for the pod."""
    if prospect is None or (lacking and not prospect.faults and not prospect.wish.reading.members):
        return f"{place} is no member of any network now. {lacking}".rstrip()
    reading = prospect.wish.reading
    networks = ", ".join(member.network for member in reading.members)
    if reading.unreadable:
        return f"{place} keeps what it has: its annotation cannot be honoured. {_first(prospect)}"
    if reading.held:
        rest = f", and is a member of {networks}" if networks else ""
        held = ", ".join(sorted(reading.held))
        return f"{place} keeps what it has of {held}, which cannot be honoured{rest}. {_first(prospect)}"
    if prospect.trouble:
        return f"{place} should be a member of {networks}, but its kernel is not known: {visible(prospect.trouble)}"
    if prospect.faults:
        return f"{place} is a member of {networks or 'no network'}, and something is refused. {_first(prospect)}"
    if prospect.steps:
        number = len(prospect.steps)
        steps = "one step is" if number == 1 else f"{number} steps are"
        return f"{place} is not as it should be: {steps} still to be done, by the controller if it runs."
    if prospect.opens:
        return f"{place} is wired, and waits for the controller to let it go on."
    if deaf:
        return f"{place} is wired, but {', '.join(deaf)} cannot send to it yet: plan tells what is to be done there."
    return (
        f"{place} is wired: member of {networks}."
        if networks
        else f"{place} is a member of no network, as its annotation says."
    )


def _first(prospect: Prospect) -> str:
    return visible(prospect.faults[0].message) if prospect.faults else ""
