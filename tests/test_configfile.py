import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.configfile import Entry, Malformed, read_config

BUNDLE = """\
[{'kube-vxlan-controller', [
    {db_file, "/usr/share/kube-vxlan-controller/db"},
    {selector, "vxlan.openvnf.org"},
    {annotation, "vxlan.openvnf.org/networks"}
]}].
"""


IN_BUNDLE = {
    "db-file": "/usr/share/kube-vxlan-controller/db",
    "selector": "vxlan.openvnf.org",
    "annotation": "vxlan.openvnf.org/networks",
}


def values(text: str) -> dict[str, str]:
    return {name: entry.value for name, entry in read_config(text).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ('ca-cert-file = "/a"\nca_cert_file = "/b"\n', {"ca-cert-file": "/b"}),
        ('"token-file" = \'/a\'\nselector = """x=y"""', {"token-file": "/a", "selector": "x=y"}),
        (BUNDLE, IN_BUNDLE),
        ('{server, "https://a:6443"}.', {"server": "https://a:6443"}),
        ('{server, "https://a"}. {server, "https://b"}.', {"server": "https://b"}),
        ('[{server, "https://a"}, {token_file, <<"/t">>}].', {"server": "https://a", "token-file": "/t"}),
        ("%% comment, 'with' \"quotes\n{ gate , open }. % more", {"gate": "open"}),
        ("{'log-level', 'debug'}.", {"log-level": "debug"}),
        (r'{token, "a\"b\\c\nd"}.', {"token": 'a"b\\c\nd'}),
        ('{token, <<"x"/utf8>>}.', {"token": "x"}),
        ('{listen, "0.0.0.0:80"}.', {"listen": "0.0.0.0:80"}),
        ("[].", {}),
        ("[{kernel, [{logger_level, debug}]}, {'kube-vxlan-controller', [{gate, shut}]}].", {"gate": "shut"}),
        ("[ % what we set\n {gate, shut}].", {"gate": "shut"}),
    ],
)  # fmt: skip
def test_both_forms_are_read(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_every_entry_knows_its_line() -> None:
    assert read_config('# a\n\nserver = "x"\n  gate= "open"\n') == {"server": Entry("x", 3), "gate": Entry("open", 4)}
    assert [entry.line for entry in read_config(BUNDLE).values()] == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a = 1\n", 1, 'a = "..."'),
        ('gate = "open"\n\n[server]\nurl = "x"\n', 3, 'server = "..."'),
        ('gate = "open"\nserver = https://a\n', 2, "not TOML"),
        ("server https://a", 1, "not TOML"),
        ('gate = "open\n', 1, "not TOML"),
        ('{server, "https://a"}', 1, "full stop"),
        ('[\n{server "https://a"}].', 2, "comma"),
        ('[\n{server, "https://a"}', 2, "bracket"),
        ('{server,\n "https://a}.', 2, "quote"),
        ('\n{selector, ["a", "b"]}.', 2, "one text in quotes"),
        ("[%\nserver].", 2, "pair"),
        ("{a, b, c}.", 1, "pair"),
        ('{"server", "https://a"}.', 1, "pair"),
        ('[{server, {tuple, "x"}}].', 1, "pair"),
    ],
)
def test_what_is_neither_form_is_refused_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_config(text)
    assert part in str(caught.value)
    assert caught.value.line == line


PIECES = st.lists(st.sampled_from([*"{}[],.%\"'\\\n =<>", "server", '"x"', "<<", ">>", "gate = ", '{a,"b"}.', "\x00", "é"]))


@given(PIECES.map("".join))
def test_whatever_the_text_nothing_else_is_raised(text: str) -> None:
    try:
        lines = [entry.line for entry in read_config(text).values()]
    except Malformed as error:
        lines = [error.line]
    assert all(0 <= line <= text.count("\n") + 1 for line in lines)


def test_nesting_has_no_depth_that_hurts() -> None:
    assert values("[%\n" * 5000 + "]" * 5000 + ".") == {}
    with pytest.raises(Malformed):
        read_config("a = " + "[" * 5000)
