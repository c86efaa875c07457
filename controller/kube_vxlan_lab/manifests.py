"""Pure. YAML files as API objects: documents, Lists, and where each object goes."""

from collections.abc import Iterator

import yaml

from kube_vxlan_lab.apiserver.resources import Json, by_kind


class BadManifest(Exception):
    """The text cannot be read as manifests; `str()` is a sentence that says why and where."""


def read(text: str) -> list[Json]:
    """The objects of a file, in their order, those of Lists one by one. JSON is YAML too. Raises `BadManifest`."""
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BadManifest(f"{where}{error.problem or 'this is not YAML'}") from None
    except yaml.YAMLError as error:
        raise BadManifest(str(error).splitlines()[0]) from None
    return [obj for document in documents if document is not None for obj in _objects(document)]


def collection(obj: Json) -> str | None:
    """The path of the collection that the object belongs to; None for a kind that the lab does not hold."""
    row = by_kind(obj["apiVersion"], obj["kind"])
    if row is None:
        return None
    root = f"/apis/{row.api_version}" if row.group else f"/api/{row.api_version}"
    namespace = f"/namespaces/{obj['metadata'].get('namespace', 'default')}" if row.namespaced else ""
    return f"{root}{namespace}/{row.plural}"


def _objects(document: object) -> Iterator[Json]:
    if not isinstance(document, dict) or not all(isinstance(document.get(key), str) for key in ("apiVersion", "kind")):
        raise BadManifest("a document is not a Kubernetes object: it has no apiVersion and kind")
    if document["kind"].endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _objects(item)
        return
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise BadManifest(f"a {document['kind']} has no name")
    yield document
