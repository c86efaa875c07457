import pytest

from kube_vxlan_lab.apiserver.podstatus import pod_status
from kube_vxlan_lab.apiserver.resources import Json
from tests.lab.apiserver.hosted import a_pod

INIT = [{"name": "i", "image": "x"}]
SIDECAR = [{"name": "s", "image": "x", "restartPolicy": "Always"}]
RUNNING: Json = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


def ended(code: int, reason: str = "", signal: int = 0) -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "signal": signal}}


def waiting(reason: str) -> Json:
    return {"waiting": {"reason": reason}}


@pytest.mark.parametrize(
    ("inits", "init_states", "states", "phase", "said"),
    [
        ([], [], [], "Pending", "Pending"),
        ([], [], [waiting("ContainerCreating")], "Pending", "ContainerCreating"),
        ([], [], [RUNNING], "Running", "Running"),
        ([], [], [waiting("CrashLoopBackOff")], "Running", "CrashLoopBackOff"),
        ([], [], [ended(0, "Completed")], "Succeeded", "Completed"),
        ([], [], [ended(1, "Error")], "Failed", "Error"),
        ([], [], [ended(137, signal=9)], "Failed", "Signal:9"),
        ([], [], [ended(3)], "Failed", "ExitCode:3"),
        (INIT, [RUNNING], [waiting("PodInitializing")], "Pending", "Init:0/1"),
        (INIT, [waiting("PodInitializing")], [waiting("PodInitializing")], "Pending", "Init:0/1"),
        (INIT, [waiting("ImagePullBackOff")], [waiting("PodInitializing")], "Pending", "Init:ImagePullBackOff"),
        (INIT, [ended(1, "Error")], [waiting("PodInitializing")], "Pending", "Init:Error"),
        (INIT, [ended(0, "Completed")], [waiting("PodInitializing")], "Pending", "PodInitializing"),
        (INIT, [ended(0, "Completed")], [RUNNING], "Running", "Running"),
        (SIDECAR, [{**RUNNING, "started": True}], [RUNNING], "Running", "Running"),
        (SIDECAR, [{**RUNNING, "started": False}], [waiting("PodInitializing")], "Pending", "Init:0/1"),
    ],
)
def test_words(inits: list[Json], init_states: list[Json], states: list[Json], phase: str, said: str) -> None:
    pod = a_pod(initContainers=inits)
    pod["status"] = {
        "phase": phase,
        "initContainerStatuses": [
            {"name": c["name"], "started": s.get("started"), "state": s} for c, s in zip(inits, init_states, strict=True)
        ],
        "containerStatuses": [{"name": "app", "ready": "running" in state, "state": state} for state in states],
    }
    assert pod_status(pod).reason == said
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pod_status(pod).reason == "Terminating"


def test_a_native_sidecar_counts_as_a_container() -> None:
    pod = a_pod(initContainers=SIDECAR)
    last = {"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}
    sidecar = {"name": "s", "ready": True, "started": True, "state": RUNNING, "restartCount": 2, "lastState": last}
    pod["status"] = {
        "phase": "Running",
        "initContainerStatuses": [sidecar],
        "containerStatuses": [{"name": "app", "ready": False, "state": RUNNING}],
    }
    said = pod_status(pod)
    assert (said.ready, said.total, said.restarts, said.restarted_at) == (1, 2, 2, "2026-01-01T00:00:00Z")
