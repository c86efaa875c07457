import asyncio
import base64
import os
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trustme
import yaml

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.connection import (
    BadConnection,
    Bearer,
    Connection,
    Token,
    file_token,
    from_kubeconfig,
    tls,
)
from kube_vxlan_controller.ports import Unreachable
from tests.kube.scripted import Scripted, refuses, says


class Thing(msgspec.Struct):
    pass


def kubeconfig(path: Path, cluster: dict[str, object], user: dict[str, object], current: str = "c") -> str:
    other = {"cluster": {"server": "https://other.example"}, "name": "other"}
    path.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": "k", "cluster": cluster}, other],
                "users": [{"name": "u", "user": user}],
                "contexts": [
                    {"name": "c", "context": {"cluster": "k", "user": "u"}},
                    {"name": "d", "context": {"cluster": "other", "user": "u"}},
                ],
                "current-context": current,
            }
        )
    )
    return str(path)


def cluster(server: Scripted, tmp_path: Path) -> dict[str, object]:
    ca = tmp_path / "ca.pem"
    server.ca.cert_pem.write_to_path(str(ca))
    return {"server": f"https://localhost:{server.port}", "certificate-authority": str(ca)}


def plugin(tmp_path: Path, status: str) -> dict[str, object]:
    """An exec plugin that counts in a file how often it ran."""
    script = tmp_path / "plugin"
    credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":%s}' % status  # noqa: UP031
    script.write_text(f"#!/bin/sh\necho >>{tmp_path}/runs\nn=$(wc -l <{tmp_path}/runs)\ncat <<EOF\n{credential}\nEOF\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}}


async def sent(server: Scripted, connection: Connection) -> str:
    """The Authorization header that reaches the server."""
    server.play(says({}))
    async with ApiClient(connection) as api:
        await api.get("/x", Thing)
    return server.requests[-1].headers.get("Authorization", "")


async def test_a_service_account(server: Scripted, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("in a pod\n")
    server.ca.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    connection = Connection(
        server=f"https://localhost:{server.port}", token=file_token(tmp_path / "token"), ca_file=str(tmp_path / "ca.crt")
    )
    assert await sent(server, connection) == "Bearer in a pod"


async def test_a_rotated_token_file_is_read_again_when_the_old_token_is_refused(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    async with ApiClient(server.connection(file_token(path))) as api:
        server.play(says({}), refuses(401, "Unauthorized", "expired"), says({}))
        await api.get("/x", Thing)
        path.write_text("new")
        await api.get("/x", Thing)
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer old", "Bearer old", "Bearer new"]


async def test_a_token_is_asked_for_again_when_it_is_no_longer_fresh() -> None:
    tokens = [Token("1", 0.0), Token("2", 60.0)]

    async def source() -> Token:
        return tokens.pop(0)

    bearer = Bearer(source)
    assert await bearer.current() == Token("1", 0.0)
    assert await bearer.current() == Token("2", 60.0)
    assert await bearer.current() == Token("2", 60.0)


async def test_a_token_stays_in_use_while_its_source_is_in_trouble(tmp_path: Path) -> None:
    tokens: list[Token] = [Token("1", 0.0)]

    async def source() -> Token:
        if not tokens:
            raise Unreachable("the file is being replaced")
        return tokens.pop()

    bearer = Bearer(source)
    assert await bearer.current() == Token("1", 0.0)
    assert await bearer.current() == Token("1", 0.0)


async def test_many_who_need_a_new_token_ask_once() -> None:
    asked = 0

    async def source() -> Token:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return Token(str(asked))

    bearer = Bearer(source)
    first = await bearer.current()
    assert await asyncio.gather(*[bearer.instead_of(first) for _ in range(5)]) == [Token("2")] * 5


@pytest.mark.parametrize(
    ("content", "says_"), [(None, "cannot be read"), (b"", "no token"), (b"\xff", "cannot be read"), (b"a\nb", "no token")]
)
async def test_a_token_file_that_is_none(tmp_path: Path, content: bytes | None, says_: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreachable, match=says_):
        await file_token(path)()


def test_a_token_is_not_printed() -> None:
    assert "secret" not in repr(Token("Bearer secret"))


async def test_the_context_of_a_kubeconfig(server: Scripted, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", cluster(server, tmp_path), {"token": "mine"})
    assert await sent(server, await from_kubeconfig(path)) == "Bearer mine"
    assert (await from_kubeconfig(path, "d")).server == "https://other.example"


async def test_no_copy_of_what_a_kubeconfig_holds_is_left_in_a_file(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a moment: who is killed removes nothing."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = base64.b64encode(server.ca.cert_pem.bytes()).decode()
    whole: dict[str, object] = {"server": f"https://localhost:{server.port}", "certificate-authority-data": data}
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", whole, {"token": "mine"}))
    assert os.listdir(tmp_path) == ["config"]
    assert await sent(server, connection) == "Bearer mine"


async def test_basic_credentials(server: Scripted, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", cluster(server, tmp_path), {"username": "u", "password": "p"})
    assert await sent(server, await from_kubeconfig(path)) == "Basic dTpw"


async def test_a_server_name_and_a_proxy(server: Scripted, tmp_path: Path) -> None:
    more = {"tls-server-name": "api.example", "proxy-url": "http://127.0.0.1:1"}
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path) | more, {"token": "t"}))
    assert (connection.server_name, connection.proxy) == ("api.example", "http://127.0.0.1:1")


async def test_a_plugin_runs_once_and_again_when_its_token_is_refused(server: Scripted, tmp_path: Path) -> None:
    expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    user = plugin(tmp_path, f'{{"token":"token $n","expirationTimestamp":"{expires}"}}')
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path), user))
    server.play(says({}), says({}), refuses(401, "Unauthorized", "revoked"), says({}))
    async with ApiClient(connection) as api:
        for _ in range(3):
            await api.get("/x", Thing)
    assert [request.headers["Authorization"][-1] for request in server.requests] == ["1", "1", "1", "2"]


