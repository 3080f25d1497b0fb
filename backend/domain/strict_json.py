"""The one reader of JSON from outside: what is unclear or dangerous is refused with a sentence, never guessed at.

Refused are invalid UTF-8, a byte order mark, NUL and lone surrogates, duplicate keys, NaN and Infinity, numbers beyond
any sensible size, and nesting that would exhaust the stack. Numbers with a fraction or an exponent come out as
`Decimal`, so that an amount sent as a float can be told from a whole number. The work is linear in the body's size.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from typing import Any

from backend.domain.errors import InvalidInput

MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_EXPONENT = 300

# Possessive, and the closing quote is optional: an unterminated string is swallowed in one go instead of being
# tried again from every quote inside it.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (MAX_DIGITS + 1))
_EXPONENT = re.compile(rb"[0-9][eE][+-]?0*+([0-9]*)")
_BRACKETS = bytes.maketrans(b"[{]}", bytes([1, 1, 255, 255]))
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))


def read(raw: bytes) -> Any:
    """The value of a JSON text; raises `InvalidInput` with one sentence when it is not acceptable."""
    text = _decoded(raw)
    bare = _STRING.sub(b"", raw)
    _check_depth(bare)
    _check_numbers(bare)
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise InvalidInput([f"The body is not JSON: {what} at line {error.lineno}, column {error.colno}."]) from None
    if b"\\u" in raw:
        _check_strings(value)
    return value


def read_object(raw: bytes) -> dict[str, Any]:
    """As `read`, and the value must be a JSON object."""
    value = read(raw)
    if not isinstance(value, dict):
        raise InvalidInput(["The body must be a JSON object, that is, start with a brace."])
    return value


def _decoded(raw: bytes) -> str:
    if not raw.strip():
        raise InvalidInput(["The body is empty; a JSON text was expected."])
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(["The body starts with a byte order mark. Send plain UTF-8 without one."])
    if b"\x00" in raw:
        raise InvalidInput(["The body contains a NUL character, which JSON does not allow."])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput([f"The body is not valid UTF-8 (byte {error.start})."]) from None


def _check_depth(bare: bytes) -> None:
    brackets = bare.translate(_BRACKETS, _NOT_BRACKETS)
    if max(accumulate(memoryview(brackets).cast("b")), default=0) > MAX_DEPTH:
        raise InvalidInput([f"The body is nested more than {MAX_DEPTH} levels deep."])


def _check_numbers(bare: bytes) -> None:
    if _LONG_NUMBER.search(bare):
        raise InvalidInput([f"The body contains a number of more than {MAX_DIGITS} digits."])
    for match in _EXPONENT.finditer(bare):
        if len(match[1]) > 3 or int(match[1] or b"0") > MAX_EXPONENT:
            raise InvalidInput([f"The body contains a number with an exponent beyond {MAX_EXPONENT}."])


def _refuse_constant(name: str) -> None:
    raise InvalidInput([f"The body contains {name}, which is not a JSON number."])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    raise InvalidInput([f"The key {repeated[:40]!r} appears more than once in the same object."])


def _check_strings(value: Any) -> None:
    for text in _strings(value):
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise InvalidInput(["The body contains an escaped character that is no text (NUL or half of a pair)."])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
