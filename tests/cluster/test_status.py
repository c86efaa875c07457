"""What the overlay for readiness gates lets the controller's token write into the status of pods: one condition."""

import asyncio
import json
from typing import Any

import pytest

from tests.cluster.account import REST
from tests.cluster.bearer import Attempt, bearer, until
from tests.cluster.samples import samples
from tests.cluster.world import RealCluster
from tests.deploy.manifests import KUBERNETES

pytestmark = pytest.mark.cluster

POD = """
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {run: p}}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: app, image: "docker.io/library/busybox:stable", imagePullPolicy: IfNotPresent}]
"""
STRATEGIC = (("Content-Type", "application/strategic-merge-patch+json"),)
OWN = {"type": "vxlan.openvnf.org/ready", "status": "True"}
FORBIDDEN: list[dict[str, Any]] = [
    {"metadata": {"labels": {"another": "label"}}},
    {"metadata": {"labels": {"run": None}}},
    {"metadata": {"annotations": {"another": "annotation"}}},
    {"metadata": {"finalizers": ["example.org/another"]}},
    {"metadata": {"generateName": "another-"}},
    {"status": {"phase": "Failed"}},
    {"status": {"podIP": "192.0.2.1", "podIPs": [{"ip": "192.0.2.1"}, {"$patch": "replace"}]}},
    {"status": {"containerStatuses": None}},
    {"status": {"conditions": [OWN, {"type": "Ready", "status": "False"}]}},
    {"status": {"conditions": [{"type": "example.org/another", "status": "True"}]}},
]


def test_it_may_write_its_condition_and_nothing_beside_it(real_cluster: RealCluster) -> None:
    files = ("-f", str(KUBERNETES / "overlays" / "readiness.yaml"))
    real_cluster.kubectl("apply", *REST)
    real_cluster.kubectl("apply", *files)
    try:
        with real_cluster.new_namespace() as namespace:
            real_cluster.kubectl("-n", namespace, "apply", "-f", "-", input=POD)
            real_cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/p", "--timeout=60s")
            asyncio.run(_tries(real_cluster, f"/api/v1/namespaces/{namespace}/pods/p/status"))
    finally:
        real_cluster.kubectl("delete", *files)


async def _tries(cluster: RealCluster, path: str) -> None:
    described = samples(json.loads(cluster.kubectl("get", "--raw", "/openapi/v3/api/v1")), "io.k8s.api.core.v1.PodStatus")
    before = json.loads(cluster.kubectl("get", "--raw", path))["status"]
    async with bearer(cluster) as thief:

        async def patch(change: dict[str, Any]) -> tuple[int, str]:
            answer = await thief.ask(Attempt("PATCH", path, STRATEGIC, json.dumps(change)))
            return answer.status, answer.text

        async def is_fenced() -> bool:
            return "ValidatingAdmissionPolicy" in (await patch(FORBIDDEN[0]))[1]

        await until(is_fenced, "both the role and the policy hold")
        answers = await asyncio.gather(*(patch(change) for change in FORBIDDEN))
        assert [text for status, text in answers if status != 403 or "kube-vxlan-controller may change " not in text] == []
        # Every field that this server has, also those that we do not know of. (Some it protects itself: it refuses, or drops.)
        fields = [{name: value} for name, one in described.items() for value in (one, None)]
        answers = await asyncio.gather(*(patch({"status": field}) for field in fields))
        told = [(field, *answer) for field, answer in zip(fields, answers, strict=True)]
        assert [each for each in told if each[1] not in (200, 403, 422)] == []
        assert [each for each in told if each[1] == 200 and json.loads(each[2])["status"] != before] == []
        assert (await patch({"status": {"conditions": [OWN]}}))[0] == 200
