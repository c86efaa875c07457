"""What is told when a standing becomes another, as a table; and that nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kube.notes import LONGEST_NOTE
from kube_vxlan_controller.language.resolving import resolve
from kube_vxlan_controller.model import Fault, Namespace, NetworkName, Span, Warning
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.telling import (
    NEW,
    Reason,
    Standing,
    State,
    Wire,
    peers,
    readiness,
    refused,
    repaired,
    tell,
    tell_networks,
)
from kube_vxlan_controller.views import ConfigRef
from tests.objects import NETWORKS, place

A = place("a")
CONFIG = ConfigRef(Namespace("kube-system"), "kube-vxlan-controller", "u")
WIRE, OTHER = Wire("vxeth1", ("192.168.11.2/29",), 2), Wire("vxeth2", (), 1)
FAULT = Fault("unknown-option", "There is no option `ipp`.", "write `ip`", Span(1, 8, 3), "vxeth1 ipp=1", NetworkName("vxeth1"))
ODD = Warning("odd-thing", "This is odd.", "Write something else.", NetworkName("vxeth1"))
MORE_ODD, ODDER = replace(ODD, message="This is odd as well."), replace(ODD, network=NetworkName("vxeth2"))
WIRED = Standing(State.WIRED, (WIRE,))
SILENT = "the node does not answer"
DEGRADED = Standing(State.DEGRADED, (WIRE,), trouble=SILENT, troubles=frozenset({SILENT}))
EMPTY = Standing(State.WIRED)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(NEW, replace(WIRED, changed=True), ["Wired"], id="a new pod"),
        pytest.param(NEW, replace(WIRED, opened=True), ["Wired"], id="a gate opened where links were there already"),
        pytest.param(NEW, WIRED, ["Found"], id="a settled pod, after our start"),
        pytest.param(WIRED, replace(WIRED, state=State.WAITING), [], id="its agent stopped"),
        pytest.param(replace(WIRED, state=State.WAITING), WIRED, ["Found"], id="its agent is back"),
        pytest.param(WIRED, replace(WIRED, links=(replace(WIRE, peers=3),)), [], id="a peer joined"),
        pytest.param(WIRED, replace(WIRED, links=(WIRE, OTHER), changed=True), ["Wired"], id="one network more"),
        pytest.param(WIRED, replace(WIRED, changed=True), ["Wired"], id="another route"),
        pytest.param(WIRED, replace(EMPTY, changed=True), ["Unwired"], id="no network any more"),
        pytest.param(NEW, replace(EMPTY, opened=True), ["Wired"], id="a label without annotation"),
        pytest.param(NEW, Standing(State.WAITING, faults=(FAULT,)), ["Refused"], id="a mistake where nobody can be asked"),
        pytest.param(NEW, replace(EMPTY, faults=(FAULT,)), ["Refused"], id="nothing but a mistake"),
        pytest.param(NEW, replace(WIRED, faults=(FAULT,), changed=True), ["Refused", "Wired"], id="a mistake in one of two"),
        pytest.param(replace(WIRED, faults=(FAULT,)), replace(WIRED, opened=True), ["Recovered"], id="the mistake is mended"),
        pytest.param(replace(WIRED, faults=(FAULT,)), replace(EMPTY, changed=True), ["Unwired"], id="asks for nothing now"),
        pytest.param(WIRED, replace(WIRED, warnings=(ODD,)), ["Odd"], id="something odd"),
        pytest.param(replace(WIRED, warnings=(ODD,)), replace(WIRED, warnings=(MORE_ODD,)), [], id="as odd, for another pod"),
        pytest.param(replace(WIRED, warnings=(ODD,)), replace(WIRED, warnings=(ODD, ODDER)), ["Odd"], id="odd elsewhere too"),
        pytest.param(WIRED, DEGRADED, ["Degraded"], id="something is in the way"),
        pytest.param(DEGRADED, replace(DEGRADED, trouble="it says no"), ["Degraded"], id="something else is in the way"),
        pytest.param(DEGRADED, replace(DEGRADED, state=State.WAITING), [], id="nobody to ask any more"),
        pytest.param(replace(DEGRADED, state=State.WAITING), WIRED, ["Recovered"], id="in the way no longer"),
        pytest.param(DEGRADED, replace(WIRED, changed=True), ["Recovered"], id="in the way no longer, and wired"),
    ],
)  # fmt: skip
def test_transitions(before: Standing, after: Standing, told: list[str]) -> None:
    assert [tale.reason for tale in tell(A, before, after)] == told


@pytest.mark.parametrize("standing", [NEW, WIRED, EMPTY, DEGRADED, replace(WIRED, faults=(FAULT,), warnings=(ODD,))])
def test_the_same_standing_tells_nothing(standing: Standing) -> None:
    assert tell(A, standing, standing) == ()


def test_what_a_wired_pod_has_is_told() -> None:
    (tale,) = tell(A, NEW, Standing(State.WIRED, (WIRE, OTHER), changed=True))
    assert tale.note == tale.line == "vxeth1 192.168.11.2/29 with 2 peers, vxeth2 with 1 peer"


def test_a_mistake_is_drawn_in_events_and_is_one_line_in_logs() -> None:
    tale = refused(A, FAULT)
    assert tale.note == (
        "unknown-option: vxeth1: line 1, column 8: There is no option `ipp`.\n"
        "    vxeth1 ipp=1\n"
        "           ^^^\n"
        "    write `ip`"
    )  # fmt: skip
    assert tale.line == "unknown-option: vxeth1: line 1, column 8: There is no option `ipp`. (write `ip`)"
    assert tale.network == "vxeth1"
    assert "\n" not in refused(A, replace(FAULT, where=None)).note


@given(st.text(st.sampled_from("vxeth1 =,:/.-\n\t\"'#ip0é日\x1b\x00u"), max_size=400))
def test_the_whole_drawing_of_any_mistake_fits_into_an_event(text: str) -> None:
    for fault in resolve(text, read_networks(NETWORKS), None, ()).faults:
        note = refused(A, fault).note
        assert len(note.encode()) <= LONGEST_NOTE
        assert all(line.isprintable() for line in note.split("\n"))
        assert "^" in note or fault.where is None


def test_repairs_name_a_few_of_many_changes() -> None:
    assert repaired(A, ("one",)).note == "put back what somebody else had changed: one"
    assert repaired(A, ("1", "2", "3", "4", "5")).note.endswith(": 1, 2, 3, and 2 more")


def test_only_new_mistakes_in_the_configmap_are_told_and_there() -> None:
    other = replace(FAULT, network=NetworkName("vxeth2"))
    assert [(tale.about, tale.network) for tale in tell_networks(CONFIG, [FAULT], [FAULT, other])] == [(CONFIG, "vxeth2")]
    assert tell_networks(CONFIG, [FAULT], []) == ()


def test_details_and_warnings_are_told_apart() -> None:
    assert [reason for reason in Reason if reason.quiet] == ["Found", "Peers"]
    assert [reason for reason in Reason if not reason.fine] == ["Refused", "Odd", "Degraded"]
    assert peers(A, "vxeth1", 2, 1).line == "vxeth1: 2 joined, 1 left"


@pytest.mark.parametrize(
    ("standing", "ready", "reason"),
    [
        (NEW, None, "Waiting"),
        (Standing(State.WIRING), None, "Wiring"),
        (WIRED, True, "Wired"),
        (EMPTY, True, "Wired"),
        (replace(WIRED, faults=(FAULT,)), False, "Refused"),
        (replace(DEGRADED, known=False), None, "Degraded"),
        (DEGRADED, False, "Degraded"),
    ],
    ids=["nobody to ask", "being wired", "wired", "without networks", "refused", "silent agent", "kernel refuses"],
)
def test_whether_frames_can_pass(standing: Standing, ready: bool | None, reason: str) -> None:
    told = readiness(A, standing)
    assert (told.place, told.ready, told.reason) == (A, ready, reason)
    assert told.message
