"""Places in the held queue, and what of an address is believed."""

import pytest

from backend.domain.errors import InvalidInput
from backend.domain.queue import MAX_PAGE, HeldPage, Place, Wish


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
