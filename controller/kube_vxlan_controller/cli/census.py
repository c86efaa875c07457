"""Pure. Judges all pods of a cluster, and its ConfigMap of networks, as `checking` does files.

It tells before a migration, or before a controller is started at all, what it would refuse. Laws: every mistake is told; what
only shows when pods are looked at together is told too; pods that are over are not judged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kube_vxlan_controller.cli.checking import Finding, Oddity, Report
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.language.mistakes import quoted, visible
from kube_vxlan_controller.language.resolving import resolve
from kube_vxlan_controller.model import Fault, Place, Warning
from kube_vxlan_controller.views import AgentState, PodView

MOST_NAMES = 3
"""Pods with the same fault that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the controller was told to look for."""

    selector: str
    annotation: str
    configmap: str
    """With its namespace."""


def judge(desired: Desired, everybody: Iterable[PodView], names: Names, namespace: str = "") -> Report:
    """Judge a cluster: the wishes for its labelled pods, and all pods that there are; of all namespaces, or of one."""
    pods = [desired.pods[place] for place in sorted(desired.pods) if namespace in ("", place.namespace)]
    found = [Finding(str(pod.place), fault.where, "", fault) for pod in pods for fault in _faults(desired, pod)]
    odd = [Oddity(str(pod.place), "", warning) for pod in pods for warning in _warnings(desired, pod, names)]
    there = (pod for pod in everybody if namespace in ("", pod.place.namespace))
    odd += _strangers(there, desired.snapshot.pods.keys(), names)
    source = f"ConfigMap {names.configmap}"
    entries = [Finding(source, f.where, f"the entry {quoted(f.network or '')}", f) for f in desired.networks.faults]
    configured = desired.networks.definitions is not None
    return Report(
        findings=(*entries, *found),
        oddities=tuple(odd),
        annotations=sum(1 for pod in pods if pod.text is not None),
        configmaps=int(configured),
        notes=() if configured else (f"There is no {source}: create it, empty if every network has an id of its own.",),
    )


def _faults(desired: Desired, pod: PodView) -> tuple[Fault, ...]:
    """What the controller refuses of a pod now; of one that has no address yet, what can be told without."""
    if pod.addresses or pod.text is None:
        return desired.readings[pod.place].faults
    return resolve(pod.text, desired.networks, pod.place.namespace, ()).faults


def _warnings(desired: Desired, pod: PodView, names: Names) -> Iterator[Warning]:
    yield from desired.wishes[pod.place].warnings
    if pod.text is None:
        hint = f"give it the annotation {names.annotation}, or take the label off"
        yield Warning("no-annotation", "The pod is labelled, but has no annotation: it is a member of no network.", hint)
    elif pod.init is not AgentState.ABSENT and pod.sidecar is AgentState.ABSENT:
        message = "The pod has an init agent and no other: once it runs, nobody can change or repair its links."
        yield Warning("no-sidecar", message, "add the second container of kubernetes/patch.yaml")
    elif pod.init is AgentState.ABSENT and pod.sidecar is not AgentState.ABSENT and not pod.native:
        message = "Nothing makes the pod wait for its networks: its containers start without them."
        yield Warning("no-gate", message, "add the init container of kubernetes/patch.yaml")


def _strangers(everybody: Iterable[PodView], labelled: Iterable[Place], names: Names) -> Iterator[Oddity]:
    """Annotated pods that the selector does not find."""
    known = frozenset(labelled)
    for pod in sorted(everybody, key=lambda pod: pod.place):
        if pod.text is not None and not pod.terminal and pod.place not in known:
            message = f"The pod is annotated, but the selector {names.selector} does not find it: nobody looks at it."
            yield Oddity(str(pod.place), "", Warning("no-label", visible(message), "give it the label"))


def grouped(report: Report) -> Report:
    """The same report for people: what is the same in many pods is told once, with the names of some."""
    faults: dict[Fault, list[Finding]] = {}
    for finding in report.findings:
        faults.setdefault(finding.fault, []).append(finding)
    warnings: dict[Warning, list[Oddity]] = {}
    for oddity in report.oddities:
        warnings.setdefault(oddity.warning, []).append(oddity)
    return replace(
        report,
        findings=tuple(replace(some[0], owner=_and_more([f.file for f in some]) or some[0].owner) for some in faults.values()),
        oddities=tuple(replace(some[0], owner=_and_more([o.file for o in some])) for some in warnings.values()),
    )


def _and_more(sources: list[str]) -> str:
    if len(sources) == 1:
        return ""
    rest = len(sources) - MOST_NAMES
    return f"{len(sources)} pods: {', '.join(sources[:MOST_NAMES])}" + (f" and {rest} more" if rest > 0 else "")
