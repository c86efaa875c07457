"""Pure. Finds what users write inside manifests, and knows where in the file each letter of it stands.

YAML and JSON are read as a tree of nodes with marks; nothing is constructed from them. Laws: what is not found is not
guessed at; a text found here is what the API server would see; each non-blank character of it has its own place in the
file, however it is quoted or folded. (Merge keys, `<<`, are not followed.)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.model import Fault, Namespace, Span

TEMPLATES = (
    ("metadata",),
    ("spec", "template", "metadata"),
    ("spec", "jobTemplate", "spec", "template", "metadata"),
    ("template", "metadata"),
)
"""Where a pod's metadata stands: in a Pod itself, in what makes Pods, in a CronJob, in a PodTemplate."""
BLANK = " \t\r\n"
BREAKS = "\r\n\u0085\u2028\u2029"
ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)


class NotAManifest(ValueError):
    """The file is not YAML or JSON, or holds something else than objects; the sentence says what, `where` says where."""

    def __init__(self, message: str, where: Span) -> None:
        super().__init__(message)
        self.where = where


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in a file, with what is needed to find its letters there."""

    text: str
    source: str = field(repr=False)
    start: int
    style: str

    def place(self, span: Span) -> Span:
        """Where in the file something stands that has this place in the text."""
        lines = self.text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: span.line - 1]) + span.column - 1
        index = self.start
        for position, index in enumerate(self._indices()):  # noqa: B007
            if position == offset:
                break
        return Span(self.source.count("\n", 0, index) + 1, index - self.source.rfind("\n", 0, index), span.length)

    def _indices(self) -> Iterator[int]:
        """For each character of the text, its index in the file; for a blank that folding made, the one after the last."""
        source, double = self.source, self.style == '"'
        index = self.start + (self.style in ("'", '"'))
        if self.style in ("|", ">"):
            index = source.find("\n", index) + 1
        for character in self.text:
            if double:
                index = _over_joined_lines(source, index)
            if character not in BLANK:
                while source[index : index + 1] in (*BLANK, *BREAKS) and source[index : index + 1] != character:
                    index += 1
                index = _over_joined_lines(source, index) if double else index
            escape = ESCAPE.match(source, index) if double else None
            yield index
            if escape:
                index = escape.end()
            elif self.style == "'" and source.startswith("''", index):
                index += 2
            elif character not in BLANK or source.startswith(character, index):
                index += 1


def _over_joined_lines(source: str, index: int) -> int:
    """Skips a backslash at a line's end, with the blanks that follow: together they are nothing."""
    while joined := re.compile(r"\\(\r\n|[\r\n])[ \t]*").match(source, index):
        index = joined.end()
    return index


@dataclass(frozen=True, slots=True)
class AnnotationText:
    """The networks of a pod, or of the pods of a template."""

    owner: str
    """The object it stands in: `Deployment default/a`."""
    namespace: Namespace | None
    """None where the manifest names none: the one that `kubectl` is told."""
    passage: Passage
    labels: frozenset[tuple[str, str]]
    """Those of the same pod."""


@dataclass(frozen=True, slots=True)
class ConfigMapText:
    """A ConfigMap of networks."""

    owner: str
    name: str
    entries: tuple[tuple[str, Passage], ...]
    binary_keys: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds for us. The faults have their places in the file."""

    annotations: tuple[AnnotationText, ...]
    configmaps: tuple[ConfigMapText, ...]
    faults: tuple[tuple[str, Fault], ...]
    """With the object that each is in."""


def find(source: str, annotation: str) -> Found:
    """All annotations with that key, and all ConfigMaps, of a file's text. Raises `NotAManifest`."""
    search = _Search(source, annotation)
    for root in _roots(source):
        search.visit(root)
    return Found(tuple(search.annotations), tuple(search.configmaps), tuple(search.faults))


def _roots(source: str) -> list[yaml.Node]:
    # JSON may be indented with tabs, which YAML may not. Inside of JSON's strings a tab cannot stand.
    text = source.replace("\t", " ") if source.lstrip()[:1] in ("{", "[") else source
    try:
        return list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Span(mark.line + 1, mark.column + 1) if mark else Span(1, 1)
        raise NotAManifest(f"This is not YAML: {error.problem or error.context}.", where) from error
    except yaml.reader.ReaderError as error:
        line, column = source.count("\n", 0, error.position) + 1, error.position - source.rfind("\n", 0, error.position)
        message = f"This is not YAML: it holds the control character U+{error.character:04X}."
        raise NotAManifest(message, Span(line, column)) from error
    except RecursionError as error:
        raise NotAManifest("This is nested too deeply for a manifest.", Span(1, 1)) from error


