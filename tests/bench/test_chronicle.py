"""What a watch, a log and kernels tell becomes one history, which the checker can judge."""

from typing import Any

from tests.bench.chronicle import Chronicle
from tests.bench.pods import Style, pod
from tests.checker.facts import (
    UNREADABLE,
    Controller,
    Ended,
    Entered,
    Fact,
    Gap,
    Gone,
    Is,
    Pod,
    PodGone,
    Reported,
    Said,
    Started,
)
from tests.checker.items import Entry, Link
from tests.checker.judge import check


def seen(name: str, text: str, address: str = "") -> dict[str, Any]:
    made = pod(name, text, Style.NATIVE)
    made["metadata"]["uid"] = name
    agent = {"name": "vxlan-controller-agent", "state": {"running": {}}}
    return made | {"status": {"podIPs": [{"ip": address}], "initContainerStatuses": [agent]} if address else {}}


def test_only_changes_of_pods_are_written_down_at_the_next_tick_as_of_some_time_before() -> None:
    made = Chronicle(0.0, {"odd": UNREADABLE})
    for time, obj in enumerate((seen("a", "odd"), seen("a", "odd"), seen("a", "odd", "10.0.0.1"))):
        made.pod(time + 0.1, "MODIFIED", obj)
    made.pod(8.7, "DELETED", seen("a", "odd", "10.0.0.1"))
    facts = made.history(10.0, "")
    assert [type(fact.what) for fact in facts] == [Pod, Pod, PodGone, Ended]
    assert [(fact.time, fact.since) for fact in facts] == [(1.0, -5.0), (3.0, -3.0), (9.0, 3.0), (11.0, None)]


def test_who_joins_and_leaves_between_two_ticks_was_a_member() -> None:
    made = Chronicle(0.0, {})
    made.config(0.0, {"vx": "id=7 up"})
    made.note(0.0, Controller(True))
    made.pod(10.0, "ADDED", seen("a", "vx", "10.0.0.1"))
    made.pod(20.1, "ADDED", seen("b", "vx", "10.0.0.2"))
    link = Link(7, "vx", "kvc1/vx/up", True, 1450, 7, 8472, learning=True)
    entry = Entry(7, "00:00:00:00:00:00", "10.0.0.2")
    for time, what in ((10.0, Entered(1)), (10.5, Is(link)), (20.3, Is(entry)), (20.9, Gone(entry))):
        made.take(Fact(time, "a", what, "told"))
    leaving = seen("b", "vx", "10.0.0.2")
    leaving["metadata"]["deletionTimestamp"] = "1970-01-01T00:00:20Z"
    made.pod(20.7, "MODIFIED", leaving)
    made.pod(20.8, "DELETED", leaving)
    assert "S1" not in {violation.law for violation in check(made.history(22.0, ""))}
    made.take(Fact(40.0, "a", Is(entry), "told"))
    assert "S1" in {violation.law for violation in check(made.history(42.0, ""))}


def test_the_log_and_events_are_told_in_the_clock_of_the_history() -> None:
    made = Chronicle(1000.0, {})
    metadata = {"uid": "e", "resourceVersion": "1"}
    event = {"metadata": metadata, "reportingController": "kube-vxlan-controller", "regarding": {"uid": "a"}}
    made.event(210.0, event)
    said = "1970-01-01T00:20:00.000Z INFO started version=1\n1970-01-01T00:20:01.000Z INFO wired pod=x uid=a\n"
    expected = [(200.0, "", Started), (201.0, "a", Said), (210.0, "a", Reported), (221.0, "", Ended)]
    assert [(fact.time, fact.pod, type(fact.what)) for fact in made.history(220.0, said)] == expected


def test_a_text_that_nobody_explained_is_a_gap() -> None:
    made = Chronicle(0.0, {})
    made.pod(1.0, "ADDED", seen("a", "vx name=../passwd"))
    assert any(isinstance(fact.what, Gap) for fact in made.history(2.0, ""))


def test_the_checker_misses_what_no_kernel_told() -> None:
    made = Chronicle(0.0, {})
    made.config(0.0, {"vx": "id=7 up"})
    made.note(0.0, Controller(True))
    made.pod(1.0, "ADDED", seen("a", "vx", "10.0.0.1"))
    made.take(Fact(1.0, "a", Entered(1), "told"))
    assert check(made.history(3.0, "")) == ()
    assert {violation.law for violation in check(made.history(60.0, ""))} == {"L3"}
