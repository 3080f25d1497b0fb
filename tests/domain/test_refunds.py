"""How much a refund pays back, exactly, and why it may not."""

from dataclasses import replace

import pytest

from backend.domain.refunds import Earlier, Line, Paid, RefundWish, amount, refusal

PAID = Paid("EUR", [Line(1, 3, 1000), Line(2, 1, 4990)], shipping_minor=490, refundable_minor=6480)


def said(wish: RefundWish, paid: Paid = PAID) -> str:
    return refusal(wish, amount(wish, paid), paid)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (RefundWish(full=True), 6480),
        (RefundWish(amount_minor=123), 123),
        (RefundWish(lines={1: 1}), 333),
        (RefundWish(lines={1: 3}), 1000),
        (RefundWish(lines={1: 2, 2: 1}), 666 + 4990),
        (RefundWish(shipping=True), 490),
        (RefundWish(lines={2: 1}, shipping=True), 5480),
        (RefundWish(lines={9: 1}), 0),
    ],
)
def test_the_amount_of_a_refund(wish: RefundWish, expected: int) -> None:
    assert amount(wish, PAID) == expected


@pytest.mark.parametrize("pieces", [[1, 1, 1], [2, 1], [1, 2], [3]])
def test_a_line_paid_back_in_pieces_comes_to_the_whole_line(pieces: list[int]) -> None:
    parts, before = [], 0
    for quantity in pieces:
        parts.append(amount(RefundWish(lines={1: quantity}), replace(PAID, earlier=[Earlier("Mia", {1: before})])))
        before += quantity
    assert sum(parts) == 1000


@pytest.mark.parametrize(
    ("wish", "refundable", "words"),
    [
        (RefundWish(), 6480, "Choose one"),
        (RefundWish(full=True, amount_minor=5), 6480, "Choose one"),
        (RefundWish(lines={1: 4}), 6480, "Line 1 has 3 pieces; 4 cannot be paid back."),
        (RefundWish(lines={7: 1}), 6480, "Line 7 has 0 pieces"),
        (RefundWish(full=True), 0, "Nothing can be paid back"),
        (RefundWish(amount_minor=-5), 6480, "comes to nothing"),
        (RefundWish(amount_minor=6481), 6480, "64.81 EUR is more than the 64.80 EUR"),
        (RefundWish(amount_minor=5, currency="USD"), 6480, "nothing can be paid back in USD"),
        (RefundWish(amount_minor=5, restock=True), 6480, "not with an amount"),
        (RefundWish(full=True, restocked={1: 1}), 6480, "all goods go back to stock or none"),
        (RefundWish(lines={1: 1}, restock=True, restocked={1: 1}), 6480, "all of the lines' pieces"),
        (RefundWish(lines={1: 1}, restocked={1: 2}), 6480, "Of line 1, 1 are paid back; 2 cannot go back to stock."),
        (RefundWish(lines={1: 1}, restocked={2: 1}), 6480, "Of line 2, 0 are paid back; 1 cannot go back to stock."),
    ],
)
def test_what_is_refused_and_why(wish: RefundWish, refundable: int, words: str) -> None:
    assert words in said(wish, replace(PAID, refundable_minor=refundable))


def test_a_possible_refund_is_not_refused() -> None:
    assert said(RefundWish(full=True)) == ""
    assert said(RefundWish(lines={1: 2}, restocked={1: 1}, currency="EUR")) == ""


def test_pieces_that_were_paid_back_are_not_paid_back_again_and_it_is_said_by_whom() -> None:
    paid = replace(PAID, earlier=[Earlier("Mia Brandt", {1: 1}), Earlier("Finn", {1: 1}), Earlier("Ida", {2: 1})])
    assert said(RefundWish(lines={1: 1}), paid) == ""
    assert said(RefundWish(lines={1: 2}), paid) == (
        "Of line 1, 2 of 3 pieces are paid back already, by Mia Brandt and Finn; 2 more cannot be."
    )


def test_shipping_is_paid_back_once() -> None:
    paid = replace(PAID, earlier=[Earlier("Mia Brandt", {}, shipping=True)])
    assert said(RefundWish(shipping=True), paid) == "The shipping is paid back already, by Mia Brandt."
    assert said(RefundWish(lines={1: 1}, shipping=True), paid) == "The shipping is paid back already, by Mia Brandt."


def test_what_the_customers_bank_took_back_is_not_paid_back_as_well() -> None:
    paid = replace(PAID, refundable_minor=0, disputed_minor=6480)
    assert said(RefundWish(full=True), paid).startswith("The customer's bank disputes 64.80 EUR or took it")


def test_no_more_goes_back_to_stock_than_is_away() -> None:
    paid = replace(PAID, lines=[Line(1, 3, 1000, away=1), Line(2, 1, 4990)])
    assert said(RefundWish(lines={1: 2}, restocked={1: 1}), paid) == ""
    assert said(RefundWish(lines={2: 1}, restock=True), paid) == ""
    assert said(RefundWish(lines={1: 2}, restock=True), paid) == (
        "Of line 1, 1 are reserved or shipped; 2 cannot go back to stock."
    )
