from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.destinations import Destinations, Generation
from kube_vxlan_controller.model import Address

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
