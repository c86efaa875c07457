"""What the lab's faults excuse: those who have them, until they are over."""

from tests.checker.facts import Fault
from tests.checker.trouble import troubles

PODS = [
    {"metadata": {"namespace": "default", "name": name, "uid": f"uid-{name}"}, "spec": {"nodeName": node}}
    for name, node in (("a", "node-1"), ("b", "node-2"))
]


def told(name: str, **what: object) -> list[tuple[str, Fault]]:
    return list(troubles(name, what, PODS))


def test_a_pods_trouble_is_its_own() -> None:
    ((uid, fault),) = told("kill", pod="default/a", container="x")
    assert uid == "uid-a"
    assert fault.until is not None
    assert told("exec", pod="default/a", how="hang") == [("uid-a", Fault("exec"))]
    assert told("exec", pod="default/a", how="work") == [("uid-a", Fault("exec", over=True))]
    assert told("evict", pod="default/a") == []


def test_a_nodes_trouble_is_that_of_its_pods() -> None:
    assert told("stop", node="node-2") == [("uid-b", Fault("node"))]
    assert told("start", node="node-2") == [("uid-b", Fault("node", over=True))]


def test_the_servers_trouble_is_everybodys_and_blind_while_it_is_away() -> None:
    ((uid, away),) = told("restart", seconds=3.0)
    ((_, silent),) = told("silence-watches")
    assert (uid, away.blind, silent.blind) == ("", True, False)
    assert away.until is not None
    assert silent.until is not None
    assert 80 < silent.until - away.until < 90
