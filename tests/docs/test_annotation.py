"""The reference of annotations: every code is in it, and every example does what it says."""

import re
from ipaddress import ip_address
from pathlib import Path

import pytest

from kube_vxlan_controller.model import Namespace, NodeName, Place, PodName, PodUid
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.sources.pods import PodReading, read_pod
from kube_vxlan_controller.views import AgentState, ConfigView, PodView
from tests.docs.codes import codes

TEXT = (Path(__file__).parents[2] / "docs" / "annotation.md").read_text()
ROW = re.compile(r"^\| `(?P<code>[a-z-]+)` \| (?P<first>[^|]*) \|(?: (?P<second>[^|]*) \|)?$", re.MULTILINE)
NETWORKS = read_networks(
    ConfigView(
        (
            ("broken", "id=0x10"),
            ("locked", "id=200 namespaces=team-a"),
            ("plain", "mtu=1400"),
            ("vxeth0", "id=100 up"),
            ("vxeth1", "id=101 up"),
        )
    )
)


def _read(text: str) -> PodReading:
    place = Place(Namespace("default"), PodName("a"), PodUid("1"))
    pod = PodView(
        place=place,
        node=NodeName("n"),
        addresses=(ip_address("10.244.1.2"),),
        text=text,
        host_network=False,
        terminal=False,
        leaves_at=None,
        init=AgentState.RUNNING,
        sidecar=AgentState.WAITING,
        native=False,
        started=False,
    )
    return read_pod(pod, NETWORKS)


def _examples() -> list[tuple[str, str, str]]:
    """Code, example, and what to write instead, where that is an annotation too."""
    begin, end = TEXT.index("## Mistakes in the annotation"), TEXT.index("## Mistakes in the ConfigMap")
    rows = ROW.finditer(TEXT[begin:end])
    code = re.compile(r"`([^`]*)`")
    return [
        (row["code"], example[1], cure[1] if (cure := code.fullmatch(row["second"])) else "")
        for row in rows
        if (example := code.fullmatch(row["first"]))
    ]


def test_every_code_is_explained_and_no_other() -> None:
    given = codes("language", "sources", "kernel", "oddities.py")
    shown = {row["code"] for row in ROW.finditer(TEXT)} | {"misplaced-annotation", "not-text", "no-block", "repeated-key"}
    assert shown - {"id", "ip"} == given
    assert all(f"`{code}`" in TEXT for code in given)


def test_the_codes_are_found_however_they_are_written() -> None:
    plain, by_name, made, keyword, in_kernel = "name-clash", "not-admitted", "invalid-ttl", "too-many-faults", "link-in-the-way"
    assert {plain, by_name, made, keyword, in_kernel} < codes("language", "kernel")


@pytest.mark.parametrize(("code", "example", "cure"), _examples())
def test_an_example_is_the_mistake_and_its_cure_is_none(code: str, example: str, cure: str) -> None:
    assert code in {fault.code for fault in _read(example).faults}
    if cure:
        assert _read(cure).faults == ()


def test_there_are_examples() -> None:
    assert len(_examples()) > 30
