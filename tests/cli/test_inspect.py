import json
import re

import pytest

from tests.agent.pod import AGENT, agent_pod
from tests.cli.cluster import Cluster

WIRE = """\
link add vxeth1 type vxlan id 101 dev eth0 dstport 0
addr add 192.168.11.2/29 dev vxeth1
link set vxeth1 up
route add 192.168.12.0/29 via 192.168.11.1
"""
PEER = "fdb append to 00:00:00:00:00:00 dst {} dev vxeth1\n"


async def test_fields_that_need_no_agent_ask_none(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 up=false", "10.244.1.2")
    cluster.pod("b", "vxeth1 mtu=1400 name=red", "10.244.1.3", running=False)
    printed = (
        "[vxeth1]\n"
        " net: dev:eth0 id:101 name:vxeth1 type:vxlan\n"
        " pod: default/a 10.244.1.2\n"
        "\n"
        " net: dev:eth0 id:101 mtu:1400 name:red type:vxlan up:true\n"
        " pod: default/b 10.244.1.3\n"
        "\n"
    )
    assert await cluster.run("inspect", "nets", "vxeth1", "--fields=net,pod") == (0, printed, "")
    assert await cluster.run("inspect", "networks", "--fields", "net,pod", "vxeth1") == (0, printed, "")
    assert (await cluster.run("inspect", "nets", "vxeth1", "--fields=pod", "-n", "kube-public"))[1] == "[vxeth1]\n"


async def test_networks_come_in_the_order_asked_for(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1\nvxeth2", "10.244.1.2")
    _, out, _ = await cluster.run("inspect", "nets", "vxeth2", "vxeth1", "--fields=pod")
    assert out == "[vxeth2]\n pod: default/a 10.244.1.2\n\n[vxeth1]\n pod: default/a 10.244.1.2\n\n"


async def test_a_name_that_nobody_knows_is_told_with_the_nearest(cluster: Cluster) -> None:
    code, out, err = await cluster.run("inspect", "nets", "vxteh1")
    assert (code, out, err) == (1, "[vxteh1]\n", "There is no network 'vxteh1'; did you mean vxeth1?\n")


async def test_on_a_terminal_it_is_a_table(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = await cluster.run("inspect", "nets", "vxeth1", "--fields=pod,net")
    title, head, _, row = out.splitlines()
    assert (title.strip(), head.split()) == ("vxeth1", ["POD", "NET"])
    assert row.split()[:3] == ["default/a", "10.244.1.2", "dev:eth0"]


async def test_for_programs_every_field_has_its_name(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 ip=10.1.0.1/24", "10.244.1.2", running=False)
    code, out, err = await cluster.run("inspect", "nets", "vxeth1", "vxteh1", "--fields=net,fdb", "-o", "json")
    net = {"dev": "eth0", "id": "101", "ip": ["10.1.0.1/24"], "name": "vxeth1", "type": "vxlan", "up": "true"}
    member = {"namespace": "default", "pod": "a", "underlay": "10.244.1.2", "net": net, "fdb": []}
    assert json.loads(out) == {
        "networks": [{"network": "vxeth1", "members": [member]}, {"network": "vxteh1", "members": []}],
        "troubles": err.splitlines(),
        "refused": [],
    }
    assert (code, len(err.splitlines())) == (1, 2)
    wide = await cluster.run("inspect", "nets", "vxeth1", "-o", "wide")
    assert wide == await cluster.run("inspect", "nets", "vxeth1", "--fields=all")
    assert "\n dev: " in wide[1]


@pytest.mark.kernel
async def test_all_fields_show_what_the_kernel_holds(cluster: Cluster) -> None:
    with agent_pod() as pod:
        pod.run("ip", "-batch", "-", input=WIRE)
        pod.run("bridge", "-batch", "-", input=PEER.format("10.244.2.3") + PEER.format("10.244.2.4"))
        cluster.pod("a", "vxeth1 ip=192.168.11.2/29 route=192.168.12.0/29:192.168.11.1", "10.244.1.2")
        cluster.agent("a", pod.command(str(AGENT)))
        code, out, err = await cluster.run("inspect", "nets", "vxeth1", "--fields=all")
        assert (code, err) == (0, "")
        usual = await cluster.run("inspect", "nets", "vxeth1")
    head, dev, tail = re.split(r"^ dev: ((?:.*\n)(?:      .*\n)+?)(?= route:)", out, maxsplit=1, flags=re.MULTILINE)
    assert head == (
        "[vxeth1]\n"
        " pod: default/a 10.244.1.2\n"
        " net: dev:eth0 id:101 ip:192.168.11.2/29 name:vxeth1 route:192.168.12.0/29:192.168.11.1 type:vxlan up:true\n"
        " fdb: 00:00:00:00:00:00 dst 10.244.2.3 self permanent\n"
        "      00:00:00:00:00:00 dst 10.244.2.4 self permanent\n"
    )
    assert usual == (0, head + "\n", "")
    assert dev.startswith("vxeth1: <BROADCAST,MULTICAST,UP,LOWER_UP> ")
    assert "\n       inet 192.168.11.2/29 scope global vxeth1" in dev
    assert tail == (
        " route: 192.168.11.0/29 proto kernel scope link src 192.168.11.2 \n        192.168.12.0/29 via 192.168.11.1\n\n"
    )
