"""What users of kube-vxlan-controller 1.0.0 have applied, with nothing changed but the names of our two images."""

import pytest

from tests.cluster.inside.bundle import leave_alone
from tests.cluster.world import RealCluster
from tests.scenarios.test_example import ping, wired

pytestmark = pytest.mark.cluster

BUNDLE = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: kube-vxlan-controller, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kube-vxlan-controller}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
- {kind: ServiceAccount, name: kube-vxlan-controller, namespace: kube-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-vxlan-controller, namespace: kube-system}
data:
  vxeth0: id=100 up
  vxeth1: id=101 up
  vxeth2: id=102 up
  vxeth3: id=103 up
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-vxlan-controller-config, namespace: kube-system}
data:
  config: |
    [{'kube-vxlan-controller', [
      {db_file, "/usr/share/kube-vxlan-controller/db"},
      {selector, "vxlan.openvnf.org"},
      {annotation, "vxlan.openvnf.org/networks"}
    ]}].
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: kube-vxlan-controller
  namespace: kube-system
  labels: {run: kube-vxlan-controller}
spec:
  selector:
    matchLabels: {run: kube-vxlan-controller}
  template:
    metadata:
      labels: {run: kube-vxlan-controller}
    spec:
      serviceAccountName: kube-vxlan-controller
      containers:
      - name: kube-vxlan-controller
        image: docker.io/openvnf/kube-vxlan-controller:2
        args: [run]
        volumeMounts:
        - {name: config, mountPath: /etc/kube-vxlan-controller}
        - {name: db, mountPath: /usr/share/kube-vxlan-controller}
      volumes:
      - name: config
        configMap: {name: kube-vxlan-controller-config}
      - name: db
        emptyDir: {}
"""
MEMBER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {run: NAME}}
  template:
    metadata:
      labels: {run: NAME, vxlan.openvnf.org: "true"}
      annotations:
        vxlan.openvnf.org/networks: |
          TEXT
    spec:
      initContainers:
      - name: vxlan-controller-agent-init
        image: docker.io/openvnf/kube-vxlan-controller-agent:2
        securityContext: {capabilities: {add: [NET_ADMIN]}}
      containers:
      - {name: NAME, image: "docker.io/library/busybox:stable"}
      - name: vxlan-controller-agent
        image: docker.io/openvnf/kube-vxlan-controller-agent:2
        securityContext: {capabilities: {add: [NET_ADMIN]}}
"""
TEXTS = {
    "a": ("vxeth1", "  ip=192.168.11.2/29", "  route=192.168.12.0/29:192.168.11.1"),
    "b": ("vxeth2", "  ip=192.168.12.2/29", "  route=192.168.11.0/29:192.168.12.1"),
    "gw": ("vxeth1 ip=192.168.11.1/29", "vxeth2 ip=192.168.12.1/29"),
}


CONTROLLER = ("-n", "kube-system", "deployment/kube-vxlan-controller")


def test_the_ancestors_manifests_work(world: RealCluster) -> None:
    leave_alone(world)
    world.kubectl("apply", "-f", "-", input=BUNDLE)
    try:
        for name, lines in TEXTS.items():
            text = MEMBER.replace("NAME", name).replace("TEXT", ("\n" + 10 * " ").join(lines))
            world.kubectl("apply", "-f", "-", input=text)
        a, b, gw = wired(world)
        world.ready(3)
        gw.namespace.run("sysctl", "-qw", "net.ipv4.ip_forward=1")  # it took for granted that container runtimes do that
        assert "ttl=63" in ping(a, "192.168.12.2")
        assert "ttl=63" in ping(b, "192.168.11.2")
        listed = world.kubectl("exec", *CONTROLLER, "--", "kube-vxlan-controller", "list", "pods", "a-")
        assert listed == f"default/{a.name} vxeth1 192.168.11.2/29\n"
    finally:
        world.kubectl(
            "delete", *CONTROLLER, "--cascade=foreground", "--timeout=60s"
        )  # before its rights: it gives its Lease up
        world.kubectl("delete", "-f", "-", "--ignore-not-found", input=BUNDLE)
        world.kubectl("delete", "-n", "kube-system", "lease", "kube-vxlan-controller", "--ignore-not-found")
