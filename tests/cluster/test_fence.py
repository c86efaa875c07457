"""What the token of the controller's account can do on a real API server: its work, and nothing else.

The policies are also tried with a role that gives the account far too much, so that they alone are what denies.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.cluster.account import REST
from tests.cluster.attempts import AGENTS, elsewhere, outside, own_exec
from tests.cluster.bearer import SPDY, Answer, Attempt, Bearer, bearer, until
from tests.cluster.world import RealCluster
from tests.deploy.manifests import KUBERNETES, objects
from tests.deploy.test_permissions import ROLES

pytestmark = pytest.mark.cluster

POD = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  initContainers: # as a sidecar it runs as long as the pod
  - name: vxlan-controller-agent-init
    image: docker.io/openvnf/kube-vxlan-controller-agent:2
    imagePullPolicy: IfNotPresent
    restartPolicy: Always
  containers:
  - {name: app, image: "docker.io/library/busybox:stable", imagePullPolicy: IfNotPresent}
  - {name: vxlan-controller-agent, image: "docker.io/openvnf/kube-vxlan-controller-agent:2", imagePullPolicy: IfNotPresent}
"""
TEMPTATION = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: fence-test}
rules:
- apiGroups: [""]
  resources: [pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy, nodes/proxy]
  verbs: [get, create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: fence-test}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: fence-test}
