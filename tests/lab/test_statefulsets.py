"""StatefulSets: decisions by tables."""

from collections.abc import Iterator

import pytest

from kube_vxlan_lab.apiserver.resources import Json
from kube_vxlan_lab.statefulsets import statefulset_actions, statefulset_status
from kube_vxlan_lab.workloads import Action, Create, Delete, template_hash
from tests.lab.objects import a_pod, a_statefulset, template


def words(actions: list[Action]) -> list[str]:
    def each() -> Iterator[str]:
        for action in actions:
            assert isinstance(action, Create | Delete)
            yield f"{'+' if isinstance(action, Create) else '-'}{action.obj['metadata']['name']}"

    return list(each())


def pods(text: str, word: str = "a") -> list[Json]:
    """`0 1! 2-`: numbers; `!` is not ready, `-` is being deleted, `x` has failed."""
    owner, found = a_statefulset(), []
    for item in text.split():
        pod = a_pod(
            f"s-{item[0]}",
            owner,
            ready="!" not in item,
            leaving="-" in item,
            phase="Failed" if "x" in item else "Running",
        )
        pod["metadata"]["labels"]["controller-revision-hash"] = f"s-{template_hash(template(word))}"
        found.append(pod)
    return found


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ("", ["+s-0"]),
        ("0!", []),
        ("0", ["+s-1"]),
        ("0 1", ["+s-2"]),
        ("0 1 2", []),
        ("0- 1 2", []),
        ("1 2", ["+s-0"]),
        ("0 1 2 3 4", ["-s-4"]),
        ("0 1 2 3 4-", []),
        ("0! 1 2 3", []),
        ("0 1x 2", ["-s-1"]),
    ],
)
def test_in_order(there: str, expected: list[str]) -> None:
    assert words(statefulset_actions(a_statefulset(), pods(there))) == expected


@pytest.mark.parametrize(
    ("there", "expected"), [("", ["+s-0", "+s-1", "+s-2"]), ("1!", ["+s-0", "+s-2"]), ("0 1 2 3 4", ["-s-4", "-s-3"])]
)
def test_parallel(there: str, expected: list[str]) -> None:
    assert words(statefulset_actions(a_statefulset(policy="Parallel"), pods(there))) == expected


def test_a_new_template_rolls_from_the_top() -> None:
    changed = a_statefulset(word="new")
    assert words(statefulset_actions(changed, pods("0 1 2"))) == ["-s-2"]
    assert words(statefulset_actions(changed, pods("0 1") + pods("2!", "new"))) == []
    assert words(statefulset_actions(changed, pods("0 1") + pods("2", "new"))) == ["-s-1"]
    changed["spec"]["updateStrategy"] = {"type": "OnDelete"}
    assert words(statefulset_actions(changed, pods("0 1 2"))) == []


def test_a_pod_has_its_number_in_name_hostname_and_labels() -> None:
    (create,) = statefulset_actions(a_statefulset(), [])
    assert isinstance(create, Create)
    assert create.obj["spec"]["hostname"] == "s-0"
    assert create.obj["spec"]["subdomain"] == "svc"
    assert create.obj["metadata"]["labels"] == {
        "run": "a",
        "controller-revision-hash": f"s-{template_hash(template())}",
        "statefulset.kubernetes.io/pod-name": "s-0",
        "apps.kubernetes.io/pod-index": "0",
    }


def test_status() -> None:
    status = statefulset_status(a_statefulset(word="new"), pods("0 1!") + pods("2", "new"))
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"]) == (3, 2, 1)
