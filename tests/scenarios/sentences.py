"""I/O. The sentences that a scenario can be written in, and what each of them does: one table, at the end."""

import shlex
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.scenarios import objects, seeing
from tests.scenarios.cluster import ROOT
from tests.scenarios.crashing import at_each_moment
from tests.scenarios.holding import names
from tests.scenarios.objects import ANNOTATION, INIT, LABEL, SIDECAR, place
from tests.scenarios.run import Run
from tests.scenarios.text import Block, Step
from tests.scenarios.world import Json, objects_of, pods_of

CONFIG = "/api/v1/namespaces/kube-system/configmaps/kube-vxlan-controller"


def act(run: Run, steps: Sequence[Step]) -> None:
    """Carry out steps in their order. A failure says which line it is of."""
    for step in steps:
        try:
            next(one for one in SENTENCES if one.text == step.sentence).act(run, step)
        except AssertionError as error:
            raise AssertionError(f"line {step.line}, {step.sentence!r}: {error}") from error


# What there is


def _data(step: Step) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(":") for line in step.lines)}


def _networks(run: Run, step: Step) -> None:
    if (run.world.items("/api/v1/namespaces/kube-system/configmaps")) and _config_exists(run):
        run.world.remove(CONFIG)
    metadata = {"name": "kube-vxlan-controller", "namespace": "kube-system"}
    run.world.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": _data(step)})


def _config_exists(run: Run) -> bool:
    found = run.world.items("/api/v1/namespaces/kube-system/configmaps")
    return any(one["metadata"]["name"] == "kube-vxlan-controller" for one in found)


def _annotation(step: Step) -> str:
    return "\n".join(step.lines)


def _pod(make: Callable[..., Json]) -> Callable[[Run, Step], None]:
    """`make` takes the name, the annotation, and the sentence's other words."""

    def act(run: Run, step: Step) -> None:
        name, *words = step.words
        run.world.apply(make(name, _annotation(step), *words))

    return act


def _pod_on(**more: Any) -> Callable[[Run, Step], None]:
    """The last word is the node; `more` is what the pod's spec has besides."""

    def act(run: Run, step: Step) -> None:
        name, node = step.words
        run.world.apply(objects.pod(name, _annotation(step), nodeName=run.world.node(node), **more))

    return act


def _workload(make: Callable[[str, str, int], Json]) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        name, count = step.words
        run.world.apply(make(name, _annotation(step), int(count)))

    return act


def _kind(run: Run, name: str) -> str:
    namespace, short = place(name)
    for kind in ("deployments", "statefulsets"):
        path = f"/apis/apps/v1/namespaces/{namespace}/{kind}"
        if any(one["metadata"]["name"] == short for one in run.world.items(path)):
            return f"{path}/{short}"
    raise AssertionError(f"there is no workload {name}")


def _scale(run: Run, step: Step) -> None:
    name, count = step.words
    run.world.merge(_kind(run, name), {"spec": {"replicas": int(count)}})


def _roll(run: Run, step: Step) -> None:
    template = {"metadata": {"annotations": {ANNOTATION: _annotation(step)}}}
    run.world.merge(_kind(run, step.words[0]), {"spec": {"template": template}})


def _mark(run: Run, called: str, metadata: Json) -> None:
    for name in names(called):
        for obj in pods_of(run.world, name):
            run.world.merge(_path(obj), {"metadata": metadata})


def _path(obj: Json) -> str:
    return f"/api/v1/namespaces/{obj['metadata']['namespace']}/pods/{obj['metadata']['name']}"


def _delete(**options: Any) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        for name in names(step.words[0]):
            if pods_of(run.world, name):
                run.settle([name])  # so that it is known which address each had
            for obj in objects_of(run.world, name):
                run.world.remove(_path(obj), **options)

    return act


def _cordon(run: Run, node: str, is_closed: bool | None) -> None:
    run.world.merge(f"/api/v1/nodes/{run.world.node(node)}", {"spec": {"unschedulable": is_closed}})


