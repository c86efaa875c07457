"""Pure. A value for each field of a kind, made of the API server's own description of it (OpenAPI v3)."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

TEXT = "192.0.2.1"
"""A string that is an address, a name and a label's value as well."""
_FORMATS = {"date-time": "2026-01-02T03:04:05Z"}


def samples(document: Json, kind: str) -> Json:
    """The fields of a kind, such as `io.k8s.api.core.v1.PodStatus`, each with a value that it could have."""
    schemas: Json = document["components"]["schemas"]
    return {name: sample(schemas, one) for name, one in schemas[kind]["properties"].items()}


def sample(schemas: Mapping[str, Json], schema: Json) -> Any:
    """A value of this shape; of an object what it cannot be without, of a list one element."""
    for one in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
        if "$ref" in one:
            return sample(schemas, schemas[one["$ref"].rpartition("/")[2]])
    match schema:
        case {"enum": [*_, last]}:
            return last
        case {"oneOf": [first, *_]}:
            return sample(schemas, first)
        case {"type": "string"}:
            return _FORMATS.get(schema.get("format", ""), TEXT)
        case {"type": "integer" | "number"}:
            return 7
        case {"type": "boolean"}:
            return True
        case {"type": "array", "items": items}:
            return [sample(schemas, items)]
        case {"additionalProperties": values}:
            return {"cpu": sample(schemas, values)}
        case {"type": "object"}:
            return {name: sample(schemas, schema["properties"][name]) for name in schema.get("required", ())}
    raise ValueError(f"nobody knows what this is: {schema}")
