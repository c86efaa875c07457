"""Pure. Finds what users write inside manifests, and knows where in the file each letter of it stands.

YAML and JSON are read as a tree of nodes with marks; nothing is constructed from them. Laws: what is not found is not
guessed at; a text found here is what the API server would see; where one would have to be and something else is, that is told.
(Merge keys, `<<`, are not followed.)
"""

from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.language.passages import Passage
from kube_vxlan_controller.model import Fault, Namespace, Span

TEMPLATES = (
    ("metadata",),
    ("spec", "template", "metadata"),
    ("spec", "jobTemplate", "spec", "template", "metadata"),
    ("template", "metadata"),
)
"""Where a pod's metadata stands: in a Pod itself, in what makes Pods, in a CronJob, in a PodTemplate."""
MAKERS = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
        "PodTemplate",
        "Pod",
        "",
    }
)
"""Kinds that have pods' metadata there, `""` being a patch; nothing is known of the shape of others."""


Pair = tuple[yaml.Node, yaml.Node]
"""A name and what stands below it."""


class NotAManifest(ValueError):
    """The file is not YAML or JSON, or holds something else than objects; the sentence says what, `where` says where."""

    def __init__(self, message: str, where: Span) -> None:
        super().__init__(message)
        self.where = where


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
    binary_keys: tuple[str, ...]
    keys: tuple[tuple[str, Span], ...]
    """Where the key of each entry stands."""


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
    roots = _roots(source)
    if not roots or all(_is_null(root) for root in roots):
        raise NotAManifest("There is no Kubernetes object here: the file holds nothing.", Span(1, 1))
    for root in roots:
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
        if id(node) in self._seen or _is_null(node):
            return
        self._seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            raise NotAManifest(
                "There is no Kubernetes object here (for the bare text of an annotation, say --annotation).", _begin(node)
            )
        kind, items = _text(_child(node, "kind")), _child(node, "items")
        if isinstance(items, yaml.SequenceNode):
            for item in items.value:
                self.visit(item)
            return
        if kind.endswith("List"):
            raise NotAManifest(f"The items of this {quoted(kind)} are no list.", _begin(items or node))
        if not kind and not any(_child(node, name) for name in ("metadata", "spec", "template")):
            raise NotAManifest("There is no Kubernetes object here: it has no kind, and is no patch of one.", _begin(node))
        name = _text(_at(node, ("metadata", "name")))
        namespace = _text(_at(node, ("metadata", "namespace")))
        owner = f"{kind or 'patch'} {namespace + '/' if namespace else ''}{name}".strip()
        self._block(node, "metadata", owner)
        if kind == "ConfigMap":
            self._configmap(node, owner, name)
        else:
            self._pods(node, owner, kind, Namespace(namespace) if namespace else None)

    def _configmap(self, node: yaml.MappingNode, owner: str, name: str) -> None:
        entries = {}
        data = self._block(node, "data", owner)
        self._repeated((key for key, _ in data), owner)
        for key, value in data:
            passage = self._passage(value, owner, f"The entry {quoted(_text(key))}")
            if passage is not None:
                entries[_text(key)] = passage
        binary = self._block(node, "binaryData", owner)
        keys = tuple((_text(key), _span(key)) for key, _ in (*data, *binary))
        binary_keys = tuple(_text(key) for key, _ in binary)
        self.configmaps.append(ConfigMapText(owner, name, tuple(entries.items()), binary_keys, keys))

    def _pods(self, node: yaml.MappingNode, owner: str, kind: str, namespace: Namespace | None) -> None:
        for path in TEMPLATES:
            above: yaml.Node | None = node
            for name in path if kind in MAKERS else ():
                self._block(above, name, owner)
                above = _child(above, name)
            metadata = _at(node, path)
            ours = [(key, value) for key, value in self._block(metadata, "annotations", owner) if _text(key) == self.annotation]
            self._repeated((key for key, _ in ours), owner)
            for key, value in ours:
                if _is_null(value):
                    continue
                if path == ("metadata",) and kind not in ("Pod", ""):
                    self._misplaced(key, owner, kind)
                    continue
                passage = self._passage(value, owner, "The annotation")
                if passage is not None:
                    labels = frozenset((_text(label), _text(word)) for label, word in self._block(metadata, "labels", owner))
                    self.annotations.append(AnnotationText(owner, namespace, passage, labels))

    def _misplaced(self, key: yaml.Node, owner: str, kind: str) -> None:
        message = f"This annotates the {quoted(kind)[1:-1]} itself, where nobody reads it: networks are annotated on pods."
        self._fault(key, owner, Mistake("misplaced-annotation", message, "move it to `spec.template.metadata.annotations`"))

    def _passage(self, node: yaml.Node, owner: str, what: str) -> Passage | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return Passage(node.value, self.source, node.start_mark.index, node.style or "")
        if _is_null(node):
            return Passage("", self.source, node.start_mark.index, "")
        self._fault(
            node,
            owner,
            Mistake("not-text", f"{what} is not text, and the API server takes only text here.", "put it in quotes"),
        )
        return None

    def _block(self, node: yaml.Node | None, name: str, owner: str) -> list[Pair]:
        """What stands below a name, as pairs; something else there is told, once."""
        below = _child(node, name)
        if (
            below is not None
            and not isinstance(below, yaml.MappingNode)
            and not _is_null(below)
            and id(below) not in self._seen
        ):
            self._seen.add(id(below))
            message = f"What stands below `{name}` is no block of `name: value`, and the API server takes only that here."
            self._fault(below, owner, Mistake("no-block", message, f"write `name: value` lines below `{name}:`"))
        return _pairs(below)

    def _repeated(self, keys: Iterable[yaml.Node], owner: str) -> None:
        """Tell each name that was there before: a parser takes the last one, or refuses the file."""
        before = set()
        for key in keys:
            if _text(key) in before:
                message = f"{quoted(_text(key))} is there twice, and at most the last one would be seen."
                self._fault(key, owner, Mistake("repeated-key", message, "leave one of them, with all that is meant"))
            before.add(_text(key))

    def _fault(self, node: yaml.Node, owner: str, mistake: Mistake) -> None:
        span = _span(node)
        self.faults.append((owner, mistake.at(Spot(span, self.source.split("\n")[span.line - 1].removesuffix("\r")))))


def _span(node: yaml.Node) -> Span:
    mark, end = node.start_mark, node.end_mark
    return Span(mark.line + 1, mark.column + 1, max(1, end.column - mark.column) if end.line == mark.line else 1)


def _begin(node: yaml.Node) -> Span:
    return Span(node.start_mark.line + 1, node.start_mark.column + 1)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _pairs(node: yaml.Node | None) -> list[Pair]:
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
