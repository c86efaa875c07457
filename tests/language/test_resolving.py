"""From an annotation to options per network: what is looked up, who may join, what is refused, and how much of it."""

import time
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language.mistakes import MOST_FAULTS
from kube_vxlan_controller.language.options import describe
from kube_vxlan_controller.language.resolving import (
    NO_CONFIGMAP,
    NOT_ADMITTED,
    UNKNOWN_NETWORK,
    Networks,
    Resolved,
    resolve,
)
from kube_vxlan_controller.model import Namespace, Scope
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.views import ConfigView

CONFIG = (
    ("closed", "id=200 up namespaces=team-a"),
    ("constructor", "id=300"),
    ("noid", "up"),
    ("this-name-is-too-long", "id=301"),
    ("vxeth0", "id=100"),
    ("vxeth1", "id=101 up"),
    ("vxeth2", "102"),
    ("wrong", "id=x"),
)
UNDERLAY = (ip_address("10.244.1.2"),)


def read(text: str, namespace: str = "default", locked: bool = False) -> Resolved:
    """A pod's text against `CONFIG`."""
    return resolve(text, read_networks(ConfigView(CONFIG), locked), Namespace(namespace), UNDERLAY)


def test_the_ancestors_example() -> None:
    resolved = read("vxeth1 ip=192.168.11.1/29\nvxeth2 up\n  ip=192.168.12.1/29")
    assert [(network, describe(merged)) for network, merged in resolved.networks] == [
        ("vxeth1", "dev:eth0 id:101 ip:192.168.11.1/29 name:vxeth1 type:vxlan up:true"),
        ("vxeth2", "dev:eth0 id:102 ip:192.168.12.1/29 name:vxeth2 type:vxlan up:true"),
    ]
    assert resolved.faults == resolved.warnings == ()


@pytest.mark.parametrize(
    ("text", "code", "scope"),
    [
        ("nosuch", UNKNOWN_NETWORK, Scope.NETWORK),
        ("VXETH0", UNKNOWN_NETWORK, Scope.NETWORK),
        ("vхeth0", UNKNOWN_NETWORK, Scope.NETWORK),
        ("None", UNKNOWN_NETWORK, Scope.NETWORK),
        ("x" * 254, "invalid-network-name", Scope.NETWORK),
        ("x" * 254 + " id=5 name=y", "invalid-network-name", Scope.NETWORK),
        ("noid", "missing-id", Scope.NETWORK),
        ("noid id=", "invalid-id", Scope.NETWORK),
        ("wrong", "invalid-definition", Scope.NETWORK),
        ("this-name-is-too-long", "invalid-name", Scope.NETWORK),
        ("vxeth0 name=eth0", "reserved-name", Scope.NETWORK),
        ("up id=5", "reserved-name", Scope.NETWORK),
        ("closed", NOT_ADMITTED, Scope.NETWORK),
        ("vxeth0 ip=10.1.0.0/24", "invalid-ip", Scope.NETWORK),
        ("vxeth0 ip=a,ip=b", "invalid-ip", Scope.NETWORK),
        ("vxeth0; vxeth1", "not-network-syntax", Scope.POD),
        ("vxeth0, vxeth1 name=vxeth0", "name-clash", Scope.POD),
    ],
)
def test_what_is_refused(text: str, code: str, scope: Scope) -> None:
    resolved = read(text)
    assert (resolved.faults[0].code, resolved.faults[0].scope) == (code, scope)
    assert resolved.networks == ()


def test_a_bad_network_harms_no_other() -> None:
    resolved = read("nosuch\nvxeth0 foo=1\nvxeth1 ip=10.1.0.1/24, vxeth2 ip=1")
    assert [network for network, _ in resolved.networks] == ["vxeth1"]
    assert [(fault.code, fault.network) for fault in resolved.faults] == [
        (UNKNOWN_NETWORK, "nosuch"),
        ("unknown-option", "vxeth0"),
        ("invalid-ip", "vxeth2"),
    ]


def test_a_text_that_cannot_be_trusted_gives_nothing() -> None:
    resolved = read("vxeth0\nvxeth1 # comment")
    assert resolved.networks == ()
    assert [fault.scope for fault in resolved.faults] == [Scope.POD]


def test_five_mistakes_are_told_in_order() -> None:
    resolved = read("vxeth0 ip=10.1.0.1/024\n  rout=x\nnosuch\nvxeth1 ip=1.2.3.4/24,ip=5.6.7.8/24\n# five")
    assert [fault.code for fault in resolved.faults] == [
        "invalid-ip",
        "unknown-option",
        UNKNOWN_NETWORK,
        "comma-in-value",
        "not-network-syntax",
    ]


def test_hints_name_what_is_there() -> None:
    assert read("VXETH0").faults[0].hint == "did you mean `vxeth0`?"
    assert "`closed`, `constructor`" in read("zzzzzz").faults[0].hint
    assert "U+0445 CYRILLIC SMALL LETTER HA" in read("vхeth0").faults[0].message
    assert "`x` is not a whole number" in read("wrong").faults[0].hint


