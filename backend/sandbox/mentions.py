"""What a provider's JSON says it is about: the fields that name objects and orders, wherever they are in it."""

from collections.abc import Iterator
from typing import Any

NAMING = frozenset(
    {
        "id",
        "name",
        "order_ref",
        "channel_order",
        "step_key",
        "receipt",
        "order_id",
        "order_number",
        "payment_id",
        "payment_intent",
        "charge",
        "latest_charge",
        "parent_id",
        "po_number",
        "custom_value1",
        "number",
        "external_shipment_id",
        "external_order_id",
        "label_id",
        "shipment_id",
        "reference",
        "tracking_number",
        "tracking_code",
    }
)
LONGEST = 80
# Lines of an order have ids of their own, which name no order.
_INSIDE = frozenset({"line_items", "items", "rates", "events", "tracking_details"})


def mentioned(body: Any) -> tuple[str, ...]:
    """Every name in a body, without repeats."""
    return tuple(dict.fromkeys(_names(body)))


def _names(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for part in body:
            yield from _names(part)
    if not isinstance(body, dict):
        return
    for key, value in body.items():
        if key in _INSIDE:
            continue
        if key in NAMING and isinstance(value, str | int) and not isinstance(value, bool):
            if 0 < len(str(value)) <= LONGEST:
                yield str(value)
        else:
            yield from _names(value)
