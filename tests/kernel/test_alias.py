from ipaddress import ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.alias import alias, parse_alias
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import Mark, mark_name
from kube_vxlan_controller.kernel.steps import SetMark
from kube_vxlan_controller.model import MAX_ADDRESSES, NetworkName
from tests.kernel.steps import VX1

addresses = st.sets(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(ip_interface), max_size=MAX_ADDRESSES).map(
    frozenset
)
names = st.from_regex(r"[A-Za-z0-9._-]{1,253}", fullmatch=True).map(NetworkName)


@given(names, addresses, st.booleans())
def test_an_alias_holds_any_mark_and_gives_it_back(name: NetworkName, given_by_us: frozenset[object], raised: bool) -> None:
    mark = Mark(mark_name(name), given_by_us, raised)  # type: ignore[arg-type]
    assert len(alias(mark)) <= 255
    assert parse_alias(alias(mark)) == mark
    assert render([SetMark(VX1, mark)]).batch[0].endswith(alias(mark))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uplink",
        "kvc1",
        "kvc1/",
        "kvc1/net",
        "kvc1//up",
        "kvc1/net/sideways",
        "kvc1/net/up/",
        "kvc1/net/up/10.0.0.1-33",
        "kvc1/net/up/10.0.0.1-24-24",
        "kvc1/net/up/10.0.0.1/24",
        "kvc1/net/up/x-1",
        "kvc1/né/up",
        "kvc2/net/up",
        "KVC1/net/up",
    ],
)
def test_an_alias_that_is_not_ours_to_the_letter_is_no_mark(text: str) -> None:
    assert parse_alias(text) is None
