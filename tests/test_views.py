from ipaddress import ip_address

import msgspec
import pytest

from kube_vxlan_controller.views import (
    READY,
    AgentNames,
    AgentState,
    ConfigMapObject,
    PodObject,
    PodView,
    config_view,
    pod_view,
)

ANNOTATION = "vxlan.openvnf.org/networks"
RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
ENDED = {"terminated": {"exitCode": 0}}
WAITING = {"waiting": {"reason": "PodInitializing"}}


def view(**parts: object) -> PodView:
    document = {"metadata": {"name": "a", "namespace": "default", "uid": "u"}, **parts}
    return pod_view(msgspec.json.decode(msgspec.json.encode(document), type=PodObject), ANNOTATION, AgentNames())


def init(state: object, **more: object) -> dict[str, object]:
    return {"name": "vxlan-controller-agent-init", "state": state, **more}


def agent(state: object, **more: object) -> dict[str, object]:
    return {"name": "vxlan-controller-agent", "state": state, **more}


def test_a_pod_with_nothing_but_a_name() -> None:
    bare = view()
    assert (bare.text, bare.addresses, bare.node, bare.init, bare.sidecar) == (
        None,
        (),
        "",
        AgentState.ABSENT,
        AgentState.ABSENT,
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [(WAITING, AgentState.WAITING), (RUNNING, AgentState.RUNNING), (ENDED, AgentState.ENDED), ({}, AgentState.WAITING)],
)
def test_the_gate_and_the_ordinary_sidecar(state: object, expected: AgentState) -> None:
    seen = view(
        spec={"initContainers": [{"name": "vxlan-controller-agent-init"}], "containers": [{"name": "vxlan-controller-agent"}]},
        status={"initContainerStatuses": [init(state)], "containerStatuses": [agent(state)]},
    )
    assert (seen.init, seen.sidecar, seen.native) == (expected, expected, False)


def test_a_native_sidecar_is_looked_up_among_the_init_containers() -> None:
    seen = view(
        spec={
            "initContainers": [{"name": "vxlan-controller-agent", "restartPolicy": "Always"}],
            "containers": [{"name": "app"}],
        },
        status={"initContainerStatuses": [agent(RUNNING, started=False)]},
    )
    assert (seen.sidecar, seen.native, seen.started, seen.init) == (AgentState.RUNNING, True, False, AgentState.ABSENT)


def test_the_instance_is_the_container_that_can_be_asked() -> None:
    containers = {
        "initContainers": [{"name": "vxlan-controller-agent-init"}],
        "containers": [{"name": "vxlan-controller-agent"}],
    }
    one, two = {"containerID": "containerd://1"}, {"containerID": "containerd://2"}
    statuses = {"initContainerStatuses": [init(RUNNING, **one)], "containerStatuses": [agent(WAITING)]}
    assert view(spec=containers, status=statuses).instance == "containerd://1"
    statuses = {"initContainerStatuses": [init(ENDED, **one)], "containerStatuses": [agent(WAITING, **two)]}
    assert view(spec=containers, status=statuses).instance == ""
    statuses = {"initContainerStatuses": [init(ENDED, **one)], "containerStatuses": [agent(RUNNING, **two)]}
    assert view(spec=containers, status=statuses).instance == "containerd://2"
    assert view(spec=containers, status={"containerStatuses": [agent(RUNNING)]}).instance == ""


def test_the_roles_go_by_the_spec_not_by_the_name_alone() -> None:
    seen = view(
        spec={
            "initContainers": [{"name": "vxlan-controller-agent"}],
            "containers": [{"name": "vxlan-controller-agent-init"}],
        },
        status={"initContainerStatuses": [agent(RUNNING)], "containerStatuses": [init(RUNNING)]},
    )
    assert (seen.init, seen.sidecar) == (AgentState.ABSENT, AgentState.ABSENT)


def test_no_status_yet_means_waiting() -> None:
    seen = view(spec={"containers": [{"name": "vxlan-controller-agent"}]})
    assert seen.sidecar is AgentState.WAITING


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"podIP": "10.1.0.1"}, ["10.1.0.1"]),
        ({"podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}, {"ip": "fd00::1"}]}, ["10.1.0.1", "fd00::1"]),
        ({"podIP": ""}, []),
        ({"podIP": "0.0.0.0"}, []),
        ({"podIP": "127.0.0.1"}, []),
        ({"podIP": "not an address"}, []),
        ({"podIPs": [{}]}, []),
    ],
)
def test_addresses_are_those_that_can_be_reached(status: object, expected: list[str]) -> None:
    assert view(status=status).addresses == tuple(map(ip_address, expected))


def test_a_static_pod_is_known_by_the_uid_of_its_kubelet() -> None:
    seen = view(metadata={"name": "a", "namespace": "n", "uid": "mirror", "annotations": {"kubernetes.io/config.hash": "real"}})
    assert seen.place.uid == "real"


def test_the_end_of_the_grace_period_in_unix_time() -> None:
    seen = view(metadata={"name": "a", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:30Z"})
    assert seen.leaves_at == 1767225630.0


def test_a_change_of_what_we_do_not_read_is_no_change() -> None:
    assert view() == view(
        metadata={"name": "a", "namespace": "default", "uid": "u", "labels": {"x": "y"}, "resourceVersion": "7"}
    )


def test_unknown_fields_and_nulls_are_no_error() -> None:
    seen = view(spec={"initContainers": None, "containers": [{"name": "x", "image": "y"}]}, status={"containerStatuses": None})
    assert seen.sidecar is AgentState.ABSENT


def test_the_config_map_in_the_order_of_its_keys() -> None:
    document = {"metadata": {"name": "c"}, "data": {"b": "2", "a": "1"}, "binaryData": {"z": "AA=="}}
    seen = config_view(msgspec.json.decode(msgspec.json.encode(document), type=ConfigMapObject))
    assert seen.data == (("a", "1"), ("b", "2"))
    assert seen.binary_keys == ("z",)


def test_a_pod_is_gated_by_our_readiness_gate_alone() -> None:
    assert view(spec={"readinessGates": [{"conditionType": "a/b"}, {"conditionType": READY}]}).gated
    assert not view(spec={"readinessGates": [{"conditionType": "a/b"}]}).gated
    assert not view().gated
