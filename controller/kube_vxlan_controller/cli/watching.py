"""I/O. A command's answer, once, or with `-w` again and again until it is interrupted: what all that read a cluster share.

Laws: while watching, all is read again when a pod or the ConfigMap has changed and every `LATEST` seconds, since no kernel
tells of itself, and never more often than every `SOONEST`; what cannot be read the first time ends it, later it is told, and
tried again for ever.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.output import Again, Output, tell
from kube_vxlan_controller.cli.world import World, carry_out, opened
from kube_vxlan_controller.feeding import networks_resource, pods_resource
from kube_vxlan_controller.kube.happenings import Changed, Listed, Removed
from kube_vxlan_controller.kube.watch import follow
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.model import Namespace
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.settings import Settings

SOONEST = 1.0
"""Seconds between two readings at least, while watching."""
LATEST = 10.0
"""Seconds between two readings at most."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one reading."""

    text: str
    """For stdout, with its last line end."""
    code: int
    """The exit code, if it ends with this."""
    troubles: tuple[str, ...] = ()
    """What could not be read, a sentence each for stderr."""
    notes: tuple[str, ...] = ()
    """More sentences for stderr."""


Read = Callable[[World], Awaitable[Told]]


def give(settings: Settings, read: Read, watching: Output | None, namespace: str = "") -> int:
    """Read and print, once or (`watching`, in that form) until interrupted, for the pods of one namespace or of all.

    Returns the exit code. Raises `Complaint` when the API server cannot be read.
    """
    if watching is not None:
        return carry_out(_watch(settings, read, Again(watching), namespace))

    async def once() -> Told:
        async with opened(settings) as world:
            return await read(world)

    told = carry_out(once())
    print(told.text, end="")
    tell(told.notes)
    tell(told.troubles)
    return told.code


async def _watch(settings: Settings, read: Read, again: Again, namespace: str) -> int:
    changed = asyncio.Event()

    def hear(told: object) -> None:
        if isinstance(told, Listed | Changed | Removed):
            changed.set()

    async with opened(settings, again=True) as world, asyncio.TaskGroup() as tasks:
        first = await read(world)
        again.show(first.text, (*first.notes, *first.troubles))
        pods = pods_resource(settings.selector, Namespace(namespace) if namespace else None)
        tasks.create_task(follow(world.api, pods, hear))
        tasks.create_task(follow(world.api, networks_resource(settings.namespace, settings.configmap_name), hear))
        while True:
            await asyncio.sleep(SOONEST)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LATEST - SOONEST):
                    await changed.wait()
            changed.clear()
            try:
                told = await read(world)
            except WorldError as error:
                again.fail(visible(str(error)))
            except Complaint as complaint:
                again.fail(visible(complaint.format_message()))
            else:
                again.show(told.text, (*told.notes, *told.troubles))
