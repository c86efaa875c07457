"""What a container sees, in a lab."""

import pytest

from tests.lab.living import Living, is_in, shell

pytestmark = pytest.mark.kernel


async def test_containers_share_a_sandbox_but_no_processes(world: Living) -> None:
    await world.pod("p", shell("one"), shell("two"))
    await world.history("p", is_in("Running"))
    assert (await world.exec("p", "one", "touch", "/dev/shm/note")).code == 0
    assert (await world.exec("p", "two", "test", "-e", "/dev/shm/note")).code == 0
    assert (await world.exec("p", "one", "hostname")).out == b"p\n"
    links = [(await world.exec("p", name, "readlink", "/proc/self/ns/net")).out for name in ("one", "two")]
    assert links[0] == links[1]
    processes = (await world.exec("p", "one", "/bin/busybox", "ps", "-o", "pid,args")).out.decode()
    assert processes.splitlines()[1].split()[0] == "1"
    assert len(processes.splitlines()) <= 4


async def test_the_uid_stands_in_mountinfo_as_a_kubelet_leaves_it(world: Living) -> None:
    await world.pod("p", shell("app"))
    seen = await world.history("p", is_in("Running"))
    mounts = (await world.exec("p", "app", "cat", "/proc/self/mountinfo")).out.decode()
    assert f"/pods/{seen[-1]['metadata']['uid']}/etc-hosts /etc/hosts " in mounts


async def test_the_agent_tells_that_uid(world: Living) -> None:
    await world.pod("p", {"name": "agent", "image": "openvnf/kube-vxlan-controller-agent"})
    seen = await world.history("p", is_in("Running"))
    hello = (await world.exec("p", "agent", "kube-vxlan-agent", "serve")).out.decode().splitlines()[0]
    assert hello.startswith("kube-vxlan-agent 1 ")
    assert hello.endswith(seen[-1]["metadata"]["uid"])


async def test_sysctls_and_the_downward_api(world: Living) -> None:
    address = {"name": "ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    settings = [{"name": "net.ipv4.ip_forward", "value": "1"}, {"name": "net.ipv4.conf.all.arp_ignore", "value": "2"}]
    await world.pod("p", shell("app", env=[address]), securityContext={"sysctls": settings})
    seen = await world.history("p", is_in("Running"))
    read = await world.exec("p", "app", "cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/all/arp_ignore")
    assert read.out == b"1\n2\n"
    assert (await world.exec("p", "app", "sh", "-c", "echo $ADDRESS")).out.decode().strip() == seen[-1]["status"]["podIP"]


async def test_the_hosts_files_cannot_be_changed(world: Living) -> None:
    await world.pod("p", shell("app"))
    await world.history("p", is_in("Running"))
    for path in ("/etc/hostname", "/usr/x", "/tmp/x"):
        result = await world.exec("p", "app", "sh", "-c", f"echo x >>{path}")
        assert result.code != 0
    assert b"ead-only file system" in result.complaint


async def test_exec_tells_codes_and_signals(world: Living) -> None:
    await world.pod("p", shell("app"))
    await world.history("p", is_in("Running"))
    assert (await world.exec("p", "app", "sh", "-c", "exit 5")).code == 5
    result = await world.exec("p", "app", "sh", "-c", "echo out; echo err >&2")
    assert (result.out, result.complaint) == (b"out\n", b"err\n")
    assert (await world.exec("p", "app", "sh", "-c", "kill -9 $$")).code == 137
