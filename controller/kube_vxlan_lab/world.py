"""Time. The lab's world, joined: store, nodes, workloads, API server. Runs inside the lab's namespaces until they end.

It stays in the host's network namespace, so the API server listens on the host's loopback, where kubectl and the controller
find it. How to get in (URL, CA, token) is told to whoever started it, in one line of JSON on stdout; nothing is written to
the host's files.
"""

import asyncio
import json
import resource
import secrets
import ssl
import sys
from pathlib import Path

import trustme
import uvloop

from kube_vxlan_lab.addresses import Pool
from kube_vxlan_lab.apiserver.server import Listen, serving
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.controllers import Controllers
from kube_vxlan_lab.faults import Faults
from kube_vxlan_lab.node import Node, Nodes
from kube_vxlan_lab.pod import Place
from kube_vxlan_lab.underlay import Keeper, build

STARTS = 4
"""Sandboxes and containers that are being started at a time, in the whole lab."""


def main(directory: Path, nodes: int, agent: str) -> None:
    """Be the world. `directory` belongs to it alone; `agent` is the directory of the agent's program."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a pipe and a watch per container and exec
    keepers = build(nodes)
    uvloop.run(_run(keepers, directory, agent))


async def _run(keepers: tuple[Keeper, ...], directory: Path, agent: str) -> None:
    store = Store()
    turns = asyncio.Semaphore(STARTS)
    nodes = [Node(Place(keeper, Pool(keeper.net), store, directory, agent, _set(), turns)) for keeper in keepers]
    all_nodes = Nodes(nodes)
    authority = trustme.CA()
    listen = Listen(_tls(authority), secrets.token_urlsafe(32))
    async with serving(store, all_nodes, listen) as server, asyncio.TaskGroup() as tasks:
        server.let_in(Faults(server, store, all_nodes))
        for node in nodes:
            tasks.create_task(node.run())
        tasks.create_task(Controllers(store).run())
        access = {"server": server.url, "ca": authority.cert_pem.bytes().decode(), "token": listen.token}
        sys.stdout.write(json.dumps(access) + "\n")
        sys.stdout.flush()


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


def _tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context
