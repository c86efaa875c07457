"""A pod's life, in a lab: its order, its end."""

import asyncio

import pytest

from tests.lab.living import Living, is_in, shell, state_of, status_of

pytestmark = pytest.mark.kernel


async def test_init_containers_run_one_after_another_and_the_address_comes_with_the_first(world: Living) -> None:
    await world.pod("p", shell("app"), init=(shell("one", "true"), shell("two", "true")))
    seen = await world.history("p", is_in("Running"))
    running = [(name, pod) for pod in seen for name in ("one", "two", "app") if state_of(pod, name) == "running"]
    assert list(dict.fromkeys(name for name, _ in running)) == ["one", "two", "app"]
    for name, pod in running:
        before = {"one": (), "two": ("one",), "app": ("one", "two")}[name]
        assert all(state_of(pod, other) == "terminated" for other in before)
    first = next(pod for pod in seen if "podIP" in pod["status"])
    assert state_of(first, "one") == "running"
    assert seen[-1]["status"]["podIPs"][0] == {"ip": seen[-1]["status"]["podIP"]}


async def test_a_sidecar_holds_the_others_back_until_its_startup_probe_passes(world: Living) -> None:
    probe = {"exec": {"command": ["test", "-e", "/dev/shm/open"]}, "periodSeconds": 1, "failureThreshold": 100}
    side = shell("side", restartPolicy="Always", startupProbe=probe)
    await world.pod("p", shell("app"), init=(side,))
    seen = await world.history("p", lambda pod: state_of(pod, "side") == "running")
    assert status_of(seen[-1], "side")["started"] is False
    assert state_of(seen[-1], "app") == "waiting"
    assert (await world.exec("p", "side", "touch", "/dev/shm/open")).code == 0
    seen = await world.history("p", is_in("Running"))
    assert status_of(seen[-1], "side")["started"] is True


async def test_a_pod_that_is_asked_to_end_ends_with_its_own_code(world: Living) -> None:
    await world.pod("p", shell("app", "trap 'exit 7' TERM; sleep 1000 & wait"), terminationGracePeriodSeconds=20)
    await world.history("p", is_in("Running"))
    began = asyncio.get_running_loop().time()
    await world.client.delete(f"{world.pods}/p")
    seen = await world.history("p", is_in("Gone"))
    assert status_of(seen[-1], "app")["state"]["terminated"]["exitCode"] == 7
    assert asyncio.get_running_loop().time() - began < 10


async def test_a_pod_that_does_not_listen_is_killed_after_its_grace(world: Living) -> None:
    await world.pod("p", shell("app", "trap '' TERM; sleep 1000"), terminationGracePeriodSeconds=1)
    await world.history("p", is_in("Running"))
    began = asyncio.get_running_loop().time()
    await world.client.delete(f"{world.pods}/p")
    seen = await world.history("p", is_in("Gone"))
    assert status_of(seen[-1], "app")["state"]["terminated"]["exitCode"] == 137
    assert asyncio.get_running_loop().time() - began >= 1


async def test_sidecars_end_after_the_application(world: Living) -> None:
    side = shell("side", restartPolicy="Always")
    await world.pod("p", shell("app", "trap 'sleep 0.3; exit 0' TERM; sleep 1000 & wait"), init=(side,))
    await world.history("p", is_in("Running"))
    await world.client.delete(f"{world.pods}/p")
    seen = await world.history("p", is_in("Gone"))
    assert any(state_of(pod, "app") == "terminated" and state_of(pod, "side") == "running" for pod in seen)
    assert state_of(seen[-1], "side") == "terminated"


async def test_a_pod_that_never_restarts_succeeds_or_fails(world: Living) -> None:
    await world.pod("good", shell("app", "exit 0"), restartPolicy="Never")
    await world.pod("bad", shell("app", "exit 3"), restartPolicy="Never")
    await world.history("good", is_in("Succeeded"))
    seen = await world.history("bad", is_in("Failed"))
    assert status_of(seen[-1], "app")["state"]["terminated"]["exitCode"] == 3


async def test_an_init_container_that_fails_for_good_fails_the_pod(world: Living) -> None:
    await world.pod("p", shell("app"), init=(shell("one", "exit 1"),), restartPolicy="Never")
    seen = await world.history("p", is_in("Failed"))
    assert state_of(seen[-1], "app") == "waiting"


async def test_a_pod_that_follows_another_at_once_is_wired(world: Living) -> None:
    for name in ("p", "q", "r"):
        await world.pod(name, shell("app"), nodeName="node-1")
        seen = await world.history(name, is_in("Running"))
        assert seen[-1]["status"]["podIP"].startswith("10.244.1.")
        assert (await world.exec(name, "app", "ping", "-c", "1", "-W", "2", "172.31.0.12")).code == 0
        await world.client.delete(f"{world.pods}/{name}", gracePeriodSeconds=0)
        await world.until(world.pods, lambda pods: not pods)


async def test_a_pod_in_the_hosts_network_is_in_its_nodes(world: Living) -> None:
    await world.pod("p", shell("app"), hostNetwork=True, nodeName="node-2")
    seen = await world.history("p", is_in("Running"))
    assert seen[-1]["status"]["podIP"] == seen[-1]["status"]["hostIP"] == "172.31.0.12"
    assert [one["ip"] for one in seen[-1]["status"]["podIPs"]] == ["172.31.0.12", "fd00:172:31::c"]
    assert b"172.31.0.12/24" in (await world.exec("p", "app", "ip", "-br", "addr")).out


async def test_a_sandbox_that_cannot_be_made_is_told_in_an_event(world: Living) -> None:
    await world.pod("p", shell("app"), securityContext={"sysctls": [{"name": "net.no.such", "value": "1"}]})
    events = world.pods.replace("pods", "events")
    (event, *_) = await world.until(events, bool)
    assert event["reason"] == "FailedCreatePodSandBox"
    assert "net/no/such" in event["message"]
    await world.client.delete(f"{world.pods}/p")
    await world.until(world.pods, lambda pods: not pods)
