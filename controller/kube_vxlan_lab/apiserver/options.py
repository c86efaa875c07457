"""Pure. The query of a list or a watch, and which of its combinations the API refuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.failures import Cause
from kube_vxlan_lab.apiserver.resources import Resource
from kube_vxlan_lab.apiserver.selectors import Chooses, chooser


@dataclass(frozen=True, slots=True)
class Options:
    """The query of a list or watch."""

    chooses: Chooses
    filtered: bool = False
    """Whether there is a selector at all."""
    version: int | None = None
    """None: the most recent. 0: any."""
    match: str = ""
    limit: int = 0
    continues: str = ""
    watch: bool = False
    initial_events: bool | None = None
    bookmarks: bool = False
    timeout: int | None = None
    """Seconds."""


def parse_options(resource: Resource, query: Mapping[str, str]) -> Options:
    """Raises a 400 or 422 Refusal."""
    initial = query.get("sendInitialEvents")
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    options = Options(
        chooses=chooser(resource, labels, fields),
        filtered=bool(labels or fields),
        version=_number(query, "resourceVersion"),
        match=query.get("resourceVersionMatch", ""),
        limit=_number(query, "limit") or 0,
        continues=query.get("continue", ""),
        watch=_truth(query.get("watch", "")),
        initial_events=None if initial is None else _truth(initial),
        bookmarks=_truth(query.get("allowWatchBookmarks", "")),
        timeout=_number(query, "timeoutSeconds"),
    )
    causes = _watch_causes(options) if options.watch else _list_causes(options)
    if causes:
        raise failures.invalid("ListOptions", "meta.k8s.io", "", causes)
    return options


def _truth(text: str) -> bool:
    return text.lower() in ("1", "true", "t")


def _number(query: Mapping[str, str], key: str) -> int | None:
    text = query.get(key, "")
    if text and not (text.isascii() and text.isdecimal()):
        raise failures.bad_request(f'{key}: Invalid value: "{text}": must be a number')
    return int(text) if text else None


def _watch_causes(options: Options) -> list[Cause]:
    causes = []
    if options.initial_events is not None and options.match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(_forbidden(why))
    if options.match and options.initial_events is None:
        causes.append(_forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
    return causes


def _list_causes(options: Options) -> list[Cause]:
    causes = []
    if options.match and options.version is None:
        causes.append(_forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if options.match and options.continues:
        causes.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
    if options.match not in ("", "Exact", "NotOlderThan"):
        said = f'Unsupported value: "{options.match}": supported values: "Exact", "NotOlderThan", ""'
        causes.append(Cause("FieldValueNotSupported", said, "resourceVersionMatch"))
    if options.match == "Exact" and options.version == 0:
        causes.append(_forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if options.initial_events is not None:
        causes.append(_forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents"))
    return causes


def _forbidden(why: str, field: str = "resourceVersionMatch") -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)
