"""Mentions in notes."""

import pytest

from backend.domain.teamwork import AWAITED, SNOOZE_WORDS, WOKEN_WORDS, Colleague, Piece, SnoozeEvent, mentioned, pieces

PRIYA = Colleague(2, "Priya Nair", "priya@shop.test", "manager", True)
PRI = Colleague(3, "Pri", "pri@shop.test", "customer_service", True)
STRAUSS = Colleague(4, "Jörg Strauß", "joerg@shop.test", "finance", False)
TWINS = (Colleague(5, "Ann Lee", "ann1@shop.test", "qa", False), Colleague(6, "Ann Lee", "ann2@shop.test", "qa", False))
PEOPLE = (PRIYA, PRI, STRAUSS, *TWINS)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@Priya Nair please look", (2,)),
        ("please, @priya nair!", (2,)),
        ("(@Pri) and @Priya Nair.", (3, 2)),
        ("@Priya and @Pri's desk", (3,)),
        ("@priya@shop.test, see above", (2,)),
        ("ask @Jörg Strauß", (4,)),
        ("@Priya Nair and again @Priya Nair", (2,)),
        ("@Ann Lee", ()),
        ("@ann2@shop.test", (6,)),
        ("write to sofia@Pri.example", ()),
        ("me@priya@shop.test", ()),
        ("@Priyanka", ()),
        ("@pri@shop.test.example", ()),
        ("no one", ()),
    ],
)
def test_who_is_mentioned(text: str, ids: tuple[int, ...]) -> None:
    assert mentioned(text, PEOPLE) == ids


def test_a_text_falls_into_pieces_that_make_it_up_again() -> None:
    text = "Ask @Priya Nair, or @Pri."

    found = pieces(text, PEOPLE)

    assert found == (
        Piece("Ask "), Piece("@Priya Nair", mention=True), Piece(", or "), Piece("@Pri", mention=True), Piece("."),
    )  # fmt: skip
    assert pieces("", PEOPLE) == ()
    assert pieces("nobody", ()) == (Piece("nobody"),)


def test_every_event_has_its_words_and_somebody_who_is_waited_for() -> None:
    assert set(SNOOZE_WORDS) == set(WOKEN_WORDS) == set(AWAITED) == set(SnoozeEvent)
