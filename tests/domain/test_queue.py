"""Places in the held queue, what of an address is believed, and a search with its switches apart and together again."""

import pytest

from backend.domain.errors import InvalidInput
from backend.domain.queue import MAX_PAGE, HeldPage, Parts, Place, Wish
from backend.domain.search import parse


def test_a_place_survives_there_and_back() -> None:
    place = Place(1_764_000_000_123_456, 42)
    assert str(place) == "1764000000123456~42"
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "~", "1", "1~", "~1", "-1~2", "1~2~3", "٣~1", "1.5~2", "9007199254740993~1", "1~9223372036854775808"]
)
def test_a_place_we_never_gave_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not one we gave out"):
        Place.parse(text)


def test_a_page_has_a_size_that_can_be_shown() -> None:
    assert [Wish(size=size).sized().size for size in (-1, 0, 1, 50, 10_000)] == [1, 1, 1, 50, MAX_PAGE]


def test_an_empty_queue_leads_nowhere() -> None:
    page = HeldPage((), 0, 1)
    assert (page.previous, page.next) == (None, None)


@pytest.mark.parametrize(
    ("q", "parts"),
    [
        ("amount:>5 cause:po_box is:mine", Parts("", "po_box", True, False, parse("amount:>5"))),
        ("cluster:po_box.0123456789 is:snoozed", Parts("po_box.0123456789", "", False, True)),
        ("cause:po_box,fraud_risk -is:mine is:test", Parts(rest=parse("cause:po_box,fraud_risk -is:mine is:test"))),
        ("cause:po_box cause:fraud_risk", Parts(kind="po_box", rest=parse("cause:fraud_risk"))),
    ],
)
def test_a_search_is_taken_apart_into_its_switches_and_put_together_again(q: str, parts: Parts) -> None:
    assert Parts.of(parse(q)) == parts
    assert Parts.of(parts.query) == parts


def test_what_is_typed_counts_like_its_switch() -> None:
    typed = Parts(rest=parse("is:mine is:snoozed cause:po_box amount:>5")).filter(7)

    assert (typed.person, typed.snoozed, typed.kind, str(typed.query)) == (7, True, "po_box", "amount:>5")
    nobody = Parts(mine=True).filter(0)
    assert (nobody.person, str(nobody.query)) == (0, "is:mine")
