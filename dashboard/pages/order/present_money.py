"""From an order's money to what its page shows: how the price comes about, what was paid, what went back."""

from backend.domain.desk import OrderView, RefundView
from dashboard.components.money import money
from dashboard.components.times import moment
from dashboard.components.words import word
from dashboard.pages.order.cards import Line, PaymentCard, RefundCard

_PAYMENT_MOODS = {
    "captured": "good",
    "refunded": "refunded",
    "failed": "bad",
    "refund_failed": "bad",
    "dispute_opened": "bad",
    "dispute_closed": "idle",
    "chargeback": "bad",
    "chargeback_reversed": "good",
    "voided": "cancelled",
}
_REFUNDS = {"requested": ("moving", "On its way back"), "succeeded": ("good", "Paid back"), "failed": ("bad", "Failed")}


def totals(order: OrderView) -> list[Line]:
    """How the price comes about; tax is told apart when it is inside the prices."""

    def amount(minor: int) -> str:
        return money(minor, order.currency)

    discounts = [Line(f"Discount {name}".strip(), amount(-minor)) for name, minor in order.discounts if minor]
    if not discounts and order.discount_minor:
        discounts = [Line("Discount", amount(-order.discount_minor))]
    tax = Line("Tax, included" if order.taxes_included else "Tax", amount(order.tax_minor))
    return [
        Line("Items", amount(order.subtotal_minor)),
        *discounts,
        Line("Shipping", amount(order.shipping_minor)),
        tax,
        Line("Total", amount(order.total_minor), strong=True),
    ]


def balance(order: OrderView) -> list[Line]:
    """What came in, what went back, what is on its way back or disputed, and what is left to go back."""
    stuck = sum(refund.amount_minor for refund in order.refunds if refund.problem and refund.state == "requested")
    on_its_way, disputed = on_its_way_minor(order) - stuck, disputed_minor(order)
    return [
        Line("Captured", money(order.captured_minor, order.currency)),
        Line("Refunded", money(order.refunded_minor, order.currency)),
        *([Line("On its way back", money(on_its_way, order.currency))] if on_its_way else []),
        *([Line("Did not go back yet", money(stuck, order.currency))] if stuck else []),
        *([Line("Disputed by the bank", money(disputed, order.currency))] if disputed else []),
        Line("May still be refunded", money(open_to_refund_minor(order), order.currency), strong=True),
    ]


def payments(order: OrderView) -> list[PaymentCard]:
    return [
        PaymentCard(
            label=word(entry.kind),
            amount=money(entry.amount_minor, entry.currency),
            provider=word(entry.provider),
            reference=entry.reference,
            at=moment(entry.occurred_at),
            mood=_PAYMENT_MOODS.get(entry.kind, "moving"),
        )
        for entry in order.payments
    ]


def refunds(order: OrderView) -> list[RefundCard]:
    """Newest first, each with its reason and how far it is."""
    return [
        RefundCard(
            amount=money(refund.amount_minor, refund.currency),
            mood=_refund_state(refund)[0],
            state=_refund_state(refund)[1],
            reason=refund.reason,
            at=moment(refund.settled_at or refund.requested_at),
            problem=_refund_problem(refund),
        )
        for refund in reversed(order.refunds)
    ]


def _refund_state(refund: RefundView) -> tuple[str, str]:
    if refund.problem:
        return ("waiting", "Not known whether it went back") if refund.in_doubt else ("bad", "Failed")
    return _REFUNDS.get(refund.state, ("idle", word(refund.state)))


def _refund_problem(refund: RefundView) -> str:
    """Why a refund does not get on, and what to do about it."""
    if not refund.problem or refund.state == "failed":
        return refund.problem
    if refund.in_doubt:
        return f"{refund.problem} Retry it in the hold above: the provider is asked first, and nothing is paid twice."
    return f"{refund.problem} Nothing was paid back. Mend the cause, then retry it in the hold above."


def open_to_refund_minor(order: OrderView) -> int:
    """What may still be paid back, less what is on its way back already."""
    return order.refundable_minor - on_its_way_minor(order)


def disputed_minor(order: OrderView) -> int:
    """What a bank questions or has taken back: it came in, was not paid back, and may not be paid back either."""
    return order.captured_minor - order.refunded_minor - order.refundable_minor


def on_its_way_minor(order: OrderView) -> int:
    return sum(refund.amount_minor for refund in order.refunds if refund.state == "requested")
