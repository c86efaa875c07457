"""Words that are no part of the language: what is said of each."""

import pytest

from kube_vxlan_controller.language.strays import stray
from kube_vxlan_controller.model import Scope


@pytest.mark.parametrize(
    ("word", "offset", "code", "hint"),
    [
        ("#c", 0, "not-network-syntax", "there are no comments"),
        ("a;b", 1, "not-network-syntax", "separate networks with commas"),
        ("a|b", 1, "not-network-syntax", "separate networks with commas"),
        ("-", 0, "not-network-syntax", "write the names without dashes"),
        ("---", 0, "not-network-syntax", "write the names without dashes"),
        ("vxeth0:", 6, "not-network-syntax", "write the name alone"),
        ("'a'", 0, "not-network-syntax", "names have letters"),
        ("a\u200bb;", 1, "invisible-character", "delete it"),
        ("a=b\x00", 3, "invisible-character", "delete it"),
    ],
)
def test_the_character_that_makes_it_one(word: str, offset: int, code: str, hint: str) -> None:
    mistake, at = stray(word)
    assert (at, mistake.code, mistake.scope) == (offset, code, Scope.POD)
    assert mistake.hint.startswith(hint)
    assert mistake.message.isprintable()
