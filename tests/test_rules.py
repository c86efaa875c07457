"""What a setting's text may be; with the sentence that refuses it: test_settings.py."""

import re

import pytest

from kube_vxlan_controller.rules import KEY, LABEL, LISTEN, OBJECT, SECONDS, SELECTOR, URL, Rule, one_of


@pytest.mark.parametrize(
    ("rule", "allowed", "refused"),
    [
        (SECONDS, ["1", "99999"], ["0", "", "-1", "1.5", "100000", "01"]),
        (
            URL,
            ["https://a", "https://[::1]:6443/prefix"],
            ["http://a", "https://", "https://a b", "https://me@a", "https://a?b"],
        ),
        (LABEL, ["a", "a-1", "a" * 63], ["", "A", "-a", "a-", "a.b", "a" * 64, "a\n"]),
        (OBJECT, ["a", "a.b-c.d", "a" * 63], ["a..b", ".a", "a" * 64, ".".join(["a" * 60] * 5)]),
        (KEY, ["a", "A_b.c", "example.org/a"], ["/a", "a/", "a/b/c", "Example.org/a"]),
        (SELECTOR, ["a", "!a", "a=", "a==b", "a!=b", "a in (b, c)", "a notin (b),c"], ["", "a b", "a in b", "a=b,", "=b"]),
        (LISTEN, [":0", ":65535", "[::1]:80", "host:80"], ["80", ":65536", "::1:80", "ho st:80"]),
        (one_of("shut", "open"), ["shut", "open"], ["", "shutopen", "Open"]),
    ],
    ids=lambda value: value.metavar if isinstance(value, Rule) else "",
)
def test_a_rule_allows_just_that(rule: Rule, allowed: list[str], refused: list[str]) -> None:
    assert [text for text in allowed if not re.fullmatch(rule.pattern, text)] == []
    assert [text for text in refused if re.fullmatch(rule.pattern, text)] == []


def test_words_are_told_as_they_are_written() -> None:
    assert (one_of("a", "b").allowed, one_of("a", "b").metavar) == ("a or b", "a|b")
