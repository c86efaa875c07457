"""What a node answers: logs, exec to what is not there, pods that end by themselves."""

import asyncio
import os
import ssl

import aiohttp
import pytest

from kube_vxlan_lab.client import ApiError
from kube_vxlan_lab.outside import Lab
from tests.lab.living import Living, is_in, shell

pytestmark = pytest.mark.kernel


async def test_nodes_are_ready_and_have_addresses(world: Living) -> None:
    nodes = (await world.client.get("/api/v1/nodes"))["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["node-1", "node-2"]
    assert nodes[1]["status"]["addresses"][0] == {"type": "InternalIP", "address": "172.31.0.12"}
    assert nodes[1]["spec"]["podCIDRs"] == ["10.244.2.0/24", "fd00:10:244:2::/64"]
    assert nodes[1]["status"]["nodeInfo"]["kubeletVersion"] == "v1.34.0+lab"
    assert nodes[1]["status"]["nodeInfo"]["kernelVersion"] == os.uname().release
    (ready,) = nodes[1]["status"]["conditions"]
    assert ready["lastTransitionTime"].endswith("Z")


async def logs(lab: Lab, path: str, **query: str) -> str:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=lab.access.ca))
    async with (
        aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {lab.access.token}"}) as session,
        asyncio.timeout(10),
        session.get(f"{lab.access.server}{path}/log", params=query) as answer,
    ):
        return await answer.text()


async def test_logs_hold_both_outputs_of_this_and_the_previous_instance(world: Living, lab: Lab) -> None:
    script = "echo one; echo two >&2; [ -e /dev/shm/again ] && exec sleep 1000; touch /dev/shm/again"
    await world.pod("p", shell("app", script))
    await world.history("p", lambda pod: pod["status"].get("containerStatuses", [{"restartCount": 0}])[0]["restartCount"] == 1)
    for query in ({}, {"previous": "true"}):
        assert await logs(lab, f"{world.pods}/p", **query) == "one\ntwo\n"
    assert await logs(lab, f"{world.pods}/p", tailLines="1") == "two\n"


async def test_a_followed_log_ends_with_its_container(world: Living, lab: Lab) -> None:
    script = "for n in 1 2 3; do echo $n; sleep 0.1; done; while [ ! -e /dev/shm/end ]; do sleep 0.1; done; echo end"
    await world.pod("p", shell("app", script), restartPolicy="Never")
    await world.history("p", is_in("Running"))
    async with asyncio.TaskGroup() as tasks:
        text = tasks.create_task(logs(lab, f"{world.pods}/p", follow="true"))
        await world.exec("p", "app", "touch", "/dev/shm/end")
    assert text.result() == "1\n2\n3\nend\n"


async def test_exec_to_what_does_not_run_is_refused(world: Living) -> None:
    await world.pod("p", shell("app"), init=(shell("one", "true"),))
    await world.history("p", is_in("Running"))
    with pytest.raises(ApiError, match="container not found"):
        await world.exec("p", "one", "true")
    with pytest.raises(ApiError, match="executable file not found"):
        await world.exec("p", "app", "no-such-program")
