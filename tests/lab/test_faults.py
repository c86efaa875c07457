"""The lab's faults, as pods, processes and API objects show them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from kube_vxlan_lab.client import ApiError
from tests.lab.living import Json, Living, is_in, shell, state_of, status_of

pytestmark = pytest.mark.kernel


def is_ready(pod: Json) -> bool:
    return is_in("Running")(pod) and all(one["ready"] for one in pod["status"]["containerStatuses"])


async def network(world: Living, pod: str) -> bytes:
    """Which network namespace the pod is in."""
    return (await world.exec(pod, "app", "readlink", "/proc/self/ns/net")).out


async def test_a_killed_container_is_started_again_in_the_same_network(world: Living) -> None:
    await world.pod("p", shell("app"), shell("other"))
    before = (await world.history("p", is_ready))[-1]
    where = await network(world, "p")
    await world.fault("kill", pod="p", container="app")
    after = (
        await world.history("p", lambda pod: state_of(pod, "app") == "running" and status_of(pod, "app")["restartCount"] == 1)
    )[-1]
    assert status_of(after, "app")["lastState"]["terminated"]["exitCode"] == 137
    assert status_of(after, "other") == status_of(before, "other")
    assert after["status"]["podIP"] == before["status"]["podIP"]
    assert await network(world, "p") == where


async def test_a_rebuilt_sandbox_is_another_network_with_another_address_under_the_same_uid(world: Living) -> None:
    await world.pod("p", shell("app"), init=(shell("one", "echo >>/dev/shm/ran"),))
    before = (await world.history("p", is_ready))[-1]
    await world.exec("p", "app", "ip", "link", "set", "lo", "alias", "old")
    await world.fault("rebuild", pod="p")
    seen = await world.history(
        "p", lambda pod: state_of(pod, "app") == "running" and status_of(pod, "app")["restartCount"] == 1
    )
    after = seen[-1]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] != before["status"]["podIP"]
    # (Not by its number, which the kernel may give again at once.)
    assert b"alias old" not in (await world.exec("p", "app", "ip", "link", "show", "lo")).out
    assert status_of(after, "one")["restartCount"] == 1, "init containers run again"
    addresses = [pod["status"].get("podIP") for pod in seen]
    assert list(dict.fromkeys(addresses)) == [None, before["status"]["podIP"], after["status"]["podIP"]]
    assert (await world.exec("p", "app", "cat", "/dev/shm/ran")).out == b"\n", "/dev/shm is the sandbox's"


async def test_a_command_that_was_frozen_ends_when_it_is_thawed(world: Living) -> None:
    await world.pod("p", shell("app"))
    await world.history("p", is_in("Running"))
    waits = "touch /dev/shm/up; until [ -e /dev/shm/go ]; do sleep 0.02; done; echo done"
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.exec("p", "app", "sh", "-c", waits))
        while (await world.exec("p", "app", "test", "-e", "/dev/shm/up")).code != 0:
            pass
        await world.fault("freeze", pod="p", container="app")
        while not _waits_stopped():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
        await world.fault("thaw", pod="p", container="app")
        await world.exec("p", "app", "touch", "/dev/shm/go")
        assert (await running).out == b"done\n"


def _waits_stopped() -> bool:
    """Whether what has entered a command into a container, and waits for it outside, has stopped as the command has."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if "(nsenter) T" in stat.read_text():
                return True
    return False


async def test_a_frozen_container_answers_nothing_until_it_is_thawed(world: Living) -> None:
    await world.pod("p", shell("app", "trap 'echo heard; exit 0' TERM; while :; do sleep 0.05; done"))
    await world.history("p", is_ready)
    await world.fault("freeze", pod="p", container="app")
    states = "grep -h '^State' /proc/[0-9]*/status"
    assert b"T (stopped)" in (await world.exec("p", "app", "sh", "-c", states)).out
    await world.fault("thaw", pod="p", container="app")
    assert b"T (stopped)" not in (await world.exec("p", "app", "sh", "-c", states)).out


async def test_an_evicted_pod_fails_and_goes_on_showing_an_address_that_others_may_have(world: Living) -> None:
    await world.pod("p", shell("app"), nodeName="node-1")
    before = (await world.history("p", is_ready))[-1]
    await world.fault("evict", pod="p")
    after = (await world.history("p", is_in("Failed")))[-1]
    assert (after["status"]["reason"], after["status"]["podIP"]) == ("Evicted", before["status"]["podIP"])
    await world.pod("q", shell("app"), nodeName="node-1")
    other = (await world.history("q", is_ready))[-1]
    assert other["status"]["podIP"] == before["status"]["podIP"]
    with pytest.raises(ApiError, match="container not found"):
        await world.exec("p", "app", "true")
    await world.client.delete(f"{world.pods}/p")
    await world.until(world.pods, lambda pods: len(pods) == 1)


@pytest.fixture
async def stopped(world: Living) -> AsyncIterator[Json]:
    """Pods `p` on a node that was stopped and `q` on the other."""
    await world.pod("p", shell("app"), nodeName="node-1")
    await world.pod("q", shell("app"), nodeName="node-2")
    await world.history("q", is_ready)
    before = (await world.history("p", is_ready))[-1]
    assert (await world.exec("q", "app", "ping", "-c", "1", "-W", "2", before["status"]["podIP"])).code == 0
    await world.fault("stop", node="node-1")
    yield before
    await world.fault("start", node="node-1")


