"""What people do and see: they apply manifests and patches, ask, make a mistake and read why, and wait for readiness."""

import re

import pytest

from tests.cluster.inside.bundle import DEPLOYMENT, JOIN, SYSTEM, Inside, joined
from tests.deploy.manifests import KUBERNETES
from tests.deploy.test_patches import ANCESTORS, PLAIN
from tests.scenarios.cluster import Pod, eventually
from tests.scenarios.objects import pod
from tests.scenarios.test_example import ping, wired
from tests.scenarios.test_readiness import GATE, conditions, gated

pytestmark = pytest.mark.cluster


def test_the_example_works_and_is_shown_in_the_ancestors_form(inside: Inside) -> None:
    inside.apply_example()
    a, b, gw = wired(inside)
    nodes = inside.nodes()
    assert nodes[gw.name] not in (nodes[a.name], nodes[b.name], "")
    inside.kubectl("wait", "--for=condition=Available", "deployment/a", "deployment/b", "deployment/gw", "--timeout=60s")
    assert "1 packets received" in inside.kubectl("exec", "deploy/a", "-c", "a", "--", "ping", "-c", "1", "192.168.12.2")
    assert "ttl=63" in ping(a, "192.168.12.2")
    assert "ttl=63" in ping(b, "192.168.11.2")
    assert inside.ask("list", "pods") == (
        f"default/{a.name} vxeth1 192.168.11.2/29\n"
        f"default/{b.name} vxeth2 192.168.12.2/29\n"
        f"default/{gw.name} vxeth1 192.168.11.1/29\n"
        f"default/{gw.name} vxeth2 192.168.12.1/29\n"
    )
    assert _lasting(inside.ask("inspect", "nets", "vxeth1", "vxeth2")) == _lasting(_inspected(a, b, gw))


def _lasting(text: str) -> str:
    """Without what kernels have learned from traffic: it comes and goes with that, and in any order."""
    return re.sub(r"^ {6}(?!00:00:00:00:00:00)\S+ dst .*\n", "", text.replace(" fdb: ", " fdb:\n      "), flags=re.MULTILINE)


def _inspected(a: Pod, b: Pod, gw: Pod) -> str:
    def part(pod: Pod, net: str, peer: Pod) -> str:
        return (
            f" pod: default/{pod.name} {pod.address}\n net: {net} type:vxlan up:true\n"
            f" fdb: 00:00:00:00:00:00 dst {peer.address} self permanent\n\n"
        )

    return (
        "[vxeth1]\n"
        + part(a, "dev:eth0 id:101 ip:192.168.11.2/29 name:vxeth1 route:192.168.12.0/29:192.168.11.1", gw)
        + part(gw, "dev:eth0 id:101 ip:192.168.11.1/29 name:vxeth1", a)
        + "[vxeth2]\n"
        + part(b, "dev:eth0 id:102 ip:192.168.12.2/29 name:vxeth2 route:192.168.11.0/29:192.168.12.1", gw)
        + part(gw, "dev:eth0 id:102 ip:192.168.12.1/29 name:vxeth2", b)
    )


USER = "{runAsUser: 1000, runAsNonRoot: true}"
"""Of a whole pod; its agents have to remain what they are: root with one capability."""


def test_plain_deployments_become_members_by_each_patch(inside: Inside) -> None:
    forms = {
        "by-two": (KUBERNETES / "patch.yaml").read_text(),
        "by-one": (KUBERNETES / "patch-sidecar.yaml").read_text(),
        "by-user": (KUBERNETES / "patch.yaml").read_text(),
        "as-ever": ANCESTORS,
    }
    for name in forms:
        plain = PLAIN if name != "by-user" else PLAIN.replace("containers:", f"securityContext: {USER}\n      containers:")
        inside.kubectl("apply", "-f", "-", input=plain.replace("plain", name))
    for name in forms:
        inside.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")
    for name, form in forms.items():
        inside.kubectl("patch", "deployment", name, "--patch-file", "/dev/stdin", input=form)
    for name in forms:
        inside.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")
    eventually(lambda: len(inside.objects()) == len(forms), what="the plain pods are gone")
    pods = [inside.pod(f"{name}-") for name in forms]
    joined(pods, link="vxeth0")
    joined(pods, link="vxeth1")
    assert inside.kubectl("exec", "deploy/by-user", "-c", "by-user", "--", "id", "-u") == "1000\n"


def test_a_mistake_is_shown_on_the_pod_and_is_mended_there(inside: Inside) -> None:
    inside.apply(pod("a", "vxeth1 ip=192.168.11.2/24\nvxeth2 ipp=192.168.12.2/24"))
    told = eventually(lambda: re.search(r"Warning +Refused(.*)", said(inside, "a"), re.S), what="the pod is told")
    lines = told[1].splitlines()
    (text,) = (number for number, line in enumerate(lines) if "vxeth2 ipp=192.168.12.2/24" in line)
    assert lines[text + 1].index("^") == lines[text].index("ipp")
    inside.annotate("a", "vxeth1 ip=192.168.11.2/24\nvxeth2 ip=192.168.12.2/24")
    inside.kubectl("wait", "--for=condition=Ready", "pod/a", "--timeout=60s")
    assert inside.pod("a").addresses("vxeth2") == {"192.168.12.2/24"}
    eventually(lambda: "Recovered" in said(inside, "a"), what="the pod is told that all is well")


def said(inside: Inside, name: str) -> str:
    """What a person sees of a pod."""
    return inside.kubectl("describe", "pod", name)


def test_an_edited_configmap_is_followed_by_running_pods(inside: Inside) -> None:
    pods = inside.members(a="vxeth1 ip=192.168.11.2/24", b="vxeth1 ip=192.168.11.3/24")
    joined(pods)
    patch = '{"data": {"vxeth1": "id=111 up"}}'
    inside.kubectl("patch", "configmap", "kube-vxlan-controller", *SYSTEM, "--type=merge", "-p", patch)
    eventually(lambda: identities(pods) == {111}, JOIN, what="the new id is in the kernels")
    joined(pods)
    assert "ttl=64" in ping(pods[0], "192.168.11.3")


def identities(pods: list[Pod]) -> set[int]:
    """The ids of all their links."""
    return {link["linkinfo"]["info_data"]["id"] for one in pods for link in one.links().values()}


def test_pods_are_ready_when_frames_can_pass(inside: Inside) -> None:
    overlay = ("-f", str(KUBERNETES / "overlays" / "readiness.yaml"))
    inside.kubectl("apply", *overlay)
    try:
        inside.kubectl("set", "env", *SYSTEM, DEPLOYMENT, "KVC_READINESS=on")
        inside.at_work()
        inside.apply(gated("a", "vxeth1 ip=192.168.11.2/24"), gated("b", "vxeth1 ip=192.168.11.3/24 upp"))
        inside.kubectl("wait", "--for=condition=Ready", "pod/a", "--timeout=60s")
        eventually(lambda: conditions(inside, "b").get(GATE, {}).get("reason") == "Refused", what="b is refused")
        inside.annotate("b", "vxeth1 ip=192.168.11.3/24")
        inside.kubectl("wait", "--for=condition=Ready", "pod/b", "--timeout=60s")
        pods = [inside.pod("a"), inside.pod("b")]
        joined(pods, 0.0)
        assert "ttl=64" in ping(pods[0], "192.168.11.3")
    finally:
        inside.kubectl("set", "env", *SYSTEM, DEPLOYMENT, "KVC_READINESS-")
        inside.at_work()  # without a need of the right that is now taken away
        inside.kubectl("delete", *overlay)
