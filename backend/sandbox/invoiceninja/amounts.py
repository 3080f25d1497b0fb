"""What an invoice or credit comes to: lines, discounts and up to three taxes each, exclusive or inclusive."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from backend.sandbox.invoiceninja.errors import invalid

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Totals:
    """Amounts in major units, rounded to the currency's places. `taxes` maps "name rate" to its amount."""

    lines: list[dict[str, Any]]
    subtotal: Decimal
    total_taxes: Decimal
    amount: Decimal
    taxes: dict[str, Decimal]


def compute(document: dict[str, Any], places: int) -> Totals:
    """Totals of a document with `line_items`; raises NinjaError 422 for amounts that are no numbers."""
    inclusive = bool(document.get("uses_inclusive_taxes"))
    lines, taxes = [], dict[str, Decimal]()
    for index, raw in enumerate(document.get("line_items") or []):
        lines.append(_line(raw, inclusive, places, taxes, f"line_items.{index}"))
    subtotal = sum((Decimal(str(line["line_total"])) for line in lines), Decimal(0))
    discounted = subtotal - _discount(document, subtotal, places)
    for name, rate in _rates(document):
        _add_tax(taxes, name, rate, discounted, inclusive, places)
    total_taxes = sum(taxes.values(), Decimal(0))
    surcharges = sum(
        (number(document.get(f"custom_surcharge{i}"), f"custom_surcharge{i}") for i in range(1, 5)), Decimal(0)
    )
    amount = discounted + surcharges + (Decimal(0) if inclusive else total_taxes)
    return Totals(lines, subtotal, total_taxes, rounded(amount, places), taxes)


def number(raw: Any, field: str) -> Decimal:
    """A JSON number or string as a Decimal; nothing counts as zero."""
    if raw in (None, ""):
        return Decimal(0)
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        raise invalid(field, f"The {field} must be a number.") from None
    if not value.is_finite():
        raise invalid(field, f"The {field} must be a number.")
    return value


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up, to the currency's places."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _line(raw: Any, inclusive: bool, places: int, taxes: dict[str, Decimal], where: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid(where, "The line item must be an object.")
    quantity, cost = number(raw.get("quantity"), f"{where}.quantity"), number(raw.get("cost"), f"{where}.cost")
    total = rounded(quantity * cost, places)
    total -= _discount(raw, total, places)
    tax = Decimal(0)
    for name, rate in _rates(raw):
        tax += _add_tax(taxes, name, rate, total, inclusive, places)
    return {
        "product_key": "",
        "notes": "",
        "discount": 0,
        "is_amount_discount": False,
        "tax_name1": "",
        "tax_rate1": 0,
        "tax_name2": "",
        "tax_rate2": 0,
        "tax_name3": "",
        "tax_rate3": 0,
        "custom_value1": "",
        "custom_value2": "",
        "custom_value3": "",
        "custom_value4": "",
        "type_id": "1",
        **raw,
        "quantity": float(quantity),
        "cost": float(cost),
        "line_total": float(total),
        "tax_amount": float(tax),
        "gross_line_total": float(total if inclusive else total + tax),
    }


def _discount(holder: dict[str, Any], base: Decimal, places: int) -> Decimal:
    discount = number(holder.get("discount"), "discount")
    return discount if holder.get("is_amount_discount") else rounded(base * discount / HUNDRED, places)


def _rates(holder: dict[str, Any]) -> list[tuple[str, Decimal]]:
    found = [
        (str(holder.get(f"tax_name{i}") or ""), number(holder.get(f"tax_rate{i}"), f"tax_rate{i}")) for i in (1, 2, 3)
    ]
    return [(name, rate) for name, rate in found if name and rate]


def _add_tax(
    taxes: dict[str, Decimal], name: str, rate: Decimal, base: Decimal, inclusive: bool, places: int
) -> Decimal:
    raw = base - base / (1 + rate / HUNDRED) if inclusive else base * rate / HUNDRED
    tax = rounded(raw, places)
    label = f"{name} {rate.normalize():f}%"
    taxes[label] = taxes.get(label, Decimal(0)) + tax
    return tax
