from datetime import UTC, datetime

import pytest

from kube_vxlan_lab.apiserver.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    RESOURCES,
    SERVICEACCOUNTS,
    STATEFULSETS,
    Json,
    Resource,
)
from kube_vxlan_lab.apiserver.tables import age, duration, table
from tests.lab.apiserver.hosted import a_configmap, a_deployment, a_pod

NOW = datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
BORN = {"name": "a", "namespace": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}
WORKLOAD: Json = {**a_deployment("a", 2), "metadata": BORN, "status": {"replicas": 2, "readyReplicas": 1}}
NODE_STATUS = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "addresses": [{"type": "InternalIP", "address": "172.31.0.11"}],
    "nodeInfo": {"kubeletVersion": "v1", "osImage": "o", "kernelVersion": "6", "containerRuntimeVersion": "r"},
}
EVENT = {
    "metadata": BORN,
    "type": "Normal",
    "reason": "Wired",
    "message": "told \n",
    "involvedObject": {"kind": "Pod", "name": "p"},
    "eventTime": "2026-01-01T00:00:30.000000Z",
    "series": {"count": 3, "lastObservedTime": "2026-01-01T00:01:00.000000Z"},
    "reportingComponent": "c",
}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (5 * 3600 + 61, "5h1m"),
        (47 * 3600, "47h"),
        (49 * 3600, "2d1h"),
        (9 * 86400, "9d"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_durations(seconds: int, said: str) -> None:
    assert duration(seconds) == said


def test_ages() -> None:
    assert age("2026-01-01T00:00:00Z", NOW) == "90s"
    assert age("2026-01-01T00:00:00.500000Z", NOW) == "89s"
    assert age(None, NOW) == "<unknown>"


@pytest.mark.parametrize(
    ("resource", "obj", "cells"),
    [
        (PODS, {**a_pod(nodeName="n"), "metadata": BORN, "status": {"phase": "Pending"}}, "a 0/1 Pending 0 90s <none> n"),
        (DEPLOYMENTS, WORKLOAD, "a 1/2 0 0 90s app debian:12 app=a"),
        (REPLICASETS, WORKLOAD, "a 2 2 1 90s app debian:12 app=a"),
        (STATEFULSETS, WORKLOAD, "a 1/2 90s app debian:12"),
        (CONFIGMAPS, {**a_configmap("a", x="1"), "metadata": BORN}, "a 1 90s"),
        (NAMESPACES, {"metadata": BORN, "status": {"phase": "Active"}}, "a Active 90s"),
        (NODES, {"metadata": BORN, "spec": {}, "status": NODE_STATUS}, "a Ready <none> 90s v1 172.31.0.11 <none> o 6 r"),
        (NODES, {"metadata": BORN, "spec": {"unschedulable": True}}, "a Unknown,SchedulingDisabled <none> 90s"),
        (SERVICEACCOUNTS, {"metadata": BORN}, "a 0 90s"),
        (EVENTS, EVENT, "30s Normal Wired pod/p  c told 60s 3 a"),
        (LEASES, {"metadata": BORN, "spec": {"holderIdentity": "h"}}, "a h 90s"),
    ],
)
def test_rows(resource: Resource, obj: Json, cells: str) -> None:
    made = table(resource, [obj], {"resourceVersion": "1"}, NOW)
    said = " ".join(str(cell) for cell in made["rows"][0]["cells"])
    assert said.startswith(cells)
    assert len(made["columnDefinitions"]) == len(made["rows"][0]["cells"])
    assert made["rows"][0]["object"]["metadata"] == BORN


@pytest.mark.parametrize(
    ("gates", "conditions", "said"),
    [
        ([], [], "<none>"),
        (["x/a"], [], "0/1"),
        (["x/a"], [("x/a", "True")], "1/1"),
        (["x/a", "x/b"], [("x/a", "True"), ("x/b", "False"), ("Ready", "True")], "1/2"),
    ],
)
def test_readiness_gates_are_counted(gates: list[str], conditions: list[tuple[str, str]], said: str) -> None:
    pod = {**a_pod(readinessGates=[{"conditionType": gate} for gate in gates]), "metadata": BORN}
    pod["status"] = {"phase": "Running", "conditions": [{"type": kind, "status": status} for kind, status in conditions]}
    made = table(PODS, [pod], {}, NOW)
    assert (made["columnDefinitions"][-1]["name"], made["rows"][0]["cells"][-1]) == ("Readiness Gates", said)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda row: row.qualified)
def test_every_resource_has_columns_of_its_own(resource: Resource) -> None:
    columns = table(resource, [], {}, NOW)["columnDefinitions"]
    assert len(columns) > 2
    assert {column["priority"] for column in columns} <= {0, 1}
    assert {column["type"] for column in columns} <= {"string", "integer"}
