"""I/O. The condition by which a pod's readiness gate learns that frames can pass, on the pods that name that gate.

`saw` is told what the API server has, `wish` what a pod should be told, and where the two differ it is written `during` the
work of a leader, one pod after the other. Laws: who does not lead writes nothing, so what is due when its work ends is left to
the next leader, who finds it due as well; what is there already is not written again, also after a restart; a pod that was
ready stays so while nobody can tell; one that has gone, or is another one of the same name, is never written to (its object's
uid goes with the patch, which of a static pod's mirror is not that of the place); a pod that cannot be written to is tried
again later, in nobody's way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import assert_never

from kube_vxlan_controller.kube.answers import Conflict, Invalid
from kube_vxlan_controller.kube.client import ApiClient, Body
from kube_vxlan_controller.kube.happenings import Changed, Fresh, Happening, Listed, Removed, Stale, Trouble
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import Gone, WorldError
from kube_vxlan_controller.telling import Readiness
from kube_vxlan_controller.views import READY, Condition, PodObject, place_of

log = logging.getLogger(__name__)

STRATEGIC_PATCH = "application/strategic-merge-patch+json"
MANAGER = "kube-vxlan-controller"
"""Our fieldManager."""
LONGEST = 1024
"""Characters of a message."""
RETRY = 10.0
"""Seconds after which what could not be written is tried again."""


class Conditions:
    """Writes conditions; `count` is told how each patch ended: `ok`, or the name of the error."""

    def __init__(self, api: ApiClient, count: Callable[[str], None]) -> None:
        self._api = api
        self._count = count
        self._there: dict[Place, tuple[str, Condition | None]] = {}
        """Of each pod with our gate, its object's uid and the condition that it has."""
        self._wishes: dict[Place, Readiness] = {}
        """Those of pods that are gone go with the next list: a mirror that is made anew is no news to who wishes."""
        self._due: dict[Place, None] = {}
        self._arrived = asyncio.Event()
        self._said = ""

    def saw(self, told: Happening[PodObject]) -> None:
        """Take in what the API server has."""
        match told:
            case Listed(objects, consistent):
                there = {place_of(pod) for pod in objects}
                for place in (self._there.keys() | self._wishes.keys()) - there if consistent else ():
                    self._there.pop(place, None)
                    self._wishes.pop(place, None)
                for pod in objects:
                    self._see(pod)
            case Changed(pod):
                self._see(pod)
            case Removed(pod):
                self._there.pop(place_of(pod), None)
            case Stale() | Fresh() | Trouble():
                pass  # how fresh the view is changes nothing: a patch to a pod that is no more does nothing
            case _:
                assert_never(told)

    def wish(self, readiness: Readiness) -> None:
        """Have a pod told, soon if somebody leads."""
        self._wishes[readiness.place] = readiness
        self._look(readiness.place)

    async def during(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work, and write what is due for as long as that lasts, however it ends."""
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(self._write_all())
            await work()
            writing.cancel()

    async def _write_all(self) -> None:
        """Write what is due, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._due:
                place = next(iter(self._due))
                del self._due[place]
                if (patch := self._patch(place)) is not None:
                    await self._write(place, patch)

    def _see(self, pod: PodObject) -> None:
        place = place_of(pod)
        if pod.gated:
            condition = next((one for one in pod.status.conditions or () if one.type == READY), None)
            self._there[place] = pod.metadata.uid, condition
            self._look(place)

    def _look(self, place: Place) -> None:
        if self._patch(place) is not None:
            self._due[place] = None
            self._arrived.set()

    def _patch(self, place: Place) -> dict[str, object] | None:
        """What is to be written; None where nothing is."""
        if place not in self._there or place not in self._wishes:
            return None
        uid, there = self._there[place]
        condition = changed(there, self._wishes[place], datetime.now(UTC))
        return None if condition is None else {"metadata": {"uid": uid}, "status": {"conditions": [condition]}}

    async def _write(self, place: Place, patch: dict[str, object]) -> None:
        path = f"/api/v1/namespaces/{place.namespace}/pods/{place.name}/status"
        params = {"fieldManager": MANAGER}
        try:
            pod = await self._api.request("PATCH", path, PodObject, params, Body(patch, STRATEGIC_PATCH))
        except WorldError as error:
            self._count(type(error).__name__.lower())
            if str(error) != self._said and not _is_elsewhere(error):
                log.warning("a readiness gate was not told, and will be tried again: %s", error)
                self._said = str(error)
            asyncio.get_running_loop().call_later(RETRY, self._look, place)
        else:
            self._count("ok")
            self._see(pod)


def changed(there: Condition | None, wish: Readiness, now: datetime) -> dict[str, object] | None:
    """The condition to write where `there` is; None where that is as wished."""
    if wish.ready is None and there is not None:
        return None
    status = str(bool(wish.ready))
    message = wish.message[:LONGEST]
    if there is not None and (there.status, there.reason, there.message) == (status, wish.reason, message):
        return None
    condition: dict[str, object] = {"type": READY, "status": status, "reason": wish.reason, "message": message}
    if there is None or there.status != status:
        condition["lastTransitionTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return condition


def _is_elsewhere(error: WorldError) -> bool:
    """Whether the pod is another one by now, of which the watch will tell. (To a server that is a uid that must not change.)"""
    return isinstance(error, Gone | Conflict) or (isinstance(error, Invalid) and "metadata.uid" in str(error))