def test_of_many_networks_the_nearest_is_named_or_how_many_there_are() -> None:
    many = read_networks(ConfigView(tuple((f"network-{number:04}", str(number + 1)) for number in range(3000))))
    (fault,) = resolve("netwrok-2718", many, None, ()).faults
    assert fault.hint == "did you mean `network-2718`?"
    (fault,) = resolve("zzzzzzzzzzzz", many, None, ()).faults
    assert "one of the 3000 that are there" in fault.hint
    assert "network-0000" not in fault.hint


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("vxeth0 mtu=1400 family=ipv6", 17, "write `family=ipv4` here, and for all other members"),
        ("vxeth0, six", 9, "write `family=ipv4` for this network, in the ConfigMap"),
    ],
)
def test_a_family_that_the_pod_has_not_is_told_where_it_was_written(text: str, column: int, hint: str) -> None:
    networks = read_networks(ConfigView((*CONFIG, ("six", "id=600 family=ipv6"))))
    (fault,) = resolve(text, networks, Namespace("default"), UNDERLAY).faults
    assert fault.where is not None
    assert (fault.code, fault.where.column, fault.hint, fault.line_text) == ("no-underlay", column, hint, text)


def test_the_family_is_not_judged_where_it_cannot_be_told() -> None:
    networks = read_networks(ConfigView(CONFIG))
    assert resolve("vxeth0 family=ipv6", networks, None, ()).faults == ()
    six = (ip_address("fd00::1"),)
    for text in ("closed", "nosuch", "wrong", "vxeth0 family=x"):
        assert "no-underlay" not in [fault.code for fault in resolve(text, networks, Namespace("default"), six).faults]
    assert {fault.code for fault in resolve("vxeth0", Networks(), None, six).faults} == {NO_CONFIGMAP}


def test_odd_names_are_plain_names() -> None:
    assert [network for network, _ in read("constructor").networks] == ["constructor"]
    assert [network for network, _ in read("this-name-is-too-long name=short").networks] == ["this-name-is-too-long"]


def test_an_id_of_its_own_makes_a_network() -> None:
    ((network, merged),) = read("mine id=5 up").networks
    assert (network, merged.id, merged.up) == ("mine", 5, True)
    assert read("mine id=5", locked=True).faults[0].code == UNKNOWN_NETWORK


def test_admission() -> None:
    assert [network for network, _ in read("closed", "team-a").networks] == ["closed"]
    resolved = read("closed, vxeth0", "team-b")
    assert [fault.code for fault in resolved.faults] == [NOT_ADMITTED]
    assert [network for network, _ in resolved.networks] == ["vxeth0"]
    networks = read_networks(ConfigView(CONFIG))
    assert resolve("closed", networks, None, ()).faults == ()


@pytest.mark.parametrize(
    ("text", "locked", "refused"),
    [
        ("vxeth0 id=7", False, False),
        ("vxeth0 id=7", True, True),
        ("vxeth0 id=100", True, False),
        ("vxeth0 port=4789", True, True),
        ("vxeth0 port=8472", True, False),
        ("closed id=7", False, True),
        ("closed id=200", False, False),
        ("closed port=4789", False, True),
        ("closed mtu=1400", False, False),
        ("noid id=7", True, False),
    ],
)
def test_who_chooses_the_id(text: str, locked: bool, refused: bool) -> None:
    resolved = read(text, "team-a", locked)
    assert [fault.code for fault in resolved.faults] == ([NOT_ADMITTED] if refused else [])
    assert bool(resolved.networks) is not refused


def test_without_a_configmap_everything_is_held_and_still_judged() -> None:
    resolved = resolve("vxeth0 ip=10.1.0.1/24\nmine id=5 ip=1\nother dev=mine\nx name=other", Networks(), None, ())
    assert resolved.networks == ()
    assert {fault.network for fault in resolved.faults if fault.code == NO_CONFIGMAP} == {"vxeth0", "mine", "other", "x"}
    others = [(fault.code, fault.network) for fault in resolved.faults if fault.code != NO_CONFIGMAP]
    assert others == [("invalid-ip", "mine"), ("name-clash", "x")]


def test_without_a_configmap_nothing_is_said_of_what_it_could_hold() -> None:
    resolved = resolve("a1 route=10.2.0.0/24:10.1.0.2, b1", Networks(), None, ())
    assert {fault.code for fault in resolved.faults} == {NO_CONFIGMAP}
    assert resolved.warnings == ()


def test_a_text_full_of_mistakes_is_not_told_in_full() -> None:
    resolved = read("vxeth0 " + "zzz " * 3000 + "\nvxeth1")
    assert len(resolved.faults) == MOST_FAULTS + 1
    assert (resolved.faults[-1].code, resolved.faults[-1].scope) == ("too-many-faults", Scope.POD)
    assert resolved.networks == ()


@given(st.text(st.sampled_from("vxeth01 ip=10.1.0.1/24,\n route:up id5#\u00a0"), max_size=80))
@settings(max_examples=500, deadline=None)
def test_nothing_raises_and_a_refused_network_is_never_a_result(text: str) -> None:
    for networks in (read_networks(ConfigView(CONFIG)), Networks()):
        resolved = resolve(text, networks, Namespace("default"), UNDERLAY)
        names = {network for network, _ in resolved.networks}
        assert not names & {fault.network for fault in resolved.faults if fault.scope is Scope.NETWORK}
        assert not (names and any(fault.scope is Scope.POD for fault in resolved.faults))


def test_hostile_texts_of_legal_size_are_bounded() -> None:
    many = tuple((f"network-{number:05}", str(number + 1)) for number in range(10_000))
    networks = read_networks(ConfigView(many))
    unknown = ",".join(f"network-{number:05}x" for number in range(64))
    routes = "network-00001 up ip=10.0.0.1/24 " + " ".join(
        f"route=10.{i // 250}.{i % 250 + 1}.0/24:10.0.0.2" for i in range(450)
    )
    words = "network-00001 " + "a " * 8000
    for text in (unknown, routes, words):
        start = time.process_time()
        resolve(text, networks, Namespace("default"), UNDERLAY)
        assert time.process_time() - start < 5
