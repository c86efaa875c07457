import asyncio

import pytest

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.happenings import Resource
from kube_vxlan_controller.kube.listing import Reader, list_all
from kube_vxlan_controller.ports import Gone, Unreachable
from kube_vxlan_controller.views import ConfigMapObject, PodObject
from tests.kube.scripted import Scripted, page, pod, refuses, says

PODS = Resource("/api/v1/pods", PodObject, field_selector="metadata.name=a")


async def test_pages_become_one_list(server: Scripted, api: ApiClient) -> None:
    server.play(page(pod("a"), None, pod("b"), more="to be continued"), page({"metadata": None}, pod("c"), version="12"))
    listing = await list_all(api, PODS)
    assert [one.metadata.name for one in listing.objects] == ["a", "b", "c"]
    assert (listing.version, listing.skipped) == ("12", 2)
    assert [dict(request.query) for request in server.requests] == [
        {"fieldSelector": "metadata.name=a", "limit": "500"},
        {"fieldSelector": "metadata.name=a", "limit": "500", "continue": "to be continued"},
    ]


async def test_an_empty_list_may_be_null(server: Scripted, api: ApiClient) -> None:
    server.play(says({"metadata": {"resourceVersion": "1"}, "items": None}))
    assert not (await list_all(api, Resource("/api/v1/configmaps", ConfigMapObject))).objects


async def test_a_list_that_is_none(server: Scripted, api: ApiClient) -> None:
    server.play(says({"kind": "PodList", "metadata": {}, "items": []}))
    with pytest.raises(Unreachable, match="no list"):
        await list_all(api, PODS)


async def test_an_expired_page(server: Scripted, api: ApiClient) -> None:
    server.play(page(pod("a"), more="x"), refuses(410, "Expired", "the provided continue parameter is too old"))
    with pytest.raises(Gone, match="continue parameter"):
        await list_all(api, PODS)


async def test_others_get_their_turn_every_few_milliseconds() -> None:
    reader, loop, turns = Reader(PODS), asyncio.get_running_loop(), 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(other())
        end = loop.time() + 0.1
        while loop.time() < end:
            await reader.breathe()
        task.cancel()
    # Twenty are expected; a busy machine gives fewer, and a loop that never waits gives none.
    assert 2 <= turns <= 30