def ready(one: Json) -> str:
    """The Ready condition of a node or a pod."""
    return next(str(condition["status"]) for condition in one["status"]["conditions"] if condition["type"] == "Ready")


def changed(one: Json, other: Json) -> set[str]:
    """The fields of their statuses that are not the same."""
    fields = one["status"].keys() | other["status"].keys()
    return {field for field in fields if one["status"].get(field) != other["status"].get(field)}


async def test_of_a_stopped_node_nobody_hears_and_its_pods_reach_nobody(world: Living, stopped: Json) -> None:
    assert ready(await world.client.get("/api/v1/nodes/node-1")) == "Unknown"
    assert (await world.exec("q", "app", "ping", "-c", "1", "-W", "1", stopped["status"]["podIP"])).code == 1
    with pytest.raises(ApiError, match="no route to host"):
        await world.exec("p", "app", "true")
    await world.client.delete(f"{world.pods}/p", gracePeriodSeconds=1)
    await world.fault("kill", pod="p", container="app")
    there = await world.client.get(f"{world.pods}/p")
    assert (ready(there), ready(stopped)) == ("False", "True")
    assert changed(there, stopped) == {"conditions"}
    assert "deletionTimestamp" in there["metadata"]
    await world.fault("start", node="node-1")
    assert ready(await world.client.get("/api/v1/nodes/node-1")) == "True"
    await world.until(world.pods, lambda pods: [one["metadata"]["name"] for one in pods] == ["q"])


async def test_a_node_that_was_started_again_is_reached_again(world: Living, stopped: Json) -> None:
    await world.fault("start", node="node-1")
    address = stopped["status"]["podIP"]
    assert (await world.exec("q", "app", "ping", "-c", "1", "-W", "2", address)).code == 0
    assert (await world.exec("p", "app", "true")).code == 0
    there = await world.client.get(f"{world.pods}/p")
    assert (ready(there), changed(there, stopped) <= {"conditions"}) == ("True", True)


async def test_a_node_that_was_rebooted_has_its_pods_in_new_sandboxes(world: Living, stopped: Json) -> None:
    await world.fault("start", node="node-1", reboot=True)
    after = (
        await world.history("p", lambda pod: state_of(pod, "app") == "running" and status_of(pod, "app")["restartCount"] == 1)
    )[-1]
    assert after["status"]["podIP"] != stopped["status"]["podIP"]
    assert (await world.exec("q", "app", "ping", "-c", "1", "-W", "2", after["status"]["podIP"])).code == 0


async def test_an_exec_into_one_pod_is_refused_until_it_works(world: Living) -> None:
    await world.pod("p", shell("app"))
    await world.pod("q", shell("app"))
    for name in ("p", "q"):
        await world.history(name, is_ready)
    await world.fault("exec", pod="p", how="refuse", code=403)
    with pytest.raises(ApiError) as refused:
        await world.exec("p", "app", "true")
    assert refused.value.code == 403
    assert (await world.exec("q", "app", "true")).code == 0
    await world.fault("exec", pod="p", how="work")
    assert (await world.exec("p", "app", "true")).code == 0


async def test_execs_are_held_before_a_piece_until_they_are_released(world: Living) -> None:
    await world.pod("p", shell("app"))
    await world.history("p", is_ready)
    await world.fault("hold", before=1)
    with pytest.raises(ApiError) as nothing:
        await world.fault("held", seconds=0.1)
    assert nothing.value.code == 504
    async with asyncio.TaskGroup() as tasks:
        said = tasks.create_task(world.exec("p", "app", "echo", "hello"))
        await world.fault("held", seconds=10)
        assert not said.done()
        await world.fault("release")
    assert said.result().out == b"hello\n"


async def test_a_forgotten_history_is_told_as_410(world: Living) -> None:
    await world.fault("compact")
    async for kind, status in world.client.watch(world.pods, "1"):
        assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
        break


@pytest.mark.parametrize(
    ("fault", "what", "why"),
    [
        ("explode", {}, 'no fault "explode"; there are kill, freeze'),
        ("kill", {"pod": "p"}, "missing required field `container`"),
        ("kill", {"pod": "p", "container": "c", "times": 2}, "unknown field `times`"),
        ("exec", {"pod": "p", "how": "often"}, "Invalid enum value 'often'"),
        ("rebuild", {"pod": "nobody"}, "not found"),
        ("stop", {"node": "node-9"}, 'no node "node-9"'),
    ],
)
async def test_a_fault_that_cannot_be_read_is_refused(world: Living, fault: str, what: Json, why: str) -> None:
    with pytest.raises(ApiError, match=why):
        await world.fault(fault, **what)


async def test_every_fault_is_documented(world: Living) -> None:
    text = (Path(__file__).parents[2] / "docs" / "development.md").read_text()
    with pytest.raises(ApiError) as refused:
        await world.fault("none")
    known = str(refused.value).partition("there are ")[2].split(", ")
    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE) == known
