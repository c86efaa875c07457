"""Pure. A pod's status, worded as a kubelet words it.

Laws, measured on a real one: addresses appear with the first container that is reported running, which is the first init
container where there is one; a condition's time changes only with its status.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not running: not yet, or not again yet."""

    reason: str = ""
    """Empty before the first start: what that is called depends on the pod."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """Its process runs."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Terminated:
    """Its process ended with `code`, 128 and more for a signal."""

    code: int
    started: datetime
    finished: datetime
    container_id: str
    reason: str = ""
    message: str = ""

    @property
    def why(self) -> str:
        """The word for it."""
        return self.reason or ("Completed" if self.code == 0 else "Error")


State = Waiting | Running | Terminated


class Role(StrEnum):
    """What a container is to its pod."""

    INIT = "init"
    """Runs to its end before the next one starts."""
    SIDECAR = "sidecar"
    """An init container that goes on while the others start (`restartPolicy: Always`)."""
    APP = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """One container, now."""

    name: str
    image: str
    role: Role
    state: State
    last: Terminated | None = None
    """How the instance before this one ended."""
    restarts: int = 0
    started: bool = False
    """Its startup probe has passed, or it runs and has none."""
    ready: bool = False
    container_id: str = ""

    @property
    def has_run(self) -> bool:
        """Whether its process ever started."""
        return self.last is not None or not isinstance(self.state, Waiting)

    @property
    def sidecar(self) -> bool:
        """Whether it is one."""
        return self.role is Role.SIDECAR


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRecord:
    """One pod, now."""

    init: tuple[ContainerRecord, ...]
    app: tuple[ContainerRecord, ...]
    restart: str
    """The pod's restartPolicy."""
    hosts: tuple[str, ...]
    """The addresses of its node."""
    since: datetime
    addresses: tuple[str, ...] = ()
    sandbox: bool = False
    """Whether the sandbox exists."""
    gates: tuple[str, ...] = ()
    """Conditions that somebody else must set before the pod is ready."""
    evicted: str = ""
    """Why its node ended it for good; empty if it did not."""


def phase(record: PodRecord) -> str:
    """Pending, Running, Succeeded or Failed."""
    if record.evicted:
        return "Failed"
    for container in record.init:
        ended = isinstance(container.state, Terminated) and not container.sidecar
        if ended and _code(container) != 0 and record.restart == "Never":
            return "Failed"
        done = container.started if container.sidecar else ended and _code(container) == 0
        if not done and not any(app.has_run for app in record.app):  # a sidecar that restarts later throws nobody back
            return "Pending"
    if any(not app.has_run for app in record.app):
        return "Pending"
    if record.restart == "Always" or not all(isinstance(app.state, Terminated) for app in record.app):
        return "Running"
    if all(_code(app) == 0 for app in record.app):
        return "Succeeded"
    return "Failed" if record.restart == "Never" else "Running"


def pod_status(record: PodRecord, old: Json, now: datetime) -> Json:
    """The `status` of the pod, given the one before."""
    status: Json = {
        "phase": phase(record),
        "conditions": list(_conditions(record, old.get("conditions") or [], timestamp(now))),
        "hostIP": record.hosts[0],
        "hostIPs": [{"ip": address} for address in record.hosts],
        "startTime": timestamp(record.since),
        "qosClass": "BestEffort",
    }
    if record.evicted:
        status |= {"reason": "Evicted", "message": record.evicted}
    if record.sandbox and record.addresses and any(container.has_run for container in (*record.init, *record.app)):
        status |= {"podIP": record.addresses[0], "podIPs": [{"ip": address} for address in record.addresses]}
    elif status["phase"] in ("Succeeded", "Failed"):
        status |= {key: old[key] for key in ("podIP", "podIPs") if key in old}  # given back, and shown for ever
    unstarted = "PodInitializing" if record.init else "ContainerCreating"
    if record.init:
        status["initContainerStatuses"] = [_container_status(container, unstarted) for container in record.init]
    status["containerStatuses"] = [_container_status(container, unstarted) for container in record.app]
    return status


def timestamp(moment: datetime) -> str:
    """As the API spells a time: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _code(container: ContainerRecord) -> int | None:
    return container.state.code if isinstance(container.state, Terminated) else None


def _conditions(record: PodRecord, old: list[Json], now: str) -> Iterator[Json]:
    initialized = all(one.started if one.sidecar else _code(one) == 0 for one in record.init)
    ended = phase(record) in ("Succeeded", "Failed")
    ready = not ended and all(one.ready for one in (*record.app, *(one for one in record.init if one.sidecar)))
    unready = "PodCompleted" if ended else "ContainersNotReady"
    shut = list(_shut(record.gates, old)) if initialized and ready else []
    wanted = {
        "PodReadyToStartContainers": (record.sandbox, ""),
        "Initialized": (initialized or any(app.has_run for app in record.app), "ContainersNotInitialized"),
        "Ready": (initialized and ready and not shut, "ReadinessGatesNotReady" if shut else unready),
        "ContainersReady": (initialized and ready, unready),
        "PodScheduled": (True, ""),
    }
    before = {condition["type"]: condition for condition in old}
    for kind, (holds, reason) in wanted.items():
        status = str(holds)
        same = kind in before and before[kind]["status"] == status
        condition = {"type": kind, "status": status, "lastProbeTime": None}
        condition["lastTransitionTime"] = before[kind]["lastTransitionTime"] if same else now
        message = {"message": ", ".join(shut)} if kind == "Ready" and shut else {}
        yield condition if holds or not reason else condition | {"reason": reason} | message
    yield from (condition for condition in old if condition["type"] not in wanted)


def _shut(gates: Sequence[str], conditions: list[Json]) -> Iterator[str]:
    """What is to be said of the gates that are not open."""
    status = {condition["type"]: condition["status"] for condition in conditions}
    for gate in gates:
        if gate not in status:
            yield f'corresponding condition of pod readiness gate "{gate}" does not exist.'
        elif status[gate] != "True":
            yield f'the status of pod readiness gate "{gate}" is not "True", but {status[gate]}'


def _container_status(container: ContainerRecord, unstarted: str) -> Json:
    status: Json = {
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "state": _state(container.state, unstarted),
        "lastState": _state(container.last, unstarted) if container.last else {},
        "ready": container.ready,
        "restartCount": container.restarts,
        "started": container.started,
    }
    return status | ({"containerID": container.container_id} if container.container_id else {})


def _state(state: State, unstarted: str) -> Json:
    match state:
        case Waiting():
            return {"waiting": {"reason": state.reason or unstarted} | ({"message": state.message} if state.message else {})}
        case Running():
            return {"running": {"startedAt": timestamp(state.since)}}
        case Terminated():
            ended = {
                "exitCode": state.code,
                "reason": state.why,
                "startedAt": timestamp(state.started),
                "finishedAt": timestamp(state.finished),
                "containerID": state.container_id,
            }
            return {"terminated": ended | ({"message": state.message} if state.message else {})}
        case _:
            assert_never(state)
