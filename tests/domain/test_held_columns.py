"""The held queue's columns: which are chosen, in which order, and that a search has its switches apart and together again."""

import pytest

from backend.domain import held_columns
from backend.domain.errors import InvalidInput
from backend.domain.queue import Parts
from backend.domain.search import parse


def test_columns_stand_in_the_order_in_which_they_were_chosen() -> None:
    assert held_columns.chosen([]) == held_columns.USUAL
    assert held_columns.chosen(["amount", "number", "reason"]) == ("amount", "number", "reason")
    assert held_columns.chosen(["amount", " reason ", "amount"]) == ("number", "amount", "reason")
    with pytest.raises(InvalidInput, match="There is no column 'colour'"):
        held_columns.chosen(["amount", "colour"])
    assert held_columns.heads(["amount", "age"]) == ["Amount", "Currency", "Age in business hours"]


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