subjects: [{kind: ServiceAccount, name: kube-vxlan-controller, namespace: kube-system}]
"""


@pytest.fixture(scope="module")
def fenced(real_cluster: RealCluster) -> Iterator[RealCluster]:
    """The cluster with all of the bundle but the program itself, which is taken away again if it was not there before."""
    before = real_cluster.kubectl("get", *REST, "--ignore-not-found", "-o", "name").split()
    real_cluster.kubectl("apply", *REST)
    yield real_cluster
    if not before:
        real_cluster.kubectl("delete", *REST)


@pytest.fixture(scope="module")
def victim(fenced: RealCluster) -> Iterator[str]:
    """A namespace with a pod `p` in it, of an application and an agent."""
    with fenced.new_namespace() as namespace:
        fenced.kubectl("-n", namespace, "apply", "-f", "-", input=POD)
        fenced.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/p", "--timeout=60s")
        yield f"/api/v1/namespaces/{namespace}"


@pytest.fixture
async def thief(fenced: RealCluster) -> AsyncIterator[Bearer]:
    """Whoever has got hold of the token."""
    async with bearer(fenced) as one:
        yield one


@pytest.fixture
async def tempted(fenced: RealCluster, thief: Bearer, victim: str) -> AsyncIterator[Bearer]:
    """The same, given every right to connect to anything."""
    fenced.kubectl("apply", "-f", "-", input=TEMPTATION)

    async def holds() -> bool:
        tries = [Attempt("GET", f"{victim}/pods/p/{what}") for what in ("attach", "portforward", "exec?command=id")]
        return all([(await thief.ask(one)).fenced for one in tries])

    try:
        await until(holds, "both the role and the fence hold")
        yield thief
    finally:
        fenced.kubectl("delete", "-f", "-", input=TEMPTATION)


async def test_a_thousand_attempts_outside_the_fence_are_denied_by_it_alone(tempted: Bearer, victim: str) -> None:
    attempts = outside(victim.rpartition("/")[2], 1000)
    answers = await nothing_passes(tempted, attempts)
    others = [answer.text for one, answer in zip(attempts, answers, strict=True) if "/exec?" not in one.path]
    assert [text for text in others if "may exec, and nothing else of this kind" not in text] == []
    ways = ("/exec?", "/attach?", "/portforward?", "/pods/p/proxy", "/services/s/proxy/", "/nodes/node1/proxy/")
    tried = Counter(way for one in attempts for way in ways if way in one.path)
    assert len(tried) == len(ways), tried
    assert tried["/exec?"] > 500


async def test_the_controllers_own_exec_passes(thief: Bearer, victim: str) -> None:
    for name in AGENTS:
        own = own_exec(victim, name)

        async def greeted(path: str = own.path) -> bool:
            return (await thief.greeting(path)).startswith("kube-vxlan-agent 1 ")

        await until(greeted, f"{name} speaks to the token")
        assert (await thief.ask(own)).status == 101
        assert (await thief.ask(Attempt("POST", own.path, SPDY))).status == 101


async def test_where_namespaces_opt_in_it_passes_in_these_alone(fenced: RealCluster, tempted: Bearer, victim: str) -> None:
    """Both agents' own exec, and attempts at anything else: in a namespace that opts in or does not, and in the system's."""
    overlay = ("-f", str(KUBERNETES / "overlays" / "namespaces.yaml"))
    name = victim.rpartition("/")[2]
    own = [own_exec(victim, agent) for agent in AGENTS]

    async def are_denied() -> bool:
        answers = [await tempted.ask(one) for one in own]
        return all(one.fenced and "vxlan.openvnf.org/members=allowed" in one.text for one in answers)

    async def pass_() -> bool:
        return all([(await tempted.ask(one)).status == 101 for one in own])

    await until(pass_, "nobody has to opt in")
    fenced.kubectl("apply", *overlay)
    try:
        await until(are_denied, "the namespace has not opted in")
        fenced.kubectl("label", "namespace", name, "vxlan.openvnf.org/members=denied")
        await until(are_denied, "nor has it by another value")
        await nothing_passes(tempted, [one for each in (name, "default", "kube-system") for one in elsewhere(each)])
        fenced.kubectl("label", "--overwrite", "namespace", name, "vxlan.openvnf.org/members=allowed")
        await until(pass_, "the namespace has opted in")
        await nothing_passes(tempted, [*outside(name, 200), *elsewhere("default"), *elsewhere("kube-system")])
    finally:
        fenced.kubectl("delete", *overlay)


async def nothing_passes(bearer: Bearer, attempts: list[Attempt]) -> list[Answer]:
    """The answers, each of which is a denial."""
    answers = await asyncio.gather(*(bearer.ask(one) for one in attempts))
    assert [(one.path, answer) for one, answer in zip(attempts, answers, strict=True) if not answer.fenced] == []
    return answers


@pytest.mark.parametrize(("namespace", "kinds"), [("default", {"ClusterRole"}), ("kube-system", {"ClusterRole", "Role"})])
async def test_the_api_server_counts_the_rights_that_the_manifests_give(thief: Bearer, namespace: str, kinds: set[str]) -> None:
    bundled = [(each["kind"], each["metadata"]["name"]) for each in objects("bundle.yaml") if each["kind"] in kinds]
    given = {rule for role in bundled for rule in ROLES[role]}
    everybodys = {"authorization.k8s.io", "authentication.k8s.io"}

    async def agrees() -> bool:
        return {rule for rule in await thief.rights(namespace) if rule[0] not in everybodys} == given

    await until(agrees, f"the rights in {namespace} are {given}")


JSON = (("Content-Type", "application/json"),)
MERGE = (("Content-Type", "application/merge-patch+json"),)
SYSTEM = "/api/v1/namespaces/kube-system"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt("GET", "/api/v1/secrets"),
        Attempt("GET", f"{SYSTEM}/secrets/any"),
        Attempt("GET", f"{SYSTEM}/configmaps"),
        Attempt("GET", f"{SYSTEM}/configmaps/extension-apiserver-authentication"),
        Attempt("PATCH", f"{SYSTEM}/configmaps/kube-vxlan-controller", MERGE, '{"data": {"vxeth0": "id=1"}}'),
        Attempt("POST", f"{SYSTEM}/serviceaccounts/kube-vxlan-controller/token", JSON, '{"spec": {}}'),
        Attempt("GET", f"{LEASES}/kube-scheduler"),
        Attempt("DELETE", f"{LEASES}/kube-vxlan-controller"),
        Attempt("POST", "{pods}", JSON, '{"metadata": {"name": "q"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}'),
        Attempt("DELETE", "{pods}/p"),
        Attempt("PATCH", "{pods}/p", MERGE, '{"metadata": {"labels": {"a": "b"}}}'),
        Attempt("PATCH", "{pods}/p/status", MERGE, '{"status": {"phase": "Failed"}}'),
        Attempt("PATCH", "{pods}/p/ephemeralcontainers", MERGE, '{"spec": {"ephemeralContainers": []}}'),
        Attempt("POST", "{pods}/p/eviction", JSON, '{"metadata": {"name": "p"}}'),
        Attempt("POST", "{pods}/p/binding", JSON, '{"metadata": {"name": "p"}, "target": {"name": "node1"}}'),
        Attempt("GET", "{pods}/p/log"),
        Attempt("GET", "{pods}/p/attach"),
        Attempt("GET", "{pods}/p/portforward"),
        Attempt("GET", "{pods}/p/proxy"),
        Attempt("GET", "/api/v1/nodes"),
        Attempt("GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"),
        Attempt("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        Attempt("GET", "/api/v1/pods", (("Impersonate-User", "admin"),)),
    ],
    ids=lambda attempt: f"{attempt.method} {attempt.path}",
)
async def test_what_it_need_not_do_is_forbidden(thief: Bearer, victim: str, attempt: Attempt) -> None:
    tried = Attempt(attempt.method, attempt.path.replace("{pods}", f"{victim}/pods"), attempt.headers, attempt.body)
    assert (await thief.ask(tried)).status == 403
