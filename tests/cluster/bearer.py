"""I/O. Whoever holds the token of the controller's account, and what the API server answers; past all our own code."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import yarl

from tests.cluster.account import ACCOUNT, SYSTEM
from tests.cluster.audit import THIEF
from tests.cluster.world import RealCluster

WEBSOCKET = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ("Sec-WebSocket-Protocol", "v5.channel.k8s.io"),
)
SPDY = (("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("X-Stream-Protocol-Version", "v4.channel.k8s.io"))

Json = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """A request."""

    method: str
    path: str
    """With its query, as it is sent."""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    status: int
    text: str
    """Empty where the connection has become a stream: whoever asked is in."""

    @property
    def fenced(self) -> bool:
        """Whether a policy denied it."""
        return self.status == 403 and "ValidatingAdmissionPolicy 'kube-vxlan-controller-" in self.text


class Bearer:
    """Asks with the token."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server
        self._turns = asyncio.Semaphore(16)

    async def ask(self, attempt: Attempt) -> Answer:
        """The answer."""
        url = yarl.URL(self._server + attempt.path, encoded=True)
        async with (
            self._turns,
            self._session.request(attempt.method, url, headers=dict(attempt.headers), data=attempt.body) as answer,
        ):
            if answer.status != 101:
                return Answer(answer.status, await answer.text())
            # Closed without a word: the other end, which is streaming, may take its time to answer one.
            if answer.connection is not None and answer.connection.transport is not None:
                answer.connection.transport.abort()
            return Answer(answer.status, "")

    async def greeting(self, path: str) -> str:
        """The first line of whoever answers an exec; nothing where it ends without one."""
        url = yarl.URL(self._server + path, encoded=True)
        said = b""
        async with asyncio.timeout(30), self._session.ws_connect(url, protocols=("v5.channel.k8s.io",)) as socket:
            async for message in socket:
                said += message.data[1:] if message.data[:1] == b"\x01" else b""
                if b"\n" in said:
                    break
        return said.partition(b"\n")[0].decode()

    async def rights(self, namespace: str) -> set[tuple[str, str, str, str]]:
        """All rights in a namespace: API group, resource, names, verbs."""
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
        asked = Attempt(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            (("Content-Type", "application/json"),),
            json.dumps(review),
        )
        status: Json = json.loads((await self.ask(asked)).text)["status"]
        assert not status["incomplete"]
        return {
            (group, resource, " ".join(rule.get("resourceNames", ())), " ".join(rule["verbs"]))
            for rule in status["resourceRules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
        }


@asynccontextmanager
async def bearer(cluster: RealCluster) -> AsyncIterator[Bearer]:
    """One who holds a fresh token of the account."""
    config = json.loads(cluster.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    where = config["clusters"][0]["cluster"]
    token = cluster.kubectl("create", "token", ACCOUNT, SYSTEM).strip()
    trusted = ssl.create_default_context(cadata=base64.b64decode(where["certificate-authority-data"]).decode())
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}", "User-Agent": THIEF}, connector=aiohttp.TCPConnector(ssl=trusted)
    ) as session:
        yield Bearer(session, where["server"])


async def until(ask: Callable[[], Awaitable[bool]], what: str, within: float = 30.0) -> None:
    """Ask again until it is so: policies and roles take a moment to hold. AssertionError after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while True:
                if await ask():
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {within:g} s: {what}") from None
