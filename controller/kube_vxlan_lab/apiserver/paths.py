"""Pure. An address of the API, taken apart: which resource, which object, which of its subresources.

`/api/v1/...` is the core group, `/apis/GROUP/VERSION/...` are the others; `namespaces/NAME/` before a plural is where to look.
"""

from dataclasses import dataclass

from kube_vxlan_lab.apiserver.resources import Resource, by_plural


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about."""

    resource: Resource
    namespace: str = ""
    """Empty: all namespaces, or the resource has none."""
    name: str = ""
    """Empty: the collection."""
    subresource: str = ""


def parse(path: str) -> Target | None:
    """The target of a path, None if nothing is served there."""
    match path.strip("/").split("/"):
        case ["api", "v1", *rest]:
            return _target("", "v1", rest)
        case ["apis", group, version, *rest] if group:
            return _target(group, version, rest)
        case _:
            return None


def _target(group: str, version: str, rest: list[str]) -> Target | None:
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and (inner := by_plural(group, version, rest[2])) is not None:
        if not inner.namespaced:
            return None
        namespace, rest = rest[1], rest[2:]
    if not 1 <= len(rest) <= 3 or (row := by_plural(group, version, rest[0])) is None:
        return None
    name, subresource = (*rest[1:], "", "")[:2]
    if name and row.namespaced and not namespace:
        return None
    if subresource and subresource not in row.subresources:
        return None
    return Target(row, namespace, name, subresource)
