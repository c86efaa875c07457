import asyncio

import pytest

from kube_vxlan_controller.feeding import config_changes, pod_changes
from kube_vxlan_controller.freshness import Freshness
from kube_vxlan_controller.kube.happenings import Changed, Fresh, Happening, Listed, Stale, Trouble
from kube_vxlan_controller.serving import Health
from kube_vxlan_controller.snapshot import Kind, Snapshot, fold
from kube_vxlan_controller.views import AgentNames, ConfigMapObject, Meta, PodObject

POD = PodObject(Meta("a", "default", "u"))
CONFIG = ConfigMapObject(Meta("c", "default", "u"))


class Told:
    """What is said of both kinds, as the hand and as readyz take it in."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.freshness = Freshness(lambda: self.snapshot)

    def of_pods(self, told: Happening[PodObject]) -> Health:
        self.snapshot = fold(self.snapshot, pod_changes(told, "networks", AgentNames()))
        self.freshness.told(Kind.PODS, told)
        return self.freshness.health()

    def of_networks(self, told: Happening[ConfigMapObject]) -> Health:
        self.snapshot = fold(self.snapshot, config_changes(told))
        self.freshness.told(Kind.NETWORKS, told)
        return self.freshness.health()


pytestmark = pytest.mark.looptime(start=0)


async def test_nothing_is_listed_before_the_hand_may_act_on_it() -> None:
    told = Told()
    assert told.of_pods(Listed((POD,), consistent=False)).unlisted == set(Kind)
    assert told.of_pods(Changed(POD)).unlisted == set(Kind)
    assert told.of_pods(Listed((POD,))).unlisted == {Kind.NETWORKS}
    assert told.of_networks(Listed((), consistent=False)).unlisted == {Kind.NETWORKS}
    assert told.of_networks(Listed((CONFIG,), consistent=False)).unlisted == frozenset()
    assert told.of_pods(Listed((), consistent=False)).unlisted == frozenset()
    assert told.snapshot.complete


async def test_what_goes_wrong_alike_again_and_again_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()

    def said(*troubles: str) -> list[str]:
        caplog.clear()
        for trouble in troubles:
            told.of_pods(Trouble(trouble))
        return [record.getMessage() for record in caplog.records]

    assert said("no connection", "no connection", "too old", "no connection") == [
        "pods: no connection",
        "pods: too old",
        "pods: no connection",
    ]
    told.of_networks(Trouble("no connection"))
    assert caplog.records[-1].getMessage() == "networks: no connection"
    await asyncio.sleep(59)
    assert said("no connection") == []
    await asyncio.sleep(1)
    assert said("no connection", "no connection") == ["pods: no connection"]


async def test_a_kind_is_stale_until_it_is_fresh(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    now = asyncio.get_running_loop().time()
    assert told.of_pods(Stale(now - 90.0, "why")).stale == {Kind.PODS: pytest.approx(90.0)}
    assert told.of_networks(Trouble("what")).stale == {Kind.PODS: pytest.approx(90.0)}
    assert told.of_pods(Fresh()).stale == {}
    first, second = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert first == "nobody confirms what is known of the pods; nothing is removed until somebody does: why"
    assert second == "networks: what"