async def test_a_plugins_token_that_expires_is_renewed(server: Scripted, tmp_path: Path) -> None:
    expires = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    user = plugin(tmp_path, f'{{"token":"token $n","expirationTimestamp":"{expires}"}}')
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path), user))
    server.play(says({}))
    async with ApiClient(connection) as api:
        await api.get("/x", Thing)
        await api.get("/x", Thing)
    assert [request.headers["Authorization"][-1] for request in server.requests] == ["1", "2"]


async def test_a_client_certificate(server: Scripted, tmp_path: Path) -> None:
    certificate = server.ca.issue_cert("me@example.org")
    chain, key = tmp_path / "me.pem", tmp_path / "me.key"
    certificate.cert_chain_pems[0].write_to_path(str(chain))
    certificate.private_key_pem.write_to_path(str(key))
    user: dict[str, object] = {"client-certificate": str(chain), "client-key": str(key)}
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path), user))
    assert connection.client_certificate == (str(chain), str(key))
    assert await sent(server, connection) == ""
    assert "me@example.org" in str(server.certificates)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: b",
        "{",
        "clusters: 3",
        "current-context: c\ncontexts: []",
        "contexts: [{name: c}]\ncurrent-context: c",
        "\x00",
    ],
)
async def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(BadConnection, match="cannot be used"):
        await from_kubeconfig(str(path))


async def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConnection, match="there is no kubeconfig file"):
        await from_kubeconfig(str(tmp_path / "config"))


async def test_a_context_that_is_not_there(server: Scripted, tmp_path: Path) -> None:
    with pytest.raises(BadConnection, match="nowhere"):
        await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path), {"token": "t"}), "nowhere")


async def test_a_plugin_that_fails(server: Scripted, tmp_path: Path) -> None:
    user: dict[str, object] = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false"}}
    with pytest.raises(BadConnection, match="returned 1"):
        await from_kubeconfig(kubeconfig(tmp_path / "config", cluster(server, tmp_path), user))


async def test_unverified_tls_is_refused(server: Scripted, tmp_path: Path) -> None:
    unverified = {"server": "https://localhost", "insecure-skip-tls-verify": True}
    with pytest.raises(BadConnection, match="certificate-authority"):
        await from_kubeconfig(kubeconfig(tmp_path / "config", unverified, {"token": "t"}))


@pytest.mark.parametrize("server", ["http://localhost", "", "localhost:6443", "unix:///run/x"])
def test_no_tls_is_refused(server: str) -> None:
    with pytest.raises(BadConnection, match="https://"):
        tls(Connection(server=server))


def test_what_tls_demands(ca: trustme.CA) -> None:
    context = tls(Connection(server="https://localhost", ca_data=ca.cert_pem.bytes().decode()))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("ca_file", ["/nowhere/ca.pem", "/etc/hostname"])
def test_a_ca_file_that_is_none(ca_file: str) -> None:
    with pytest.raises(BadConnection, match=ca_file):
        tls(Connection(server="https://localhost", ca_file=ca_file))


def test_ca_data_that_is_none() -> None:
    with pytest.raises(BadConnection, match="given in the settings cannot be used: they are not in PEM form"):
        tls(Connection(server="https://localhost", ca_data="nonsense"))


async def test_a_token_that_was_replaced_in_its_kubeconfig_is_read_when_the_old_one_is_refused(
    server: Scripted, tmp_path: Path
) -> None:
    data = base64.b64encode(server.ca.cert_pem.bytes()).decode()
    whole: dict[str, object] = {"server": f"https://localhost:{server.port}", "certificate-authority-data": data}
    connection = await from_kubeconfig(kubeconfig(tmp_path / "config", whole, {"token": "old"}))
    server.play(says({}), refuses(401, "Unauthorized", "revoked"), says({}))
    async with ApiClient(connection) as api:
        await api.get("/x", Thing)
        kubeconfig(tmp_path / "config", whole, {"token": "new"})
        await api.get("/x", Thing)
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer old", "Bearer old", "Bearer new"]


def test_a_kubeconfig_with_a_token_loads_nothing_that_only_others_need(server: Scripted, tmp_path: Path) -> None:
    data = base64.b64encode(server.ca.cert_pem.bytes()).decode()
    whole: dict[str, object] = {"server": f"https://localhost:{server.port}", "certificate-authority-data": data}
    path = kubeconfig(tmp_path / "config", whole, {"token": "mine"})
    program = (
        "import asyncio, sys; from kube_vxlan_controller.kube.connection import from_kubeconfig; "
        f"asyncio.run(from_kubeconfig({path!r})); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "kubernetes_asyncio" not in loaded.stdout.split()


def test_a_cluster_never_pays_for_kubeconfig() -> None:
    program = "import sys, kube_vxlan_controller.kube.watch, kube_vxlan_controller.kube.exec; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "aiohttp" in loaded
    assert "kubernetes_asyncio" not in loaded
