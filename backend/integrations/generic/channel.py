"""The sales channel "generic": one order per request, as the published schema `order.v1.schema.json` describes it.

Headers: `X-Holdfast-Event-Id` (unique per delivery; the same again when a delivery is repeated), `X-Holdfast-Topic`
(`orders/create`, the default, `orders/updated` or `orders/cancelled`) and `X-Holdfast-Signature: t=<unix>,v1=<hex>`
where the hex is HMAC-SHA256 over `<t>.<raw body>` with the shared secret.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.domain.intake import NewAddress, NewCustomer, NewDiscount, NewItem, NewOrder
from backend.domain.money import exponent
from backend.domain.orders import PaymentMode
from backend.integrations.reading import at, objects, text
from backend.integrations.schema import SchemaCheck
from backend.integrations.signatures import check_timed
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.channels import InboundOrder

CHANNEL = "generic"
SIGNATURE_HEADER = "x-holdfast-signature"
SCHEMA_FILE = Path(__file__).with_name("order.v1.schema.json")
TOPICS = ("orders/create", "orders/updated", "orders/cancelled")

_EVENT_ID = re.compile(r"[\x21-\x7e]{1,255}")


class GenericChannel:
    """`secrets` may hold two while a secret is being changed."""

    name = CHANNEL

    def __init__(self, *, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)
        self._schema = SchemaCheck(SCHEMA_FILE)

    def authenticate(self, message: InboundMessage) -> None:
        check_timed(message, SIGNATURE_HEADER, self._secrets)

    def identify(self, message: InboundMessage) -> InboundOrder:
        event_id = message.headers.get("x-holdfast-event-id", "").strip()
        topic = message.headers.get("x-holdfast-topic", "").strip() or TOPICS[0]
        if not _EVENT_ID.fullmatch(event_id):
            raise UnusablePayload(["The header X-Holdfast-Event-Id must be 1 to 255 visible ASCII characters."])
        return InboundOrder(event_id, topic[:255])

    def read(self, message: InboundMessage) -> NewOrder | None:
        topic = self.identify(message).topic
        if topic not in TOPICS:
            raise UnusablePayload([f"The header X-Holdfast-Topic is {topic[:40]!r}; use one of: {', '.join(TOPICS)}."])
        try:
            order = strict_json.read_object(message.body)
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error
        version = order.get("schema_version")
        if version is not None and (version != 1 or isinstance(version, bool)):
            raise UnusablePayload([f"$.schema_version is {str(version)[:40]}; this Holdfast knows version 1 only."])
        problems = self._schema.problems(order) or _beyond_schema(order)
        if problems:
            raise UnusablePayload(problems)
        return _normalised(order, cancelled=topic == "orders/cancelled")


def _beyond_schema(order: dict[str, Any]) -> list[str]:
    """What a schema cannot say: the currency exists, and the time is one."""
    found = []
    try:
        exponent(text(order, "currency"))
    except InvalidInput as error:
        found.append(f"$.currency: {error.sentence}")
    try:
        if datetime.fromisoformat(text(order, "placed_at")).tzinfo is None:
            found.append("$.placed_at has no time zone.")
    except ValueError:
        found.append("$.placed_at is not a date and time.")
    return found


def _normalised(order: dict[str, Any], *, cancelled: bool) -> NewOrder:
    items = tuple(_item(line, place) for place, line in enumerate(objects(order, "items"), start=1))
    return NewOrder(
        channel=CHANNEL,
        external_id=text(order, "order_id"),
        external_number=text(order, "order_number") or text(order, "order_id"),
        placed_at=datetime.fromisoformat(text(order, "placed_at")).astimezone(UTC),
        currency=text(order, "currency"),
        payment_mode=PaymentMode(text(order, "payment", "mode")),
        gateway=text(order, "payment", "gateway"),
        payment_reference=text(order, "payment", "reference"),
        customer=NewCustomer(
            external_id=text(order, "customer", "id"),
            name=text(order, "customer", "name"),
            email=text(order, "customer", "email"),
            phone=text(order, "customer", "phone"),
        ),
        billing=_address(order.get("billing_address")),
        shipping=_address(order.get("shipping_address")),
        items=items,
        discounts=tuple(
            NewDiscount(text(row, "code"), text(row, "kind") or "fixed_amount", row["amount_minor"])
            for row in objects(order, "discounts")
        ),
        subtotal_minor=order["subtotal_minor"],
        discount_minor=order.get("discount_minor", sum(item.discount_minor for item in items)),
        shipping_minor=order["shipping_minor"],
        tax_minor=order["tax_minor"],
        total_minor=order["total_minor"],
        taxes_included=order.get("taxes_included", False),
        note=text(order, "note"),
        tags=tuple(order.get("tags", ())),
        risk=text(order, "risk"),
        test=order.get("test", False),
        wishes=_wishes(order),
        cancelled=cancelled,
        tax_id=text(order, "customer", "tax_id"),
    )


def _item(line: dict[str, Any], place: int) -> NewItem:
    return NewItem(
        external_id=text(line, "id") or str(place),
        sku=text(line, "sku"),
        name=text(line, "name"),
        quantity=line["quantity"],
        unit_price_minor=line["unit_price_minor"],
        discount_minor=line.get("discount_minor", 0),
        tax_minor=line.get("tax_minor", 0),
        grams=line.get("grams", 0),
        requires_shipping=line.get("requires_shipping", True),
        tax_rate=text(line, "tax_rate"),
        wishes=_wishes(line),
    )


def _address(source: Any) -> NewAddress | None:
    if not isinstance(source, dict):
        return None
    fields = ("name", "company", "line1", "line2", "city", "province", "postal_code", "country", "phone", "email")
    return NewAddress(**{field: text(source, field) for field in fields})


def _wishes(source: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    wishes = at(source, "wishes")
    return tuple((text(wish, "name"), text(wish, "value")) for wish in wishes) if isinstance(wishes, list) else ()
