"""A Shopify order in our words.

Amounts come from the plain fields, which are in the shop's currency. A line's discount is the sum of its allocations
where there are any: `total_discount` leaves out discounts on the whole order. Tips, duties and fees are no line items
at Shopify but are part of the total, so they become lines of ours that need no shipping.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from backend.domain.intake import NewAddress, NewCustomer, NewDiscount, NewItem, NewOrder
from backend.domain.money import allocate
from backend.domain.orders import PaymentMode
from backend.integrations.reading import objects, text, whole
from backend.integrations.shopify.amounts import Amounts
from backend.ports.calls import UnusablePayload

CHANNEL = "shopify"

_MODES = {
    "paid": PaymentMode.PAID,
    # What was paid is read back and compared with the total, so a part that is missing holds the order.
    "partially_paid": PaymentMode.PAID,
    "partially_refunded": PaymentMode.PAID,
    "refunded": PaymentMode.PAID,
    "authorized": PaymentMode.AUTHORIZED,
    "pending": PaymentMode.UNPAID,
    "voided": PaymentMode.UNPAID,
    "expired": PaymentMode.UNPAID,
}
_LATER_GATEWAYS = ("cash on delivery", "cod", "bank deposit", "money order", "cheque", "check", "invoice", "manual")
_EXTRAS = (
    ("original_total_duties_set", "duties", "Import duties"),
    ("original_total_additional_fees_set", "fees", "Additional fees"),
)
_RISKS = {"cancel": "high", "investigate": "medium", "accept": "low"}
_TAX_NAMES = ("vat number", "vat id", "vat", "tax id", "tax number", "gstin")
_RISK_ORDER = ("high", "medium", "low")


def normalise(order: dict[str, Any], *, cancelled: bool = False) -> NewOrder:
    """The order of a payload that meets the schema, `cancelled` when the topic or the order itself says so.

    Raises `UnusablePayload` with every amount or time that cannot be read.
    """
    amounts = Amounts(text(order, "currency"))
    mode = payment_mode(order)
    shipping_minor, shipping_discount = _shipping(order, amounts)
    found = NewOrder(
        channel=CHANNEL,
        external_id=text(order, "id"),
        external_number=text(order, "name"),
        placed_at=_moment(order, amounts.problems),
        currency=amounts.currency,
        payment_mode=mode,
        # Money that Shopify took or reserved is asked for at Shopify; for the rest we choose the gateway.
        gateway=CHANNEL if mode in (PaymentMode.PAID, PaymentMode.AUTHORIZED) else "",
        payment_reference=text(order, "id"),
        customer=_customer(order),
        billing=_address(order.get("billing_address")),
        shipping=_address(order.get("shipping_address")),
        items=(*_items(order, amounts, shipping_discount), *_extras(order, amounts)),
        discounts=_discounts(order, amounts),
        subtotal_minor=amounts.read(order, "subtotal_price", "$"),
        discount_minor=amounts.read(order, "total_discounts", "$"),
        shipping_minor=shipping_minor,
        tax_minor=_tax(order, amounts),
        total_minor=amounts.read(order, "total_price", "$"),
        taxes_included=bool(order.get("taxes_included")),
        note=text(order, "note"),
        tags=_tags(order.get("tags")),
        risk=_risk(order),
        test=bool(order.get("test")),
        wishes=_wishes(order, "note_attributes"),
        cancelled=cancelled or bool(order.get("cancelled_at")),
        tax_id=_tax_id(order),
    )
    if amounts.problems:
        raise UnusablePayload(amounts.problems)
    return found


def payment_mode(order: dict[str, Any]) -> PaymentMode:
    """What the shop says about the money; an unpaid order with terms or a manual payment method is to be paid later."""
    mode = _MODES[text(order, "financial_status")]
    unfinished = text(order, "financial_status") in ("pending", "partially_paid")
    names = [str(name).lower() for name in order.get("payment_gateway_names") or [text(order, "gateway")]]
    later = bool(order.get("payment_terms")) or any(_is_later(name) for name in names)
    return PaymentMode.TERMS if unfinished and later else mode


def _is_later(gateway: str) -> bool:
    words = gateway.replace("(", " ").replace(")", " ").split()
    return any(method in words or (" " in method and method in gateway) for method in _LATER_GATEWAYS)


def _tax(order: dict[str, Any], amounts: Amounts) -> int:
    if order.get("total_tax") is not None:
        return amounts.read(order, "total_tax", "$")
    return amounts.sum_of(order, "tax_lines", "price", "$")


def _moment(order: dict[str, Any], problems: list[str]) -> datetime:
    key = "processed_at" if order.get("processed_at") else "created_at"
    try:
        moment = datetime.fromisoformat(text(order, key))
    except ValueError:
        problems.append(f"$.{key} is not a date and time.")
        return datetime.min.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        problems.append(f"$.{key} has no time zone.")
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _items(order: dict[str, Any], amounts: Amounts, shipping_discount: int) -> list[NewItem]:
    lines = objects(order, "line_items")
    at_the_till = text(order, "source_name") == "pos" and not order.get("shipping_address")
    discounts = _line_discounts(order, lines, amounts, shipping_discount)
    return [
        _item(line, f"$.line_items[{index}]", discount, at_the_till, amounts)
        for index, (line, discount) in enumerate(zip(lines, discounts, strict=True))
    ]


def _item(line: dict[str, Any], where: str, discount: int, at_the_till: bool, amounts: Amounts) -> NewItem:
    rates = [Decimal(str(row["rate"])) for row in objects(line, "tax_lines") if row.get("rate") not in (None, "")]
    return NewItem(
        external_id=text(line, "id"),
        sku=text(line, "sku"),
        name=text(line, "name") or text(line, "title"),
        quantity=whole(line, "quantity") or 0,
        unit_price_minor=amounts.read(line, "price", where),
        discount_minor=discount,
        tax_minor=amounts.sum_of(line, "tax_lines", "price", where),
        grams=whole(line, "grams") or 0,
        requires_shipping=line.get("requires_shipping") is not False and not at_the_till,
        tax_rate=str(sum(rates)) if rates else "",
        wishes=_wishes(line, "properties"),
    )


def _line_discounts(
    order: dict[str, Any], lines: list[dict[str, Any]], amounts: Amounts, shipping_discount: int
) -> list[int]:
    """Each line's discount; old payloads without allocations have the order's spread by value."""
    if any(isinstance(line.get("discount_allocations"), list) for line in lines):
        return [
            amounts.sum_of(line, "discount_allocations", "amount", f"$.line_items[{index}]")
            for index, line in enumerate(lines)
        ]
    own = [amounts.read(line, "total_discount", f"$.line_items[{index}]") for index, line in enumerate(lines)]
    rest = amounts.read(order, "total_discounts", "$") - sum(own) - shipping_discount
    left = [
        max(amounts.read(line, "price", f"$.line_items[{index}]") * (whole(line, "quantity") or 0) - discount, 0)
        for index, (line, discount) in enumerate(zip(lines, own, strict=True))
    ]
    if rest <= 0 or sum(left) <= 0 or amounts.problems:
        return own
    return [discount + share for discount, share in zip(own, allocate(rest, left), strict=True)]


def _shipping(order: dict[str, Any], amounts: Amounts) -> tuple[int, int]:
    """What shipping costs after discounts, and those discounts."""
    if not isinstance(order.get("shipping_lines"), list):
        return amounts.of_set(order, "total_shipping_price_set"), 0
    price = discount = 0
    for index, line in enumerate(objects(order, "shipping_lines")):
        if line.get("is_removed") is True:
            continue
        where = f"$.shipping_lines[{index}]"
        price += amounts.read(line, "price", where)
        discount += amounts.sum_of(line, "discount_allocations", "amount", where)
    return price - discount, discount


def _extras(order: dict[str, Any], amounts: Amounts) -> list[NewItem]:
    extras = [(code, name, amounts.of_set(order, key)) for key, code, name in _EXTRAS]
    if not any(line.get("tip") for line in objects(order, "line_items")):
        extras.append(("tip", "Tip", amounts.read(order, "total_tip_received", "$")))
    return [
        NewItem(
            external_id=code,
            sku="",
            name=name,
            quantity=1,
            unit_price_minor=amount,
            discount_minor=0,
            tax_minor=0,
            grams=0,
            requires_shipping=False,
        )
        for code, name, amount in extras
        if amount
    ]


def _discounts(order: dict[str, Any], amounts: Amounts) -> tuple[NewDiscount, ...]:
    found = []
    for index, row in enumerate(objects(order, "discount_codes")):
        amount = amounts.read(row, "amount", f"$.discount_codes[{index}]")
        found.append(NewDiscount(text(row, "code"), text(row, "type") or "fixed_amount", amount))
    return tuple(found)


def _customer(order: dict[str, Any]) -> NewCustomer:
    """Draft and point-of-sale orders come without a customer; what the order itself says is taken then."""
    customer = order.get("customer") or {}
    full = _full_name(customer)
    for address in (order.get("billing_address"), order.get("shipping_address")):
        full = full or (text(address, "name") or _full_name(address or {}))
    return NewCustomer(
        external_id=text(customer, "id"),
        name=full,
        email=text(order, "email") or text(order, "contact_email") or text(customer, "email"),
        phone=text(order, "phone") or text(customer, "phone"),
    )


def _full_name(source: dict[str, Any]) -> str:
    return " ".join(part for part in (text(source, "first_name"), text(source, "last_name")) if part)


def _address(source: Any) -> NewAddress | None:
    if not isinstance(source, dict):
        return None
    found = NewAddress(
        name=text(source, "name") or _full_name(source),
        company=text(source, "company"),
        line1=text(source, "address1"),
        line2=text(source, "address2"),
        city=text(source, "city"),
        province=text(source, "province_code") or text(source, "province"),
        postal_code=text(source, "zip"),
        country=text(source, "country_code") or text(source, "country"),
        phone=text(source, "phone"),
    )
    return found if any((found.line1, found.line2, found.city, found.postal_code, found.country)) else None


def _wishes(source: dict[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    """Named wishes; names with a leading underscore are notes that apps leave for themselves."""
    rows = objects(source, key)
    pairs = [(text(row, "name"), str(row.get("value") if row.get("value") is not None else "")) for row in rows]
    return tuple((name, value) for name, value in pairs if value and not name.startswith("_"))


def _tax_id(order: dict[str, Any]) -> str:
    """Shopify has no place of its own for a buyer's tax number: apps ask for it in the cart and leave it as an attribute."""
    named = (text(row, "value") for row in objects(order, "note_attributes") if _plain(text(row, "name")) in _TAX_NAMES)
    return next((value.strip() for value in named if value.strip()), "")


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()


def _tags(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value or []
    return tuple(tag.strip() for tag in parts if tag.strip())


def _risk(order: dict[str, Any]) -> str:
    """`high`, `medium` or `low` where the shop assessed the order; empty where it did not."""
    levels = {text(order, "risk_level").lower(), text(order, "risk", "level").lower()}
    advice = [text(order, "risk", "recommendation"), *(text(row, "recommendation") for row in objects(order, "risks"))]
    levels |= {_RISKS.get(word.lower(), "") for word in advice}
    return next((level for level in _RISK_ORDER if level in levels), "")
