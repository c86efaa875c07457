"""Which lines and Events count, and for whom."""

from tests.checker.words import events, lines, starts, strays

LOG = """\
2026-01-31T12:00:00.250Z INFO started version=2.0.0
2026-01-31T12:00:01.250Z INFO wired into vxeth1 pod=default/a uid=uid-a network=vxeth1
2026-01-31T12:00:01.500Z DEBUG asked pod=default/a uid=uid-a
2026-01-31T12:00:02.000Z WARNING "uid=x" cannot be read pod=default/b uid=uid-b
Traceback (most recent call last):
"""


def event(uid: str, version: str, pod: str, reporter: str = "kube-vxlan-controller") -> dict[str, object]:
    metadata = {"uid": uid, "resourceVersion": version}
    return {"metadata": metadata, "regarding": {"uid": pod}, "reportingController": reporter}


def test_lines_that_name_a_pod_count_and_details_do_not() -> None:
    found = list(lines(LOG))
    assert [uid for _, uid in found] == ["uid-a", "uid-b"]
    assert found[1][0] - found[0][0] == 0.75


def test_a_controller_says_when_it_is_at_work() -> None:
    (at,) = starts(LOG + '2026-01-31T12:00:03.000Z INFO "x INFO started " pod=default/b uid=uid-b\n')
    assert [round(when - at, 3) for when, _ in lines(LOG)] == [1.0, 1.75]


def test_a_line_that_is_no_record_is_seen() -> None:
    assert list(strays(LOG)) == ["Traceback (most recent call last):"]
    last = "kube-vxlan-controller: The end.\nThe event loop stood still for long.\n"
    assert list(strays('{"time": "2026-01-31T12:00:00.250Z"}\n' + last + " not yet whole")) == []
    forged = "2026-01-31T12:00:00.250Z INFO read a\u2028b text=\nok: INFO wired\n\n"
    assert list(strays(forged)) == ["ok: INFO wired", ""]


def test_an_event_counts_when_it_comes_and_when_it_changes() -> None:
    known: dict[str, str] = {}
    assert list(events({"items": [event("1", "10", "a"), event("2", "11", "b", "kubelet")]}, known)) == ["a"]
    assert list(events({"items": [event("1", "10", "a"), event("3", "12", "c")]}, known)) == ["c"]
    assert list(events({"items": [event("1", "13", "a"), event("3", "12", "c")]}, known)) == ["a"]
