"""Templates: `{{invoice.number}}` for a fact, `{{lines[quantity,cost=unit_price]}}` for rows, `${secret}` for a secret.

A text that is nothing but one fact becomes that fact with its type: an amount is an exact number, `{{invoice.total|text}}`
makes it a text. Inside a longer text every fact is text. Whatever the facts hold, they stay values: a body is built as
JSON, and in an address they are quoted.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from backend.integrations.erp.values import ITEM_FIELDS, LINE_FIELDS, Row, Values

_FACT = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_0-9]+)?)(\|text)?\s*\}\}")
_ROWS = re.compile(r"\{\{\s*(lines|items)\[([^\]]*)\]\s*\}\}")
_COLUMN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:=\s*([a-z_]+)(\|text)?\s*)?")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_EITHER = re.compile(f"{_FACT.pattern}|{_SECRET.pattern}")
_REMAINS = re.compile(r"\{\{|\}\}|\$\{")
_ROW_FIELDS = {"lines": LINE_FIELDS, "items": ITEM_FIELDS}


def problems(template: Any, where: str, names: Collection[str], secrets: Collection[str]) -> Iterator[str]:
    """What is wrong with a template, in sentences: names that do not exist, and what looks like a template but is none."""
    if isinstance(template, Mapping):
        for name, inner in template.items():
            yield from problems(inner, f"{where}.{name}", names, secrets)
    elif isinstance(template, list):
        for index, inner in enumerate(template):
            yield from problems(inner, f"{where}[{index}]", names, secrets)
    elif isinstance(template, str):
        yield from _text_problems(template, where, names, secrets)


def _text_problems(template: str, where: str, names: Collection[str], secrets: Collection[str]) -> Iterator[str]:
    if rows := _ROWS.fullmatch(template):
        if rows[1] in names:
            yield from _column_problems(rows[1], rows[2], where)
        else:
            yield f"{where} has rows; they are allowed in the body only."
        return
    for fact in _FACT.finditer(template):
        if fact[1] not in names or fact[1] in _ROW_FIELDS:
            known = ", ".join(sorted(set(names) - set(_ROW_FIELDS))) or "none"
            yield f"{where} names {fact[1]!r}, which does not exist there. Known: {known}."
    for secret in _SECRET.finditer(template):
        if secret[1] not in secrets:
            known = ", ".join(sorted(secrets)) or "none are allowed there"
            yield f"{where} names the secret {secret[1]!r}. Known: {known}."
    if _REMAINS.search(_SECRET.sub("", _FACT.sub("", template))):
        yield f"{where} has braces that are no template; write {{{{invoice.number}}}} or ${{secret}}."


def _column_problems(group: str, columns: str, where: str) -> Iterator[str]:
    known = _ROW_FIELDS[group]
    for column in columns.split(","):
        match = _COLUMN.fullmatch(column)
        if match is None:
            yield f"{where} has the column {column.strip()!r}; write name or theirs=ours."
        elif (match[2] or match[1]) not in known:
            yield f"{where} names the column {match[2] or match[1]!r}. Known: {', '.join(sorted(known))}."


def rendered(template: Any, values: Values, secrets: Mapping[str, str]) -> Any:
    """The template with every fact, row and secret in its place."""
    if isinstance(template, Mapping):
        return {name: rendered(inner, values, secrets) for name, inner in template.items()}
    if isinstance(template, list):
        return [rendered(inner, values, secrets) for inner in template]
    if not isinstance(template, str):
        return template
    if rows := _ROWS.fullmatch(template):
        return [_projected(row, rows[2]) for row in values[rows[1]]]
    if (whole := _FACT.fullmatch(template)) and not whole[2]:
        return values[whole[1]]
    return text(template, values, secrets)


def text(template: str, values: Values, secrets: Mapping[str, str]) -> str:
    """As a text, whatever the types of its facts; nothing that a fact holds is taken for a template again."""
    return _EITHER.sub(lambda found: _shown(values[found[1]]) if found[1] else secrets[found[3]], template)


def address(template: str, values: Values) -> str:
    """An address in which facts are quoted, so that nothing in them can leave its place."""
    return _FACT.sub(lambda found: quote(_shown(values[found[1]]), safe=""), template)


def _projected(row: Row, columns: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in columns.split(","):
        if match := _COLUMN.fullmatch(column):
            value = row[match[2] or match[1]]
            found[match[1]] = _shown(value) if match[3] else value
    return found


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
