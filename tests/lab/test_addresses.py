"""Addresses and wires, by hand and by count."""

from ipaddress import IPv4Address

from kube_vxlan_lab.addresses import FABRIC, FABRIC6, MAX_NODES, PODS_PER_NODE, NodeNet, Pool, Wire


def test_nodes_and_their_ranges_do_not_overlap() -> None:
    nodes = [NodeNet(number) for number in range(1, MAX_NODES + 1)]
    assert len({node.address for node in nodes}) == len({node.pods for node in nodes}) == MAX_NODES
    assert len({node.address6 for node in nodes}) == len({node.pods6 for node in nodes}) == MAX_NODES
    assert all(node.address in FABRIC and node.address6 in FABRIC6 for node in nodes)
    assert NodeNet(2).name == "node-2"
    assert str(NodeNet(2).address) == "172.31.0.12"
    assert str(NodeNet(2).gateway) == "10.244.2.1"
    assert (NodeNet(2).addresses, NodeNet(2, dual=False).addresses) == (("172.31.0.12", "fd00:172:31::c"), ("172.31.0.12",))
    assert NodeNet(17).ranges == ("10.244.17.0/24", "fd00:10:244:11::/64")


def test_a_pool_gives_every_address_once_and_those_given_back_at_once_again() -> None:
    node = NodeNet(3)
    pool = Pool(node)
    taken = [pool.take() for _ in range(PODS_PER_NODE)]
    assert len(set(taken)) == PODS_PER_NODE
    assert all(address in node.pods and address != node.gateway for address in taken if address)
    assert pool.take() is None
    for address in (taken[7], taken[3], taken[9]):
        assert address is not None
        pool.give_back(address)
    assert [pool.take() for _ in range(4)] == [taken[9], taken[3], taken[7], None]


def test_a_wire_has_two_ends_that_know_each_other() -> None:
    wire = Wire(NodeNet(1), IPv4Address("10.244.1.9"))
    assert wire.pod_end(4711)[0] == (
        "link add eth0 mtu 1500 address 02:00:0a:f4:01:09 type veth "
        "peer name pod9 mtu 1500 address 02:01:0a:f4:01:09 netns 4711"
    )
    assert "neigh add 10.244.1.1 lladdr 02:01:0a:f4:01:09 dev eth0 nud permanent" in wire.pod_end(4711)
    assert "neigh add 10.244.1.9 lladdr 02:00:0a:f4:01:09 dev pod9 nud permanent" in wire.node_end()


def test_a_wire_carries_both_families_where_node_and_pod_have_them() -> None:
    address = IPv4Address("10.244.1.9")
    both = Wire(NodeNet(1), address)
    assert both.addresses == ("10.244.1.9", "fd00:10:244:1::9")
    assert "address add fd00:10:244:1::9/128 dev eth0 nodad" in both.pod_end(4711)
    assert "route add default via fd00:10:244:1::1 dev eth0" in both.pod_end(4711)
    assert "route add fd00:10:244:1::9/128 dev pod9" in both.node_end()
    for single in (Wire(NodeNet(1), address, dual=False), Wire(NodeNet(1, dual=False), address)):
        assert single.addresses == ("10.244.1.9",)
        assert not [line for line in (*single.pod_end(4711), *single.node_end()) if "fd00" in line]


def test_a_node_knows_the_ways_to_the_pods_of_the_others() -> None:
    lines = list(NodeNet(1).lines([NodeNet(2)]))
    assert "route add 10.244.2.0/24 via 172.31.0.12" in lines
    assert "route add fd00:10:244:2::/64 via fd00:172:31::c" in lines
    assert not [line for line in NodeNet(1, dual=False).lines([NodeNet(2, dual=False)]) if "fd00" in line]
