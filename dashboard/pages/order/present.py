"""From an order's head to what the top of its page shows."""

import json
from datetime import datetime
from typing import Any

from babel import Locale

from backend.domain.desk import AddressView
from backend.domain.holds import HoldKind
from backend.domain.order_page import OrderHead
from backend.domain.orders import FINAL, PATH, OrderEvent, OrderStatus, can
from dashboard.components.money import LOCALE, money
from dashboard.components.times import age, full, moment
from dashboard.components.words import word
from dashboard.pages.order.cards import AddressCard, Head, Stop


def head(order: OrderHead, now: datetime) -> Head:
    return Head(
        number=order.number,
        external=order.external_number,
        shop_url=web_address(order.shop_url),
        channel=word(order.channel),
        status=order.status,
        status_word=word(order.status),
        payment=order.payment_status,
        payment_word=word(order.payment_status),
        shipping=order.shipping_status,
        shipping_word=word(order.shipping_status),
        held=order.held,
        final=OrderStatus(order.status) in FINAL,
        refundable=order.open_to_refund_minor > 0,
        cancellable=_cancellable(order),
        placed=moment(order.placed_at),
        placed_full=full(order.placed_at),
        age=age(order.placed_at, now),
        customer=order.customer,
        total=money(order.total_minor, order.currency),
        note=order.note,
        tags=list(order.tags),
    )


def _cancellable(order: OrderHead) -> bool:
    under_way = any(hold.kind == HoldKind.BEING_CANCELLED for hold in order.holds)
    return can(OrderStatus(order.status), OrderEvent.CANCELLED) and not under_way


def path(order: OrderHead) -> list[Stop]:
    """The five stops with the times they were reached; where the order left its way, the end that it came to.

    A hold shows at the stop where the order stands; stops that were passed over are said to be.
    """
    status = OrderStatus(order.status)
    reached = {move.status: move.at for move in order.moves}
    if status not in PATH:
        passed = [_stop(each, "done", reached) for each in PATH if each in reached]
        ends = [each for each in (OrderStatus.CANCELLED, OrderStatus.REFUNDED) if each in reached or each is status]
        return [*passed, *(_stop(each, "ended", reached) for each in ends)]
    here = PATH.index(status)
    stops = [
        _stop(each, "ahead" if index > here else "done" if each in reached else "skipped", reached)
        for index, each in enumerate(PATH)
    ]
    stops[here].state = "held" if order.held else "done" if status is OrderStatus.DELIVERED else "here"
    return stops


def _stop(status: OrderStatus, state: str, reached: dict[str, datetime]) -> Stop:
    at = reached.get(status)
    return Stop(word(status), state, moment(at) if at else "", full(at) if at else "")


def addresses(ship: AddressView | None, bill: AddressView | None) -> list[AddressCard]:
    """Where it goes and who is billed; one card when both are the same."""
    if ship and ship == bill:
        return [AddressCard("Delivery and billing", _lines(ship))]
    cards = [AddressCard("Delivery", _lines(ship))] if ship else []
    return [*cards, AddressCard("Billing", _lines(bill))] if bill else cards


def _lines(address: AddressView) -> list[str]:
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    country = Locale.parse(LOCALE).territories.get(address.country, address.country)
    region = ", ".join(part for part in (address.province, country) if part)
    tax = f"Tax number {address.tax_id}" if address.tax_id else ""
    lines = (address.name, address.company, address.line1, address.line2, place, region, tax)
    return [line for line in lines if line]


def web_address(text: str) -> str:
    """An address that may become a link; whatever is no plain web address does not."""
    return text if text.startswith(("https://", "http://")) else ""


def payload(value: Any) -> str:
    """A request or response as text."""
    if value in (None, "", {}, []):
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
