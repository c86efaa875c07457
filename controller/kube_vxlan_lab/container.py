"""Time. One container of a pod through all its instances: started, probed, ended.

What it is now stands in `record`, and `changed` is called after each change of that. Only exec probes are carried out; one of
another kind counts as passed. A livenessProbe is not carried out.
"""

import asyncio
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.containers import Surroundings, argv, environment
from kube_vxlan_lab.podstatus import ContainerRecord, Role, Running, Terminated, Waiting
from kube_vxlan_lab.sandbox import CannotMake, signal_all, start_container, start_inside, terminate
from kube_vxlan_lab.spawning import Process

_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before an instance is started again; a kubelet's are ten times as long."""
_HEALTHY = 60.0
"""Seconds after which an instance's end counts as the first."""


class Container:
    """One container. `started` is set when the next init container may start, `finished` when it will not be started again."""

    def __init__(self, spec: Json, role: Role, logs: Path, turns: asyncio.Semaphore, changed: Callable[[], None]) -> None:
        self.record = ContainerRecord(name=spec["name"], image=spec.get("image", ""), role=role, state=Waiting())
        self.started = asyncio.Event()
        self.finished = asyncio.Event()
        self._spec = spec
        self._logs = logs
        self._turns = turns
        self._changed = changed
        self._process: Process | None = None
        self._environment: dict[str, str] = {}
        self._instance = 0

    async def keep(self, sandbox_pid: int, around: Surroundings, again: Callable[[int], bool], ending: asyncio.Event) -> None:
        """Run instance after instance while `again(exit code)` says so and the pod is not `ending`."""
        self._environment = environment(self._spec, around)
        failures = 0
        while not ending.is_set():
            begun = asyncio.get_running_loop().time()
            code = await self._once(sandbox_pid, ending)
            if ending.is_set() or not again(code):
                break
            failures = 0 if asyncio.get_running_loop().time() - begun > _HEALTHY else failures
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            if pause and isinstance(ended := self.record.state, Terminated):
                why = f"back-off {pause:g}s restarting failed container={self.record.name}"
                self._set(state=Waiting("CrashLoopBackOff", why), last=ended)
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)
            self._instance += 1
        self.finished.set()
        self._changed()

    async def stop(self, grace: float) -> None:
        """Ask the running instance to end, and make it after `grace` seconds. Returns when it has ended."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(FileNotFoundError, ProcessLookupError):
            terminate(process.pid)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
        process.kill()
        await process.wait()

    async def exec(self, line: tuple[str, ...], stdin: bool) -> Process:
        """Start a command in the running instance. Raises `LookupError` if none runs, `CannotMake` if it cannot be."""
        if self._process is None or self._process.returncode is not None:
            raise LookupError(self.record.name)
        return await start_inside(self._process.pid, line, self._environment, stdin)

    def crash(self) -> None:
        """Kill the running instance, if one runs."""
        if self._process is not None:
            self._process.kill()

    def freeze(self, frozen: bool) -> None:
        """Stop all of its processes where they are, or let them go on; what is started in it meanwhile is not stopped."""
        if self._process is not None and self._process.returncode is None:
            signal_all(self._process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def renew(self) -> None:
        """Be as before the first start, but remember the instances that were: the pod gets a new sandbox."""
        ended = self.record.state
        if self.record.has_run:
            self._instance += 1
        self.started.clear()
        self.finished.clear()
        last = ended if isinstance(ended, Terminated) else self.record.last
        self._set(state=Waiting(), last=last, started=False, ready=False)

    def log(self, previous: bool) -> Path | None:
        """The file with the output of this instance, or of the one before; None if there was none."""
        number = self._instance - previous
        return self._log(number) if number >= 0 and self.record.has_run else None

    async def _once(self, sandbox_pid: int, ending: asyncio.Event) -> int:
        begun, before = datetime.now(UTC), self.record.state
        name = f"lab://{secrets.token_hex(32)}"
        instance = {
            "container_id": name,
            "restarts": self._instance,
            "last": before if isinstance(before, Terminated) else self.record.last,
        }
        line = argv(self._spec, self._environment)
        try:
            async with self._turns:
                self._process = await start_container(sandbox_pid, line, self._environment, self._log(self._instance))
        except CannotMake as error:
            return self._end(Terminated(128, begun, begun, name, "StartError", str(error)), **instance)
        if ending.is_set():
            self._process.kill()  # the pod's end passed by while it was being started
        self._set(state=Running(datetime.now(UTC)), **instance)
        async with asyncio.TaskGroup() as tasks:
            probing = tasks.create_task(self._probe())
            code = await self._process.wait()
            probing.cancel()
        return self._end(Terminated(128 - code if code < 0 else code, begun, datetime.now(UTC), name))

    def _end(self, how: Terminated, **fields: object) -> int:
        # An init container that has done its work counts as ready.
        done = self.record.role is Role.INIT and how.code == 0
        self._set(state=how, ready=done, started=False, **fields)
        return how.code

    async def _probe(self) -> None:
        startup, readiness = self._spec.get("startupProbe"), self._spec.get("readinessProbe")
        if startup and not await self._passes_in_time(startup):
            return self.crash()
        self._set(started=True, ready=readiness is None or "exec" not in readiness)
        self.started.set()
        if readiness and "exec" in readiness:
            await asyncio.sleep(readiness.get("initialDelaySeconds", 0))
            while True:
                self._set(ready=await self._passes(readiness))
                await asyncio.sleep(readiness.get("periodSeconds", 10))
        return None

    async def _passes_in_time(self, probe: Json) -> bool:
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        for _ in range(probe.get("failureThreshold", 3)):
            if await self._passes(probe):
                return True
            await asyncio.sleep(probe.get("periodSeconds", 10))
        return False

    async def _passes(self, probe: Json) -> bool:
        if "exec" not in probe:
            return True
        try:
            process = await self.exec(tuple(probe["exec"]["command"]), stdin=False)
        except (LookupError, CannotMake):
            return False
        try:
            await asyncio.wait_for(process.read(), probe.get("timeoutSeconds", 1))
        except TimeoutError:
            process.kill()
            await process.wait()
        return process.returncode == 0

    def _log(self, number: int) -> Path:
        return self._logs / f"{self.record.name}.{number}.log"

    def _set(self, **fields: object) -> None:
        new = replace(self.record, **fields)  # type: ignore[arg-type]
        if new != self.record:
            self.record = new
            self._changed()
