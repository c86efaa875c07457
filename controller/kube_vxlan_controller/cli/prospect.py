"""Pure. What the controller would do to one pod, and why, for people and for programs.

Laws: it is the plan of `rounds`, not another one; every step has its sentence, its reason (the wish against the kernel) and
the very line that an agent would get; what stays undone is told as well, with what is in its way or holds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kube_vxlan_controller.cli.reasons import what, whose, why
from kube_vxlan_controller.desired import Desired, Wish
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import Netns
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry, Step
from kube_vxlan_controller.language.caret import draw
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.model import Fault
from kube_vxlan_controller.rounds import Phase, Round, Settled

NOBODY = "no agent of this pod is running, so nobody can be asked."
MOST_ALIKE = 4
"""Forwarding entries of one link that are told one by one; of more, the first are named and the others counted."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A pod's wish, what its kernel holds, and what comes next; `netns` is None where nobody could be asked."""

    wish: Wish
    netns: Netns | None = None
    due: Round | Settled | None = None
    trouble: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """What would be done."""
        return self.due.plan.steps if isinstance(self.due, Round) else ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What cannot be done: for what a user wrote, and for what is in the way in the kernel."""
        found = self.due.plan.faults if isinstance(self.due, Round) else self.due.faults if self.due else ()
        return self.wish.reading.faults + found

    @property
    def opens(self) -> bool:
        """Whether the pod would be let go on, and nothing else is left to do."""
        return isinstance(self.due, Round) and self.due.phase is Phase.OPEN


@dataclass(frozen=True, slots=True)
class Deed:
    """One step, as `-o json` has it."""

    kind: str
    link: str
    what: str
    why: str
    line: str
    """What the agent would be told."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A Fault, as `-o json` has it; line and column are those of the annotation."""

    code: str
    message: str
    hint: str
    network: str | None
    scope: str
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done to one pod, as `-o json` has it."""

    namespace: str
    pod: str
    node: str
    todo: tuple[Deed, ...]
    opens: bool
    """The pod waits for its networks, and all that is left is to let it go on."""
    faults: tuple[Obstacle, ...]
    held: tuple[str, ...]
    trouble: str
    """Why nobody could be asked; empty where somebody was."""


def outlook(desired: Desired, prospect: Prospect) -> Outlook:
    """All of it."""
    place = prospect.wish.place
    return Outlook(
        namespace=place.namespace,
        pod=place.name,
        node=desired.pods[place].node,
        todo=deeds(desired, prospect),
        opens=prospect.opens,
        faults=tuple(map(obstacle, prospect.faults)),
        held=held(desired, prospect),
        trouble=visible(prospect.trouble),
    )


def deeds(desired: Desired, prospect: Prospect) -> tuple[Deed, ...]:
    """The steps in their order."""
    have = prospect.netns or Netns()
    return tuple(_deed(desired, prospect.wish, have, step) for step in prospect.steps)


def _deed(desired: Desired, wish: Wish, have: Netns, step: Step) -> Deed:
    batches = render((step,))
    (line,) = batches.batch + batches.entries
    return Deed(type(step).__name__, step.link, visible(what(desired, step)), visible(why(desired, wish, have, step)), line)


def obstacle(fault: Fault) -> Obstacle:
    """A Fault in the form of `-o json`."""
    where = fault.where
    return Obstacle(
        fault.code,
        visible(fault.message),
        visible(fault.hint),
        fault.network,
        fault.scope.value,
        where.line if where else None,
        where.column if where else None,
    )


def held(desired: Desired, prospect: Prospect) -> tuple[str, ...]:
    """What stays as it is since nobody can tell what it should be, a sentence each."""
    wish, told = prospect.wish, []
    if wish.hold.everything:
        told.append("All that the pod has stays as it is, because its annotation cannot be read.")
    told += [
        f"What the pod has of {network} stays as it is, because that part of the annotation cannot be honoured."
        for network in sorted(wish.hold.networks)
    ]
    networks = {member.network for member in wish.reading.members}
    adrift = {**dict.fromkeys(wish.hold.destinations, "any network")} if networks else {}
    for network in sorted(networks & wish.hold.peers.keys()):
        adrift |= dict.fromkeys(wish.hold.peers[network] - wish.hold.destinations, str(network))
    own = set(desired.pods[wish.place].addresses)
    for address, where in sorted(adrift.items(), key=lambda item: (item[0].version, int(item[0]))):
        if address not in own:
            told.append(
                f"Entries for {whose(desired, address)} are neither added nor removed, because its annotation does not tell"
                f" whether it is a member of {where}."
            )
    return tuple(map(visible, told))


def plan_lines(seen: Outlook, prospect: Prospect, wide: bool) -> tuple[str, ...]:
    """The text of one pod, without its title."""
    lines = [f"  {line}" for line in deed_lines(seen.todo, wide)]
    if seen.opens:
        lines.append("  let the pod go on: everything is as wished, and it waits for that")
    for fault in prospect.faults:
        lines += [f"  {line}" for line in draw(fault, "annotation" if fault.where else "refused").splitlines()]
    lines += [f"  held: {sentence}" for sentence in seen.held]
    if seen.trouble:
        lines.append(f"  not known: {seen.trouble}")
    return tuple(lines)


def deed_lines(todo: Iterable[Deed], wide: bool) -> list[str]:
    """Each step with its reason; many forwarding entries of one link are summed up, unless `wide`."""
    lines: list[str] = []
    alike: dict[tuple[str, str], list[Deed]] = {}
    for deed in todo:
        if deed.kind in (AppendDestination.__name__, DeleteEntry.__name__) and not wide:
            alike.setdefault((deed.kind, deed.link), []).append(deed)
        else:
            lines += [f"{deed.what}: {deed.why}", *([f"    {deed.line}"] if wide else ())]
    for (_, link), same in alike.items():
        told = same if len(same) <= MOST_ALIKE else same[: MOST_ALIKE - 1]
        lines += [f"{deed.what}: {deed.why}" for deed in told]
        if len(same) > len(told):
            lines.append(f"... and the same for {len(same) - len(told)} more on {link}")
    return lines
