"""The ConfigMap of networks as a table (reliability rows 13, 31 and 68)."""

import time

import pytest

from kube_vxlan_controller.language.mistakes import MOST_FAULTS
from kube_vxlan_controller.model import Span
from kube_vxlan_controller.sources.networks import MOST_WORDS, NO_NETWORKS, Networks, read_networks
from kube_vxlan_controller.views import ConfigView


def read(*binary: str, **data: str) -> Networks:
    """The table of these entries."""
    return read_networks(ConfigView(tuple(data.items()), binary))


def settings(networks: Networks, name: str) -> dict[str, object]:
    """What an entry sets."""
    assert networks.definitions is not None
    return {option: setting.value for option, setting in networks.definitions[name].settings.items()}  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("id=1000 dev=tun0", {"id": 1000, "dev": "tun0"}),
        ("id=1001 up", {"id": 1001, "up": True}),
        ("102", {"id": 102}),
        (" 102\n", {"id": 102}),
        ("\r\n\t102\r\n", {"id": 102}),
        ("id=1\nup\n  mtu=1400\n", {"id": 1, "up": True, "mtu": 1400}),
        ("id=1\r\nup\r\n", {"id": 1, "up": True}),
        ("id=1 namespaces=b,a", {"id": 1, "namespaces": frozenset({"a", "b"})}),
        ("up", {"up": True}),
        ("", {}),
    ],
)
def test_entries(value: str, expected: dict[str, object]) -> None:
    networks = read(net=value)
    assert networks.faults == ()
    assert settings(networks, "net") == expected


@pytest.mark.parametrize(
    ("value", "code", "where"),
    [
        ("0", "invalid-id", Span(1, 1, 1)),
        ("\n  007", "invalid-id", Span(2, 3, 3)),
        ("99999999999999999999", "invalid-id", Span(1, 1, 20)),
        ("id=0", "invalid-id", Span(1, 4, 1)),
        ("id=5 id=6", "repeated-option", Span(1, 6, 4)),
        ("id=5, up", "invalid-id", Span(1, 4, 2)),
        ("id=5 colour=red", "unknown-option", Span(1, 6, 10)),
        ("id=5\n# comment, with words", "not-network-syntax", Span(2, 1, 1)),
        ("id=5\u00a0up", "invisible-character", Span(1, 5, 1)),
        ("id=5 name=eth0", "reserved-name", Span(1, 11, 4)),
        ("5 6", "unknown-option", Span(1, 1, 1)),
    ],
)
def test_a_bad_entry_is_told_and_harms_no_other(value: str, code: str, where: Span) -> None:
    networks = read(bad=value, good="id=77")
    fault = networks.faults[0]
    assert (fault.code, fault.where, fault.network) == (code, where, "bad")
    assert settings(networks, "good") == {"id": 77}


@pytest.mark.parametrize("key", ["-x", "a b", "é", "x" * 254, ""])
def test_keys_that_nobody_can_ask_for(key: str) -> None:
    (fault,) = read_networks(ConfigView(((key, "id=1"),))).faults
    assert (fault.code, fault.network) == ("invalid-network-name", key)
    assert fault.where is None, "a mistake in the key has no place in the value"


def test_binary_entries() -> None:
    (fault,) = read("raw", net="id=1").faults
    assert (fault.code, fault.network) == ("binary-network", "raw")


def test_both_of_two_with_one_id_are_refused_in_any_order() -> None:
    for order in (("b", "a", "c"), ("c", "b", "a")):
        networks = read(**{name: "up id=5" if name != "c" else "id=5 port=4789" for name in order})
        faults = sorted(networks.faults, key=lambda fault: str(fault.network))
        assert [(fault.code, fault.network, fault.where) for fault in faults] == [
            ("duplicate-id", "a", Span(1, 4, 4)),
            ("duplicate-id", "b", Span(1, 4, 4)),
        ]
        assert "`b`" in faults[0].message
        assert "`a`" in faults[1].message
        assert all("ConfigMap" in fault.hint for fault in faults)


def test_networks_of_one_id_name_only_some_of_many_others() -> None:
    networks = read(**{f"net{number:02}": "5" for number in range(30)})
    assert len(networks.faults) == 30
    assert networks.faults[0].message.startswith("The network `net00` has the id and UDP port of `net01` and 28 more")


def test_a_network_whose_port_cannot_be_read_is_like_no_other() -> None:
    networks = read(a="id=5 port=x", b="id=5")
    assert [(fault.code, fault.network) for fault in networks.faults] == [("invalid-port", "a")]


def test_an_entry_that_is_wrong_besides_still_has_its_id() -> None:
    networks = read(a="id=5 colour=red", b="id=5")
    assert [fault.code for fault in networks.faults if fault.network == "b"] == ["duplicate-id"]


def test_no_configmap_is_not_an_empty_one() -> None:
    assert read_networks(None) == NO_NETWORKS
    assert NO_NETWORKS.definitions is None
    assert read().definitions == {}
    assert read_networks(None, locked=True).locked


def test_ten_thousand_entries_take_a_bounded_time() -> None:
    entries = tuple((f"network-{number:05}", f"id={number + 1} up dev=eth0") for number in range(10_000))
    start = time.process_time()
    networks = read_networks(ConfigView(entries))
    assert time.process_time() - start < 10
    assert networks.faults == ()
    assert len(networks.definitions or ()) == 10_000


def test_a_quarter_mebibyte_of_rubbish_takes_a_bounded_time() -> None:
    entries = tuple((f"network-{number}", "a " * MOST_WORDS) for number in range(2**18 // (2 * MOST_WORDS)))
    start = time.process_time()
    networks = read_networks(ConfigView((*entries, ("vast", "a " * 2**20))))
    assert time.process_time() - start < 30
    assert {fault.network for fault in networks.faults} == {key for key, _ in entries} | {"vast"}
    assert len(networks.faults) == len(entries) * (MOST_FAULTS + 1) + 1


def test_an_entry_that_is_too_long_is_told() -> None:
    (fault,) = read(net="id=1 " + "up " * MOST_WORDS).faults
    assert fault.code == "text-too-long"
