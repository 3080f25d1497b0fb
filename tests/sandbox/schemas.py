"""Holds answers to the schemas of the providers' OpenAPI documents."""

from typing import Any

import jsonschema

# Formats and patterns of addresses say how a provider's own host looks; ours is on loopback.
IGNORED = {
    "additionalProperties",
    "readOnly",
    "writeOnly",
    "example",
    "examples",
    "description",
    "title",
    "discriminator",
}


def assert_matches(value: Any, schema: dict[str, Any], spec: dict[str, Any]) -> None:
    """Assert that `value` is valid against an OpenAPI 3.0 schema and has no field that a closed schema does not know."""
    converted = {"components": {"schemas": _converted(spec["components"]["schemas"])}, **_converted(schema)}
    errors = sorted(jsonschema.Draft202012Validator(converted).iter_errors(value), key=lambda e: list(e.absolute_path))
    if isinstance(value, dict) and is_closed(schema, spec):
        assert set(value) <= properties(schema, spec)
    assert not errors, [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors[:8]]


def is_closed(schema: dict[str, Any], spec: dict[str, Any]) -> bool:
    """Does the schema allow only the properties that it names?"""
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema.get("additionalProperties") is False


def properties(schema: dict[str, Any], spec: dict[str, Any]) -> set[str]:
    """Every property that an object schema names, parts of `allOf` and references included."""
    if "$ref" in schema:
        return properties(spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], spec)
    found = set(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(part, spec)
    return found


def _converted(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes an alternative."""
    if isinstance(schema, list):
        return [_converted(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        name: {key: _converted(item) for key, item in part.items()} if name == "properties" else _converted(part)
        for name, part in schema.items()
        if (name not in IGNORED and name != "nullable")
        or (name in IGNORED and isinstance(part, dict) and "type" in part)
    }
    if isinstance(plain.get("exclusiveMinimum"), bool):
        plain["exclusiveMinimum"] = plain.pop("minimum", 0)
    if schema.get("nullable") is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain
