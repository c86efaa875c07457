"""Pure. The forms in which a client may want objects: themselves, as a table, or their metadata alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import assert_never

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import Json, Resource
from kube_vxlan_lab.apiserver.shapes import outward
from kube_vxlan_lab.apiserver.tables import table


class Form(Enum):
    """What an answer looks like."""

    OBJECTS = "objects"
    TABLE = "table"
    METADATA = "metadata"


def wished_form(accept: str) -> Form:
    """The first form of an Accept header that is served. Raises a 406 Refusal if none is."""
    for wish in accept.split(","):
        kind, *parameters = (part.strip() for part in wish.split(";"))
        if kind not in ("", "*/*", "application/*", "application/json"):
            continue
        shape = next((p.removeprefix("as=") for p in parameters if p.startswith("as=")), "")
        if not shape:
            return Form.OBJECTS
        if shape == "Table":
            return Form.TABLE
        if shape in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            return Form.METADATA
    message = "only the following media types are accepted: application/json"
    raise Refusal(406, "NotAcceptable", message, {})


@dataclass(frozen=True, slots=True)
class View:
    """How objects of a resource are shown."""

    resource: Resource
    form: Form

    def one(self, obj: Json, now: datetime) -> Json:
        """One stored object as it is shown, in a get or in an event."""
        match self.form:
            case Form.OBJECTS:
                return outward(self.resource, obj)
            case Form.TABLE:
                return table(self.resource, [obj], {"resourceVersion": obj["metadata"]["resourceVersion"]}, now)
            case Form.METADATA:
                return _partial(obj)
            case never:
                assert_never(never)

    def many(self, objects: Sequence[Json], metadata: Json, now: datetime) -> Json:
        """Stored objects as a list."""
        match self.form:
            case Form.OBJECTS:
                items = [_without_type(outward(self.resource, obj)) for obj in objects]
                return {
                    "kind": f"{self.resource.kind}List",
                    "apiVersion": self.resource.api_version,
                    "metadata": metadata,
                    "items": items,
                }
            case Form.TABLE:
                return table(self.resource, objects, metadata, now)
            case Form.METADATA:
                items = [_without_type(_partial(obj)) for obj in objects]
                kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
                return {**kind, "metadata": metadata, "items": items}
            case never:
                assert_never(never)


def _partial(obj: Json) -> Json:
    """An object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _without_type(obj: Json) -> Json:
    """The items of a list do not repeat what the list's kind says."""
    return {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
