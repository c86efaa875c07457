"""How sentences quote users, and how they find what was meant."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.language.mistakes import Mistake, Spot, named, nearest, quoted, visible
from kube_vxlan_controller.model import NetworkName, Scope, Span


def test_a_mistake_at_a_spot_is_a_fault() -> None:
    fault = Mistake("code", "Sentence.", "hint", Scope.PART).at(Spot(Span(2, 3, 4), "line"), NetworkName("net"))
    assert (fault.code, fault.message, fault.hint, fault.scope) == ("code", "Sentence.", "hint", Scope.PART)
    assert (fault.where, fault.line_text, fault.network) == (Span(2, 3, 4), "line", "net")


def test_what_cannot_be_seen_is_spelt_out() -> None:
    assert visible("a\x1b[31m\u202eb\n") == "a<U+001B>[31m<U+202E>b<U+000A>"
    assert visible("é😀") == "é😀"


def test_long_words_are_cut() -> None:
    assert quoted("x" * 48) == f"`{'x' * 48}`"
    assert quoted("x" * 49) == f"`{'x' * 47}…`"


def test_characters_have_names() -> None:
    assert named("\u00a0") == "the character U+00A0 NO-BREAK SPACE"
    assert named("\r") == "the control character U+000D"
    assert named("\ue000") == "the character U+E000"


def test_the_nearest_word() -> None:
    assert nearest("VXETH0", ["other", "vxeth0", "vxeth1"]) == "vxeth0"
    assert nearest("rout", ["ip", "route", "up"]) == "route"
    assert nearest("xyz", ["ip", "route", "up"]) == ""
    assert nearest("x", []) == ""


def test_finding_the_nearest_of_very_many_is_bounded() -> None:
    names = [f"network-{number:06}" for number in range(100_000)]
    start = time.process_time()
    sorted(name[::-1] for name in names)
    sorting = time.process_time() - start
    assert nearest("network-05000x", names)
    took = time.process_time() - start - sorting
    assert took < 15 * sorting, "to compare the word with each takes sixty times as long as to sort them"


@pytest.mark.parametrize("word", ["netwrok-07777", "network-0777", "NETWORK-07777", "ntework-07777", "network-07777s"])
def test_the_nearest_of_very_many_is_found_wherever_it_stands(word: str) -> None:
    names = [f"network-{number:05}" for number in range(0, 10_000, 7)]
    assert nearest(word, names) == "network-07777"


@given(st.text())
def test_quotes_are_always_printable(text: str) -> None:
    assert visible(text).isprintable()
    assert quoted(text).isprintable()
