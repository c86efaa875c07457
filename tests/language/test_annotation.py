"""The grammar: what is a network, what is an option, and what is neither."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language.annotation import LONGEST_TEXT, MOST_NETWORKS, Parsed, parse, parse_definition
from kube_vxlan_controller.model import Scope

TRICKY = st.text(
    st.sampled_from("ab0=,. \t\n\r#;|-_:/'\"{[<\\$(%@é１е\u00a0\u200b\ufeff\u2028\u0085\x00\x1b\x7f\udcff") | st.characters(),
    max_size=60,
)


def shape(parsed: Parsed) -> list[tuple[str, ...]]:
    """Networks with their options as written, in order."""
    return [
        (request.network, *(o.name if o.value is None else f"{o.name}={o.value}" for o in request.options))
        for request in parsed.requests
    ]


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        ("   ", []),
        (" \t\r\n \n", []),
        (" \nvxeth0", [("vxeth0",)]),
        ("  vxeth0", [("vxeth0",)]),
        ("vxeth0,,vxeth1,", [("vxeth0",), ("vxeth1",)]),
        ("vxeth0 , vxeth1", [("vxeth0",), ("vxeth1",)]),
        (",vxeth0", [("vxeth0",)]),
        ("vxeth0, vxeth1 dev=tun0", [("vxeth0",), ("vxeth1", "dev=tun0")]),
        ("vxeth0\nvxeth1", [("vxeth0",), ("vxeth1",)]),
        ("vxeth0\n\n\nvxeth1\n", [("vxeth0",), ("vxeth1",)]),
        ("vxeth0\n  ip=10.1.0.1/24\nvxeth1\n  up=false", [("vxeth0", "ip=10.1.0.1/24"), ("vxeth1", "up=false")]),
        ("vxeth0\n\tip=10.1.0.1/24", [("vxeth0", "ip=10.1.0.1/24")]),
        ("vxeth0\tip=10.1.0.1/24\t", [("vxeth0", "ip=10.1.0.1/24")]),
        ("vxeth0\r\n  ip=10.1.0.1/24\r\nvxeth1\r\n", [("vxeth0", "ip=10.1.0.1/24"), ("vxeth1",)]),
        ("vxeth0\n\n  up", [("vxeth0", "up")]),
        ("vxeth0\n   \n  up\n \nvxeth1", [("vxeth0", "up"), ("vxeth1",)]),
        ("vxeth0,\n  vxeth1 up", [("vxeth0",), ("vxeth1", "up")]),
        ("a.b_c-1 up", [("a.b_c-1", "up")]),
        ("__proto__, constructor, None, true", [("__proto__",), ("constructor",), ("None",), ("true",)]),
        ("vxeth0 ip=a ip=b", [("vxeth0", "ip=a", "ip=b")]),
        ("vxeth0 a==b =x = id=", [("vxeth0", "a==b", "=x", "=", "id=")]),
        ("vxeth0 name=#x", [("vxeth0", "name=#x")]),
        ("vxeth0 name=$(id)", [("vxeth0", "name=$(id)")]),
        ("1０", [("1０",)]),
    ],
)
def test_layout(text: str, networks: list[tuple[str, ...]]) -> None:
    parsed = parse(text)
    assert shape(parsed) == networks
    assert parsed.faults == ()


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("vxeth0\rvxeth1", "invisible-character", 1, 7),
        ("  ip=10.1.0.1/24\nvxeth0", "option-before-network", 1, 3),
        ("=5", "option-before-network", 1, 1),
        ("# note", "not-network-syntax", 1, 1),
        ("vxeth0 # c", "not-network-syntax", 1, 8),
        ("vxeth0#c", "not-network-syntax", 1, 7),
        ("vxeth0\n  # c, d", "not-network-syntax", 2, 3),
        ("vxeth0\u00a0up", "invisible-character", 1, 7),
        ("vxeth0\u200b", "invisible-character", 1, 7),
        ("\ufeffvxeth0", "invisible-character", 1, 1),
        ("vxeth0\u2028vxeth1", "invisible-character", 1, 7),
        ("vxeth0\u0085vxeth1", "invisible-character", 1, 7),
        ("vxeth0 name=\x1b[31mred", "invisible-character", 1, 13),
        ("vxeth0 ip=10.1.0.1/24\x00", "invisible-character", 1, 22),
        ("vxeth0 ip=\u202e10.1.0.1/24", "invisible-character", 1, 11),
        ("vxeth0 \udcff", "invisible-character", 1, 8),
        ('{"vxeth0": {"id": 5}}', "not-network-syntax", 1, 1),
        ('\n  [\n "vxeth0"\n]', "not-network-syntax", 2, 3),
        ("<b>vxeth0</b>", "not-network-syntax", 1, 1),
        ("- vxeth0", "not-network-syntax", 1, 1),
        ("---\n", "not-network-syntax", 1, 1),
        ("vxeth0: id=5", "not-network-syntax", 1, 7),
        ("vxeth0; vxeth1", "not-network-syntax", 1, 7),
        ("vxeth0|vxeth1", "not-network-syntax", 1, 7),
        ("'vxeth0'", "not-network-syntax", 1, 1),
        ("%d", "not-network-syntax", 1, 1),
        ("vxeth0 ip=A\nvxeth0 ip=B", "duplicate-network", 2, 1),
    ],
)
def test_what_makes_the_whole_text_unreadable(text: str, code: str, line: int, column: int) -> None:
    (fault,) = parse(text).faults
    assert fault.where is not None
    assert (fault.code, fault.where.line, fault.where.column, fault.scope) == (code, line, column, Scope.POD)
    assert fault.hint


def test_an_invisible_character_is_named() -> None:
    (fault,) = parse("vxeth0\u00a0up").faults
    assert fault.message == "The text holds the character U+00A0 NO-BREAK SPACE, which is invisible."
    (fault,) = parse("vxeth0\rup").faults
    assert fault.message == "The text holds the control character U+000D, which is invisible."


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("vxeth0 ip=10.1.0.1/24,ip=10.2.0.1/24", 23),
        ("vxeth0 ip=10.1.0.1/24,10.2.0.1/24 up", 23),
        ("vxeth0 route=a, ip=10.2.0.1/24", 17),
        ("vxeth0 ip=fd00::1/64,fd00::2/64", 22),
    ],
)
def test_a_comma_in_a_value_spoils_its_network_alone(text: str, column: int) -> None:
    (fault,) = parse(text).faults
    assert fault.where is not None
    assert (fault.code, fault.network, fault.scope, fault.where.column) == ("comma-in-value", "vxeth0", Scope.NETWORK, column)
    assert "comma" in fault.message


def test_the_limits_are_told() -> None:
    assert parse("x" * LONGEST_TEXT).faults == ()
    (fault,) = parse("x" * (LONGEST_TEXT + 1)).faults
    assert (fault.code, fault.scope) == ("text-too-long", Scope.POD)
    (fault,) = parse("é" * (LONGEST_TEXT // 2 + 1)).faults
    assert fault.code == "text-too-long"
    assert parse(",".join(f"n{i}" for i in range(MOST_NETWORKS))).faults == ()
    (fault,) = parse(",".join(f"n{i}" for i in range(2000))).faults
    assert (fault.code, fault.scope) == ("too-many-networks", Scope.POD)


def test_ten_thousand_networks_are_one_fault() -> None:
    (fault,) = parse(",".join(f"n{i}" for i in range(10_000))).faults
    assert fault.scope is Scope.POD


def test_five_mistakes_are_five_faults_in_order() -> None:
    parsed = parse("up=1\nvxeth0 | a\nvxeth1 ip=1,ip=2\nvxeth1\nvxeth2 # five")
    assert [fault.code for fault in parsed.faults] == [
        "option-before-network",
        "not-network-syntax",
        "comma-in-value",
        "duplicate-network",
        "not-network-syntax",
    ]
    assert [fault.where.line for fault in parsed.faults if fault.where] == [1, 2, 3, 4, 5]


def test_what_follows_a_dangling_equals_sign_is_no_second_mistake() -> None:
    assert parse("vxeth0 ip = 10.1.0.1/24").faults == ()
    assert parse("vxeth0 ip= 10.1.0.1/24").faults == ()


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", []),
        (" \n ", []),
        ("id=1000 dev=tun0", [("id", "1000"), ("dev", "tun0")]),
        ("id=1000\ndev=tun0\n", [("id", "1000"), ("dev", "tun0")]),
        ("id=1\r\n\tup\r\n", [("id", "1"), ("up", None)]),
        ("namespaces=a,b id=1", [("namespaces", "a,b"), ("id", "1")]),
    ],
)
def test_a_value_of_the_configmap(text: str, options: list[tuple[str, str | None]]) -> None:
    parsed = parse_definition(text)
    assert parsed.faults == ()
    assert [(o.name, o.value) for o in parsed.options] == options


def test_rubbish_in_the_configmap() -> None:
    parsed = parse_definition("id=1, up\n# c")
    assert [(o.name, o.value) for o in parsed.options] == [("id", "1,"), ("up", None)]
    assert [fault.code for fault in parsed.faults] == ["not-network-syntax"]


@given(TRICKY)
@settings(max_examples=600, deadline=None)
def test_no_text_raises_and_every_fault_has_its_place(text: str) -> None:
    lines = text.replace("\r\n", "\n").split("\n")
    for fault in (*parse(text).faults, *parse_definition(text).faults):
        assert fault.where is not None
        assert lines[fault.where.line - 1] == fault.line_text
        assert 1 <= fault.where.column <= max(1, len(fault.line_text))
        assert fault.message.isprintable()
        assert fault.hint.isprintable()
    places = [fault.where for fault in parse(text).faults if fault.where]
    assert places == sorted(places)


@given(TRICKY)
@settings(max_examples=300, deadline=None)
def test_what_was_written_stands_where_it_is_said_to(text: str) -> None:
    lines = text.split("\n")

    def at(line: int, column: int, length: int) -> str:
        return lines[line - 1][column - 1 : column - 1 + length]

    for request in parse(text).requests:
        span = request.spot.span
        assert at(span.line, span.column, span.length) == request.network
        for option in request.options:
            span = option.spot.span
            assert at(span.line, span.column, span.length) == option.name + ("" if option.value is None else f"={option.value}")
            if option.value:
                span = option.value_spot.span
                assert at(span.line, span.column, span.length) == option.value


@pytest.mark.parametrize(
    "unit", ["a,", "a ", "a\n", "\n", " \n", "=", "a=b ", "\r", "#", "\n \n", "a\n\n ", "'", "ip=,", "\u00a0,", "a=,=", "-a,"]
)
def test_the_time_is_linear(unit: str) -> None:
    def cost(size: int) -> float:
        text = (unit * size)[:size]
        samples = []
        for _ in range(3):
            start = time.perf_counter()
            parse_definition(text)
            parse(text)
            samples.append(time.perf_counter() - start)
        return min(samples)

    parse("warm")
    parse_definition("warm")
    small, large = cost(LONGEST_TEXT // 8), cost(LONGEST_TEXT)
    # Eight times the text; quadratic would be 64 times the time.
    assert large < 24 * small + 0.01
