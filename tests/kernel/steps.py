"""One step of every kind, or more where its line has several forms, with the line that it is."""

from ipaddress import ip_address, ip_interface, ip_network

from kube_vxlan_controller.kernel.netns import ZERO_MAC, Device, Entry, ForeignRoute, Mark
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    ChangeDevice,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    RestoreRoute,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import InterfaceName, Route, UdpPort, Vni

VX1, ETH0 = InterfaceName("vx1"), InterfaceName("eth0")
PLAIN = Device(VX1, Vni(101), UdpPort(8472), ETH0)
FULL = Device(VX1, Vni(101), UdpPort(4789), ETH0, ip_address("fd00::1"), False, 5, 1400)
FOUR, SIX = ip_interface("10.1.0.1/24"), ip_interface("fd02::1/64")
ROUTE_4 = Route(ip_network("172.16.0.0/16"), ip_address("10.1.0.100"))
ROUTE_6 = Route(ip_network("fd10::/64"), ip_address("fd02::64"))

LINES: tuple[tuple[Step, str], ...] = (
    (DeleteLink(VX1), "link del dev vx1"),
    (AddLink(PLAIN), "link add name vx1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0"),
    (
        AddLink(PLAIN, "02:11:22:33:44:55"),
        "link add name vx1 address 02:11:22:33:44:55 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0",
    ),
    (AddLink(FULL), "link add name vx1 mtu 1400 type vxlan id 101 dev eth0 dstport 4789 local fd00::1 nolearning ttl 5"),
    (SetMark(VX1, Mark("net", frozenset({FOUR, SIX}), True)), "link set dev vx1 alias kvc1/net/up/10.1.0.1-24/fd02::1-64"),
    (SetMark(VX1, Mark("net")), "link set dev vx1 alias kvc1/net/down"),
    (ChangeDevice(PLAIN), "link set dev vx1 type vxlan dev eth0 learning ttl 0"),
    (ChangeDevice(FULL), "link set dev vx1 type vxlan dev eth0 local fd00::1 nolearning ttl 5"),
    (SetMtu(VX1, 1400), "link set dev vx1 mtu 1400"),
    (SetDown(VX1), "link set dev vx1 down"),
    (SetUp(VX1), "link set dev vx1 up"),
    (DeleteRoute(VX1, ROUTE_4), "route del 172.16.0.0/16 via 10.1.0.100 dev vx1 proto 86"),
    (DeleteRoute(VX1, ROUTE_6), "route del fd10::/64 via fd02::64 dev vx1 proto 86"),
    (ReplaceRoute(VX1, ROUTE_4), "route replace 172.16.0.0/16 via 10.1.0.100 dev vx1 proto 86"),
    (ReplaceRoute(VX1, ROUTE_6), "route replace fd10::/64 via fd02::64 dev vx1 proto 86"),
    (DeleteAddress(VX1, FOUR), "addr del 10.1.0.1/24 dev vx1"),
    (DeleteAddress(VX1, SIX), "addr del fd02::1/64 dev vx1"),
    (AddAddress(VX1, FOUR), "addr replace 10.1.0.1/24 dev vx1"),
    (AddAddress(VX1, SIX), "addr replace fd02::1/64 dev vx1 nodad"),
    (RestoreAddress(VX1, FOUR), "addr replace 10.1.0.1/24 dev vx1"),
    (RestoreAddress(VX1, SIX), "addr replace fd02::1/64 dev vx1 nodad"),
    (
        RestoreRoute(VX1, ForeignRoute(ROUTE_4.subnet, ROUTE_4.gateway, 186)),
        "route add 172.16.0.0/16 via 10.1.0.100 dev vx1 proto 186",
    ),
    (RestoreRoute(VX1, ForeignRoute(ROUTE_6.subnet, None, 3, 1024)), "route add fd10::/64 dev vx1 proto 3 metric 1024"),
    (AppendDestination(VX1, ip_address("10.244.0.1")), "fdb append 00:00:00:00:00:00 dst 10.244.0.1 dev vx1 self permanent"),
    (AppendDestination(VX1, ip_address("fd00::2")), "fdb append 00:00:00:00:00:00 dst fd00::2 dev vx1 self permanent"),
    (DeleteEntry(VX1, Entry(ZERO_MAC, ip_address("10.244.0.1"))), "fdb del 00:00:00:00:00:00 dst 10.244.0.1 dev vx1 self"),
    (DeleteEntry(VX1, Entry("02:00:00:00:00:01", ip_address("fd00::2"))), "fdb del 02:00:00:00:00:01 dst fd00::2 dev vx1 self"),
    (
        DeleteEntry(VX1, Entry(ZERO_MAC, ip_address("10.244.0.1"), 4789, 7, "eth0")),
        "fdb del 00:00:00:00:00:00 dst 10.244.0.1 dev vx1 port 4789 vni 7 via eth0 self",
    ),
    (
        DeleteEntry(VX1, Entry(ZERO_MAC, ip_address("fd00::2"), via="eth1")),
        "fdb del 00:00:00:00:00:00 dst fd00::2 dev vx1 via eth1 self",
    ),
)
EVERY_STEP = tuple(step for step, _ in LINES)
