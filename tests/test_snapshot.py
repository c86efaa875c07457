from kube_vxlan_controller.snapshot import (
    ConfigSeen,
    Elapsed,
    Fresh,
    Kind,
    PodGone,
    PodSeen,
    PodsListed,
    Snapshot,
    Stale,
    fold,
)
from tests.objects import NETWORKS, place, pod


def test_is_complete_once_every_kind_was_listed() -> None:
    pods_only = fold(Snapshot(), [PodsListed(())])
    assert not pods_only.complete
    assert fold(pods_only, [ConfigSeen(None)]).complete
    assert fold(Snapshot(), [PodsListed(()), ConfigSeen(NETWORKS)]).complete


def test_a_single_pod_event_is_no_list() -> None:
    assert not fold(Snapshot(), [PodSeen(pod("a")), ConfigSeen(NETWORKS)]).complete


def test_a_list_forgets_what_is_not_in_it() -> None:
    before = fold(Snapshot(), [PodsListed((pod("a"), pod("b")))])
    after = fold(before, [PodsListed((pod("b"),))])
    assert set(after.pods) == {place("b")}
    assert set(after.names.values()) == {place("b")}


def test_an_equal_pod_stays_the_same_object() -> None:
    first = pod("a")
    before = fold(Snapshot(), [PodsListed((first,))])
    for change in (PodSeen(pod("a")), PodsListed((pod("a"),))):
        assert fold(before, [change]).pods[place("a")] is first
    assert fold(before, [PodSeen(pod("a", text="other"))]).pods[place("a")] is not first


def test_a_name_that_came_back_with_another_uid_replaces_the_pod_whose_end_was_missed() -> None:
    before = fold(Snapshot(), [PodsListed((pod("a", uid="old"),))])
    after = fold(before, [PodSeen(pod("a", uid="new"))])
    assert set(after.pods) == {place("a", "new")}


def test_the_late_end_of_an_old_uid_does_not_take_the_new_pod_away() -> None:
    before = fold(Snapshot(), [PodSeen(pod("a", uid="old")), PodSeen(pod("a", uid="new"))])
    after = fold(before, [PodGone(place("a", "old"))])
    assert set(after.pods) == {place("a", "new")}
    assert not fold(after, [PodGone(place("a", "new"))]).pods


def test_same_name_in_two_namespaces_is_two_pods() -> None:
    after = fold(Snapshot(), [PodSeen(pod("a", namespace="one", uid="1")), PodSeen(pod("a", namespace="two", uid="2"))])
    assert len(after.pods) == 2


def test_staleness_is_told_and_taken_back_by_kind() -> None:
    stale = fold(Snapshot(), [Stale(Kind.PODS), Stale(Kind.NETWORKS)])
    assert stale.stale == {Kind.PODS, Kind.NETWORKS}
    assert fold(stale, [Fresh(Kind.PODS)]).stale == {Kind.NETWORKS}


def test_a_terminating_pod_departs_when_its_time_is_over() -> None:
    leaving = pod("a", leaves_at=100.0)
    before = fold(Snapshot(), [PodSeen(leaving), Elapsed(99.0)])
    assert not before.departed(leaving)
    assert before.next_departure == 100.0
    after = fold(before, [Elapsed(100.0)])
    assert after.departed(leaving)
    assert after.next_departure is None


def test_time_never_runs_back() -> None:
    assert fold(Snapshot(), [Elapsed(100.0), Elapsed(50.0)]).now == 100.0


def test_a_finished_pod_has_departed() -> None:
    assert Snapshot().departed(pod("a", terminal=True))


def test_folding_leaves_the_snapshot_before_as_it_was() -> None:
    before = fold(Snapshot(), [PodsListed((pod("a"),))])
    fold(before, [PodGone(place("a")), Stale(Kind.PODS)])
    assert set(before.pods) == {place("a")}
    assert not before.stale
