"""A server on this machine for tests: its containers are processes of the host, and kubectl is its first user."""

import asyncio
import contextlib
import io
import os
import shutil
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import trustme

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.apiserver.runtime import CannotStart, Container, LogWish, NotThere, Process
from kube_vxlan_lab.apiserver.server import Listen, Server, serving
from kube_vxlan_lab.apiserver.store import Store

TOKEN = "a-token-for-tests"


@dataclass
class HostRuntime:
    """Runs every command on the host; a container named `stopped` does not run."""

    started: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def exec(self, container: Container, argv: Sequence[str], stdin: bool) -> Process:
        self._reach(container)
        try:
            process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE if stdin else DEVNULL, stdout=PIPE, stderr=PIPE)
        except OSError as error:
            raise CannotStart(f'exec: "{argv[0]}": {error.strerror}') from None
        self.started.append(process)
        return process

    async def logs(self, container: Container, wish: LogWish) -> AsyncIterator[bytes]:
        self._reach(container)
        lines = [b"one\n", b"two\n", b"three\n"]
        for line in lines[-wish.tail :] if wish.tail else lines:
            yield line

    def _reach(self, container: Container) -> None:
        if container.name == "stopped":
            raise NotThere(f'container not found ("{container.name}")')

    async def stop(self) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@dataclass
class Hosted:
    """A running server and its clients."""

    store: Store
    runtime: HostRuntime
    url: str
    session: aiohttp.ClientSession
    home: Path
    api: Server

    async def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Json]:
        """One call: the code and the body."""
        data = io.BytesIO(msgspec.json.encode(body)) if body is not None else None
        headers = {"Content-Type": kind} if data is not None else {}
        async with self.session.request(method, self.url + path, data=data, headers=headers) as response:
            return response.status, msgspec.json.decode(await response.read())

    async def kubectl(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        """Exit code, stdout and stderr of kubectl with these words."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "KUBECONFIG": str(self.home / "config")}
        process = await asyncio.create_subprocess_exec("kubectl", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment)
        async with asyncio.timeout(20):
            out, err = await process.communicate(stdin.encode())
        return process.returncode or 0, out.decode(), err.decode()

    async def run(self, *words: str, stdin: str = "") -> str:
        """The stdout of kubectl, which must succeed."""
        code, out, err = await self.kubectl(*words, stdin=stdin)
        assert code == 0, err
        return out


HAS_KUBECTL = shutil.which("kubectl") is not None


@contextlib.asynccontextmanager
async def hosted(home: Path) -> AsyncIterator[Hosted]:
    """A server for one test."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    store, runtime = Store(), HostRuntime()
    try:
        async with serving(store, runtime, Listen(context, TOKEN)) as api:
            (home / "config").write_bytes(msgspec.json.encode(_kubeconfig(api.url, str(home / "ca.pem"))))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            connector = aiohttp.TCPConnector(ssl=trusting)
            async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
                yield Hosted(store, runtime, api.url, session, home, api)
    finally:
        await runtime.stop()


def _kubeconfig(url: str, authority: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": "lab", "user": {"token": TOKEN}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }


@contextlib.contextmanager
def refused(code: int, reason: str) -> Iterator[None]:
    """Expects a Refusal with this code and reason."""
    with pytest.raises(Refusal) as caught:
        yield
    assert (caught.value.code, caught.value.reason) == (code, reason), str(caught.value)


def a_pod(name: str = "a", **spec: Any) -> Json:
    """A pod of one container, as a client would write it."""
    containers = {"containers": [{"name": "app", "image": "debian:12"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**containers, **spec}}


def a_configmap(name: str = "c", **data: str) -> Json:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def a_deployment(name: str = "d", replicas: int = 1) -> Json:
    """A Deployment of one container."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": "debian:12"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
