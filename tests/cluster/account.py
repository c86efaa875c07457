"""I/O. The account that the bundle gives the controller, for one that runs outside of the cluster: it has the token, the roles
and the fence that it has inside."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.reach import BUNDLE, Reach
from tests.scenarios.cluster import Controller, eventually

ACCOUNT = "kube-vxlan-controller"
SYSTEM = "--namespace=kube-system"
REST = ("-f", str(BUNDLE), "-l", "run!=kube-vxlan-controller,part!=networks")
"""For kubectl: all of the bundle but the program itself and the networks."""
_ALLOWED = (
    ("list", "pods", "--all-namespaces"),
    ("get", "pods", "--subresource=exec", "--all-namespaces"),
    ("get", "leases.coordination.k8s.io/kube-vxlan-controller", SYSTEM),
)
"""One right of each of the bundle's roles, which an API server learns of one by one."""


class Outside(Controller):
    """The controller's process, outside of the cluster and with no more rights than inside."""

    def __init__(self, reach: Reach, directory: Path) -> None:
        super().__init__(directory / "account.kubeconfig", directory / "controller.log")
        self._reach = reach
        self._uid = ""
        """Of the account that the token in the kubeconfig is of; one that is made anew has other tokens."""

    def start(self) -> None:
        if not self._reach.run("get", "serviceaccount", ACCOUNT, SYSTEM, "--ignore-not-found", "--output=name"):
            self._reach.run("apply", *REST)
        uid = self._reach.run("get", "serviceaccount", ACCOUNT, SYSTEM, "--output=jsonpath={.metadata.uid}")
        if uid != self._uid:
            self.kubeconfig.touch(mode=0o600)
            self.kubeconfig.write_text(json.dumps(self._config()))
            eventually(self._may, what="the account has its rights")
            self._uid = uid
        super().start()

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(
            self._reach.run("config", "view", "--raw", "--minify", "--flatten", "--output=json")
        )
        token = self._reach.run("create", "token", ACCOUNT, SYSTEM, "--duration=3h").strip()
        (user,) = config["users"]
        return config | {"users": [{"name": user["name"], "user": {"token": token}}]}

    def _may(self) -> bool:
        who = f"--as=system:serviceaccount:kube-system:{ACCOUNT}"
        return all(self._reach.run("auth", "can-i", *what, who, check=False).strip() == "yes" for what in _ALLOWED)
