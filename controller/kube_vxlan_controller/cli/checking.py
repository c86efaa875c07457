"""Pure. Judges manifests and bare texts as the controller would, and tells each Fault where it stands.

All files are read before any is judged, so that it does not matter where the ConfigMap stands. Laws: every mistake is told,
not only the first; what cannot be known from files (addresses, devices, the namespace of a manifest that names none) is not
judged; without a ConfigMap the existence of networks is not judged, and that is said once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from kube_vxlan_controller.cli.render import counted
from kube_vxlan_controller.language.caret import draw
from kube_vxlan_controller.language.manifests import AnnotationText, ConfigMapText, Found, NotAManifest, find
from kube_vxlan_controller.language.mistakes import quoted, visible
from kube_vxlan_controller.language.passages import Passage
from kube_vxlan_controller.language.resolving import NO_CONFIGMAP, Networks, Resolved, resolve
from kube_vxlan_controller.model import Fault, Span, Warning
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.views import ConfigView


@dataclass(frozen=True, slots=True)
class Rules:
    """What the controller was told that decides how files are judged."""

    annotation: str
    configmap_name: str
    selector: str
    locked: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A file of manifests."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Bare:
    """A file that is the text of an annotation."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A Fault, where it is in the file, and what it is in."""

    file: str
    at: Span | None
    owner: str
    """`the annotation of Deployment default/a`; empty for a bare text."""
    fault: Fault
    within: Span | None = None
    """Where it is in the text, if that is a part of the file."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A Warning, and what it is about."""

    file: str
    owner: str
    warning: Warning


@dataclass(frozen=True, slots=True)
class Report:
    """All that there is to say about some files."""

    findings: tuple[Finding, ...]
    oddities: tuple[Oddity, ...]
    annotations: int
    configmaps: int
    notes: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Files that are no manifests: `FILE:LINE:COLUMN: sentence`."""


def examine(documents: Iterable[Document | Bare], rules: Rules) -> Report:
    """Judge all files together."""
    return _Examination(rules).report(list(documents))


class _Examination:
    """The findings of one call, as they come together."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.findings: list[Finding] = []
        self.oddities: list[Oddity] = []
        self.unreadable: list[str] = []
        self.networks = Networks(None, rules.locked)

    def report(self, documents: list[Document | Bare]) -> Report:
        found = [(document, self._found(document)) for document in documents]
        configmaps = 0
        for document, contents in found:
            for configmap in contents.configmaps if contents else ():
                if configmap.name == self.rules.configmap_name:
                    configmaps += 1
                    self._configmap(document.file, configmap)
        annotations = 0
        for document, contents in found:
            match document:
                case Bare(file, text):
                    annotations += 1
                    self._resolved(file, "", None, resolve(text, self.networks, None, ()))
                case Document(file, _):
                    annotations += len(contents.annotations) if contents else 0
                    self._manifest(file, contents)
                case _:
                    assert_never(document)
        order = {document.file: place for place, document in enumerate(documents)}
        self.findings.sort(key=lambda finding: (order[finding.file], finding.at or Span(0, 0)))
        return Report(
            tuple(self.findings),
            tuple(self.oddities),
            annotations,
            configmaps,
            tuple(self._notes(annotations, configmaps)),
            tuple(self.unreadable),
        )

    def _found(self, document: Document | Bare) -> Found | None:
        if isinstance(document, Bare):
            return None
        try:
            return find(document.text, self.rules.annotation)
        except NotAManifest as error:
            self.unreadable.append(f"{document.file}:{error.where.line}:{error.where.column}: {visible(str(error))}")
            return None

    def _configmap(self, file: str, configmap: ConfigMapText) -> None:
        passages = dict(configmap.entries)
        keys = dict(configmap.keys)
        entries = tuple((key, passage.text) for key, passage in sorted(configmap.entries))
        view = ConfigView(entries, tuple(sorted(configmap.binary_keys)))
        self.networks = read_networks(view, self.rules.locked)
        for fault in self.networks.faults:
            key = fault.network or ""
            at = passages[key].place(fault.where) if fault.where else keys[key]
            self.findings.append(
                Finding(file, at, f"the entry {quoted(key)} of {visible(configmap.owner)}", fault, fault.where)
            )

    def _manifest(self, file: str, found: Found | None) -> None:
        if found is None:
            return
        self.findings += [Finding(file, fault.where, visible(owner), fault) for owner, fault in found.faults]
        for one in found.annotations:
            owner = f"the annotation of {visible(one.owner)}"
            self._resolved(file, owner, one.passage, resolve(one.passage.text, self.networks, one.namespace, ()))
            self._label(file, one)

    def _resolved(self, file: str, owner: str, passage: Passage | None, resolved: Resolved) -> None:
        for fault in resolved.faults:
            if fault.code != NO_CONFIGMAP:
                at = passage.place(fault.where) if passage and fault.where else fault.where
                self.findings.append(Finding(file, at, owner, fault, fault.where if passage else None))
        self.oddities += [Oddity(file, owner, warning) for warning in resolved.warnings]

    def _label(self, file: str, one: AnnotationText) -> None:
        """Only a selector of the simplest form is judged here; the API server knows the others."""
        key, equals, value = self.rules.selector.partition("=")
        if equals and not set("=!,( ") & set(key + value) and (key, value) not in one.labels:
            message = (
                f"The pods are annotated, but they have no label `{key}` with the value {quoted(value)}: nobody looks at them."
            )
            warning = Warning("no-label", message, f'add `{key}: "{value}"` to the labels')
            self.oddities.append(Oddity(file, visible(one.owner), warning))

    def _notes(self, annotations: int, configmaps: int) -> Iterator[str]:
        if annotations and not configmaps:
            yield (
                f"No ConfigMap {self.rules.configmap_name} is among these files, so it was not judged which networks there are"
                " (name a file that has it as well)."
            )


