"""What a lab tells of its watches, as facts: what was said on the controller's, each time once, and which are closed."""

from datetime import UTC, datetime
from typing import Any

from tests.checker.facts import Closed, Fact, Heard
from tests.checker.watches import Watches

PODS = "/api/v1/pods"
MINE = Heard(PODS, 10.0)


def told(opened: float, spoke: float, client: str = "kube-vxlan-controller") -> dict[str, Any]:
    at = (datetime.fromtimestamp(1000.0 + seconds, UTC).isoformat() for seconds in (opened, spoke))
    return {"path": PODS, "client": client, **dict(zip(("opened", "spoke"), at, strict=True))}


def test_what_is_said_on_the_controllers_watches_is_a_fact_once() -> None:
    watches = Watches(1000.0)

    def seen(now: float, *items: dict[str, Any]) -> list[Fact]:
        return list(watches.changes({"items": list(items)}, now))

    assert seen(12.0, told(10.0, 11.5), told(9.0, 9.0, "kubectl/v1.34")) == [Fact(11.5, "", MINE, "world")]
    assert seen(13.0, told(10.0, 11.5)) == []
    assert seen(14.0, told(10.0, 13.5)) == [Fact(13.5, "", MINE, "world")]
    assert seen(16.0, told(15.0, 15.0)) == [
        Fact(15.0, "", Heard(PODS, 15.0), "world"),
        Fact(16.0, "", Closed(PODS, 10.0), "world"),
    ]


def test_where_there_is_no_lab_nothing_is_told() -> None:
    assert list(Watches(1000.0).changes({}, 1.0)) == []
