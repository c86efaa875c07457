import pytest
from prometheus_client.exposition import generate_latest

from kube_vxlan_controller.metrics import CountedExec, Metrics
from kube_vxlan_controller.model import ContainerName, Namespace, NodeName, Place, PodName, PodUid, Target
from kube_vxlan_controller.ports import Exec, ExecStream, Forbidden, Meter
from kube_vxlan_controller.telling import State

TARGET = Target(Place(Namespace("default"), PodName("a"), PodUid("1")), NodeName("n"), ContainerName("agent"))


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_it_is_a_meter_and_counts() -> None:
    metrics = Metrics()
    meter: Meter = metrics
    meter.folded(3, 0.001)
    meter.asked("read", "ok", 0.02)
    meter.asked("read", "Unknown", 30.0)
    meter.stepped("AppendDestination", 99)
    meter.repaired("AddLink", 1)
    assert sample(metrics, "kube_vxlan_changes_total") == 3
    assert sample(metrics, "kube_vxlan_folding_seconds_count") == 1
    assert sample(metrics, "kube_vxlan_requests_total", phase="read", outcome="Unknown") == 1
    assert sample(metrics, "kube_vxlan_request_seconds_sum", phase="read") == 30.02
    assert sample(metrics, "kube_vxlan_steps_total", kind="AppendDestination") == 99
    assert sample(metrics, "kube_vxlan_repairs_total", kind="AddLink") == 1


def test_places_are_counted_by_state() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.standing(None, State.WAITING)
    metrics.standing(State.WAITING, State.WIRED)
    metrics.standing(State.WAITING, None)
    assert sample(metrics, "kube_vxlan_places", state="waiting") == 1
    assert sample(metrics, "kube_vxlan_places", state="wired") == 1


def test_what_is_now_is_shown() -> None:
    metrics = Metrics()
    metrics.faults(2)
    metrics.stale({"pods": 91.5, "networks": 0.0})
    metrics.lagged(0.25)
    assert sample(metrics, "kube_vxlan_faults") == 2
    assert sample(metrics, "kube_vxlan_view_stale_seconds", kind="pods") == 91.5
    assert sample(metrics, "kube_vxlan_loop_lag_seconds") == 0.25


def test_two_controllers_in_one_process_do_not_share_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.faults(1)
    assert sample(second, "kube_vxlan_faults") == 0
    assert b"process_resident_memory_bytes" in generate_latest(first.registry)


class Echo:
    """An exec whose remote says what it was told; closing it twice counts twice."""

    def __init__(self) -> None:
        self.said = b""
        self.closed = 0

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        if argv == ("refused",):
            raise Forbidden("no")
        return self

    async def send(self, data: bytes) -> None:
        self.said += data

    async def receive(self) -> bytes:
        return self.said

    async def close(self) -> None:
        self.closed += 1


def test_who_leads_and_how_often_the_lease_went_on() -> None:
    metrics = Metrics()
    assert sample(metrics, "kube_vxlan_leader") == 0
    metrics.leading(True)
    metrics.transitions(7)
    assert (sample(metrics, "kube_vxlan_leader"), sample(metrics, "kube_vxlan_lease_transitions")) == (1, 7)
    metrics.leading(False)
    assert sample(metrics, "kube_vxlan_leader") == 0


async def test_execs_and_open_streams_are_counted() -> None:
    metrics, echo = Metrics(), Echo()
    counted: Exec = CountedExec(echo, metrics)
    stream = await counted.open(TARGET, ("serve",))
    await stream.send(b"a")
    assert await stream.receive() == b"a"
    assert sample(metrics, "kube_vxlan_streams") == 1
    await stream.close()
    await stream.close()
    assert sample(metrics, "kube_vxlan_streams") == 0
    assert echo.closed == 2
    with pytest.raises(Forbidden):
        await counted.open(TARGET, ("refused",))
    assert sample(metrics, "kube_vxlan_execs_total", outcome="ok") == 1
    assert sample(metrics, "kube_vxlan_execs_total", outcome="Forbidden") == 1
