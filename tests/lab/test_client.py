"""The client against a lab."""

import pytest

from kube_vxlan_lab.client import ApiError
from tests.lab.living import Living, is_in, shell

pytestmark = pytest.mark.kernel


async def test_objects_are_created_changed_watched_and_deleted(world: Living) -> None:
    maps = world.pods.replace("pods", "configmaps")
    made = await world.client.create(
        maps, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}
    )
    await world.client.patch(f"{maps}/m", {"data": {"b": "2"}})
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"c": "3"}}
    await world.client.apply(maps, applied)
    assert (await world.client.get(f"{maps}/m"))["data"] == {"a": "1", "b": "2", "c": "3"}
    await world.client.delete(f"{maps}/m")
    seen = []
    async for kind, obj in world.client.watch(maps, made["metadata"]["resourceVersion"], timeoutSeconds="1"):
        seen.append((kind, len(obj["data"])))
        if kind == "DELETED":
            break
    assert seen == [("MODIFIED", 2), ("MODIFIED", 3), ("DELETED", 3)]


async def test_a_refusal_has_the_servers_words(world: Living) -> None:
    with pytest.raises(ApiError, match='pods "nobody" not found') as refused:
        await world.client.get(f"{world.pods}/nobody")
    assert refused.value.code == 404


async def test_exec_has_a_deadline(world: Living) -> None:
    await world.pod("p", shell("app"))
    seen = await world.history("p", is_in("Running"))
    with pytest.raises(TimeoutError):
        await world.client.exec(f"{seen[-1]['metadata']['namespace']}/p", "app", ["sleep", "60"], deadline=0.3)
    with pytest.raises(ApiError) as refused:
        await world.client.exec(f"{seen[-1]['metadata']['namespace']}/nobody", "app", ["true"])
    assert refused.value.code == 404
