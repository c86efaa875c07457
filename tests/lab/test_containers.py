"""What is run for a container, by tables."""

import pytest

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.containers import FAMILIES, SLEEP, Surroundings, argv, describe, dual, environment, is_agent, sysctls

POD: Json = {
    "metadata": {"name": "a-1", "namespace": "ns", "uid": "u-1", "labels": {"run": "a"}, "annotations": {}},
    "spec": {"nodeName": "node-1"},
}
AROUND = Surroundings(POD, ("10.244.1.2", "fd00:10:244:1::2"), ("172.31.0.11", "fd00:172:31::b"), "/src/agent")


@pytest.mark.parametrize(
    ("image", "agent"),
    [
        ("openvnf/kube-vxlan-controller-agent", True),
        ("docker.io/openvnf/kube-vxlan-controller-agent:2", True),
        ("localhost/kube-vxlan-agent:dev", True),
        ("docker.io/library/busybox:stable", False),
        ("", False),
    ],
)
def test_which_images_are_the_agent(image: str, agent: bool) -> None:
    assert is_agent({"image": image}) is agent


@pytest.mark.parametrize(
    ("container", "line"),
    [
        ({"image": "nginx"}, SLEEP),
        ({"image": "nginx", "args": ["-g", "x"]}, SLEEP),
        ({"image": "busybox", "command": ["sh", "-c"], "args": ["true"]}, ("sh", "-c", "true")),
        ({"image": "x/kube-vxlan-agent"}, ("kube-vxlan-agent", "pause")),
        ({"image": "x/kube-vxlan-agent", "args": ["ready"]}, ("kube-vxlan-agent", "ready")),
        ({"image": "x/kube-vxlan-agent", "command": ["sleep", "1"]}, ("sleep", "1")),
        ({"image": "b", "command": ["echo", "$(WHO) $$(WHO) $(NOBODY) $ 5$"]}, ("echo", "me $(WHO) $(NOBODY) $ 5$")),
    ],
)
def test_the_command_line(container: Json, line: tuple[str, ...]) -> None:
    assert argv(container, {"WHO": "me"}) == line


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "a-1"),
        ("metadata.namespace", "ns"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['run']", "a"),
        ("metadata.annotations['none']", ""),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "10.244.1.2"),
        ("status.podIPs", "10.244.1.2,fd00:10:244:1::2"),
        ("status.hostIP", "172.31.0.11"),
        ("status.hostIPs", "172.31.0.11,fd00:172:31::b"),
    ],
)
def test_the_downward_api(path: str, value: str) -> None:
    container = {"image": "b", "env": [{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}]}
    assert environment(container, AROUND)["X"] == value


@pytest.mark.parametrize(("annotations", "both"), [(None, True), ({FAMILIES: "ipv4"}, False), ({FAMILIES: "both"}, True)])
def test_a_pod_may_be_without_ipv6(annotations: Json | None, both: bool) -> None:
    assert dual({"metadata": {"annotations": annotations}}) == both
    assert dual({"metadata": {}})


def test_variables_see_those_before_them() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2"}, {"name": "C", "valueFrom": {"secretKeyRef": {}}}]
    found = environment({"image": "b", "env": env}, AROUND)
    assert (found["A"], found["B"], "C" in found) == ("1", "12", False)
    assert found["HOSTNAME"] == "a-1"


def test_only_an_agent_finds_the_agent_on_its_path() -> None:
    assert environment({"image": "x/kube-vxlan-agent"}, AROUND)["PATH"].startswith("/src/agent:")
    assert "/src/agent" not in environment({"image": "b"}, AROUND)["PATH"]


def test_sysctls() -> None:
    pod = {"spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.ip_forward", "value": "1"}]}}}
    assert list(sysctls(pod)) == [("net.ipv4.ip_forward", "1")]
    assert list(sysctls({"spec": {}})) == []


def test_describe() -> None:
    assert describe(("echo", "a b")) == "echo 'a b'"
