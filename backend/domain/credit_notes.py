"""What a credit note says about a refund: lines that add up to what was paid back, to the minor unit, taxes included.

A refund of the whole invoice repeats the invoice's lines. One by lines and shipping repeats those, each with its share.
One of an amount is a single line, with the invoice's share of tax in it. Amounts are minor units of one currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class InvoicedLine:
    """A line as it was invoiced: `discount_minor` is for the whole line; `paid_minor` is what the line came to with tax.

    `credited_before`: pieces of it that earlier refunds stand for.
    """

    position: int
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    paid_minor: int
    tax_rate: str = ""
    credited_before: int = 0


@dataclass(frozen=True)
class Invoiced:
    """An invoice's amounts; with `taxes_included`, prices hold their tax and `tax_minor` says how much of it there is."""

    lines: tuple[InvoicedLine, ...]
    shipping_minor: int
    tax_minor: int
    total_minor: int
    taxes_included: bool


@dataclass(frozen=True)
class CreditLine:
    """`quantity` times `unit_price_minor`, less `discount_minor`, and tax on top unless it is included."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    tax_rate: str = ""


@dataclass(frozen=True)
class Credit:
    """A credit note's amounts, all positive: what the customer is credited with."""

    lines: tuple[CreditLine, ...]
    shipping_minor: int
    tax_minor: int


def credited(invoiced: Invoiced, *, amount_minor: int, quantities: Mapping[int, int], shipping_minor: int) -> Credit:
    """What a refund of `amount_minor` credits. `quantities` are by the lines' positions, as the refund was decided."""
    if amount_minor == invoiced.total_minor:
        return _whole(invoiced)
    if quantities or shipping_minor:
        found = _parts(invoiced, quantities, shipping_minor)
        if total_minor(found, taxes_included=invoiced.taxes_included) == amount_minor:
            return found
    return _amount(invoiced, amount_minor)


def total_minor(credit: Credit, *, taxes_included: bool) -> int:
    """What the lines, shipping and tax come to."""
    net = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in credit.lines)
    return net + credit.shipping_minor + (0 if taxes_included else credit.tax_minor)


def _whole(invoiced: Invoiced) -> Credit:
    lines = tuple(
        CreditLine(
            line.sku,
            line.name,
            line.quantity,
            line.unit_price_minor,
            line.discount_minor,
            line.tax_minor,
            line.tax_rate,
        )
        for line in invoiced.lines
    )
    return Credit(lines, invoiced.shipping_minor, invoiced.tax_minor)


def _parts(invoiced: Invoiced, quantities: Mapping[int, int], shipping_minor: int) -> Credit:
    """Each line's share is what the refund reckoned it to be; the discount takes up what rounding leaves."""
    lines = []
    for line in invoiced.lines:
        quantity = quantities.get(line.position, 0)
        if not quantity:
            continue
        tax = _share(line.tax_minor, line, quantity)
        on_top = 0 if invoiced.taxes_included else tax
        off = quantity * line.unit_price_minor - (_share(line.paid_minor, line, quantity) - on_top)
        if off < 0:  # rounding of tax and price apart: the tax takes it
            tax, off = tax - off, 0
        lines.append(CreditLine(line.sku, line.name, quantity, line.unit_price_minor, off, tax, line.tax_rate))
    return Credit(tuple(lines), shipping_minor, sum(line.tax_minor for line in lines))


def _share(minor: int, line: InvoicedLine, quantity: int) -> int:
    """What `quantity` pieces have of a line's amount, after those that were credited before."""
    before = line.credited_before
    return minor * (before + quantity) // line.quantity - minor * before // line.quantity


def _amount(invoiced: Invoiced, amount_minor: int) -> Credit:
    tax = invoiced.tax_minor * amount_minor // invoiced.total_minor if invoiced.total_minor else 0
    price = amount_minor if invoiced.taxes_included else amount_minor - tax
    return Credit((CreditLine("refund", "Part of the amount paid back", 1, price, tax_minor=tax),), 0, tax)
