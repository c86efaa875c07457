"""The Lease in the lab's API server, and the `Shelf` that stands for it in other tests: both must do the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kube_vxlan_controller.election import ABSENT, Record
from kube_vxlan_controller.kube.client import ApiClient, Deadlines
from kube_vxlan_controller.kube.connection import from_kubeconfig
from kube_vxlan_controller.kube.lease import Lease
from kube_vxlan_controller.model import Epoch, Namespace
from kube_vxlan_controller.ports import Gone, Leases, Unknown, Unreachable
from kube_vxlan_lab.apiserver.resources import LEASES
from tests.kube.scripted import Scripted, says
from tests.lab.apiserver.hosted import HAS_KUBECTL, Hosted, hosted
from tests.shelf import Shelf

NAMESPACE, NAME = Namespace("kube-system"), "kube-vxlan-controller"
FIRST = Record("one", 15, Epoch(1_800_000_000_123_456), 1_800_000_000_123_457)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as running:
        yield running


@pytest.fixture
async def lease(lab: Hosted) -> AsyncIterator[Lease]:
    async with ApiClient(await from_kubeconfig(str(lab.home / "config"))) as client:
        yield Lease(client, NAMESPACE, NAME)


@pytest.fixture(params=["lease", "shelf"])
def leases(request: pytest.FixtureRequest) -> Leases:
    found: Leases = Shelf() if request.param == "shelf" else request.getfixturevalue("lease")
    return found


@pytest.fixture
async def stored(leases: Leases) -> Record:
    made = await leases.write(FIRST)
    assert made is not None
    return made


async def test_what_is_written_is_read(leases: Leases) -> None:
    assert await leases.read() == ABSENT
    made = await leases.write(FIRST)
    assert made is not None
    assert replace(made, version="", uid="") == FIRST
    assert await leases.read() == made
    again = await leases.write(replace(made, renewed=made.renewed + 1))
    assert again is not None
    assert (again.uid, again.version != made.version) == (made.uid, True)
    assert await leases.read() == again


async def test_of_two_writers_one_is_too_late(leases: Leases, stored: Record) -> None:
    assert await leases.write(FIRST) is None
    theirs = await leases.write(replace(stored, holder="two"))
    assert theirs is not None
    assert await leases.write(replace(stored, holder="three")) is None
    assert await leases.write(replace(theirs, uid="another")) is None
    assert await leases.read() == theirs


async def test_a_lease_that_is_gone_is_not_replaced_but_made(lab: Hosted, lease: Lease) -> None:
    shelf = Shelf()
    for leases in (lease, shelf):
        made = await leases.write(FIRST)
        assert made is not None
        lab.store.delete(LEASES, NAMESPACE, NAME) if leases is lease else shelf.delete()
        assert await leases.write(replace(made, renewed=0)) is None
        assert await leases.read() == ABSENT
        anew = await leases.write(replace(made, version="", uid=""))
        assert anew is not None
        assert anew.uid != made.uid


async def test_a_lease_without_a_holder_and_without_times(lab: Hosted, lease: Lease) -> None:
    meta = {"name": NAME, "namespace": NAMESPACE}
    lab.store.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta})
    read = await lease.read()
    assert replace(read, version="", uid="") == Record()
    assert read.version


async def test_what_others_wrote_into_it_stays(lab: Hosted, lease: Lease) -> None:
    made = await lease.write(FIRST)
    assert made is not None
    await lab.ask(
        "PATCH",
        f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{NAME}",
        {"metadata": {"labels": {"team": "net"}, "annotations": {"note": "x"}}},
        "application/merge-patch+json",
    )
    assert await lease.write(made) is None
    assert await lease.write(await lease.read()) is not None
    metadata = lab.store.get(LEASES, NAMESPACE, NAME)["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"team": "net"}, {"note": "x"})


async def test_a_namespace_that_is_not_there_is_told(lab: Hosted) -> None:
    async with ApiClient(await from_kubeconfig(str(lab.home / "config"))) as client:
        with pytest.raises(Gone, match="nowhere"):
            await Lease(client, Namespace("nowhere"), NAME).write(FIRST)


@pytest.mark.skipif(not HAS_KUBECTL, reason="kubectl is not installed")
async def test_people_see_who_holds_it(lab: Hosted, lease: Lease) -> None:
    await lease.write(FIRST)
    head, line = (await lab.run("get", "leases", "-n", NAMESPACE)).splitlines()
    assert (head.split(), line.split()[:2]) == (["NAME", "HOLDER", "AGE"], [NAME, "one"])


async def test_no_call_lasts_longer_than_its_deadline(server: Scripted) -> None:
    server.play(server.silent())
    async with ApiClient(server.connection(), Deadlines(0.3, 0.3)) as client:
        silent = Lease(client, NAMESPACE, NAME)
        with pytest.raises(Unreachable, match="no answer in time"):
            await silent.read()
        with pytest.raises(Unknown, match="nobody can tell whether it was done"):
            await silent.write(FIRST)


async def test_an_answer_that_is_no_lease_is_a_failure_of_the_world(server: Scripted) -> None:
    server.play(says({"metadata": {"resourceVersion": "1"}, "spec": {"acquireTime": "yesterday"}}))
    async with ApiClient(server.connection(), Deadlines(2.0, 2.0)) as client:
        with pytest.raises(Unreachable, match="makes no sense"):
            await Lease(client, NAMESPACE, NAME).read()


@pytest.mark.parametrize(
    "spec",
    [
        {"acquireTime": "9999-12-31T23:59:59.999999Z"},
        {"acquireTime": "9999-12-31T23:59:59.999999-01:00"},
        {"acquireTime": "0001-01-01T00:00:00.000000+01:00"},
        {"renewTime": "9999-12-31T23:59:59.999999-01:00"},
    ],
)
async def test_a_time_after_which_there_is_none_is_a_failure_of_the_world(server: Scripted, spec: dict[str, str]) -> None:
    server.play(says({"metadata": {"resourceVersion": "1"}, "spec": spec}))
    async with ApiClient(server.connection(), Deadlines(2.0, 2.0)) as client:
        with pytest.raises(Unreachable, match="delete it"):
            await Lease(client, NAMESPACE, NAME).read()
