"""I/O. The world, opened once for a command that only reads: pods and networks from the API server, links from the agents.

Laws: nothing is written; at most `AT_ONCE` agents are asked at a time; a pod that cannot be read is a sentence among
`Seen.troubles` and spoils no other; a wait of more than a second shows on a terminal how far it is.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress

from kube_vxlan_controller.agents.streams import Limits, Streams
from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.render import Sight
from kube_vxlan_controller.connecting import connection
from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.feeding import config_changes, networks_resource, pod_changes, pods_resource
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.exec import PodExec
from kube_vxlan_controller.kube.happenings import Listed
from kube_vxlan_controller.kube.listing import list_all
from kube_vxlan_controller.language.caret import one_line
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.model import Epoch, Member, Namespace, NetworkName
from kube_vxlan_controller.ports import Agents, Ask, Reading, WorldError
from kube_vxlan_controller.settings import Settings
from kube_vxlan_controller.snapshot import Elapsed, Snapshot, fold

AT_ONCE = 32
"""Pods asked at a time; an exec costs its node about 25 ms of CPU."""
PATIENCE = 1.0
"""Seconds after which somebody at a terminal wants to see that something happens."""


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


def look(settings: Settings, what: Look) -> Seen:
    """Look once. Raises `Complaint` when the API server cannot be read."""
    try:
        return asyncio.run(_look(settings, what))
    except WorldError as error:
        raise Complaint(str(error), 1) from error


async def _look(settings: Settings, what: Look) -> Seen:
    async with _progress() as asking, ApiClient(await connection(settings)) as api:
        desired = await _desired(api, settings, what.namespace)
        wishes = sorted(desired.wishes.values(), key=lambda wish: (wish.place.namespace, wish.place.name))
        chosen = [(wish, [member for member in wish.reading.members if what.wanted(member)]) for wish in wishes]
        asked = [(wish, members) for wish, members in chosen if members]
        # Nothing is ever written, so no epoch is needed.
        async with Streams(PodExec(api), lambda: Epoch(0), Limits()) as agents:
            told = await _ask_all(agents, asked, what.readings, asking(len(asked)))
    faults = [f"{wish.place}: {one_line(fault)}" for wish in wishes if what.concerns(wish) for fault in wish.reading.faults]
    named = {*(desired.networks.definitions or ()), *(key.name for key in desired.membership.groups)}
    return Seen(
        sights=tuple(sight for sights, _ in told for sight in sights),
        troubles=(*faults, *(trouble for _, troubles in told for trouble in troubles)),
        networks=frozenset(named),
    )


async def _desired(api: ApiClient, settings: Settings, namespace: str) -> Desired:
    pods = await list_all(api, pods_resource(settings.selector, Namespace(namespace) if namespace else None))
    config = await list_all(api, networks_resource(settings.namespace, settings.configmap_name))
    told = pod_changes(Listed(pods.objects), settings.annotation, settings.agents) + config_changes(Listed(config.objects))
    policy = Policy(settings.agents, settings.gate_open, settings.vni_from_configmap)
    return desire(fold(Snapshot(), [*told, Elapsed(time.time())]), Desired(policy))


Told = tuple[list[Sight], list[str]]


async def _ask_all(
    agents: Agents, asked: Sequence[tuple[Wish, list[Member]]], readings: Sequence[Reading], advance: Callable[[], None]
) -> list[Told]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(wish: Wish, members: list[Member]) -> Told:
        async with turns:
            told = await _ask(agents, wish, members, readings)
            await agents.forget(wish.place)
        advance()
        return told

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(wish, members)) for wish, members in asked]
    return [task.result() for task in running]


async def _ask(agents: Agents, wish: Wish, members: list[Member], readings: Sequence[Reading]) -> Told:
    """One pod's links; what cannot be read is left out and told."""
    if not readings:
        return [Sight(member) for member in members], []
    if wish.target is None:
        return [Sight(member) for member in members], [
            f"{wish.place}: no agent of this pod is running, so nobody can be asked."
        ]
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


@asynccontextmanager
async def _progress() -> AsyncIterator[Callable[[int], Callable[[], None]]]:
    """Shows how far we are, on a terminal, if it takes more than a moment.

    Gives what is told once how many pods there are to ask, and which then gives what counts one.
    """
    progress = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    bar = progress.add_task("asking the API server", total=None)
    later = asyncio.get_running_loop().call_later(PATIENCE, progress.start)

    def asking(total: int) -> Callable[[], None]:
        progress.update(bar, description="asking the pods", total=total)
        return lambda: progress.advance(bar)

    try:
        yield asking
    finally:
        later.cancel()
        progress.stop()


def tell(troubles: Sequence[str]) -> int:
    """Print what could not be read, a sentence each; the exit code."""
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return 1 if troubles else 0
