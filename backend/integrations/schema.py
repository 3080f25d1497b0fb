"""Checking a payload against a JSON Schema of ours; every violation comes out as a sentence with its JSON path."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

MAX_PROBLEMS = 20

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_MUST = {
    "const": "be",
    "minimum": "be at least",
    "maximum": "be at most",
    "pattern": "have the form",
    "format": "be a valid",
}


@functools.cache
def _validator(path: Path) -> Draft202012Validator:
    """A process reads and checks a file once: to check a schema takes longer than to check many payloads."""
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


class SchemaCheck:
    """Checks payloads against one schema file."""

    def __init__(self, path: Path) -> None:
        self._validator = _validator(path)

    def problems(self, payload: Any) -> list[str]:
        """At most twenty sentences, in the order of the payload's paths; empty when the payload fits."""
        found: list[str] = []
        for error in sorted(self._validator.iter_errors(payload), key=lambda error: error.json_path):
            for sentence in _sentences(error):
                if sentence in found:
                    continue
                if len(found) == MAX_PROBLEMS:
                    return [*found, "There are more problems; mend these first."]
                found.append(sentence)
        return found


def _sentences(error: ValidationError) -> Iterator[str]:
    where, rule = error.json_path, str(error.validator)
    value: Any = error.instance
    limit: Any = error.validator_value
    if rule == "required":
        yield from (f"{where}.{name} is missing." for name in limit if name not in value)
    elif rule == "type":
        kinds = " or ".join(_KINDS.get(name, name) for name in ([limit] if isinstance(limit, str) else limit))
        yield f"{where} must be {kinds}, but it is {_kind(value)}."
    elif rule in ("minLength", "maxLength", "minItems", "maxItems"):
        unit = "characters" if rule.endswith("Length") else "entries"
        bound = "at least" if rule.startswith("min") else "at most"
        yield f"{where} has {len(value)} {unit}; it must have {bound} {limit}."
    elif rule == "enum":
        yield f"{where} is {_shown(value)}; it must be one of: {', '.join(str(one) for one in limit)}."
    elif rule in _MUST:
        yield f"{where} is {_shown(value)}; it must {_MUST[rule]} {limit}."
    else:
        yield f"{where} does not have any form that is allowed there (rule {rule})."


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    names: dict[type, str] = {str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number with decimals")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:40] + "…"
