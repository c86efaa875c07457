"""Addresses and wires, by hand and by count."""

from ipaddress import IPv4Address

from kube_vxlan_lab.addresses import FABRIC, MAX_NODES, PODS_PER_NODE, NodeNet, Pool, Wire


def test_nodes_and_their_ranges_do_not_overlap() -> None:
    nodes = [NodeNet(number) for number in range(1, MAX_NODES + 1)]
    assert len({node.address for node in nodes}) == len({node.pods for node in nodes}) == MAX_NODES
    assert all(node.address in FABRIC for node in nodes)
    assert NodeNet(2).name == "node-2"
    assert str(NodeNet(2).address) == "172.31.0.12"
    assert str(NodeNet(2).gateway) == "10.244.2.1"


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
