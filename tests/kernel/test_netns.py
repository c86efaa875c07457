from ipaddress import ip_address

from kube_vxlan_controller.kernel.netns import Device, mark_name
from kube_vxlan_controller.model import InterfaceName, NetworkName, UdpPort, Vni


def test_a_long_network_name_is_marked_by_its_beginning_and_a_hash() -> None:
    assert mark_name(NetworkName("a" * 64)) == "a" * 64
    long, longer = mark_name(NetworkName("a" * 65)), mark_name(NetworkName("a" * 66))
    assert len(long) == len(longer) == 64
    assert long != longer
    assert long.startswith("a" * 31 + ".")


def test_a_wire_is_vni_port_and_version_of_the_underlay() -> None:
    def device(vni: int = 1, port: int = 2, lower: str = "eth0", local: str | None = None) -> Device:
        where = None if local is None else ip_address(local)
        return Device(InterfaceName("vx"), Vni(vni), UdpPort(port), InterfaceName(lower), where)

    assert device().same_wire(device(lower="eth1"))
    assert device().same_wire(device(local="10.0.0.1"))
    assert device(local="fd00::1").same_wire(device(local="fd00::2"))
    assert not device().same_wire(device(local="fd00::1"))
    assert not device().same_wire(device(vni=2))
    assert not device().same_wire(device(port=3))
