"""Pure. Label and field selectors: their text, and which objects they choose.

The grammar is the API's: `a=b,c!=d,e in (f,g),h notin (i),j,!k` for labels; `path=value,path!=value` for fields, where only
the paths that the real server indexes for a kind may be named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kube_vxlan_lab.apiserver.failures import bad_request
from kube_vxlan_lab.apiserver.resources import EVENTS, NAMESPACES, PODS, Json, Resource

Chooses = Callable[[Json], bool]
"""Whether an object, in its stored form, is chosen."""

_FIELDS: dict[str, tuple[str, ...]] = {
    PODS.plural: (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    EVENTS.plural: (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    NAMESPACES.plural: ("status.phase",),
}
_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<missing>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)|\s(?P<set>in|notin)\s*\((?P<values>[\w.\-\s,]*)\))?)"
    r"\s*(?:,|$)"
)


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    values: frozenset[str] | None
    """None: any value at all."""
    negated: bool

    def holds(self, labels: Json) -> bool:
        value = labels.get(self.key)
        found = value is not None if self.values is None else value in self.values
        return found != self.negated


def parse_labels(text: str) -> Callable[[Json], bool]:
    """A function of a label map. Raises a 400 Refusal for what is no selector."""
    requirements: list[_Requirement] = []
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None or term.end() == at:
            raise bad_request(f'unable to parse requirement: found "{text[at:]}", which is no label selector')
        requirements.append(_requirement(term))
        at = term.end()
    return lambda labels: all(requirement.holds(labels) for requirement in requirements)


def _requirement(term: re.Match[str]) -> _Requirement:
    if term["absent"]:
        return _Requirement(term["missing"], None, negated=True)
    if term["set"]:
        values = frozenset(value.strip() for value in term["values"].split(","))
        return _Requirement(term["key"], values, negated=term["set"] == "notin")
    if term["op"]:
        return _Requirement(term["key"], frozenset((term["value"],)), negated=term["op"] == "!=")
    return _Requirement(term["key"], None, negated=False)


def matches_selector(selector: Json, labels: Json) -> bool:
    """Whether an object's `spec.selector` (matchLabels, matchExpressions) chooses these labels. An empty one chooses all."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for wish in selector.get("matchExpressions") or ():
        values = frozenset(wish.get("values") or ()) if wish["operator"] in ("In", "NotIn") else None
        if not _Requirement(wish["key"], values, wish["operator"] in ("NotIn", "DoesNotExist")).holds(labels):
            return False
    return True


def chooser(resource: Resource, labels: str, fields: str) -> Chooses:
    """Both selectors in one. Raises a 400 Refusal for texts or fields that the server does not know."""
    labelled = parse_labels(labels) if labels else None
    terms = tuple(_field_term(resource, text) for text in fields.split(",") if text)

    def chooses(obj: Json) -> bool:
        if labelled is not None and not labelled(obj["metadata"].get("labels") or {}):
            return False
        return all((field_value(obj, path) == value) != negated for path, value, negated in terms)

    return chooses


def _field_term(resource: Resource, text: str) -> tuple[tuple[str, ...], str, bool]:
    key, found, value = text.partition("=")
    if not found:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    negated = key.endswith("!")
    key = key.removesuffix("!")
    path = _renamed(resource, key)
    if path not in ("metadata.name", "metadata.namespace", *_FIELDS.get(resource.plural, ())):
        raise bad_request(f"field label not supported: {key}")
    if path == "source":
        path = "source.component"
    return tuple(path.split(".")), value.removeprefix("="), negated


def _renamed(resource: Resource, key: str) -> str:
    """The stored field behind a field of events.k8s.io."""
    if resource.group != "events.k8s.io":
        return key
    if key == "reportingController":
        return "reportingComponent"
    return key.replace("regarding.", "involvedObject.", 1)


def field_value(obj: Json, path: tuple[str, ...]) -> str:
    """The field as selectors compare it: a string, empty where it is absent."""
    value: Any = obj
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "false" if path[-1] == "hostNetwork" else ""
    return str(value)
