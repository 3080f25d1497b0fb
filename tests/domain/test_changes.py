"""What a colleague reads who was a moment too late."""

from typing import Any

import pytest

from backend.domain.changes import Change, ago, sentence


def change(what: str, who: str = "Mia Brandt", text: str = "", seconds: float = 3, **data: Any) -> Change:
    actor = "staff" if who not in ("Holdfast", "Stripe") else "system" if who == "Holdfast" else "provider"
    return Change(what, who, actor, text, seconds, data)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (change("hold:closed", kind="po_box", how="released"), "Mia Brandt released “PO box address” 3 s ago"),
        (change("hold:closed", kind="po_box", how="retried"), "Mia Brandt retried “PO box address” 3 s ago"),
        (change("hold:closed", kind="po_box", how="stock is back"), "Mia Brandt closed “PO box address” 3 s ago"),
        (change("hold:opened", kind="by_staff"), "Mia Brandt held it 3 s ago"),
        (change("hold:opened", kind="being_cancelled"), "Mia Brandt began to cancel it 3 s ago"),
        (change("hold:opened", "Holdfast", kind="po_box"), "it was held because of “PO box address” 3 s ago"),
        (change("order:moved", "Holdfast", to="shipped"), "it became shipped 3 s ago"),
        (
            change("refund:requested", amount_minor=1250, currency="EUR"),
            "Mia Brandt decided a refund of 12.50 EUR 3 s ago",
        ),
        (change("step:retried", text="Refund is tried again."), "Mia Brandt: “Refund is tried again” 3 s ago"),
        (change("payment:recorded", "Stripe", "5.00 EUR received."), "Stripe: “5.00 EUR received” 3 s ago"),
        (
            change("hold:closed", kind="a kind of before", text="No longer held."),
            "Mia Brandt: “No longer held” 3 s ago",
        ),
    ],
)
def test_one_change_in_words(given: Change, said: str) -> None:
    assert sentence([given]) == said


def test_people_are_named_before_what_followed_by_itself() -> None:
    told = [
        change("hold:closed", kind="po_box", how="retried"),
        change("step:retried", text="Buy shipping label is tried again."),
        change("order:moved", "Holdfast", to="processing"),
    ]
    assert sentence(told) == "Mia Brandt retried “PO box address” 3 s ago"
    assert sentence(told[1:]) == "it became processing 3 s ago"


def test_of_many_changes_the_newest_are_told_and_the_others_counted() -> None:
    told = [
        change("hold:opened", who, kind="by_staff", seconds=9 - place) for place, who in enumerate(("Ann", "Ben", "Cy"))
    ]
    assert sentence(told) == "1 more before; Ben held it 8 s ago; Cy held it 7 s ago"
    assert sentence([]) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-2, "0 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (200_000, "2 d ago")],
)
def test_how_long_ago(seconds: float, said: str) -> None:
    assert ago(seconds) == said