def as_text(report: Report) -> str:
    """For people: every Fault with its caret, then what is odd, then what was not judged, then one line that sums up."""
    parts = [_drawn(finding) for finding in report.findings]
    for oddity in report.oddities:
        about = f" ({oddity.owner})" if oddity.owner else ""
        parts.append(f"{visible(oddity.file)}: warning: {oddity.warning.message}{about}\n    {oddity.warning.hint}")
    parts += [f"note: {note}" for note in report.notes]
    annotations, configmaps = counted(report.annotations, "annotation"), counted(report.configmaps, "ConfigMap")
    faults, warnings = counted(len(report.findings), "fault"), counted(len(report.oddities), "warning")
    parts.append(f"{annotations} and {configmaps} checked: {faults}, {warnings}.")
    return "\n".join(parts)


def as_value(report: Report, unreadable: Sequence[str]) -> dict[str, object]:
    """For programs: the same."""
    faults = [
        {
            "file": finding.file,
            "line": finding.at.line if finding.at else None,
            "column": finding.at.column if finding.at else None,
            "in": finding.owner,
            "textLine": finding.within.line if finding.within else None,
            "textColumn": finding.within.column if finding.within else None,
            "code": finding.fault.code,
            "message": finding.fault.message,
            "hint": finding.fault.hint,
            "network": finding.fault.network,
            "scope": finding.fault.scope.value,
        }
        for finding in report.findings
    ]
    warnings = [
        {
            "file": oddity.file,
            "in": oddity.owner,
            "code": oddity.warning.code,
            "message": oddity.warning.message,
            "hint": oddity.warning.hint,
            "network": oddity.warning.network,
        }
        for oddity in report.oddities
    ]
    whole = {"faults": faults, "warnings": warnings, "notes": report.notes, "unreadable": unreadable}
    return {**whole, "annotations": report.annotations, "configMaps": report.configmaps}


def _drawn(finding: Finding) -> str:
    drawn, within = draw(finding.fault, finding.file, finding.at), finding.within
    place = f"line {within.line}, column {within.column} of " if within else "in "
    return f"{drawn}\n    ({place}{finding.owner})" if finding.owner else drawn
