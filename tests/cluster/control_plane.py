"""I/O. etcd, API server, controllers and scheduler, in the network namespace of the realm."""

import signal
from pathlib import Path

import yaml

from tests.cluster.network import API_SERVICE, CONTROL_PLANE, SERVICES
from tests.cluster.pki import Pki
from tests.cluster.realm import Realm, eventually

PORT = 443
"""Of the API server, as of the service `kubernetes`."""
SERVER = f"https://{CONTROL_PLANE}:{PORT}"
ADDRESSES = (CONTROL_PLANE, API_SERVICE)
API_SERVER = "kube-apiserver"
_CONTROLLERS = "kube-controller-manager"
_CLIENTS = (_CONTROLLERS, "kube-scheduler")
_STORE = "127.0.0.1:2379"
_CONTROLLER = "system:serviceaccount:kube-system:kube-vxlan-controller"
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "Metadata",
            "resources": [
                {"group": "", "resources": [f"pods/{one}" for one in ("exec", "attach", "portforward", "proxy")]},
                {"group": "", "resources": ["nodes/proxy", "services/proxy"]},
            ],
        },
        {"level": "Metadata", "users": [_CONTROLLER]},
        {"level": "None"},
    ],
}
"""All that could run something in a pod, and all that the controller asks for when it runs inside; argv is in the URI."""


class ControlPlane:
    """The four programs; `components` is the directory of those that are Kubernetes'."""

    def __init__(self, realm: Realm, pki: Pki, components: Path) -> None:
        self._realm, self._pki, self._components = realm, pki, components

    def start(self) -> None:
        """Start all of it; return when the API server answers."""
        self._start_store()
        (self._realm.directory / "audit.yaml").write_text(yaml.safe_dump(_AUDIT))
        for name in _CLIENTS:
            self._pki.kubeconfig(_kubeconfig(self._realm, name), f"system:{name}", SERVER)
        start_api_server(self._realm, self._components)
        start_clients(self._realm, self._components)

    def _start_store(self) -> None:
        url = f"http://{_STORE}"
        options = ["--unsafe-no-fsync", f"--listen-client-urls={url}", f"--advertise-client-urls={url}"]
        self._realm.spawn("etcd", str(self._components / "etcd"), f"--data-dir={self._realm.directory}/etcd", *options)


def start_api_server(realm: Realm, components: Path) -> None:
    """Start it, and return when it is ready."""
    keys = realm.directory / "pki"
    options = [
        f"--etcd-servers=http://{_STORE}",
        f"--secure-port={PORT}",
        f"--advertise-address={CONTROL_PLANE}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        f"--client-ca-file={keys}/ca.crt",
        f"--token-auth-file={keys}/tokens.csv",
        f"--tls-cert-file={keys}/apiserver.crt",
        f"--tls-private-key-file={keys}/apiserver.key",
        f"--kubelet-certificate-authority={keys}/ca.crt",
        f"--kubelet-client-certificate={keys}/kubelet-client.crt",
        f"--kubelet-client-key={keys}/kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys}/service-accounts.key",
        f"--service-account-signing-key-file={keys}/service-accounts.key",
        f"--audit-policy-file={realm.directory}/audit.yaml",
        f"--audit-log-path={realm.directory}/audit.log",
    ]
    realm.spawn(API_SERVER, str(components / API_SERVER), *options)
    ask = ("kubectl", "--kubeconfig", str(realm.directory / "kubeconfig"), "--server", SERVER, "get", "--raw", "/readyz")
    command = (str(components / ask[0]), *ask[1:])
    eventually(lambda: realm.run(*command, check=False) == "ok", 60, "the API server is ready")


def start_clients(realm: Realm, components: Path) -> None:
    """Start the controllers and the scheduler."""
    keys = realm.directory / "pki"
    options = {
        _CONTROLLERS: (
            f"--service-account-private-key-file={keys}/service-accounts.key",
            f"--root-ca-file={keys}/ca.crt",
            "--use-service-account-credentials",
            "--concurrent-deployment-syncs=20",
        )
    }
    for name in _CLIENTS:
        common = ("--leader-elect=false", "--kube-api-qps=200", "--kube-api-burst=400")
        realm.spawn(name, str(components / name), f"--kubeconfig={_kubeconfig(realm, name)}", *common, *options.get(name, ()))


def stop_clients(realm: Realm) -> None:
    """End them without a word."""
    for name in _CLIENTS:
        realm.stop(name, signal.SIGKILL)


def _kubeconfig(realm: Realm, name: str) -> Path:
    return realm.directory / f"{name}.kubeconfig"


def stop_api_server(realm: Realm, number: int = signal.SIGKILL) -> None:
    """End it; by default without a word to its clients."""
    realm.stop(API_SERVER, number)


def compact(realm: Realm) -> None:
    """Forget the history of all objects: who asks for a version before now is answered with 410."""
    found = yaml.safe_load(realm.run("etcdctl", f"--endpoints={_STORE}", "endpoint", "status", "--write-out=json"))
    revision: int = found[0]["Status"]["header"]["revision"]
    realm.run("etcdctl", f"--endpoints={_STORE}", "compact", str(revision))
