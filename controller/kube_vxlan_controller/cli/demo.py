"""I/O. What `lab demo` shows: manifests applied, pods started and wired, who reaches whom, and what our own commands say."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from kube_vxlan_controller.cli.given import read_settings
from kube_vxlan_controller.cli.reach import Ping, pings
from kube_vxlan_controller.cli.reading import Look, Seen, look
from kube_vxlan_lab.client import ApiError, Client
from kube_vxlan_lab.manifests import collection
from kube_vxlan_lab.outside import Lab

PER_SUBNET = 3
"""Pings of one pod into one subnet."""
ANSWER_WITHIN = 10.0
"""Seconds from the last pod's start in which every ping must have been answered."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A ping that was answered, `after` seconds from when all pods were running."""

    ttl: int
    after: float


def demonstrate(lab: Lab, objects: Sequence[Json], timeout: float) -> int:
    """Do it all; the exit code. Raises `ApiError` when an object is refused."""
    seen, reached = asyncio.run(_start(lab, objects, timeout))
    shown = _show(lab, seen)
    return 0 if reached and shown and not seen.troubles else 1


async def _start(lab: Lab, objects: Sequence[Json], timeout: float) -> tuple[Seen, bool]:
    """Apply, wait until all pods are ready, ping. What the pods' networks are, and whether all went well."""
    async with Client(lab.access) as client:
        expected = await _apply(client, objects)
        following = _Following(client, expected)
        try:
            async with asyncio.timeout(timeout):
                await following.until(_has_address)
                # While the pods are being wired, so that the first ping can be sent when the last of them runs.
                seen = await asyncio.to_thread(_networks, lab)
                for trouble in (*seen.troubles, *seen.refusals):
                    print(f"  {trouble}", flush=True)
                if seen.refused:
                    held = ", ".join(map(str, seen.refused))
                    print(f"What is refused keeps a pod from starting, so nobody waits for {held}.")
                    return seen, False
                await following.until(_is_ready)
        except TimeoutError:
            late = ", ".join(name for name, pod in following.pods.items() if not _is_ready(pod))
            print(f"After {timeout:g} s these pods are not ready: {late or 'those that were never created'}.")
            return await asyncio.to_thread(_networks, lab), False
        wanted = pings([sight.member for sight in seen.sights], PER_SUBNET)
        return seen, await _ping_all(client, wanted, following.pods)


async def _apply(client: Client, objects: Sequence[Json]) -> int:
    """How many pods the objects wish for."""
    expected = 0
    for obj in objects:
        if path := collection(obj):
            expected += _pods_of(await client.apply(path, obj))
        else:
            print(f"  left out: {obj['kind']} {obj['metadata']['name']} (the lab does not hold this kind)")
    return expected


def _networks(lab: Lab) -> Seen:
    everything = Look(namespace="", wanted=lambda _: True, concerns=lambda _: True, readings=())
    return look(read_settings({"kubeconfig": str(lab.kubeconfig)}).settings, everything)


def _pods_of(obj: Json) -> int:
    match obj["kind"]:
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            return int(obj["spec"]["replicas"])
        case "Pod":
            return 1
        case _:
            return 0


class _Following:
    """The pods as the API server tells of them; says each change in words."""

    def __init__(self, client: Client, expected: int) -> None:
        self.pods: dict[str, Json] = {}
        self._client = client
        self._expected = expected
        self._told: dict[str, str] = {}

    async def until(self, holds: Callable[[Json], bool]) -> None:
        """Follow them until it holds for as many as are expected."""
        while True:  # A watch that ends begins anew with a list.
            listed = await self._client.get("/api/v1/pods")
            self.pods.clear()
            for pod in listed["items"]:
                self._hear("ADDED", pod)
            if self._enough(holds):
                return
            async with aclosing(self._client.watch("/api/v1/pods", listed["metadata"]["resourceVersion"])) as changes:
                async for kind, pod in changes:
                    self._hear(kind, pod)
                    if self._enough(holds):
                        return

    def _enough(self, holds: Callable[[Json], bool]) -> bool:
        return sum(map(holds, self.pods.values())) >= self._expected

    def _hear(self, kind: str, pod: Json) -> None:
        name, words = _name(pod), _words(pod)
        if kind == "DELETED":
            self.pods.pop(name, None)
            return
        self.pods[name] = pod
        if self._told.get(name) != words:
            self._told[name] = words
            print(f"  {name}  {words}", flush=True)


def _name(pod: Json) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _words(pod: Json) -> str:
    status = pod["status"]
    where = f"{pod['spec'].get('nodeName', 'no node yet')} {status.get('podIP', '')}".strip()
    if _is_ready(pod):
        return f"{where}  running"
    for one in status.get("initContainerStatuses", ()):
        if "running" in one["state"]:
            return f"{where}  being wired: {one['name']} waits for the controller"
    return f"{where}  {status.get('phase', 'Pending').lower()}"


def _is_ready(pod: Json) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))


def _has_address(pod: Json) -> bool:
    return bool(pod["status"].get("podIP"))


async def _ping_all(client: Client, wanted: Sequence[Ping], pods: dict[str, Json]) -> bool:
    """Every ping, again and again until it is answered; whether all were."""
    if not wanted:
        print("\nNo pod has an address on a network that another could ping.")
        return True
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as tasks:
        tries = [tasks.create_task(_ping(client, ping, pods[str(ping.source)], began)) for ping in wanted]
    print()
    answers = [task.result() for task in tries]
    for ping, answer in zip(wanted, answers, strict=True):
        told = f"answered, ttl {answer.ttl}" if answer else f"NO ANSWER in {ANSWER_WITHIN:g} s"
        print(f"  {ping.source} -> {ping.target}  {told}{' (through a gateway)' if ping.routed else ''}")
    times = [answer.after for answer in answers if answer]
    if times:
        print(f"\nFrom the last pod running to the first answered ping: {min(times):.3f} s; to the last: {max(times):.3f} s.")
    return len(times) == len(wanted)


async def _ping(client: Client, ping: Ping, pod: Json, began: float) -> Answer | None:
    container = next(one["name"] for one in pod["spec"]["containers"])
    loop = asyncio.get_running_loop()
    while loop.time() - began < ANSWER_WITHIN:
        with suppress(TimeoutError, ApiError):
            result = await client.exec(str(ping.source), container, ("ping", "-c", "1", "-W", "1", str(ping.target)))
            if result.code == 0 and (ttl := re.search(rb"ttl=(\d+)", result.out)):
                return Answer(int(ttl[1]), loop.time() - began)
        await asyncio.sleep(0.05)
    return None


def _show(lab: Lab, seen: Seen) -> bool:
    """What our own commands print of it, as a user would call them; whether all went well."""
    networks = sorted({sight.member.network for sight in seen.sights})
    commands = [["inspect", "nets", *networks]] if networks else []
    codes = []
    for command in [*commands, ["list", "pods"]]:
        print(f"\n$ kube-vxlan-controller {' '.join(command)}", flush=True)
        line = [sys.executable, "-m", "kube_vxlan_controller.cli", *command, "--kubeconfig", str(lab.kubeconfig)]
        codes.append(subprocess.run(line, check=False).returncode)
    return not any(codes)
