"""A cluster for the commands that read one: the lab's API server, and agents that the test provides."""

import asyncio
import contextlib
import os
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from kube_vxlan_controller.cli import main
from kube_vxlan_controller.views import AgentNames
from kube_vxlan_lab.apiserver.resources import PODS
from kube_vxlan_lab.apiserver.runtime import Container, LogWish, NotThere, Process
from kube_vxlan_lab.apiserver.server import Listen, serving
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import TOKEN

AGENT = AgentNames().sidecar
NETWORKS = {"vxeth1": "id=101 up", "vxeth2": "id=102 up"}


@dataclass
class Agents:
    """A runtime in which the agent of a pod is the command line given for it; other pods' agents do not run."""

    commands: dict[str, Sequence[str]] = field(default_factory=dict)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def exec(self, container: Container, argv: Sequence[str], stdin: bool) -> Process:
        command = self.commands.get(container.pod)
        if command is None or container.name != AGENT:
            raise NotThere(f'container not found ("{container.name}")')
        environment = {"PATH": os.environ["PATH"], "POD_UID": container.uid}
        pipes: dict[str, Any] = {"stdin": PIPE if stdin else DEVNULL, "stdout": PIPE, "stderr": PIPE, "env": environment}
        process = await asyncio.create_subprocess_exec(*command, *argv[1:], start_new_session=True, **pipes)
        self.processes.append(process)
        return process

    async def logs(self, container: Container, wish: LogWish) -> AsyncIterator[bytes]:
        if container.name:
            raise NotThere(f'container not found ("{container.name}")')
        yield b""

    async def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            async with asyncio.timeout(10):
                # The API server still reads what the command said last, and a StreamReader has no event for its end.
                while not all(pipe and pipe.at_eof() for pipe in (process.stdout, process.stderr)):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)


@dataclass
class Cluster:
    """A running API server, and what a command needs to reach it."""

    store: Store
    agents: Agents
    options: Sequence[str]
    capsys: pytest.CaptureFixture[str]

    def pod(
        self,
        name: str,
        text: str,
        address: str,
        *,
        namespace: str = "default",
        running: bool = True,
        label: str = "true",
        **more: Any,
    ) -> None:
        """A labelled pod with an agent container, or with what `more` has for its `spec`."""
        metadata = {"name": name, "namespace": namespace, "labels": {"vxlan.openvnf.org": label}}
        metadata |= {"annotations": {"vxlan.openvnf.org/networks": text}}
        spec = {"nodeName": "node-1", "containers": [{"name": AGENT, "image": "agent"}], **more}
        self.store.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        state: dict[str, Any] = {"running": {}} if running else {"waiting": {"reason": "ContainerCreating"}}
        container = {"name": AGENT, "state": state, "ready": running, "restartCount": 0, "image": "agent", "imageID": ""}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "containerStatuses": [container]}
        if not address:
            status = {"phase": "Pending"}
        self.store.modify(PODS, namespace, name, lambda pod: {**pod, "status": status}, "status")

    def configmap(self, data: Mapping[str, str]) -> None:
        """The ConfigMap of networks."""
        metadata = {"name": "kube-vxlan-controller", "namespace": "kube-system"}
        self.store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)})

    def agent(self, name: str, command: Sequence[str]) -> None:
        """What runs as the agent of a pod."""
        self.agents.commands[name] = command

    async def run(self, *words: str) -> tuple[int, str, str]:
        """One command, in a thread of its own as it has a loop of its own: exit code, stdout, stderr."""
        code = await asyncio.to_thread(main, [*words, *self.options])
        out, err = self.capsys.readouterr()
        return code, out, err


@contextlib.asynccontextmanager
async def a_cluster(home: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Cluster]:
    """A cluster with the networks of `NETWORKS` and no pods."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    store, agents = Store(), Agents()
    try:
        async with serving(store, agents, Listen(context, TOKEN)) as server:
            options = (f"--server={server.url}", f"--ca-cert-file={home / 'ca.pem'}", f"--token={TOKEN}")
            running = Cluster(store, agents, options, capsys)
            running.configmap(NETWORKS)
            yield running
    finally:
        await agents.stop()