class _Search:
    """Goes through the objects of one file."""

    def __init__(self, source: str, annotation: str) -> None:
        self.source = source
        self.annotation = annotation
        self.annotations: list[AnnotationText] = []
        self.configmaps: list[ConfigMapText] = []
        self.faults: list[tuple[str, Fault]] = []
        self._seen: set[int] = set()

    def visit(self, node: yaml.Node) -> None:
        """An object, or a List of them; nothing for an empty document, or for one that was visited (an alias can do that)."""
        if id(node) in self._seen or node.tag == "tag:yaml.org,2002:null":
            return
        self._seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            where = Span(node.start_mark.line + 1, node.start_mark.column + 1)
            raise NotAManifest(
                "There is no Kubernetes object here (for the bare text of an annotation, say --annotation).", where
            )
        items = _child(node, "items")
        if isinstance(items, yaml.SequenceNode):
            for item in items.value:
                self.visit(item)
            return
        kind, name = _text(_child(node, "kind")), _text(_at(node, ("metadata", "name")))
        namespace = _text(_at(node, ("metadata", "namespace")))
        owner = f"{kind or 'patch'} {namespace + '/' if namespace else ''}{name}".strip()
        if kind == "ConfigMap":
            self._configmap(node, owner, name)
        else:
            self._pods(node, owner, kind, Namespace(namespace) if namespace else None)

    def _configmap(self, node: yaml.MappingNode, owner: str, name: str) -> None:
        entries = {}
        for key, value in _pairs(_child(node, "data")):
            passage = self._passage(value, owner, f"The entry {quoted(_text(key))}")
            if passage is not None:
                entries[_text(key)] = passage
        binary = tuple((_text(key), _span(key)) for key, _ in _pairs(_child(node, "binaryData")))
        self.configmaps.append(ConfigMapText(owner, name, tuple(entries.items()), binary))

    def _pods(self, node: yaml.MappingNode, owner: str, kind: str, namespace: Namespace | None) -> None:
        for path in TEMPLATES:
            metadata = _at(node, path)
            for key, value in _pairs(_child(metadata, "annotations")):
                if _text(key) != self.annotation or value.tag == "tag:yaml.org,2002:null":
                    continue
                if path == ("metadata",) and kind not in ("Pod", ""):
                    self._misplaced(key, owner, kind)
                    continue
                passage = self._passage(value, owner, "The annotation")
                if passage is not None:
                    labels = frozenset((_text(label), _text(word)) for label, word in _pairs(_child(metadata, "labels")))
                    self.annotations.append(AnnotationText(owner, namespace, passage, labels))

    def _misplaced(self, key: yaml.Node, owner: str, kind: str) -> None:
        message = f"This annotates the {quoted(kind)[1:-1]} itself, where nobody reads it: networks are annotated on pods."
        self._fault(key, owner, Mistake("misplaced-annotation", message, "move it to `spec.template.metadata.annotations`"))

    def _passage(self, node: yaml.Node, owner: str, what: str) -> Passage | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return Passage(node.value, self.source, node.start_mark.index, node.style or "")
        if node.tag == "tag:yaml.org,2002:null":
            return Passage("", self.source, node.start_mark.index, "")
        self._fault(
            node,
            owner,
            Mistake("not-text", f"{what} is not text, and the API server takes only text here.", "put it in quotes"),
        )
        return None

    def _fault(self, node: yaml.Node, owner: str, mistake: Mistake) -> None:
        span = _span(node)
        self.faults.append((owner, mistake.at(Spot(span, self.source.split("\n")[span.line - 1].removesuffix("\r")))))


def _span(node: yaml.Node) -> Span:
    mark, end = node.start_mark, node.end_mark
    return Span(mark.line + 1, mark.column + 1, max(1, end.column - mark.column) if end.line == mark.line else 1)


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """The last value of that name, as the API server takes it."""
    return next((value for key, value in reversed(_pairs(node)) if _text(key) == name), None)


def _at(node: yaml.Node | None, path: tuple[str, ...]) -> yaml.Node | None:
    for name in path:
        node = _child(node, name)
    return node


def _text(node: yaml.Node | None) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""
