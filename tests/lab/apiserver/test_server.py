import ssl

import aiohttp
import pytest

from tests.lab.apiserver.hosted import Hosted, a_configmap, a_pod

LOG = "/api/v1/namespaces/default/pods/a/log"


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ü"}, {"Authorization": ""}])
async def test_without_the_token_nobody_gets_in(server: Hosted, headers: dict[str, str]) -> None:
    for path in ("/api/v1/pods", "/version", "/api/v1/namespaces/default/pods/a/exec"):
        async with server.session.get(server.url + path, headers=headers) as response:
            assert response.status == 401
            assert (await response.json())["reason"] == "Unauthorized"


async def test_whoever_does_not_trust_the_authority_does_not_talk(server: Hosted) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ssl.create_default_context())) as stranger:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await stranger.get(server.url)


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
async def test_health_needs_no_token(server: Hosted, path: str) -> None:
    async with server.session.get(server.url + path, headers={"Authorization": ""}) as response:
        assert (response.status, await response.text()) == (200, "ok")


async def test_discovery_and_what_is_not_there(server: Hosted) -> None:
    assert (await server.ask("GET", "/version"))[1]["minor"] == "34"
    for path in ("/apis/absent/v1", "/api/v1/secrets", "/nowhere"):
        code, said = await server.ask("GET", path)
        assert (code, said["message"]) == (404, "the server could not find the requested resource")


@pytest.mark.parametrize(
    ("query", "text"), [("", "one\ntwo\nthree\n"), ("?tailLines=1", "three\n"), ("?container=app", "one\ntwo\nthree\n")]
)
async def test_logs(server: Hosted, query: str, text: str) -> None:
    server.store.create(a_pod(nodeName="n"))
    async with server.session.get(server.url + LOG + query) as response:
        assert (response.status, response.content_type, await response.text()) == (200, "text/plain", text)


async def test_logs_that_cannot_be_had(server: Hosted) -> None:
    server.store.create(a_pod(nodeName="n", containers=[{"name": "stopped", "image": "x"}]))
    for query, message in (
        ("", 'container not found ("stopped")'),
        ("?container=odd", "container odd is not valid for pod a"),
        ("?tailLines=x", 'tailLines: Invalid value: "x": must be a number'),
    ):
        code, said = await server.ask("GET", LOG + query)
        assert (code, said["message"]) == (400, message)


async def test_a_body_has_a_limit(server: Hosted) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    assert (await server.ask("POST", path, a_configmap("c", a="x" * 2**20)))[0] == 201
    code, said = await server.ask("POST", path, a_configmap("c", a="x" * (2**20 + 1)))
    assert (code, said["details"]["causes"][0]["reason"]) == (422, "FieldValueTooLong")
    code, said = await server.ask("POST", path, a_configmap("c", a="x" * 3 * 2**20))
    assert (code, said["reason"]) == (413, "RequestEntityTooLarge")


async def test_a_long_argv_fits_into_the_head(server: Hosted) -> None:
    server.store.create(a_pod(nodeName="n"))
    path = f"/api/v1/namespaces/default/pods/a/exec?command={'x' * 200_000}&stdout=1"
    assert (await server.ask("GET", path))[1]["message"].startswith("Upgrade request required")
