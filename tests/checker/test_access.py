"""A kubeconfig as kubeadm or a test cluster writes it, and one with a token; and a server that asks for a certificate."""

import base64
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checker.access import Access, from_kubeconfig


def written(directory: Path, cluster: dict[str, str], user: dict[str, str]) -> Path:
    """A kubeconfig with another context in it besides the current one."""
    config = {
        "clusters": [{"name": "other", "cluster": {"server": "https://other"}}, {"name": "c", "cluster": cluster}],
        "users": [{"name": "other", "user": {}}, {"name": "u", "user": user}],
        "contexts": [
            {"name": "other", "context": {"cluster": "other", "user": "other"}},
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
        ],
        "current-context": "here",
    }
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def test_what_is_in_the_text_and_what_is_in_files_is_the_same(tmp_path: Path) -> None:
    texts = {"certificate-authority": "the ca\n", "client-certificate": "the certificate\n", "client-key": "the key\n"}
    data = {f"{name}-data": base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    for name, text in texts.items():
        (tmp_path / f"{name}.pem").write_text(text)
    files = {name: f"{name}.pem" for name in texts}
    expected = Access("https://10.0.0.1:6443", "the ca\n", "", "the certificate\n", "the key\n")
    for fields in (data, files):
        split = {where: {n: v for n, v in fields.items() if n.startswith(where)} for where in ("certificate-", "client-")}
        cluster = {"server": "https://10.0.0.1:6443", **split["certificate-"]}
        assert from_kubeconfig(written(tmp_path, cluster, split["client-"])) == expected
    assert "Authorization" not in expected.headers


def test_a_token_is_a_bearers(tmp_path: Path) -> None:
    found = from_kubeconfig(written(tmp_path, {"server": "https://h"}, {"token": "secret"}))
    assert found == Access("https://h", "", "secret")
    assert found.headers["Authorization"] == "Bearer secret"


def test_a_context_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, {"server": "https://h"}, {})
    path.write_text(path.read_text().replace("current-context: here", "current-context: nowhere"))
    with pytest.raises(StopIteration):
        from_kubeconfig(path)


def test_a_server_that_asks_for_a_certificate_gets_it(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *names], check=True, capture_output=True)
    pem = certificate.read_text()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    server.load_verify_locations(certificate)
    server.verify_mode = ssl.CERT_REQUIRED
    context = Access("https://localhost", pem, certificate=pem, key=key.read_text()).tls()
    assert _seen_by(server, context) == "localhost"


def _seen_by(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """The common name that a server sees of a client that shakes hands with it."""
    ours, theirs = socket.socketpair()
    found: list[str] = []

    def answer() -> None:
        nonlocal found
        with server.wrap_socket(theirs, server_side=True) as accepted:
            certificate: dict[str, Any] = accepted.getpeercert() or {}
            found += [value for pairs in certificate["subject"] for name, value in pairs if name == "commonName"]
            accepted.recv(1)

    thread = threading.Thread(target=answer)
    thread.start()
    with client.wrap_socket(ours, server_hostname="localhost") as asked:
        asked.send(b"!")
    thread.join(10)
    return found[0]
