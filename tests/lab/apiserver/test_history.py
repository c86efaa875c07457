from kube_vxlan_lab.apiserver.history import LENGTH, Change, ChangeType, History
from kube_vxlan_lab.apiserver.resources import CONFIGMAPS
from tests.lab.apiserver.hosted import refused


def change(version: int) -> Change:
    obj = {"metadata": {"name": "c", "namespace": "x", "resourceVersion": str(version)}}
    return Change(ChangeType.MODIFIED, CONFIGMAPS, version, obj, obj)


def test_the_history_has_an_end() -> None:
    history = History()
    for version in range(1, LENGTH + 3):
        history.record(change(version))
    assert [c.version for c in history.since(LENGTH)] == [LENGTH + 1, LENGTH + 2]
    assert len(history.since(2)) == LENGTH
    with refused(410, "Expired"):
        history.since(1)


def test_nothing_is_heard_before_it_is_delivered() -> None:
    history = History()
    heard: list[int] = []
    history.subscribe(lambda c: heard.append(c.version))
    history.record(change(1))
    assert heard == []
    history.deliver()
    history.deliver()
    assert heard == [1]


def test_rolling_back_undoes_each_kind_of_change() -> None:
    history = History()
    first = {"metadata": {"name": "c", "namespace": "x"}, "data": {"v": "1"}}
    second = {**first, "data": {"v": "2"}}
    history.record(Change(ChangeType.ADDED, CONFIGMAPS, 1, None, first))
    history.record(Change(ChangeType.MODIFIED, CONFIGMAPS, 2, first, second))
    history.record(Change(ChangeType.DELETED, CONFIGMAPS, 3, second, second))
    states = [history.rolled_back("configmaps", {}, version) for version in (3, 2, 1, 0)]
    assert states == [{}, {("x", "c"): second}, {("x", "c"): first}, {}]
