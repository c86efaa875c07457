"""How an explanation is printed."""

from dataclasses import replace

import pytest

from kube_vxlan_controller.cli.explanation import Answer, EventText, Explanation, LinkText, NetworkText, OptionText, Peer
from kube_vxlan_controller.cli.sections import explain_lines

LINK = LinkText("vxeth1", "vxeth1", True, 101, 8472, 1450, ("10.0.0.1/24",), (), 1, 2, 0)
TOLD = Explanation(
    "default", "a", "node-1", ("10.244.1.1",), (Answer("label", "It has the label.", True),), verdict="default/a is wired."
)


def section(told: Explanation, title: str) -> list[str]:
    """The lines below a title, without their blanks."""
    lines = list(explain_lines(told, None, False))
    below = lines[lines.index(title) + 1 :]
    return [line[2:] for line in below[: below.index("")]]


def test_what_has_nothing_to_say_has_no_title() -> None:
    assert list(explain_lines(TOLD, None, False)) == [
        "default/a on node-1 10.244.1.1",
        "",
        "Is it ours?",
        "  yes  It has the label.",
        "",
        "default/a is wired.",
    ]


def test_what_is_lacking_stands_out() -> None:
    told = replace(TOLD, node="", addresses=(), ours=(Answer("node", "It is on no node yet.", False),))
    assert next(iter(explain_lines(told, None, False))) == "default/a"
    assert section(told, "Is it ours?") == ["NO   It is on no node yet."]


def test_networks_and_links() -> None:
    networks = (NetworkText("vxeth1", (OptionText("id", "101", "ConfigMap"),)), NetworkText("red\x1b", ()))
    told = replace(TOLD, networks=networks, links=(LINK, replace(LINK, link="old", up=False, members=None, others=1)))
    assert section(told, "What its annotation means") == ["vxeth1: id 101 (ConfigMap)", "red<U+001B>: cannot be honoured"]
    assert section(told, "What its kernel holds") == [
        "vxeth1: up, network vxeth1, VNI 101, UDP port 8472, mtu 1450",
        "  addresses 10.0.0.1/24; routes none",
        "  entries for 1 of 2 other members",
        "old: down, network vxeth1, VNI 101, UDP port 8472, mtu 1450",
        "  addresses 10.0.0.1/24; routes none",
        "  1 entry",
    ]


@pytest.mark.parametrize(
    ("to", "back", "state"),
    [
        (True, True, "each has an entry for the other"),
        (None, True, "nobody could ask this pod's own kernel"),
        (True, None, "its kernel could not be asked"),
        (True, False, "it has no entry for this pod"),
        (False, True, "this pod has no entry for it"),
    ],
)
def test_how_two_pods_know_each_other(to: bool | None, back: bool | None, state: str) -> None:
    told = replace(TOLD, peers=(Peer("vxeth1", "default/b", "10.244.1.2", to, back),), unasked=3)
    assert section(told, "Who its peers are") == [
        f"vxeth1: default/b at 10.244.1.2: {state}",
        "... and 3 more that were not looked at",
    ]


def test_the_caret_in_an_event_stays_under_its_place() -> None:
    told = replace(TOLD, events=(EventText("10:00", "Warning", "Refused", "no\n  ipp=1\n  ^^^"),))
    assert section(told, "What was told of it lately") == ["10:00 Warning Refused: no", "    ipp=1", "    ^^^"]
