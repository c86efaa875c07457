"""kubectl is the server's first user: what people type, and what they must see."""

import asyncio
import json
from pathlib import Path

import pytest

from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, NODES, PODS
from tests.lab.apiserver.hosted import HAS_KUBECTL, Hosted, a_deployment, a_pod

pytestmark = pytest.mark.skipif(not HAS_KUBECTL, reason="kubectl is not installed")

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 1
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: app, image: "debian:12", env: [{name: X, value: "1"}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: "1"}
"""


@pytest.fixture
def pod(server: Hosted) -> str:
    containers = [{"name": "app", "image": "debian:12"}, {"name": "stopped", "image": "debian:12"}]
    server.store.create(a_pod(nodeName="n", containers=containers))
    return "a"


async def test_apply_creates_changes_and_leaves_alone(server: Hosted) -> None:
    assert await server.run("apply", "-f", "-", stdin=MANIFEST) == "deployment.apps/d created\nconfigmap/c created\n"
    assert await server.run("apply", "-f", "-", stdin=MANIFEST) == "deployment.apps/d unchanged\nconfigmap/c unchanged\n"
    changed = MANIFEST.replace("debian:12", "debian:13").replace(', env: [{name: X, value: "1"}]', "")
    assert await server.run("apply", "-f", "-", stdin=changed) == "deployment.apps/d configured\nconfigmap/c unchanged\n"
    [container] = server.store.get(DEPLOYMENTS, "default", "d")["spec"]["template"]["spec"]["containers"]
    assert (container["image"], "env" in container) == ("debian:13", False)
    assert "serverside-applied" in await server.run("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert "created (server dry run)" in await server.run("create", "configmap", "x", "--dry-run=server")
    assert "(server dry run)" in await server.run("delete", "deploy", "d", "--dry-run=server")
    assert await server.run("delete", "-f", "-", stdin=MANIFEST) == ('deployment.apps "d" deleted\nconfigmap "c" deleted\n')


async def test_get_shows_the_columns_of_a_kind(server: Hosted, pod: str) -> None:
    lines = (await server.run("get", "pods", "-o", "wide")).splitlines()
    assert " ".join(lines[0].split()) == "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES"
    assert lines[1].split()[:4] == ["a", "0/2", "Pending", "0"]
    server.store.create(a_deployment("d", 2))
    lines = (await server.run("get", "deploy")).splitlines()
    assert lines[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert lines[1].split()[:4] == ["d", "0/2", "0", "0"]
    everything = await server.run("get", "all", "--all-namespaces")
    assert "pod/a" in everything
    assert "deployment.apps/d" in everything
    assert json.loads(await server.run("get", "pod", "a", "-o", "json"))["metadata"]["name"] == "a"


async def test_label_annotate_patch_scale_and_set(server: Hosted, pod: str) -> None:
    server.store.create(a_deployment())
    assert await server.run("label", "pod", "a", "vxlan=true") == "pod/a labeled\n"
    assert await server.run("annotate", "pod", "a", "x/y=z") == "pod/a annotated\n"
    metadata = server.store.get(PODS, "default", "a")["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"vxlan": "true"}, {"x/y": "z"})
    assert await server.run("label", "pod", "a", "vxlan-") == "pod/a unlabeled\n"
    assert await server.run("scale", "deploy", "d", "--replicas=3") == "deployment.apps/d scaled\n"
    patch = '{"spec":{"template":{"spec":{"containers":[{"name":"more","image":"x"}]}}}}'
    assert await server.run("patch", "deploy", "d", "-p", patch) == "deployment.apps/d patched\n"
    assert await server.run("set", "image", "deploy/d", "app=y") == "deployment.apps/d image updated\n"
    removal = '[{"op":"remove","path":"/spec/template/spec/containers/0"}]'
    assert await server.run("patch", "deploy", "d", "--type=json", "-p", removal) == "deployment.apps/d patched\n"
    assert await server.run("rollout", "restart", "deploy", "d") == "deployment.apps/d restarted\n"
    spec = server.store.get(DEPLOYMENTS, "default", "d")["spec"]
    assert (spec["replicas"], len(spec["template"]["spec"]["containers"])) == (3, 1)


async def test_create_by_words(server: Hosted) -> None:
    assert await server.run("create", "namespace", "x") == "namespace/x created\n"
    assert await server.run("create", "-n", "x", "configmap", "c", "--from-literal=a=1") == "configmap/c created\n"
    words = ("create", "-n", "x", "deployment", "d", "--image=debian:12", "--replicas=2", "--port=80", "--", "sleep", "9")
    assert await server.run(*words) == "deployment.apps/d created\n"
    assert await server.run("run", "-n", "x", "p", "--image=debian:12") == "pod/p created\n"
    spec = server.store.get(DEPLOYMENTS, "x", "d")["spec"]
    assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["command"]) == (2, ["sleep", "9"])
    assert await server.run("delete", "namespace", "x") == 'namespace "x" deleted\n'
    assert not server.store.has(PODS, "x", "p")


async def test_describe_tells_events(server: Hosted, pod: str) -> None:
    uid = server.store.get(PODS, "default", "a")["metadata"]["uid"]
    regarding = {"kind": "Pod", "apiVersion": "v1", "namespace": "default", "name": "a", "uid": uid}
    reporter = {
        "reportingController": "x.io/c",
        "reportingInstance": "c-1",
        "action": "Wiring",
        "eventTime": "2026-01-01T00:00:00.000000Z",
    }
    told = {"metadata": {"name": "e"}, "type": "Normal", "reason": "Wired", "note": "two networks", "regarding": regarding}
    server.store.create({"apiVersion": "events.k8s.io/v1", "kind": "Event", **told, **reporter})
    said = await server.run("describe", "pod", "a")
    assert "Node:         n/" in said
    assert "two networks" in said
    assert "two networks" in await server.run("events", "--for", "pod/a")
    server.store.create(a_deployment())
    assert "Replicas:               1 desired" in await server.run("describe", "deploy", "d")


async def test_exec_and_logs(server: Hosted, pod: str) -> None:
    code, out, err = await server.kubectl("exec", "a", "-c", "app", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (code, out) == (3, "out\n")
    assert err == "err\ncommand terminated with exit code 3\n"
    assert await server.run("exec", "-i", "a", "-c", "app", "--", "cat", stdin="much\n" * 50_000) == "much\n" * 50_000
    assert (await server.run("logs", "a", "-c", "app", "--tail=2")) == "two\nthree\n"
    for words, message in (
        (("a", "-c", "stopped", "--", "true"), 'unable to upgrade connection: container not found ("stopped")'),
        (("a", "-c", "app", "--", "no-such"), "error executing command in container"),
        (("a", "-c", "odd", "--", "true"), "container odd is not valid for pod a"),
        (("absent", "--", "true"), 'pods "absent" not found'),
    ):
        code, out, err = await server.kubectl("exec", *words)
        assert (code, out) == (1, "")
        assert message in err


async def test_a_pod_is_deleted_when_its_kubelet_is_done(server: Hosted, pod: str) -> None:
    uid = server.store.get(PODS, "default", "a")["metadata"]["uid"]
    marked = asyncio.Event()
    server.store.subscribe(lambda change: marked.set() if "deletionTimestamp" in change.new["metadata"] else None)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        deleting = tasks.create_task(server.run("delete", "pod", "a"))
        await marked.wait()
        assert "Terminating" in await server.run("get", "pod", "a")
        assert not deleting.done()
        server.store.remove(PODS, "default", "a", uid)
    assert deleting.result() == 'pod "a" deleted\n'
    assert "NotFound" in (await server.kubectl("get", "pod", "a"))[2]


async def test_wait_hears_of_a_change(server: Hosted, pod: str) -> None:
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(server.run("wait", "--for=condition=Ready", "pod/a", "--timeout=9s"))
        server.store.modify(PODS, "default", "a", lambda obj: {**obj, "status": ready}, "status")
    assert waiting.result() == "pod/a condition met\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("get", "pods", "-l", "a=("), "unable to parse requirement"),
        (("get", "pods", "--field-selector", "foo=1"), "field label not supported: foo"),
        (("label", "pod", "absent", "a=b"), 'pods "absent" not found'),
        (("create", "namespace", "Upper"), 'Namespace "Upper" is invalid: metadata.name'),
        (("create", "namespace", "default"), 'namespaces "default" already exists'),
        (("patch", "pod", "a", "-p", '{"spec":{"hostNetwork":true}}'), "pod updates may not change fields other than"),
    ],
)
async def test_refusals_are_sentences(server: Hosted, pod: str, words: tuple[str, ...], message: str) -> None:
    code, _, err = await server.kubectl(*words)
    assert code == 1
    assert message in err


async def test_a_file_with_an_error_is_one_sentence(server: Hosted, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: {}}\n")
    code, _, err = await server.kubectl("create", "-f", str(tmp_path / "bad.yaml"))
    assert code == 1
    assert "Expected `array" in err


@pytest.mark.parametrize("verb", ["create", "apply"])
async def test_a_list_is_taken_one_by_one(server: Hosted, tmp_path: Path, verb: str) -> None:
    item = "{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}, data: {a: b}}"
    items = [item.replace("NAME", name) for name in ("one", "two")]
    (tmp_path / "list.yaml").write_text(f"apiVersion: v1\nkind: List\nitems: [{', '.join(items)}]\n")
    code, out, err = await server.kubectl(verb, "-f", str(tmp_path / "list.yaml"))
    assert (code, out, err) == (0, "configmap/one created\nconfigmap/two created\n", "")


async def test_a_node_is_drained(server: Hosted, pod: str) -> None:
    server.store.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})
    uid = server.store.get(PODS, "default", "a")["metadata"]["uid"]
    marked = asyncio.Event()
    server.store.subscribe(lambda change: marked.set() if "deletionTimestamp" in change.new["metadata"] else None)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        draining = tasks.create_task(server.run("drain", "n", "--force"))
        await marked.wait()
        server.store.remove(PODS, "default", "a", uid)
    assert "pod/a evicted\nnode/n drained\n" in draining.result()
    assert server.store.get(NODES, "", "n")["spec"]["unschedulable"] is True