def _drain(run: Run, step: Step) -> None:
    """As `kubectl drain` does it: nobody is sent there any more, and each pod is evicted."""
    (node,) = step.words
    _cordon(run, node, True)
    for obj in run.world.items("/api/v1/pods"):
        if obj["spec"].get("nodeName") == run.world.node(node):
            metadata = {key: obj["metadata"][key] for key in ("namespace", "name")}
            run.world.create(f"{_path(obj)}/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})


# What goes wrong


def _fault(name: str, *keys: str, **fixed: Any) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        run.world.fault(name, **fixed, **dict(zip(keys, step.words, strict=True)))

    return act


def _pod_fault(name: str, *keys: str, **fixed: Any) -> Callable[[Run, Step], None]:
    """The last word names the pods."""

    def act(run: Run, step: Step) -> None:
        *words, called = step.words
        for one in names(called):
            for obj in pods_of(run.world, one):
                which = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
                run.world.fault(name, pod=which, **fixed, **dict(zip(keys, words, strict=True)))

    return act


def _by_hand(run: Run, step: Step) -> None:
    for pod in run.pods(names(step.words[0])):
        for line in step.lines:
            pod.namespace.run(*(run.last_address(word[1:-1]) if word.startswith("{") else word for word in shlex.split(line)))


def _audits(run: Run, step: Step) -> None:
    run.audit = float(step.words[0])


@dataclass(frozen=True, slots=True)
class Sentence:
    """One row of the table."""

    text: str
    act: Callable[[Run, Step], None]
    block: Block = Block.NOTHING


SENTENCES = (
    # What there is
    Sentence("the networks are", _networks, Block.LINES),
    Sentence("the networks become", lambda run, step: run.world.merge(CONFIG, {"data": _data(step)}), Block.LINES),
    Sentence("the networks are gone", lambda run, step: run.world.remove(CONFIG)),
    Sentence("network NAME is gone", lambda run, step: run.world.merge(CONFIG, {"data": {step.words[0]: None}})),
    Sentence("network NAME is REST", lambda run, step: run.world.merge(CONFIG, {"data": dict([step.words])})),
    Sentence("pod NAME", _pod(objects.pod), Block.LINES),
    Sentence("pod NAME on NAME", _pod_on(), Block.LINES),
    Sentence("pod NAME with IPv4 alone", _pod(objects.single_pod), Block.LINES),
    Sentence("pod NAME with a native agent", _pod(objects.native_pod), Block.LINES),
    Sentence("pod NAME in the network of NAME", _pod_on(hostNetwork=True), Block.LINES),
    Sentence(
        "pod NAME that takes COUNT s to end",
        _pod(lambda name, text, grace: objects.slow_pod(name, text, int(grace))),
        Block.LINES,
    ),
    Sentence("deployment NAME of COUNT", _workload(objects.deployment), Block.LINES),
    Sentence("deployment NAME of COUNT with native agents", _workload(objects.native_deployment), Block.LINES),
    Sentence("statefulset NAME of COUNT", _workload(objects.statefulset), Block.LINES),
    Sentence("objects", lambda run, step: run.world.apply(*objects.documents(step.lines)), Block.LINES),
    Sentence(
        "apply FILE",
        lambda run, step: run.world.apply(*objects.documents((ROOT / step.words[0]).read_text().splitlines())),
    ),
    # What people do
    Sentence("scale NAME to COUNT", _scale),
    Sentence("roll NAME out with", _roll, Block.LINES),
    Sentence(
        "annotate NAMES",
        lambda run, step: _mark(run, step.words[0], {"annotations": {ANNOTATION: _annotation(step)}}),
        Block.LINES,
    ),
    Sentence("take the annotation off NAMES", lambda run, step: _mark(run, step.words[0], {"annotations": {ANNOTATION: None}})),
    Sentence("take the label off NAMES", lambda run, step: _mark(run, step.words[0], {"labels": {LABEL: None}})),
    Sentence("delete NAMES", _delete()),
    Sentence("delete NAMES at once", _delete(gracePeriodSeconds=0)),
    Sentence("delete NAME within 1 s", _delete(gracePeriodSeconds=1)),
    Sentence("drain node NAME", _drain),
    Sentence("uncordon node NAME", lambda run, step: _cordon(run, step.words[0], None)),
    Sentence("delete workload NAME", lambda run, step: run.world.remove(_kind(run, step.words[0]))),
    Sentence("by hand in NAMES", _by_hand, Block.LINES),
    Sentence("audits come every SECONDS s", _audits),
    Sentence("start the controller", lambda run, step: run.start_controller()),
    Sentence("kill the controller", lambda run, step: _end_controller(run, signal.SIGKILL, -9)),
    Sentence("stop the controller", lambda run, step: _end_controller(run, signal.SIGTERM, 0)),
    Sentence("undisturbed, and with the controller killed at each moment", at_each_moment(act), Block.STEPS),
    # What goes wrong
    Sentence("kill the agent of NAMES", _pod_fault("kill", container=SIDECAR)),
    Sentence("kill the init agent of NAMES", _pod_fault("kill", container=INIT)),
    Sentence("kill container NAME of NAMES", _pod_fault("kill", "container")),
    Sentence("freeze the agent of NAMES", _pod_fault("freeze", container=SIDECAR)),
    Sentence("thaw the agent of NAMES", _pod_fault("thaw", container=SIDECAR)),
    Sentence("rebuild the sandbox of NAMES", _pod_fault("rebuild")),
    Sentence("evict NAMES", _pod_fault("evict")),
    Sentence("stop node NAME", _fault("stop", "node")),
    Sentence("start node NAME", _fault("start", "node")),
    Sentence("restart node NAME", _fault("start", "node", reboot=True)),
    Sentence("restart the API server", _fault("restart")),
    Sentence("the API server is away for SECONDS s", _fault("restart", "seconds")),
    Sentence("cut the watches", _fault("cut-watches")),
    Sentence("silence the watches", _fault("silence-watches")),
    Sentence("forget the history", _fault("compact")),
    Sentence("exec into NAMES hangs", _pod_fault("exec", how="hang")),
    Sentence("exec into NAMES is refused", _pod_fault("exec", how="refuse")),
    Sentence("exec into NAMES is cut COUNT times", _pod_fault("exec", how="cut")),
    Sentence("exec into NAMES takes SECONDS s", _pod_fault("exec", how="slow")),
    Sentence("exec into NAMES works", _pod_fault("exec", how="work")),
    # What is seen
    Sentence("within BOUND", seeing.within, Block.HOLDINGS),
    Sentence("NAME pings ADDRESS", seeing.pings(True)),
    Sentence("NAME cannot ping ADDRESS", seeing.pings(False)),
    Sentence("in NAMES QUOTED shows QUOTED", seeing.shows(True)),
    Sentence("in NAMES QUOTED does not show QUOTED", seeing.shows(False)),
    Sentence("nothing is written in NAMES while", seeing.while_silent(act), Block.STEPS),
    Sentence("nothing is deleted in NAMES while", seeing.while_silent(act, "Deleted"), Block.STEPS),
    Sentence("the controller has looked at everything", seeing.looked),
    Sentence("NAME is told REASON within SECONDS s", seeing.told_within),
    Sentence("NAME is told REASON", seeing.told),
    Sentence("NAME is told REASON with QUOTED", seeing.told),
    Sentence("NAMES is ready", seeing.runs(True)),
    Sentence("NAMES are ready", seeing.runs(True)),
    Sentence("NAMES are not ready", seeing.runs(False)),
    Sentence("NAMES is not ready", seeing.runs(False)),
    Sentence("NAME has the address that NAME had", seeing.same_address),
    Sentence("NAME has another address", seeing.moved),
    Sentence("NAME has ended", seeing.ended),
    Sentence("NAMES is gone", seeing.gone),
    Sentence("two audits pass", seeing.two_audits),
)
"""All sentences; of two that fit, the first counts."""


def _end_controller(run: Run, number: signal.Signals, code: int) -> None:
    found = run.world.controller.end(number)
    assert found == code, f"the controller ended with {found}"
