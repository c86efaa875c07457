"""A namespace of a living lab, with the few things that tests do in it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from kube_vxlan_lab.client import Access, Client, Result

Json = dict[str, Any]


class Living:
    """What a test can do."""

    def __init__(self, client: Client, namespace: str, since: str) -> None:
        """`since` is the resourceVersion at which the namespace was made."""
        self.client = client
        self._since = since
        self.pods = f"/api/v1/namespaces/{namespace}/pods"
        self.apps = f"/apis/apps/v1/namespaces/{namespace}"
        self._namespace = namespace

    async def pod(self, name: str, *containers: Json, init: tuple[Json, ...] = (), **spec: Any) -> None:
        """Create a pod."""
        wanted = {"terminationGracePeriodSeconds": 5, **spec, "containers": list(containers), "initContainers": list(init)}
        await self.client.create(self.pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": wanted})

    async def fault(self, fault: str, **what: Any) -> None:
        """Have something go wrong; `pod` is a pod of this namespace."""
        if "pod" in what:
            what["pod"] = f"{self._namespace}/{what['pod']}"
        await self.client.create(f"/lab/{fault}", what)

    async def exec(self, pod: str, container: str, *argv: str) -> Result:
        """Run a command in a container."""
        return await self.client.exec(f"{self._namespace}/{pod}", container, argv)

    async def history(self, name: str, enough: Callable[[Json], bool], seconds: float = 20) -> list[Json]:
        """What the pod looked like, from its creation until it was enough; a deleted pod has phase `Gone`."""
        seen: list[Json] = []
        async with asyncio.timeout(seconds), aclosing(self.client.watch(self.pods, self._since)) as changes:
            async for kind, pod in changes:
                if pod["metadata"]["name"] != name:
                    continue
                seen.append(pod if kind != "DELETED" else pod | {"status": pod["status"] | {"phase": "Gone"}})
                if enough(seen[-1]):
                    return seen
        raise AssertionError("the watch ended")

    async def until(self, path: str, enough: Callable[[list[Json]], bool], seconds: float = 20) -> list[Json]:
        """The objects of a collection, when they are enough."""
        found: list[Json] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = (await self.client.get(path))["items"]
                    if enough(found):
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(
                f"not in {seconds} s: {[(one['metadata']['name'], one.get('status')) for one in found]}"
            ) from None


@asynccontextmanager
async def living(access: Access) -> AsyncIterator[Living]:
    """A namespace for one test; its pods go at once at the end."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    async with Client(access) as client:
        wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        made = await client.create("/api/v1/namespaces", wanted)
        yield Living(client, name, made["metadata"]["resourceVersion"])
        await client.delete(f"/api/v1/namespaces/{name}")


def shell(name: str, script: str = "trap 'exit 0' TERM; sleep 1000 & wait", **fields: Any) -> Json:
    """A container that runs a script."""
    return {"name": name, "image": "busybox", "command": ["/bin/busybox", "sh", "-c", script], **fields}


def is_in(phase: str) -> Callable[[Json], bool]:
    """Whether a pod is in that phase."""
    return lambda pod: bool(pod["status"].get("phase") == phase)


def status_of(pod: Json, container: str) -> Json:
    """The container's status."""
    status = pod["status"]
    both = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return next(one for one in both if one["name"] == container)


def state_of(pod: Json, container: str) -> str:
    """waiting, running or terminated; empty before the first status."""
    if "containerStatuses" not in pod["status"]:
        return ""
    (state,) = status_of(pod, container)["state"]
    return str(state)
