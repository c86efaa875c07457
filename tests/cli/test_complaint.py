import pytest

from kube_vxlan_controller.cli.complaint import plainly
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("version", "-o", "xml"), "--output takes one of text, wide, json, yaml, not 'xml'."),
        (("version", "-o", ""), "--output takes one of text, wide, json, yaml, not ''."),
        (("completion", "tcsh"), "SHELL takes one of bash, zsh, fish, not 'tcsh'."),
        (("lab", "up", "--nodes", "0"), "--nodes takes a number that is at least 1."),
        (("lab", "up", "--nodes", "201"), "--nodes takes a number that is at most 200."),
        (("lab", "up", "--nodes", "two"), "--nodes takes a whole number."),
        (("lab", "demo", "--timeout", "long", "f"), "--timeout takes a number."),
        (("lab", "up", "--name", "A b"), "--name: a lab's name is 1 to 41 of a-z, 0-9 and -, with a letter or digit first"),
    ],
)
def test_a_wrong_value_is_told_in_our_words(run: Run, words: tuple[str, ...], told: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (64, "")
    assert err.splitlines()[0] == f"kube-vxlan-controller: {told}"


@pytest.mark.parametrize("message", ["No such option: --x", "Invalid value", "Invalid value for 'x'"])
def test_anything_else_stays(message: str) -> None:
    assert plainly(message) == message
