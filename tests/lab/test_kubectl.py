"""kubectl in a lab whose pods live: what people type while something happens, and what they must see."""

import asyncio
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import yaml

from kube_vxlan_lab.outside import Lab
from tests.lab.apiserver.hosted import HAS_KUBECTL
from tests.lab.living import Json, Living, is_in, shell

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(not HAS_KUBECTL, reason="kubectl is not installed")]

TEMPLATE = {
    "metadata": {"labels": {"run": "s"}},
    "spec": {"initContainers": [shell("one", "true")], "containers": [shell("app")], "terminationGracePeriodSeconds": 1},
}
SPEC = {"replicas": 2, "selector": {"matchLabels": {"run": "s"}}, "template": TEMPLATE}


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl in one namespace of a lab."""

    kubeconfig: str
    namespace: str

    async def __call__(self, *words: str) -> str:
        """What it says; it must succeed."""
        process = await self._start(*words)
        async with asyncio.timeout(40):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    @asynccontextmanager
    async def following(self, *words: str) -> AsyncIterator[asyncio.StreamReader]:
        """What it says line by line, while it goes on."""
        process = await self._start(*words)
        assert process.stdout is not None
        try:
            async with asyncio.timeout(40):
                yield process.stdout
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def _start(self, *words: str) -> asyncio.subprocess.Process:
        around = {"PATH": os.environ["PATH"], "HOME": os.path.dirname(self.kubeconfig), "KUBECONFIG": self.kubeconfig}
        return await asyncio.create_subprocess_exec(
            "kubectl", "--namespace", self.namespace, *words, stdout=PIPE, stderr=PIPE, env=around
        )


@pytest.fixture
def kubectl(lab: Lab, world: Living) -> Kubectl:
    return Kubectl(str(lab.kubeconfig), world.pods.split("/")[-2])


async def workload(world: Living, kind: str) -> None:
    made: Json = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "s"}, "spec": SPEC}
    if kind == "StatefulSet":
        made["spec"] = SPEC | {"serviceName": "s"}
    await world.client.create(f"{world.apps}/{kind.lower()}s", made)


async def words_until(said: asyncio.StreamReader, name: str, last: tuple[str, ...]) -> list[str]:
    """What is said of the state of this pod, each state once, until its row says this."""
    states: list[str] = []
    async for line in said:
        row = line.decode().split()
        if row[0] == name and row[2] not in states[-1:]:
            states.append(row[2])
        if row[0] == name and tuple(row[1:3]) == last:
            return states
    raise AssertionError(f"it ended, after {states}")


async def test_get_with_watch_follows_a_pod_through_its_life(world: Living, kubectl: Kubectl) -> None:
    await world.pod("other", shell("app"))
    await world.history("other", is_in("Running"))
    async with kubectl.following("get", "pods", "-w") as said:
        assert (await said.readline()).split() == [b"NAME", b"READY", b"STATUS", b"RESTARTS", b"AGE"]
        assert (await said.readline()).split()[:3] == [b"other", b"1/1", b"Running"]
        await world.pod("p", shell("app"), init=(shell("one", "sleep 0.2"),))
        states = await words_until(said, "p", ("1/1", "Running"))
        assert states in (["Pending", "Init:0/1", "PodInitializing", "Running"], ["Pending", "Init:0/1", "Running"])
        await kubectl("delete", "pod", "p")
        assert await words_until(said, "p", ("0/1", "Terminating")) == ["Terminating"]
    assert (await kubectl("get", "pods", "--no-headers")).split()[0] == "other"


async def test_get_shows_both_addresses_and_where_a_pod_is(world: Living, kubectl: Kubectl) -> None:
    await world.pod("p", shell("app"), nodeName="node-2", readinessGates=[{"conditionType": "x/open"}])
    pod = (await world.history("p", is_in("Running")))[-1]
    assert yaml.safe_load(await kubectl("get", "pod", "p", "-o", "yaml"))["status"]["podIPs"] == pod["status"]["podIPs"]
    assert len(pod["status"]["podIPs"]) == 2
    row = (await kubectl("get", "pod", "p", "-o", "wide", "--no-headers")).split()
    assert row[5:] == [pod["status"]["podIP"], "node-2", "<none>", "0/1"]
    patch = '{"status":{"conditions":[{"type":"x/open","status":"True"}]}}'
    await kubectl("patch", "pod", "p", "--subresource=status", "-p", patch)
    assert (await kubectl("get", "pod", "p", "-o", "wide", "--no-headers")).split()[-1] == "1/1"
    await kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=20s")
    node = (await kubectl("get", "node", "node-2", "-o", "wide", "--no-headers")).split()
    assert node[1:3] + node[4:6] == ["Ready", "<none>", "v1.34.0+lab", "172.31.0.12"]


async def test_describe_knows_every_kind(world: Living, kubectl: Kubectl) -> None:
    await workload(world, "StatefulSet")
    await workload(world, "Deployment")
    await kubectl("create", "configmap", "c", "--from-literal=red=id=5 up")
    for kind in ("statefulset", "deployment"):
        await kubectl("rollout", "status", f"{kind}/s", "--timeout=30s")
    said = await kubectl("describe", "statefulset", "s")
    assert "2 desired | 2 total" in said
    assert "2 Running / 0 Waiting / 0 Succeeded / 0 Failed" in said
    said = await kubectl("describe", "deployment", "s")
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in said
    assert "NewReplicaSetAvailable" in said
    assert "red:\n----\nid=5 up\n" in await kubectl("describe", "configmap", "c")
    said = await kubectl("describe", "node", "node-1")
    assert "10.244.1.0/24,fd00:10:244:1::/64" in said
    assert "lab://1" in said
    assert "s-0" in await kubectl("describe", "pod", "s-0")


async def test_a_statefulset_is_scaled_restarted_and_loses_a_pod(world: Living, kubectl: Kubectl) -> None:
    await workload(world, "StatefulSet")
    await kubectl("rollout", "status", "statefulset/s", "--timeout=30s")
    assert await kubectl("scale", "statefulset", "s", "--replicas=3") == "statefulset.apps/s scaled\n"
    await kubectl("rollout", "status", "statefulset/s", "--timeout=30s")
    assert (await kubectl("get", "pods", "-o", "name")).split() == ["pod/s-0", "pod/s-1", "pod/s-2"]
    assert await kubectl("scale", "statefulset", "s", "--replicas=1") == "statefulset.apps/s scaled\n"
    await kubectl("wait", "--for=delete", "pod/s-1", "--timeout=20s")
    before = await kubectl("get", "pod", "s-0", "-o", "jsonpath={.metadata.uid}")
    # Told to wait, kubectl may look again only when the next s-0 is there already, and then waits for the end of that one.
    assert await kubectl("delete", "pod", "s-0", "--wait=false") == 'pod "s-0" deleted\n'
    await world.until(world.pods, lambda pods: [one["metadata"]["uid"] for one in pods] not in ([], [before]))
    await kubectl("rollout", "status", "statefulset/s", "--timeout=30s")
    after = await kubectl("get", "pod", "s-0", "-o", "jsonpath={.metadata.uid}")
    assert await kubectl("rollout", "restart", "statefulset/s") == "statefulset.apps/s restarted\n"
    await kubectl("rollout", "status", "statefulset/s", "--timeout=30s")
    assert len({before, after, await kubectl("get", "pod", "s-0", "-o", "jsonpath={.metadata.uid}")}) == 3


async def test_a_deployment_is_restarted_and_deleted_with_its_pods(world: Living, kubectl: Kubectl) -> None:
    await workload(world, "Deployment")
    await kubectl("rollout", "status", "deployment/s", "--timeout=30s")
    before = set((await kubectl("get", "pods", "-o", "name")).split())
    assert await kubectl("rollout", "restart", "deployment/s") == "deployment.apps/s restarted\n"
    assert "successfully rolled out" in await kubectl("rollout", "status", "deployment/s", "--timeout=30s")
    await kubectl("wait", "--for=delete", *before, "--timeout=20s")
    assert before.isdisjoint((await kubectl("get", "pods", "-o", "name")).split())
    restarted = "{.spec.template.metadata.annotations}"
    assert "restartedAt" in await kubectl("get", "deployment", "s", "-o", f"jsonpath={restarted}")
    assert await kubectl("rollout", "undo", "deployment/s") == "deployment.apps/s rolled back\n"
    await kubectl("rollout", "status", "deployment/s", "--timeout=30s")
    assert await kubectl("get", "deployment", "s", "-o", f"jsonpath={restarted}") == ""
    assert [line.split()[0] for line in (await kubectl("rollout", "history", "deployment/s")).split("\n")[2:4]] == ["2", "3"]
    assert await kubectl("delete", "deployment", "s") == 'deployment.apps "s" deleted\n'
    await world.until(world.pods, lambda pods: not pods)


async def test_logs_are_followed_to_the_end(world: Living, kubectl: Kubectl) -> None:
    script = "echo one; while [ ! -e /dev/shm/end ]; do sleep 0.1; done; echo two"
    await world.pod("p", shell("app", script), restartPolicy="Never")
    await world.history("p", is_in("Running"))
    async with kubectl.following("logs", "-f", "p") as said:
        assert await said.readline() == b"one\n"
        await kubectl("exec", "p", "--", "touch", "/dev/shm/end")
        assert await said.read() == b"two\n"


async def test_labels_and_annotations_of_a_living_pod_change(world: Living, kubectl: Kubectl) -> None:
    await world.pod("p", shell("app"))
    await world.history("p", is_in("Running"))
    assert await kubectl("label", "pod", "p", "colour=red") == "pod/p labeled\n"
    assert await kubectl("annotate", "pod", "p", "x/y=one") == "pod/p annotated\n"
    assert await kubectl("annotate", "pod", "p", "--overwrite", "x/y=two") == "pod/p annotated\n"
    assert await kubectl("patch", "pod", "p", "-p", '{"metadata":{"annotations":{"x/z":"three"}}}') == "pod/p patched\n"
    metadata = yaml.safe_load(await kubectl("get", "pods", "-l", "colour=red", "-o", "yaml"))["items"][0]["metadata"]
    assert metadata["annotations"] == {"x/y": "two", "x/z": "three"}
    assert await kubectl("label", "pod", "p", "colour-") == "pod/p unlabeled\n"
    assert await kubectl("get", "pods", "-l", "colour=red", "-o", "name") == ""
