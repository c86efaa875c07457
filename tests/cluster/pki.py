"""I/O. Who is who in the cluster: certificates of a throw-away CA, and a random token for each program that has a name.

The API server knows its clients by tokens; certificates are for those that serve, and for the API server as the kubelets'
client.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ADMIN = "admin"
_USERS: Mapping[str, tuple[str, ...]] = {
    ADMIN: ("system:masters",),
    "system:kube-controller-manager": (),
    "system:kube-scheduler": (),
}
_SERVER_NAMES = ("localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


class Pki:
    """The files, in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ca = trustme.CA(organization_name="tests", organization_unit_name="cluster")
        self._tokens = {user: (secrets.token_hex(16), groups) for user, groups in _USERS.items()}

    def write(self, api_server: Sequence[str], nodes: Mapping[str, str]) -> None:
        """Write everything for an API server with these addresses, and nodes with theirs, by name."""
        self.directory.mkdir()
        self._ca.cert_pem.write_to_path(str(self.directory / "ca.crt"))
        self._certificate("apiserver", [*_SERVER_NAMES, *api_server])
        self._certificate("kubelet-client", ["kubelet-client"], group="system:masters")
        for name, address in nodes.items():
            self._tokens[f"system:node:{name}"] = (secrets.token_hex(16), ("system:nodes",))
            self._certificate(name, [name, address])
        rows = [f'{token},{user},{user},"{",".join(groups)}"' for user, (token, groups) in self._tokens.items()]
        (self.directory / "tokens.csv").write_text("\n".join(rows) + "\n")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        text = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        (self.directory / "service-accounts.key").write_bytes(text)

    def kubeconfig(self, path: Path, user: str, server: str) -> Path:
        """Write the kubeconfig of a user."""
        cluster = {"server": server, "certificate-authority-data": self._ca_data()}
        named = {"cluster": user, "user": user, "namespace": "default"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": user,
            "clusters": [{"name": user, "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self._tokens[user][0]}}],
            "contexts": [{"name": user, "context": named}],
        }
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    def _certificate(self, file: str, names: Sequence[str], group: str = "tests") -> None:
        leaf = self._ca.issue_cert(*names, common_name=names[0], organization_name=group)
        (self.directory / f"{file}.crt").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(self.directory / f"{file}.key"))

    def _ca_data(self) -> str:
        return base64.b64encode(self._ca.cert_pem.bytes()).decode()
