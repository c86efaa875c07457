"""I/O. The members of networks as the pods' kernels show them, read once or again and again: what `list` and `inspect` share.

Law: a pod that cannot be read is a sentence among `Seen.troubles` and spoils no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kube_vxlan_controller.cli.output import Output
from kube_vxlan_controller.cli.prospect import NOBODY
from kube_vxlan_controller.cli.render import Sight
from kube_vxlan_controller.cli.watching import Told, give
from kube_vxlan_controller.cli.world import World, carry_out, in_order, opened
from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.language.caret import one_line
from kube_vxlan_controller.language.mistakes import nearest, visible
from kube_vxlan_controller.model import Member, NetworkName, NodeName, Place
from kube_vxlan_controller.ports import Agents, Ask, Reading, WorldError
from kube_vxlan_controller.settings import Settings

MOST_NAMES = 3
"""Pods that a sentence names."""
UNREAD = "Some pods, or the ConfigMap, make no sense to us and are left out."


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at: which pods' part in which networks, and what to ask their agents about each."""

    namespace: str
    """Empty: pods of all namespaces."""
    wanted: Callable[[Member], bool]
    concerns: Callable[[Wish], bool]
    """Whether the faults of a pod are worth telling."""
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found: pods in the order of their names, each one's networks in the order of its annotation."""

    sights: tuple[Sight, ...]
    troubles: tuple[str, ...]
    networks: frozenset[NetworkName]
    """All that the ConfigMap or any pod names."""
    refused: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    """What cannot be honoured of each pod, a sentence each: it is no part of what was found."""
    nodes: Mapping[Place, NodeName] = field(default_factory=dict)
    """Of all labelled pods, also of those that are members of nothing."""
    missing_configmap: str = ""
    """The name of the ConfigMap of networks, if there is none."""

    def absent(self, prefixes: Sequence[str]) -> tuple[str, ...]:
        """A sentence for each with which no labelled pod's name begins."""
        return tuple(no_pod(one) for one in prefixes if not any(begins(place, (one,)) for place in self.nodes))

    def unknown(self, names: Sequence[NetworkName]) -> tuple[str, ...]:
        """A sentence for each name that nobody knows."""
        return tuple(self._unknown(name) for name in names if name not in self.networks)

    def _unknown(self, network: NetworkName) -> str:
        told = f"There is no network {visible(network)!r}"
        if near := nearest(network, self.networks):
            return f"{told}; did you mean {near}?"
        if self.missing_configmap:
            return f"{told}, and no ConfigMap {self.missing_configmap} that could say what it is."
        return f"{told}."

    @property
    def refusals(self) -> tuple[str, ...]:
        """All that is refused, a sentence each."""
        return tuple(f"{place}: {told}" for place, sentences in self.refused.items() for told in sentences)

    @property
    def missing(self) -> tuple[str, ...]:
        """One sentence where something is refused, so that nobody misses it; `check` and `explain` have the rest."""
        if not self.refused:
            return ()
        some = ", ".join(map(str, list(self.refused)[:MOST_NAMES]))
        more = f" and {len(self.refused) - MOST_NAMES} more" if len(self.refused) > MOST_NAMES else ""
        return (f"Something is refused, and not shown here, of {some}{more}: check --cluster tells what.",)


def look(settings: Settings, what: Look) -> Seen:
    """Look once. Raises `Complaint` when the API server cannot be read."""

    async def once() -> Seen:
        async with opened(settings) as world:
            return await _look(world, what)

    return carry_out(once())


def show(
    settings: Settings,
    what: Look,
    text: Callable[[Seen], str],
    watching: Output | None,
    lacking: Callable[[Seen], tuple[str, ...]],
) -> int:
    """Look and print, once or (`watching`, in that form) until interrupted; tell what could not be read on stderr.

    `lacking` has a sentence for each name that was asked for and is nobody's.

    Returns the exit code. Raises `Complaint` when the API server cannot be read.
    """

    async def read(world: World) -> Told:
        seen = await _look(world, what)
        troubles = (*seen.troubles, *lacking(seen))
        where = f" in the namespace {visible(what.namespace)}" if what.namespace else ""
        nobody = f"There are no pods with the label {settings.selector}{where}."
        notes = seen.missing if seen.nodes or troubles else (nobody,)
        return Told(text(seen), 1 if troubles else 0, troubles, notes)

    return give(settings, read, watching, what.namespace)


async def _look(world: World, what: Look) -> Seen:
    settings, desired = world.settings, await world.desired(what.namespace)
    wishes = in_order(desired.wishes.values())
    chosen = {wish.place: [member for member in wish.reading.members if what.wanted(member)] for wish in wishes}

    async def ask(wish: Wish) -> Answer:
        return await _ask(world.agents, wish, chosen[wish.place], what.readings)

    told = await world.ask_all([wish for wish in wishes if chosen[wish.place]], ask)
    faulty = [wish for wish in wishes if wish.reading.faults and what.concerns(wish)]
    named = {*(desired.networks.definitions or ()), *(key.name for key in desired.membership.groups)}
    unread = () if desired.snapshot.complete else (UNREAD,)
    return Seen(
        sights=tuple(sight for sights, _ in told for sight in sights),
        troubles=(*unread, *(trouble for _, troubles in told for trouble in troubles)),
        networks=frozenset(named),
        refused={wish.place: tuple(map(one_line, wish.reading.faults)) for wish in faulty},
        nodes={place: pod.node for place, pod in desired.pods.items()},
        missing_configmap="" if desired.networks.definitions is not None else f"{settings.namespace}/{settings.configmap_name}",
    )


Answer = tuple[list[Sight], list[str]]


async def _ask(agents: Agents, wish: Wish, members: list[Member], readings: Sequence[Reading]) -> Answer:
    """One pod's links; what cannot be read is left out and told."""
    if not readings:
        return [Sight(member) for member in members], []
    if wish.target is None:
        return [Sight(member) for member in members], [f"{wish.place}: {NOBODY}"]
    sights: list[Sight] = []
    troubles: list[str] = []
    for member in members:
        link = member.options.name
        try:
            told = await agents.ask(wish.target, Ask(read=tuple((reading, (link,)) for reading in readings)))
        except WorldError as error:
            left = members[len(sights) :]
            return sights + [Sight(one) for one in left], [*troubles, f"{wish.place}: {visible(str(error))}"]
        sights.append(Sight(member, told.readings))
        troubles += [f"{wish.place}: {link}: {visible(complaint)}" for complaint in dict.fromkeys(told.complaints)]
    return sights, troubles


def begins(place: Place, words: Sequence[str]) -> bool:
    """Whether a pod's name begins like one of these; of a word with a slash, whether `NAMESPACE/NAME` does."""
    return any((str(place) if "/" in word else place.name).startswith(word) for word in words)


def no_pod(word: str) -> str:
    """The sentence for a word that is meant to be a pod's name, or its beginning, and is no labelled one's."""
    return f"There is no pod that is labelled and called {visible(word)!r} or begins so."
