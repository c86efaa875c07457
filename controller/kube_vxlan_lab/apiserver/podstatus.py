"""Pure. A pod's state in one word, as `kubectl get pods` says it: `Init:0/1`, `PodInitializing`, `Running`, `Terminating`."""

from dataclasses import dataclass

from kube_vxlan_lab.apiserver.resources import Json


@dataclass(frozen=True, slots=True)
class PodStatus:
    """What the columns of a pod say."""

    reason: str
    ready: int
    total: int
    """Containers that should be ready: native sidecars count, other init containers do not."""
    restarts: int
    restarted_at: str = ""


def pod_status(pod: Json) -> PodStatus:
    """The status of a stored pod."""
    spec, status = pod["spec"], pod["status"]
    sidecars = {c["name"] for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    inits = status.get("initContainerStatuses") or []
    mains = status.get("containerStatuses") or []
    lasting = [*(c for c in inits if c["name"] in sidecars), *mains]
    reason = _initialising(pod, inits, sidecars)
    counted = inits if reason else lasting
    if not reason:
        reason = _running(pod, mains)
    if "deletionTimestamp" in pod["metadata"]:
        reason = "Terminating"
    ends = [c.get("lastState", {}).get("terminated", {}).get("finishedAt", "") for c in counted]
    return PodStatus(
        reason,
        sum(bool(c.get("ready")) and "running" in c.get("state", {}) for c in lasting),
        len(sidecars) + len(spec["containers"]),
        sum(c.get("restartCount", 0) for c in counted),
        max(ends, default=""),
    )


def _initialising(pod: Json, inits: list[Json], sidecars: set[str]) -> str:
    """What the first unfinished init container is at; empty if there is none."""
    count = len(pod["spec"].get("initContainers") or ())
    for index, container in enumerate(inits):
        state = container.get("state", {})
        ended = state.get("terminated")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if container["name"] in sidecars and container.get("started"):
            continue
        if ended is not None:
            return "Init:" + (ended.get("reason") or _exit(ended))
        waiting = state.get("waiting", {}).get("reason", "")
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{index}/{count}"
    return ""


def _exit(ended: Json) -> str:
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _running(pod: Json, mains: list[Json]) -> str:
    said = pod["status"].get("reason") or pod["status"].get("phase", "Unknown")
    running = False
    for container in reversed(mains):
        state = container.get("state", {})
        if waiting := state.get("waiting", {}).get("reason"):
            said = waiting
        elif (ended := state.get("terminated")) is not None:
            said = ended.get("reason") or _exit(ended)
        elif container.get("ready") and "running" in state:
            running = True
    if said == "Completed" and running:
        return "Running"
    return str(said)
