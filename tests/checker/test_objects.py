"""What API objects mean to the checker, and of what it complains."""

from typing import Any

from tests.checker.facts import UNREADABLE, Pod
from tests.checker.objects import ANNOTATION, LABEL, Objects

AGENT = "vxlan-controller-agent"


def objects(complaints: list[str]) -> Objects:
    return Objects({"odd": {"red": {}}}, {"odd": {"id": "7"}}, 1000.0, complaints.append)


def pod(text: str, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "a", "namespace": "default", "uid": "u", "labels": {LABEL: "true"}, "annotations": {ANNOTATION: text}
        } | metadata,
        "spec": {"containers": [{"name": AGENT}]},
        "status": {"podIPs": [{"ip": "10.0.0.1"}], "containerStatuses": [{"name": AGENT, "state": {"running": {}}}]},
    }  # fmt: skip


def test_a_pod_with_a_plain_annotation() -> None:
    complaints: list[str] = []
    wants = {"red": {"ip": ("10.1.0.1/24",)}}
    seen = Pod(namespace="default", name="a", addresses=("10.0.0.1",), wants=wants)
    assert objects(complaints).pod(pod("red ip=10.1.0.1/24")) == ("u", seen)
    assert complaints == []


def test_its_end_is_told_in_the_clock_of_the_history() -> None:
    assert objects([]).pod(pod("red", deletionTimestamp="1970-01-01T00:20:00Z"))[1].leaves_at == 200.0


def test_what_was_told_of_an_odd_text_counts_and_of_all_others_it_complains() -> None:
    complaints: list[str] = []
    assert objects(complaints).pod(pod("odd"))[1].wants == {"red": {}}
    assert complaints == []
    assert objects(complaints).pod(pod("red name=../passwd"))[1].wants is UNREADABLE
    assert objects(complaints).networks({"a": "odd", "b": "id=x", "c": "8"}) == {"a": {"id": "7"}, "b": None, "c": {"id": "8"}}
    assert [complaint.rpartition(": ")[2] for complaint in complaints] == ["'red name=../passwd'", "'id=x'"]
