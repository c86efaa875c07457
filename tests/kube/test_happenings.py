from kube_vxlan_controller.kube.happenings import Resource, Timing
from kube_vxlan_controller.views import PodObject


def test_only_the_selectors_that_are_set_are_asked_for() -> None:
    assert Resource("/x", PodObject).params == {}
    assert Resource("/x", PodObject, "a=b", "c=d").params == {"labelSelector": "a=b", "fieldSelector": "c=d"}


def test_patience_fits_together() -> None:
    timing = Timing()
    # A bookmark a minute must do; a list every ten minutes at most delays a missed deletion.
    assert 60 < timing.silence < timing.stale <= 90
    assert timing.stale < timing.shortest_watch <= timing.longest_watch <= timing.relist
    assert timing.first_delay < timing.last_delay < timing.healthy
