"""A pod's status, by tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.podstatus import ContainerRecord, PodRecord, Role, Running, State, Terminated, Waiting, phase, pod_status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RUNNING = Running(NOW)
WAITING = Waiting()


def ended(code: int) -> Terminated:
    return Terminated(code, NOW, NOW, "lab://x")


def one(role: Role, state: State, **fields: bool) -> ContainerRecord:
    return ContainerRecord(name=role.value, image="i", role=role, state=state, **fields)  # type: ignore[arg-type]


def pod(*containers: ContainerRecord, restart: str = "Always") -> PodRecord:
    return PodRecord(
        init=tuple(c for c in containers if c.role is not Role.APP),
        app=tuple(c for c in containers if c.role is Role.APP),
        restart=restart,
        hosts=("172.31.0.11", "fd00:172:31::b"),
        since=NOW,
        addresses=("10.244.1.2",),
        sandbox=True,
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (pod(one(Role.APP, WAITING)), "Pending"),
        (pod(one(Role.APP, RUNNING)), "Running"),
        (pod(one(Role.INIT, RUNNING), one(Role.APP, WAITING)), "Pending"),
        (pod(one(Role.INIT, ended(0)), one(Role.APP, WAITING)), "Pending"),
        (pod(one(Role.INIT, ended(1)), one(Role.APP, WAITING)), "Pending"),
        (pod(one(Role.INIT, ended(1)), one(Role.APP, WAITING), restart="Never"), "Failed"),
        (pod(one(Role.SIDECAR, RUNNING), one(Role.APP, WAITING)), "Pending"),
        (pod(one(Role.SIDECAR, RUNNING, started=True), one(Role.APP, RUNNING)), "Running"),
        (pod(one(Role.SIDECAR, ended(1)), one(Role.APP, RUNNING)), "Running"),
        (pod(one(Role.APP, ended(0))), "Running"),
        (pod(one(Role.APP, ended(0)), restart="Never"), "Succeeded"),
        (pod(one(Role.APP, ended(0)), restart="OnFailure"), "Succeeded"),
        (pod(one(Role.APP, ended(1)), restart="OnFailure"), "Running"),
        (pod(one(Role.APP, ended(1)), restart="Never"), "Failed"),
    ],
)
def test_phase(record: PodRecord, expected: str) -> None:
    assert phase(record) == expected


@pytest.mark.parametrize(
    ("gate", "status", "message"),
    [
        (None, "False", 'corresponding condition of pod readiness gate "x/ready" does not exist.'),
        ("False", "False", 'the status of pod readiness gate "x/ready" is not "True", but False'),
        ("True", "True", None),
    ],
)
def test_a_readiness_gate_holds_ready_and_nothing_else(gate: str | None, status: str, message: str | None) -> None:
    record = replace(pod(one(Role.APP, RUNNING, ready=True)), gates=("x/ready",))
    old: Json = {"conditions": [{"type": "x/ready", "status": gate}] if gate else []}
    said = {condition["type"]: condition for condition in pod_status(record, old, NOW)["conditions"]}
    assert (said["Ready"]["status"], said["ContainersReady"]["status"]) == (status, "True")
    assert said["Ready"].get("message") == message
    assert said["Ready"].get("reason") == (None if gate == "True" else "ReadinessGatesNotReady")
    assert gate is None or said["x/ready"]["status"] == gate


def test_the_address_appears_with_the_first_container_that_runs() -> None:
    assert "podIP" not in pod_status(pod(one(Role.INIT, WAITING), one(Role.APP, WAITING)), {}, NOW)
    status = pod_status(pod(one(Role.INIT, RUNNING), one(Role.APP, WAITING)), {}, NOW)
    assert status["podIP"] == "10.244.1.2"
    assert status["podIPs"] == [{"ip": "10.244.1.2"}]
    assert status["initContainerStatuses"][0]["state"] == {"running": {"startedAt": "2026-01-02T03:04:05Z"}}


def test_a_pod_of_both_families_shows_ipv4_first() -> None:
    both = replace(pod(one(Role.APP, RUNNING)), addresses=("10.244.1.2", "fd00:10:244:1::2"))
    status = pod_status(both, {}, NOW)
    assert (status["podIP"], status["podIPs"]) == ("10.244.1.2", [{"ip": "10.244.1.2"}, {"ip": "fd00:10:244:1::2"}])
    assert (status["hostIP"], status["hostIPs"]) == ("172.31.0.11", [{"ip": "172.31.0.11"}, {"ip": "fd00:172:31::b"}])


def conditions(status: Json) -> dict[str, Json]:
    return {condition["type"]: condition for condition in status["conditions"]}


def test_conditions_keep_their_time_until_they_change() -> None:
    starting = pod(one(Role.INIT, RUNNING), one(Role.APP, WAITING))
    before = pod_status(starting, {}, NOW)
    later = NOW + timedelta(seconds=9)
    done = pod(one(Role.INIT, ended(0)), one(Role.APP, RUNNING, ready=True))
    after = conditions(pod_status(done, before, later))
    assert conditions(before)["Ready"]["status"] == "False"
    assert after["Ready"]["status"] == after["Initialized"]["status"] == "True"
    assert after["Ready"]["lastTransitionTime"] == "2026-01-02T03:04:14Z"
    assert after["PodScheduled"]["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_an_unready_sidecar_makes_the_pod_unready() -> None:
    ready = pod(one(Role.SIDECAR, RUNNING, started=True, ready=True), one(Role.APP, RUNNING, ready=True))
    unready = replace(ready, init=(replace(ready.init[0], ready=False),))
    assert conditions(pod_status(ready, {}, NOW))["Ready"]["status"] == "True"
    assert conditions(pod_status(unready, {}, NOW))["Ready"] == {
        "type": "Ready",
        "status": "False",
        "reason": "ContainersNotReady",
        "lastProbeTime": None,
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }


def test_what_was_not_started_waits_for_the_init_containers_where_there_are_some() -> None:
    def reasons(*containers: ContainerRecord) -> set[str]:
        status = pod_status(pod(*containers), {}, NOW)
        every = (*status.get("initContainerStatuses", ()), *status["containerStatuses"])
        return {one["state"]["waiting"]["reason"] for one in every if "waiting" in one["state"]}

    assert reasons(one(Role.APP, WAITING)) == {"ContainerCreating"}
    assert reasons(one(Role.INIT, WAITING), one(Role.APP, WAITING)) == {"PodInitializing"}
    assert reasons(one(Role.INIT, ended(0)), one(Role.APP, WAITING)) == {"PodInitializing"}


def test_conditions_of_others_stay() -> None:
    gate = {"type": "example.org/gate", "status": "True"}
    assert gate in pod_status(pod(one(Role.APP, RUNNING)), {"conditions": [gate]}, NOW)["conditions"]


def test_a_container_that_restarts_shows_how_it_ended() -> None:
    state = Waiting("CrashLoopBackOff", "back-off 1s")
    record = replace(one(Role.APP, state), last=ended(3), restarts=2, container_id="lab://y")
    (status,) = pod_status(pod(record), {}, NOW)["containerStatuses"]
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1s"}}
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["reason"] == "Error"
    assert (status["restartCount"], status["containerID"]) == (2, "lab://y")
