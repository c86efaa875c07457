"""The manifests and the program agree, and nothing in them has more than it needs."""

from pathlib import PurePosixPath

import aiohttp
import pytest

from kube_vxlan_controller import serving
from kube_vxlan_controller.cli import main
from kube_vxlan_controller.kube import exec
from kube_vxlan_controller.kube.events import Limits
from kube_vxlan_controller.metrics import Metrics
from kube_vxlan_controller.serving import Health, serve
from kube_vxlan_controller.settings import ACCOUNT, DEFAULT_FILE, choose, settle
from kube_vxlan_controller.tempo import Tempo
from tests.deploy.manifests import FILES, KUBERNETES, agents, everything, objects, one

POD = one("Deployment")["spec"]["template"]["spec"]
(CONTROLLER,) = POD["containers"]


def test_they_are_all_read() -> None:
    assert {file.relative_to(KUBERNETES).as_posix() for file in FILES} >= {
        "bundle.yaml",
        "example.yaml",
        "patch.yaml",
        "patch-sidecar.yaml",
        "overlays/namespaces.yaml",
        "overlays/readiness.yaml",
    }
    assert len(list(agents())) == 9


def test_the_program_finds_nothing_wrong_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *map(str, FILES)]) == 0, capsys.readouterr().err
    assert "5 annotations and 1 ConfigMap checked: 0 faults, 0 warnings" in capsys.readouterr().out


def test_the_controller_takes_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    (command, *options) = CONTROLLER["args"]
    assert main(["config", *options]) == 0, capsys.readouterr().err
    assert command == "run"


async def test_the_probes_ask_for_what_is_served_where_it_is_served() -> None:
    listen = settle(choose({}, {}, None)).listen
    (port,) = CONTROLLER["ports"]
    assert listen == (None, port["containerPort"])
    metrics = Metrics()
    async with (
        serve(("127.0.0.1", 0), tuple, lambda: Health(frozenset()), metrics) as addresses,
        aiohttp.ClientSession() as session,
    ):
        for name in ("livenessProbe", "readinessProbe"):
            asked = CONTROLLER[name]["httpGet"]
            assert asked["port"] == port["name"]
            async with session.get(f"http://127.0.0.1:{addresses[0][1]}{asked['path']}") as answer:
                assert answer.status == 200
        assert CONTROLLER["livenessProbe"]["httpGet"]["path"] != CONTROLLER["readinessProbe"]["httpGet"]["path"]


def test_the_configuration_file_is_where_the_program_looks_and_may_be_absent() -> None:
    (mount,), (volume,) = CONTROLLER["volumeMounts"], POD["volumes"]
    assert PurePosixPath(mount["mountPath"]) == PurePosixPath(DEFAULT_FILE).parent
    assert volume["configMap"] == {"name": "kube-vxlan-controller-config", "optional": True}
    assert POD["automountServiceAccountToken"], f"or there is no {ACCOUNT}"


def test_the_controller_is_nobody_and_can_change_nothing_where_it_runs() -> None:
    assert CONTROLLER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(POD)


def test_one_replica_stays_whatever_is_done_on_purpose() -> None:
    spec, budget = one("Deployment")["spec"], one("PodDisruptionBudget")["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert (spec["replicas"], spec["strategy"]["rollingUpdate"]["maxUnavailable"], budget["minAvailable"]) == (2, 0, 1)
    spread = POD["topologySpreadConstraints"][0]["labelSelector"]
    assert [each["matchLabels"] for each in (spec["selector"], budget["selector"], spread)] == [labels] * 3


def test_the_kubelet_waits_until_a_leader_has_ended() -> None:
    """The longest that each part of the end may take, where the API server does not answer any more; one after the other."""
    lease = settle(choose({"lease": "on"}, {}, None)).lease
    assert lease is not None
    end = Tempo().stop_patience + lease.giving_up + Limits().farewell + serving.CLOSING + exec.CLOSING
    assert POD["terminationGracePeriodSeconds"] >= 1.5 * end, "for a machine that has little time to give"


def test_all_agents_are_alike_and_have_net_admin_and_nothing_else() -> None:
    for agent in agents():
        own = {"name", "restartPolicy", "startupProbe"}
        assert {key: value for key, value in agent.items() if key not in own} == {
            "image": "docker.io/openvnf/kube-vxlan-controller-agent:2",
            "imagePullPolicy": "IfNotPresent",
            "env": [{"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}],
            "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "32Mi"}},
            "securityContext": {
                "runAsUser": 0,
                "runAsNonRoot": False,
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        }


def test_all_but_the_networks_can_be_applied_where_there_are_networks() -> None:
    """As `kubectl apply -l part!=networks` chooses."""
    left_out = [each for each in objects("bundle.yaml") if each["metadata"].get("labels", {}).get("part") == "networks"]
    assert [(each["kind"], each["metadata"]["name"]) for each in left_out] == [("ConfigMap", "kube-vxlan-controller")]


def test_what_is_in_a_namespace_is_in_the_one_that_the_rest_speaks_of() -> None:
    bundle = [each for each in everything() if "kube-vxlan-controller" in each.get("metadata", {}).get("name", "")]
    assert {each["metadata"].get("namespace") for each in bundle} == {None, "kube-system"}
