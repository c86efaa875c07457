"""I/O. How to get at an API server: the lab's, or any that a kubeconfig names.

Of kubeconfigs it reads what test clusters have: certificates and keys, as files or in the text, and tokens.
"""

import base64
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Access:
    """An API server, and who asks it."""

    server: str
    """https://HOST:PORT"""
    ca: str
    """The CA's certificate, PEM; empty for the machine's own CAs."""
    token: str = ""
    """The bearer token; empty for none."""
    certificate: str = ""
    """The client's certificate, PEM; empty for none."""
    key: str = ""
    """Its private key, PEM."""

    def tls(self) -> ssl.SSLContext:
        """How to speak TLS with it. Raises `OSError` (`ssl.SSLError`) for what is no certificate."""
        context = ssl.create_default_context(cadata=self.ca or None)
        if self.certificate:
            with _in_file(f"{self.certificate}\n{self.key}") as path:
                context.load_cert_chain(path)
        return context

    @property
    def headers(self) -> Mapping[str, str]:
        """What each request says."""
        who = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept": "application/json", **who}


def from_kubeconfig(path: Path) -> Access:
    """What the current context of a kubeconfig says. Raises `KeyError` or `StopIteration` where it names what it has not."""
    config = yaml.safe_load(path.read_text())
    context = _named(config["contexts"], config["current-context"])["context"]
    cluster, user = (_named(config[f"{kind}s"], context[kind])[kind] for kind in ("cluster", "user"))
    return Access(
        server=cluster["server"],
        ca=_text(cluster, "certificate-authority", path.parent),
        token=user.get("token") or "",
        certificate=_text(user, "client-certificate", path.parent),
        key=_text(user, "client-key", path.parent),
    )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _text(entry: Mapping[str, str], name: str, directory: Path) -> str:
    """What a field says by itself (`NAME-data`) or in a file that it names, which may be relative to the kubeconfig."""
    if f"{name}-data" in entry:
        return base64.b64decode(entry[f"{name}-data"]).decode()
    return (directory / entry[name]).read_text() if name in entry else ""


@contextmanager
def _in_file(text: str) -> Iterator[str]:
    """A file that only we can read: the ssl module takes a client's certificate from nowhere else."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(text)
        file.flush()
        yield file.name
