import json
from typing import Any

import pytest

from kube_vxlan_lab.apiserver.resources import PODS
from tests.agent.pod import AGENT, agent_pod
from tests.cli.cluster import Cluster

WIRED = """\
link add vxeth1 type vxlan id 101 dev eth0 dstport 8472
link set vxeth1 alias kvc1/vxeth1/up/192.168.11.1-29
addr add 192.168.11.1/29 dev vxeth1
link set vxeth1 up
"""


def event(cluster: Cluster, pod: str, note: str, uid: str = "", **more: Any) -> None:
    """Something that was told of the pod that is called so now, or of an earlier one with this uid."""
    uid = uid or cluster.store.get(PODS, "default", pod)["metadata"]["uid"]
    metadata = {"generateName": f"{pod}.", "namespace": "default"}
    about = {"apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": "default", "uid": uid}
    times = {"firstTimestamp": "2024-05-01T10:00:00Z", "lastTimestamp": "2024-05-01T10:00:00Z"}
    told = {"involvedObject": about, "type": "Warning", "reason": "Degraded", "message": note, **times, **more}
    cluster.store.create({"apiVersion": "v1", "kind": "Event", "metadata": metadata, **told})


@pytest.mark.kernel
async def test_a_wired_pod_in_the_order_a_person_would_ask(cluster: Cluster) -> None:
    with agent_pod() as pod:
        pod.run("ip", "-batch", "-", input=WIRED)
        pod.run("bridge", "fdb", "append", "00:00:00:00:00:00", "dst", "10.244.1.3", "dev", "vxeth1")
        cluster.pod("gw", "vxeth1 ip=192.168.11.1/29", "10.244.1.2")
        cluster.pod("peer", "vxeth1", "10.244.1.3", running=False)
        cluster.agent("gw", pod.command(str(AGENT)))
        event(cluster, "gw", "the pod's kernel\x1b refuses")
        mtu = json.loads(pod.run("ip", "-j", "link", "show", "vxeth1"))[0]["mtu"]
        assert await cluster.run("explain", "gw") == (
            0,
            f"""\
default/gw on node-1 10.244.1.2

Is it ours?
  yes  It has the label vxlan.openvnf.org=true.
  yes  It has the annotation vxlan.openvnf.org/networks.
  yes  It is on node-1.
  yes  Its address is 10.244.1.2.
  yes  Its agent runs (init container absent, sidecar running).

What its annotation means
  vxeth1: id 101 (ConfigMap), name vxeth1 (default), dev eth0 (default), type vxlan (default), up true (ConfigMap), \
ip 192.168.11.1/29 (annotation)

What its kernel holds
  vxeth1: up, network vxeth1, VNI 101, UDP port 8472, mtu {mtu}
    addresses 192.168.11.1/29; routes none
    entries for 1 of 1 other members

Who its peers are
  vxeth1: default/peer at 10.244.1.3: its kernel could not be asked

What would be done next
  nothing

What was told of it lately
  2024-05-01T10:00:00Z Warning Degraded: the pod's kernel<U+001B> refuses

default/gw is wired: member of vxeth1.
""",
            "",
        )


@pytest.mark.kernel
async def test_what_is_missing_is_told_on_both_sides(cluster: Cluster) -> None:
    with agent_pod() as pod:
        cluster.pod("gw", "vxeth1", "10.244.1.2")
        cluster.pod("peer", "vxeth1", "10.244.1.3", running=False)
        cluster.agent("gw", pod.command(str(AGENT)))
        code, out, _ = await cluster.run("explain", "peer", "-o", "json")
        told = json.loads(out)
        assert (code, told["peers"]) == (
            1,
            [{"network": "vxeth1", "pod": "default/gw", "address": "10.244.1.2", "to": None, "back": False}],
        )
        assert told["trouble"] in told["verdict"]
        _, out, _ = await cluster.run("explain", "gw")
    assert "  create the link vxeth1 (VNI 101, UDP port 8472, over eth0): " in out
    assert out.endswith("\ndefault/gw is not as it should be: 4 steps are still to be done, by the controller if it runs.\n")


async def test_what_is_refused_has_its_caret(cluster: Cluster) -> None:
    cluster.pod("bad", "vxeth1 ipp=10.1.0.1/24", "10.244.1.2")
    code, out, _ = await cluster.run("explain", "bad")
    assert code == 1
    assert (
        "\nWhat is refused\n"
        "  annotation:1:8: There is no option `ipp`.\n"
        "      vxeth1 ipp=10.1.0.1/24\n"
        "             ^^^^^^^^^^^^^^^\n"
        "      did you mean `ip`?\n"
    ) in out
    assert "\n  vxeth1: cannot be honoured\n" in out


