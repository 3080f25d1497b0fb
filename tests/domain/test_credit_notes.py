"""A credit note's lines add up to the refund, whatever was refunded and however tax and discounts were rounded."""

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.credit_notes import Credit, CreditLine, Invoiced, InvoicedLine, credited, total_minor

MUGS = InvoicedLine(1, "MUG", "Blue mug", 3, 1000, 100, 551, 3451, "0.19")
LAMP = InvoicedLine(2, "LMP", "Lamp", 1, 4990, 0, 948, 5938, "0.19")
ON_TOP = Invoiced((MUGS, LAMP), 490, 1499, 9879, taxes_included=False)


def test_the_whole_invoice_paid_back_repeats_its_lines() -> None:
    credit = credited(ON_TOP, amount_minor=9879, quantities={}, shipping_minor=0)

    assert [(line.sku, line.quantity, line.discount_minor, line.tax_minor) for line in credit.lines] == [
        ("MUG", 3, 100, 551),
        ("LMP", 1, 0, 948),
    ]
    assert (credit.shipping_minor, credit.tax_minor) == (490, 1499)


def test_lines_and_shipping_paid_back_are_credited_with_their_share() -> None:
    credit = credited(ON_TOP, amount_minor=1150 + 490, quantities={1: 1}, shipping_minor=490)

    assert credit == Credit((CreditLine("MUG", "Blue mug", 1, 1000, 33, 183, "0.19"),), 490, 183)


def test_an_amount_is_one_line_with_the_invoices_share_of_tax() -> None:
    credit = credited(ON_TOP, amount_minor=2000, quantities={}, shipping_minor=0)

    assert credit == Credit((CreditLine("refund", "Part of the amount paid back", 1, 1697, tax_minor=303),), 0, 303)


def test_lines_that_do_not_come_to_the_refund_are_credited_as_an_amount() -> None:
    credit = credited(ON_TOP, amount_minor=1000, quantities={1: 1}, shipping_minor=490)

    assert [line.sku for line in credit.lines] == ["refund"]
    assert total_minor(credit, taxes_included=False) == 1000


@st.composite
def invoices(draw: st.DrawFn) -> Invoiced:
    included = draw(st.booleans())
    lines = []
    for position in range(1, draw(st.integers(1, 5)) + 1):
        quantity, price = draw(st.integers(1, 9)), draw(st.integers(0, 50_000))
        discount = draw(st.integers(0, quantity * price))
        tax = draw(st.integers(0, 9_000))
        paid = quantity * price - discount + (0 if included else tax)
        before = draw(st.integers(0, quantity - 1))
        lines.append(
            InvoicedLine(position, f"S{position}", "x", quantity, price, discount, tax, paid, credited_before=before)
        )
    shipping, tax = draw(st.integers(0, 2_000)), sum(line.tax_minor for line in lines)
    total = sum(line.paid_minor for line in lines) + shipping
    return Invoiced(tuple(lines), shipping, tax, total, included)


@given(invoices(), st.data())
def test_any_choice_of_lines_adds_up_to_what_the_refund_reckoned(invoiced: Invoiced, data: st.DataObject) -> None:
    chosen = {
        line.position: data.draw(st.integers(1, line.quantity - line.credited_before))
        for line in invoiced.lines
        if data.draw(st.booleans())
    }
    shipping = invoiced.shipping_minor if data.draw(st.booleans()) else 0
    amount = shipping + sum(
        line.paid_minor * (line.credited_before + chosen[line.position]) // line.quantity
        - line.paid_minor * line.credited_before // line.quantity
        for line in invoiced.lines
        if line.position in chosen
    )

    credit = credited(invoiced, amount_minor=amount, quantities=chosen, shipping_minor=shipping)

    assert total_minor(credit, taxes_included=invoiced.taxes_included) == amount
    if chosen and amount != invoiced.total_minor:
        assert [line.quantity for line in credit.lines] == [chosen[position] for position in sorted(chosen)]
        assert all(line.discount_minor >= 0 and line.tax_minor >= 0 for line in credit.lines)


@given(invoices(), st.data())
def test_any_amount_adds_up_with_its_tax(invoiced: Invoiced, data: st.DataObject) -> None:
    amount = data.draw(st.integers(1, max(invoiced.total_minor, 1)))

    credit = credited(invoiced, amount_minor=amount, quantities={}, shipping_minor=0)

    assert total_minor(credit, taxes_included=invoiced.taxes_included) == amount
    assert 0 <= credit.tax_minor <= max(invoiced.tax_minor, 0)
