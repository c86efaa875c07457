"""What a field could have, by what the API server says of it; the shapes are those that Kubernetes 1.34 describes."""

from typing import Any

import pytest

from tests.cluster.samples import TEXT, sample, samples

SCHEMAS: dict[str, Any] = {
    "Time": {"type": "string", "format": "date-time"},
    "Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "HostIP": {"type": "object", "required": ["ip"], "properties": {"ip": {"type": "string", "default": ""}}},
    "State": {"type": "object", "properties": {"running": {"$ref": "#/components/schemas/Time"}}},
    "Status": {
        "type": "object",
        "properties": {
            "phase": {"type": "string", "enum": ["Failed", "Pending"]},
            "hostIPs": {"type": "array", "items": {"default": {}, "allOf": [{"$ref": "#/components/schemas/HostIP"}]}},
        },
    },
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, TEXT),
        ({"type": "string", "enum": ["Failed", "Pending"]}, "Pending"),
        ({"type": "integer", "format": "int64"}, 7),
        ({"type": "boolean"}, True),
        ({"allOf": [{"$ref": "#/components/schemas/Time"}]}, "2026-01-02T03:04:05Z"),
        ({"$ref": "#/components/schemas/HostIP"}, {"ip": TEXT}),
        ({"$ref": "#/components/schemas/State"}, {}),
        ({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Quantity"}}, {"cpu": TEXT}),
        ({"type": "array", "items": {"type": "integer"}}, [7]),
    ],
)
def test_a_value_has_the_shape_that_is_asked_for(schema: dict[str, Any], value: object) -> None:
    assert sample(SCHEMAS, schema) == value


def test_every_field_of_a_kind_has_one() -> None:
    found = samples({"components": {"schemas": SCHEMAS}}, "Status")
    assert found == {"phase": "Pending", "hostIPs": [{"ip": TEXT}]}


def test_a_shape_that_nobody_knows_is_told() -> None:
    with pytest.raises(ValueError, match="nobody knows what this is"):
        sample(SCHEMAS, {"type": "null"})
