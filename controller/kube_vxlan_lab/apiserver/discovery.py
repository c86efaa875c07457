"""Pure. What kubectl asks about the server before it asks for anything else: groups, resources, version, schemas.

The schemas are the least that kubectl needs. Its OpenAPI documents name, for each kind, a PATCH that takes `fieldValidation`:
so kubectl leaves validation to the server, and finds the merge keys for `apply` in its own types, as it has done for years.
"""

from kube_vxlan_lab.apiserver.resources import RESOURCES, Json, Resource

VERSION = "v1.34.0+lab"
"""What the server says it is: a 1.34 with a suffix of its own."""
SWAGGER = b"\x0a\x032.0"
"""An OpenAPI document of version 2 that describes nothing, in protobuf (its field 1, `swagger`, alone).

kubectl asks for it where version 3 does not say that the server validates, which is so for a `List`; what it finds no
description of, it does not check.
"""
SWAGGER_FORM = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_SUBRESOURCES: dict[str, tuple[str, list[str]]] = {
    "binding": ("Binding", ["create"]),
    "eviction": ("Eviction", ["create"]),
    "exec": ("PodExecOptions", ["create", "get"]),
    "finalize": ("Namespace", ["update"]),
    "log": ("Pod", ["get"]),
    "scale": ("Scale", ["get", "patch", "update"]),
    "status": ("", ["get", "patch", "update"]),
}
"""The kind (empty: that of the resource) and the verbs of each subresource."""
_ELSEWHERE = {"eviction": ("policy", "v1"), "scale": ("autoscaling", "v1")}
"""The group and version of those whose kind is not of the resource's own; `kubectl drain` evicts where it finds this."""


def document(path: str) -> Json | None:
    """The document at a path, None if there is none."""
    match path.strip("/").split("/"):
        case ["version"]:
            return _version()
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in _groups()]}
        case ["apis", group] if group in _groups():
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["api", "v1"]:
            return {"kind": "APIResourceList", "groupVersion": "v1", "resources": _resources("v1")}
        case ["apis", group, version] if found := _resources(f"{group}/{version}"):
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{group}/{version}",
                "resources": found,
            }
        case ["openapi", "v3"]:
            paths = {_prefix(row): {"serverRelativeURL": f"/openapi/v3/{_prefix(row)}"} for row in RESOURCES}
            return {"paths": paths}
        case ["openapi", "v3", *prefix] if any(_prefix(row) == "/".join(prefix) for row in RESOURCES):
            return _schemas("/".join(prefix))
        case _:
            return None


def _version() -> Json:
    return {
        "major": "1",
        "minor": "34",
        "emulationMajor": "1",
        "emulationMinor": "34",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "33",
        "gitVersion": VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux/amd64",
    }


def _groups() -> list[str]:
    return list(dict.fromkeys(row.group for row in RESOURCES if row.group))


def _group(group: str) -> Json:
    versions = [
        {"groupVersion": api_version, "version": api_version.partition("/")[2]}
        for api_version in dict.fromkeys(row.api_version for row in RESOURCES if row.group == group)
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resources(api_version: str) -> list[Json]:
    return [entry for row in RESOURCES if row.api_version == api_version for entry in _entries(row)]


def _entries(row: Resource) -> list[Json]:
    entry: Json = {
        "name": row.plural,
        "singularName": row.singular,
        "namespaced": row.namespaced,
        "kind": row.kind,
        "verbs": _VERBS,
    }
    if row.short:
        entry["shortNames"] = list(row.short)
    if row.in_all:
        entry["categories"] = ["all"]
    return [entry, *(_subentry(row, subresource) for subresource in row.subresources)]


def _subentry(row: Resource, subresource: str) -> Json:
    kind, verbs = _SUBRESOURCES[subresource]
    entry: Json = {
        "name": f"{row.plural}/{subresource}",
        "singularName": "",
        "namespaced": row.namespaced,
        "kind": kind or row.kind,
        "verbs": verbs,
    }
    if subresource in _ELSEWHERE:
        entry["group"], entry["version"] = _ELSEWHERE[subresource]
    return entry


def _prefix(row: Resource) -> str:
    return f"apis/{row.api_version}" if row.group else "api/v1"


def _schemas(prefix: str) -> Json:
    paths = {}
    for row in RESOURCES:
        if _prefix(row) == prefix:
            place = "namespaces/{namespace}/" if row.namespaced else ""
            patch = {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": {"group": row.group, "version": row.version, "kind": row.kind},
            }
            paths[f"/{prefix}/{place}{row.plural}/{{name}}"] = {"patch": patch}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION},
        "paths": paths,
        "components": {"schemas": {}},
    }