async def test_a_pod_that_is_none_of_ours_is_explained_too(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2", running=False)
    cluster.store.modify(PODS, "default", "a", lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": {"vxlan": "x"}}})
    code, out, err = await cluster.run("explain", "a")
    assert (code, err) == (1, "")
    assert "\n  NO   It lacks the label vxlan.openvnf.org=true.\n" in out
    assert out.endswith("\ndefault/a is no member of any network now. It lacks the label vxlan.openvnf.org=true.\n")


async def test_a_pod_is_found_by_name_by_namespace_and_by_how_it_begins(cluster: Cluster) -> None:
    for name, namespace in (("web", "default"), ("web-1", "default"), ("web", "kube-public"), ("db-1", "default")):
        cluster.pod(name, "vxeth1", "10.244.1.2", running=False, namespace=namespace)

    async def explained(*words: str) -> str:
        code, out, err = await cluster.run("explain", *words)
        return out.split(" ", 1)[0] if out else f"{code} {err.removeprefix('kube-vxlan-controller: ').strip()}"

    assert await explained("db") == "default/db-1"
    assert await explained("default/web") == await explained("web", "-n", "default") == "default/web"
    assert await explained("web", "-A", "-n", "default") == "64 -n default and -A contradict each other; give one of them."
    assert await explained("web-", "-A") == await explained("web-") == "default/web-1"
    assert await explained("web") == "64 'web' may be default/web, kube-public/web; say which one."
    assert await explained("bd-1") == "1 There is no pod 'bd-1'; did you mean db-1?"


async def test_an_exact_name_goes_before_how_others_begin_labelled_or_not(cluster: Cluster) -> None:
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False, label="no")
    cluster.pod("web-10", "vxeth1", "10.244.1.3", running=False)
    cluster.pod("web-2", "vxeth1", "10.244.1.4", running=False, namespace="kube-public")
    assert (await cluster.run("explain", "web-1"))[1].startswith("default/web-1 ")
    assert (await cluster.run("explain", "default/web-1"))[1].startswith("default/web-1 ")
    assert (await cluster.run("explain", "web-1", "-n", "default"))[1].startswith("default/web-1 ")
    assert (await cluster.run("explain", "default/web-1", "-n", "kube-public"))[0] == 1
    code, out, err = await cluster.run("explain", "web")
    told = "kube-vxlan-controller: 'web' may be default/web-1, default/web-10, kube-public/web-2; say which one.\n"
    assert (code, out, err) == (64, "", told)


async def test_what_was_told_of_an_earlier_pod_of_the_same_name_is_not_told_of_this_one(cluster: Cluster) -> None:
    cluster.pod("db-0", "vxeth1", "10.244.1.2", running=False)
    earlier = cluster.store.get(PODS, "default", "db-0")["metadata"]["uid"]
    event(cluster, "db-0", "the earlier one's kernel refuses")
    cluster.store.remove(PODS, "default", "db-0", earlier)
    cluster.pod("db-0", "vxeth1", "10.244.1.3", running=False)
    assert (json.loads((await cluster.run("explain", "db-0", "-o", "json"))[1]))["events"] == []
    event(cluster, "db-0", "its own kernel refuses")
    event(cluster, "db-0", "late news of the earlier one", earlier)
    (told,) = json.loads((await cluster.run("explain", "db-0", "-o", "json"))[1])["events"]
    assert told["note"] == "its own kernel refuses"


async def test_events_of_a_static_pod_are_those_of_the_uid_that_its_kubelet_gave_it(cluster: Cluster) -> None:
    cluster.pod("static-node-1", "vxeth1", "10.244.1.2", running=False)
    mirror = cluster.store.get(PODS, "default", "static-node-1")
    mirror["metadata"]["annotations"]["kubernetes.io/config.hash"] = "0123abcd"
    cluster.store.update(mirror)
    event(cluster, "static-node-1", "of the pod", "0123abcd")
    (told,) = json.loads((await cluster.run("explain", "static-node-1", "-o", "json"))[1])["events"]
    assert told["note"] == "of the pod"


async def test_an_event_that_is_repeated_is_as_late_as_its_last_repeat(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2", running=False)
    ours = {"firstTimestamp": None, "lastTimestamp": None, "eventTime": "2024-05-01T09:00:00.000000Z"}
    again = {"count": 7, "lastObservedTime": "2024-05-01T11:00:00.000000Z"}
    event(cluster, "a", "again and again", **ours, series=again)
    event(cluster, "a", "once")
    told = json.loads((await cluster.run("explain", "a", "-o", "json"))[1])["events"]
    assert [(one["note"], one["time"]) for one in told] == [
        ("once", "2024-05-01T10:00:00Z"),
        ("again and again", "2024-05-01T11:00:00.000000Z"),
    ]
