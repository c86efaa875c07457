from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.destinations import Destinations, Generation
from kube_vxlan_controller.kernel.netns import Device, mark_name
from kube_vxlan_controller.model import Address, InterfaceName, NetworkName, UdpPort, Vni

some = st.sets(st.sampled_from([ip_address(f"10.0.0.{number}") for number in range(5)])).map(frozenset)
one = st.sampled_from([None, *[ip_address(f"10.0.0.{number}") for number in range(6)]])


@given(some, one, some, one, st.booleans())
def test_destinations_behave_as_the_sets_that_they_stand_for(
    members: frozenset[Address], without: Address | None, others: frozenset[Address], lacking: Address | None, shared: bool
) -> None:
    generation = Generation(members)
    left = Destinations(generation, without)
    right = Destinations(generation if shared else Generation(others), lacking)
    as_left, as_right = members - {without}, (members if shared else others) - {lacking}
    assert set(left) == as_left
    assert len(left) == len(as_left)
    assert all((address in left) == (address in as_left) for address in members | others)
    for _ in range(2):  # the second time from what is remembered
        assert left.beyond(right) == as_left - as_right
        assert right.beyond(left) == as_right - as_left
    assert (left == right) == (as_left == as_right)
    assert left != right or hash(left) == hash(right)


def test_the_difference_of_two_generations_is_computed_once() -> None:
    before, after = (Generation(frozenset(ip_address(f"10.0.0.{number}") for number in range(count))) for count in (3, 4))
    assert after.beyond(before) is after.beyond(before)


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
