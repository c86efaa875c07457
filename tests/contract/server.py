"""A Kubernetes API server as these tests see it: what a kubeconfig tells, and one namespace."""

import asyncio
import base64
import contextlib
import io
import json
import ssl
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import yaml

Json = dict[str, Any]
T = TypeVar("T")
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """One answer: its code, its body, its media type."""

    code: int
    body: Json
    kind: str = "application/json"


@dataclass(frozen=True)
class Server:
    """An API server, and a namespace of the test's own."""

    url: str
    session: aiohttp.ClientSession
    namespace: str
    image: str
    """An image with a shell and busybox's programs, that every node has."""
    forget: Callable[[], None]
    """Lets the server forget its history: who asks for a version before now is answered with 410."""

    def path(self, kind: str, name: str = "", part: str = "") -> str:
        """The path of a core resource in the namespace."""
        return "/".join(filter(None, (f"/api/v1/namespaces/{self.namespace}/{kind}", name, part)))

    async def ask(self, method: str, path: str, body: object = None, kind: str = "application/json", **query: str) -> Answer:
        """One call."""
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = {} if body is None else {"Content-Type": kind}
        async with self.session.request(method, self.url + path, params=query, data=data, headers=headers) as response:
            text = await response.text()
            kind = response.content_type
            return Answer(response.status, json.loads(text) if kind == "application/json" else {"text": text}, kind)

    async def create(self, kind: str, obj: Json) -> Json:
        """Create an object; it must succeed."""
        answer = await self.ask("POST", self.path(kind), obj)
        assert answer.code == 201, answer.body
        return answer.body

    async def config(self, name: str, **data: str) -> Json:
        """Create a ConfigMap."""
        return await self.create("configmaps", config(name, **data))

    @contextlib.asynccontextmanager
    async def watching(self, kind: str, **query: str) -> AsyncIterator["Watch"]:
        """A watch of a core resource in the namespace; it ends by itself after 60 s."""
        asked = {"watch": "1", "timeoutSeconds": "60", **query}
        async with self.session.get(self.url + self.path(kind), params=asked) as response:
            yield Watch(response)

    def exec(self, pod: str, *argv: str, protocols: tuple[str, ...], container: str = "app") -> Any:
        """A WebSocket for a command, with all its streams."""
        query = [("command", word) for word in argv] + [("container", container)] * bool(container)
        query += [("stdin", "true"), ("stdout", "true"), ("stderr", "true")]
        url = f"{self.url}{self.path('pods', pod, 'exec')}?{urlencode(query)}"
        return self.session.ws_connect(url, protocols=protocols, compress=0, max_msg_size=0)

    async def running(self, name: str) -> Json:
        """The pod of that name, as soon as its container `app` runs."""

        async def look() -> Json | None:
            pod = (await self.ask("GET", self.path("pods", name))).body
            there = [one for one in pod["status"].get("containerStatuses", []) if "running" in one["state"]]
            return pod if there else None

        return await eventually(look, 60.0, f"pod {name} runs")


@dataclass(frozen=True)
class Watch:
    """An open watch."""

    response: aiohttp.ClientResponse

    async def event(self) -> Json:
        """The next event that is no bookmark."""
        while (event := await self.any())["type"] == "BOOKMARK":
            pass
        return event

    async def any(self) -> Json:
        """The next event."""
        async with asyncio.timeout(30):
            line = await self.response.content.readline()
        assert line, "the server ended the watch"
        event: Json = json.loads(line)
        return event


async def eventually(look: Callable[[], Awaitable[T | None]], within: float, what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + within
    while True:
        found = await look()
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        await asyncio.sleep(0.05)


def config(name: str, **data: str) -> Json:
    """A ConfigMap as a client would write it."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def pod(name: str, image: str) -> Json:
    """A pod that runs a shell as its one container, `app`."""
    command = ["sh", "-c", "trap 'exit 0' TERM; sleep 3600 & wait"]
    app = {"name": "app", "image": image, "imagePullPolicy": "IfNotPresent", "command": command}
    spec = {"containers": [app], "restartPolicy": "Always", "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@contextlib.asynccontextmanager
async def connected(kubeconfig: str, image: str, forget: Callable[[], None]) -> AsyncIterator[Server]:
    """The server of the current context of a kubeconfig's text, with a fresh namespace in it, which goes at the end."""
    cluster, user = current(yaml.safe_load(kubeconfig))
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    connector = aiohttp.TCPConnector(ssl=_trusting(cluster, user))
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        server = Server(cluster["server"], session, f"contract-{uuid.uuid4().hex[:8]}", image, forget)
        made = await server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": server.namespace}})
        assert made.code == 201, made.body
        try:
            await _ready_for_pods(server)
            yield server
        finally:
            await server.ask("DELETE", f"/api/v1/namespaces/{server.namespace}")


def current(kubeconfig: Json) -> tuple[Json, Json]:
    """The cluster and the user of the current context."""

    def named(kind: str, name: str) -> Json:
        found: Json = next(one[kind] for one in kubeconfig[f"{kind}s"] if one["name"] == name)
        return found

    context = named("context", kubeconfig["current-context"])
    return named("cluster", context["cluster"]), named("user", context["user"])


async def _ready_for_pods(server: Server) -> None:
    """A real server takes no pod before the namespace has its default service account; the lab's knows none."""

    async def look() -> bool | None:
        tried = await server.ask("POST", server.path("pods"), pod("probe", server.image), dryRun="All")
        return True if tried.code == 201 else None

    await eventually(look, 30.0, "the namespace takes pods")


def _trusting(cluster: Json, user: Json) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=_given(cluster, "certificate-authority").decode())
    if "token" not in user:
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(_given(user, "client-certificate") + b"\n" + _given(user, "client-key"))
            pem.flush()
            context.load_cert_chain(pem.name)
    return context


def _given(where: Json, what: str) -> bytes:
    """What a kubeconfig holds itself, or names a file for."""
    inside = where.get(f"{what}-data")
    return base64.b64decode(inside) if inside else Path(where[what]).read_bytes()
