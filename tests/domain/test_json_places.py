"""Where in a JSON text a value stands, and the text laid out to be read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.json_places import MOST_TOLD, places, pretty

TEXT = '{"a": 1, "lines": [{"price": "x,}", "odd name": []}, {"q": 2}], "e": {}}'


def test_every_value_has_the_line_it_is_laid_out_on() -> None:
    assert places(pretty(TEXT)) == {
        "$": 1,
        "$.a": 2,
        "$.lines": 3,
        "$.lines[0]": 4,
        "$.lines[0].price": 5,
        "$.lines[0]['odd name']": 6,
        "$.lines[1]": 8,
        "$.lines[1].q": 9,
        "$.e": 12,
    }


def test_lines_of_a_text_as_it_was_typed_are_its_own() -> None:
    assert places('\n\n{"a":\n 1,\n"b": [\n2]}') == {"$": 1, "$.a": 3, "$.b": 5, "$.b[0]": 6}


@pytest.mark.parametrize("text", ["", "{", '{"a": ', '{"a": 1,}', "nothing", '{"a" 1}', "[" * 100_000, '"\\'])
def test_what_is_no_json_keeps_its_layout_and_does_no_harm(text: str) -> None:
    assert pretty(text) == text
    assert places(text)["$"] == 1


def test_numbers_stay_as_they_were_written() -> None:
    assert pretty('{"a":1.10,"b":1e3,"c":12345678901234567890}') == (
        '{\n  "a": 1.10,\n  "b": 1e3,\n  "c": 12345678901234567890\n}'
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(values)
def test_laying_out_changes_nothing_but_blanks(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        shown = pretty(text)
        assert json.loads(shown) == value
        assert max(places(shown).values()) <= shown.count("\n") + 1


def test_endless_names_around_endless_lists_do_not_take_all_memory() -> None:
    hostile = '{"' + "k" * 100_000 + '": [' + ", ".join("0" for _ in range(30_000)) + "]}"

    found = places(hostile)

    assert found["$"] == 1
    assert sum(len(path) for path in found) < MOST_TOLD + 1_000_000


def test_what_is_nested_beyond_reading_is_not_laid_out() -> None:
    hostile = "[" * 300 + ",".join("0" for _ in range(1_000)) + "]" * 300

    assert pretty(hostile) == hostile
    assert pretty("[[0,1]]") == "[\n  [\n    0,\n    1\n  ]\n]"
