"""Where in a file each letter of a text in it stands."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language.manifests import find
from kube_vxlan_controller.language.passages import Passage
from kube_vxlan_controller.model import Span
from tests.language.test_manifests import KEY, pod


def only(source: str) -> Passage:
    """The one text of a file."""
    (one,) = find(source, KEY).annotations
    return one.passage


@pytest.mark.parametrize(
    ("source", "word", "line", "column"),
    [
        (pod("vxeth0 up"), "up", 5, 40),
        (pod("vxeth0\n      up,\n      vxeth1"), "vxeth1", 7, 7),
        (pod("'vxeth0 ''x'' up'"), "up", 5, 47),
        (pod('"vxeth0\\n  up"'), "up", 5, 44),
        (pod('"vxeth0 \\\n       up"'), "up", 6, 8),
        (pod('"\\x76xeth0\\tup"'), "up", 5, 45),
        (pod('"vxeth0\n\n       up"'), "up", 7, 8),
        (pod("|\n      vxeth0\n        up\n      vxeth1"), "up", 7, 9),
        (pod("|\n      vxeth0\n        up\n      vxeth1"), "vxeth1", 8, 7),
        (pod("|2- # comment\n\n      vxeth0\n        up"), "up", 8, 9),
        (pod(">\n      vxeth0\n      up\n\n      vxeth1\n"), "up", 7, 7),
        (pod(">\n      vxeth0\n      up\n\n      vxeth1\n"), "vxeth1", 9, 7),
        (pod("|\n      vxeth0\n        up\n").replace("\n", "\r\n"), "up", 7, 9),
        ('{"kind": "Pod",\n\t"metadata": {"annotations":\n\t\t{"' + KEY + '": "vxeth0\\nup"}}}', "up", 3, 43),
    ],
)
def test_where_in_the_file_a_word_stands(source: str, word: str, line: int, column: int) -> None:
    passage = only(source)
    before = passage.text[: passage.text.rindex(word)]
    in_text = Span(before.count("\n") + 1, len(before) - before.rfind("\n"), len(word))
    assert passage.place(in_text) == Span(line, column, len(word))
    assert source.split("\n")[line - 1][column - 1 :].startswith(word)


WORDS = st.lists(st.text(st.sampled_from("aé0='\"\\:#,-.%日"), min_size=1, max_size=6), min_size=1, max_size=8)


@given(
    WORDS,
    st.lists(st.sampled_from([" ", "\n", "\n  ", ",\n", "  ", "\t"]), min_size=8, max_size=8),
    st.sampled_from(["'", '"', "|", ">", ""]),
)
@settings(max_examples=400, deadline=None)
def test_every_letter_is_found_however_it_is_quoted(words: list[str], gaps: list[str], style: str) -> None:
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=False))
    source = yaml.dump({"metadata": {"annotations": {KEY: text}}}, default_style=style, width=20, allow_unicode=True)
    passage = only(source)  # which is not always `text`: PyYAML folds lines that must not be folded
    for number, line in enumerate(passage.text.split("\n"), 1):
        for column, character in enumerate(line, 1):
            place = passage.place(Span(number, column))
            there = source.split("\n")[place.line - 1][place.column - 1 :]
            if character not in " \t":
                assert there[0] in (character, "\\")
