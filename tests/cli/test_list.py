import pytest
from tests.agent.pod import AGENT, agent_pod
from tests.cli.cluster import Cluster

WIRE = "link add vxeth1 type vxlan id 101 dev eth0 dstport 0\naddr add {ip} dev vxeth1\nlink set vxeth1 up\n"


async def test_prefixes_and_a_namespace_choose_pods(cluster: Cluster) -> None:
    for name, namespace in (("web-1", "default"), ("db-1", "default"), ("web-2", "kube-public")):
        cluster.pod(name, "vxeth1", "10.244.1.2", running=False, namespace=namespace)

    async def listed(*words: str) -> list[str]:
        _, out, _ = await cluster.run("list", "pods", *words)
        return [line.removesuffix(" vxeth1 ") for line in out.splitlines()]

    assert await listed() == ["default/db-1", "default/web-1", "kube-public/web-2"]
    assert await listed("web", "nothing") == ["default/web-1", "kube-public/web-2"]
    assert await listed("-n", "default") == ["default/db-1", "default/web-1"]
    assert await listed("web", "-n", "kube-public") == ["kube-public/web-2"]


async def test_on_a_terminal_it_is_a_table(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = await cluster.run("list", "pods")
    head, _, row = out.splitlines()
    assert head.split() == ["POD", "NETWORK", "ADDRESS"]
    assert row.split() == ["default/web-1", "vxeth1"]


@pytest.mark.kernel
async def test_addresses_are_those_of_the_kernel(cluster: Cluster) -> None:
    with agent_pod() as pod:
        pod.run("ip", "-batch", "-", input=WIRE.format(ip="192.168.11.1/29") + "addr add 192.168.11.9/29 dev vxeth1\n")
        cluster.pod("gw", "vxeth1 ip=10.9.9.9/24\nvxeth2", "10.244.1.2")
        cluster.agent("gw", pod.command(str(AGENT)))
        code, out, err = await cluster.run("list", "pods")
    assert out == "default/gw vxeth1 192.168.11.1/29\ndefault/gw vxeth1 192.168.11.9/29\ndefault/gw vxeth2 \n"
    assert (code, err) == (1, 'default/gw: vxeth2: Device "vxeth2" does not exist.\n')
