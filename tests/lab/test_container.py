"""A container's instances and probes, in a lab."""

import pytest

from tests.lab.living import Living, is_in, shell, state_of, status_of

pytestmark = pytest.mark.kernel


async def test_it_is_started_again_and_says_how_it_ended(world: Living) -> None:
    await world.pod("p", shell("app", "exit 4"))
    seen = await world.history("p", lambda pod: state_of(pod, "app") != "" and status_of(pod, "app")["restartCount"] >= 2)
    status = status_of(seen[-1], "app")
    assert status["lastState"]["terminated"]["exitCode"] == 4
    waiting = [
        pod for pod in seen if state_of(pod, "app") == "waiting" and "reason" in status_of(pod, "app")["state"]["waiting"]
    ]
    assert any(status_of(pod, "app")["state"]["waiting"]["reason"] == "CrashLoopBackOff" for pod in waiting)
    ids = {status_of(pod, "app")["containerID"] for pod in seen if state_of(pod, "app") == "running"}
    assert len(ids) >= 2


async def test_a_program_that_does_not_exist_is_a_start_error(world: Living) -> None:
    await world.pod("p", {"name": "app", "image": "b", "command": ["no-such-program"]}, restartPolicy="Never")
    seen = await world.history("p", is_in("Failed"))
    ended = status_of(seen[-1], "app")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert "no-such-program" in ended["message"]


async def test_readiness_follows_its_probe(world: Living) -> None:
    probe = {"exec": {"command": ["test", "-e", "/dev/shm/ready"]}, "periodSeconds": 1}
    await world.pod("p", shell("app", readinessProbe=probe))
    seen = await world.history("p", is_in("Running"))
    assert status_of(seen[-1], "app")["ready"] is False
    await world.exec("p", "app", "touch", "/dev/shm/ready")
    await world.history("p", lambda pod: state_of(pod, "app") == "running" and status_of(pod, "app")["ready"])
    await world.exec("p", "app", "rm", "/dev/shm/ready")
    pods = await world.until(world.pods, lambda pods: not status_of(pods[0], "app")["ready"])
    ready = next(one for one in pods[0]["status"]["conditions"] if one["type"] == "Ready")
    assert ready["status"] == "False"


async def test_a_startup_probe_that_never_passes_ends_the_instance(world: Living) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1}
    await world.pod("p", shell("app", startupProbe=probe), restartPolicy="Never")
    seen = await world.history("p", is_in("Failed"))
    assert status_of(seen[-1], "app")["state"]["terminated"]["exitCode"] == 137
