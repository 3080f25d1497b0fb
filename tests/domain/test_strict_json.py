"""The strict JSON reader: what it refuses, what it keeps exact, and that it is quick about both."""

import time
from decimal import Decimal

import pytest

from backend.domain import strict_json
from backend.domain.errors import InvalidInput

LIMIT = 256 * 1024


def refusal(raw: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        strict_json.read(raw)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The body is empty; a JSON text was expected."),
        (b" \n", "The body is empty; a JSON text was expected."),
        (b"\xff{}", "The body is not valid UTF-8 (byte 0)."),
        (b'{"a":"\xc3\x28"}', "The body is not valid UTF-8 (byte 6)."),
        (b"\xef\xbb\xbf{}", "The body starts with a byte order mark. Send plain UTF-8 without one."),
        (b"\xff\xfe{\x00}\x00", "The body starts with a byte order mark. Send plain UTF-8 without one."),
        (b'{"a":"\x00"}', "The body contains a NUL character, which JSON does not allow."),
        (b'{"a":1,"b":2,"a":3}', "The key 'a' appears more than once in the same object."),
        (b'[{"x":{"k":1,"k":1}}]', "The key 'k' appears more than once in the same object."),
        (b'{"a":NaN}', "The body contains NaN, which is not a JSON number."),
        (b"[-Infinity]", "The body contains -Infinity, which is not a JSON number."),
        (b"[1e400]", "The body contains a number with an exponent beyond 300."),
        (b"[1E-400]", "The body contains a number with an exponent beyond 300."),
        (b"[1e99999999999999999999]", "The body contains a number with an exponent beyond 300."),
        (b"[" + b"1" * 41 + b"]", "The body contains a number of more than 40 digits."),
        (b"[" + b"7" * 1_000_000 + b"]", "The body contains a number of more than 40 digits."),
        (b"[" * 65 + b"]" * 65, "The body is nested more than 64 levels deep."),
        (b'{"a":' * 10_000, "The body is nested more than 64 levels deep."),
        (b'{"a":1', "The body is not JSON: Expecting ',' delimiter at line 1, column 7."),
        (b"{'a':1}", "The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b'["\\ud800"]', "The body contains an escaped character that is no text (NUL or half of a pair)."),
        (b'{"\\u0000":1}', "The body contains an escaped character that is no text (NUL or half of a pair)."),
    ],
)
def test_an_unclear_body_is_refused_with_a_sentence(raw: bytes, sentence: str) -> None:
    assert refusal(raw) == sentence


def test_a_body_that_is_no_object_is_refused_where_an_object_is_needed() -> None:
    with pytest.raises(InvalidInput, match="must be a JSON object"):
        strict_json.read_object(b"[1]")


def test_whole_numbers_stay_exact_and_fractions_can_be_told_apart() -> None:
    value = strict_json.read(b'{"id": 820982911946154508, "price": 19.99, "rate": 1e2}')

    assert value == {"id": 820982911946154508, "price": Decimal("19.99"), "rate": Decimal("100")}
    assert type(value["id"]) is int
    assert type(value["price"]) is Decimal
    assert type(value["rate"]) is Decimal


def test_brackets_and_digits_inside_strings_do_not_count() -> None:
    text = "[" * 100 + "9" * 50 + ' 1e999 \\" {'
    raw = b'{"a": "' + text.encode() + b'"}'

    assert strict_json.read(raw) == {"a": "[" * 100 + "9" * 50 + ' 1e999 " {'}


def test_escapes_of_ordinary_characters_are_kept() -> None:
    assert strict_json.read(b'["\\u00e9\\ud83d\\ude00\\\\u0000"]') == ["é😀\\u0000"]


def test_sixty_four_levels_are_allowed() -> None:
    value = strict_json.read(b"[" * 64 + b"]" * 64)

    for _ in range(63):
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * LIMIT,
        b"[]" * (LIMIT // 2),
        b'"\\"' * (LIMIT // 3),
        b'"' + b'\\"' * (LIMIT // 2),
        b"[" + b"1e400," * (LIMIT // 6),
        b"9" * LIMIT,
        b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b',"19999":1}',
    ],
    ids=["open brackets", "pairs", "broken strings", "escapes", "exponents", "digits", "late duplicate"],
)
def test_a_hostile_body_of_full_size_is_refused_quickly(raw: bytes) -> None:
    started = time.process_time()

    refusal(raw)

    assert time.process_time() - started < 0.1
