from pathlib import Path

import pytest
import trustme

from kube_vxlan_controller.connecting import connection
from kube_vxlan_controller.kube.connection import BadConnection
from kube_vxlan_controller.settings import Settings, choose, settle
from kube_vxlan_controller.surroundings import complete

CONFIG = """\
apiVersion: v1
kind: Config
clusters:
- {name: one, cluster: {server: "https://one:6443"}}
- {name: two, cluster: {server: "https://two:6443"}}
users:
- {name: me, user: {token: from-the-kubeconfig}}
contexts:
- {name: first, context: {cluster: one, user: me}}
- {name: second, context: {cluster: two, user: me}}
current-context: first
"""


def settings(**arguments: str) -> Settings:
    return settle(complete(choose({name.replace("_", "-"): value for name, value in arguments.items()}, {}, None), {}, None))


async def header(arguments: dict[str, str]) -> str:
    found = await connection(settings(**{name.replace("-", "_"): value for name, value in arguments.items()}))
    assert found.token is not None
    token = await found.token()
    assert token is not None
    return token.header


async def test_a_server_is_reached_with_its_token_and_ca(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-the-file\n")
    found = await connection(settings(server="https://a:6443/", ca_cert_file="/ca"))
    assert (found.server, found.ca_file) == ("https://a:6443", "/ca")
    assert await header({"server": "https://a", "token-file": str(tmp_path / "token")}) == "Bearer from-the-file"
    assert await header({"server": "https://a", "token": "itself"}) == "Bearer itself"


async def test_a_kubeconfig_says_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG)
    path = str(tmp_path / "config")
    assert (await connection(settings(kubeconfig=path))).server == "https://one:6443"
    assert (await connection(settings(kubeconfig=path, context="second"))).server == "https://two:6443"
    assert await header({"kubeconfig": path}) == "Bearer from-the-kubeconfig"


async def test_a_token_and_a_ca_that_were_given_go_before_the_kubeconfigs(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    path = str(tmp_path / "config")
    assert await header({"kubeconfig": path, "token": "mine"}) == "Bearer mine"
    assert (await connection(settings(kubeconfig=path, ca_cert_file=str(tmp_path / "ca.pem")))).context is not None
    with pytest.raises(BadConnection, match="certificates /absent cannot be read: No such file or directory"):
        await connection(settings(kubeconfig=path, ca_cert_file="/absent"))


async def test_a_kubeconfig_that_is_not_there_is_told() -> None:
    with pytest.raises(BadConnection, match="there is no kubeconfig file /absent"):
        await connection(settings(kubeconfig="/absent"))
