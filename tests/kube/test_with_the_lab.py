"""The client and the lab's API server, each written by what a real one does: they must understand each other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.connection import from_kubeconfig
from kube_vxlan_controller.kube.exec import PodExec, Result
from kube_vxlan_controller.kube.happenings import Listed, Resource, Timing
from kube_vxlan_controller.kube.listing import list_all
from kube_vxlan_controller.kube.watch import follow
from kube_vxlan_controller.model import ContainerName, Namespace, NodeName, Place, PodName, PodUid
from kube_vxlan_controller.ports import Gone, NotRunning, Target, Unknown, Unreachable
from kube_vxlan_controller.views import ConfigMapObject, PodObject
from tests.kube.following import Told
from tests.lab.apiserver.hosted import Hosted, hosted

PODS = Resource("/api/v1/pods", PodObject, label_selector="vxlan=true")


def pod(name: str) -> dict[str, Any]:
    containers = [{"name": "agent", "image": "agent"}, {"name": "stopped", "image": "agent"}]
    meta = {"name": name, "namespace": "default", "labels": {"vxlan": "true"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"nodeName": "node", "containers": containers}}


def target(name: str, container: str = "agent") -> Target:
    return Target(Place(Namespace("default"), PodName(name), PodUid("u")), NodeName("node"), ContainerName(container))


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as running:
        yield running


@pytest.fixture
async def api(lab: Hosted) -> AsyncIterator[ApiClient]:
    async with ApiClient(await from_kubeconfig(str(lab.home / "config"))) as client:
        yield client


async def test_objects(lab: Hosted, api: ApiClient) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    made = await api.create(path, {"metadata": {"name": "nets"}, "data": {"a": "id=1"}}, ConfigMapObject)
    with pytest.raises(answers.Conflict, match="already exists"):
        await api.create(path, {"metadata": {"name": "nets"}}, ConfigMapObject)
    changed = await api.patch(f"{path}/nets", {"data": {"b": "id=2"}}, ConfigMapObject)
    assert changed.data == {"a": "id=1", "b": "id=2"}
    old = {"metadata": {"name": "nets", "resourceVersion": made.metadata.resource_version}}
    with pytest.raises(answers.Conflict):
        await api.replace(f"{path}/nets", old, ConfigMapObject)
    with pytest.raises(answers.Invalid):
        await api.create(path, {"metadata": {"name": "Not a name"}}, ConfigMapObject)
    with pytest.raises(Gone):
        await api.get(f"{path}/other", ConfigMapObject)


async def test_more_than_one_page(lab: Hosted, api: ApiClient) -> None:
    for number in range(501):
        lab.store.create(pod(f"p{number}"))
    listing = await list_all(api, PODS)
    assert len({one.metadata.name for one in listing.objects}) == 501
    assert listing.version
    assert not listing.skipped


async def test_following(lab: Hosted, api: ApiClient) -> None:
    told = Told()
    lab.store.create(pod("a"))
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow(api, PODS, told, Timing(first_delay=0.01, relist=0.5)))
        await told.until(lambda _: told.names() == ["=a"])
        lab.store.create(pod("b"))
        await api.patch("/api/v1/namespaces/default/pods/a", {"metadata": {"annotations": {"x": "y"}}}, PodObject)
        # Out of the selector's sight is gone, for a watch.
        await api.patch("/api/v1/namespaces/default/pods/b", {"metadata": {"labels": {"vxlan": None}}}, PodObject)
        await told.until(lambda _: told.names()[:4] == ["=a", "+b", "+a", "-b"])
        lab.store.compact()
        await told.several(Listed, 2)
        following.cancel()
    assert "=a" in told.names()[4:]


async def test_running_commands(lab: Hosted, api: ApiClient) -> None:
    lab.store.create(pod("a"))
    pods = PodExec(api)
    assert await pods.run(target("a"), ("cat",), b"in and out") == Result(0, b"in and out", b"")
    assert await pods.run(target("a"), ("sh", "-c", "echo é; echo no >&2; exit 64")) == Result(64, "é\n".encode(), b"no\n")
    large = b"x" * (1 << 20)
    assert (await pods.run(target("a"), ("cat",), large)).stdout == large
    with pytest.raises(Unreachable, match="no-such-command"):
        await pods.run(target("a"), ("no-such-command",))
    with pytest.raises(NotRunning):
        await pods.run(target("a", "stopped"), ("true",))
    with pytest.raises(NotRunning, match="nobody"):
        await pods.run(target("a", "nobody"), ("true",))
    with pytest.raises(Gone):
        await pods.run(target("b"), ("true",))
    with pytest.raises(Unknown):
        await pods.run(target("a"), ("sleep", "60"), deadline=0.2)


async def test_a_stream_stays_open(lab: Hosted, api: ApiClient) -> None:
    lab.store.create(pod("a"))
    stream = await PodExec(api).open(target("a"), ("sh", "-c", "while read -r line; do echo got $line; done; exit 3"))
    for word in (b"one", b"two"):
        await stream.send(word + b"\n")
        assert await stream.receive() == b"got " + word + b"\n"
    await stream.end_input()
    with pytest.raises(NotRunning, match="ended with 3"):
        await stream.receive()
    await stream.close()
