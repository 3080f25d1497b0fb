"""From an order's money to what its page shows: how the price comes about, what was paid, what went back."""

from backend.domain.desk import RefundView
from backend.domain.order_page import ItemsTab, PaymentFact, PaymentsTab
from dashboard.components.money import money, told
from dashboard.components.times import full, moment
from dashboard.components.words import word
from dashboard.pages.order.cards import Line, PaymentCard, RefundCard

MoneyTab = ItemsTab | PaymentsTab

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


def totals(order: ItemsTab) -> list[Line]:
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


def balance(order: MoneyTab) -> list[Line]:
    """What came in, less what went back, is on its way back or disputed: what is left to go back."""
    stuck = sum(refund.amount_minor for refund in order.refunds if refund.problem and refund.state == "requested")
    on_its_way, disputed = on_its_way_minor(order) - stuck, disputed_minor(order)

    def less(label: str, minor: int) -> list[Line]:
        return [Line(label, money(-minor, order.currency))] if minor else []

    return [
        Line("Captured", money(order.captured_minor, order.currency)),
        Line("Refunded", money(-order.refunded_minor, order.currency)),
        *less("On its way back", on_its_way),
        *less("Did not go back yet", stuck),
        *less("Disputed by the bank", disputed),
        Line("May still be refunded", money(open_to_refund_minor(order), order.currency), strong=True),
    ]


def authorized(order: ItemsTab) -> str:
    """What a bank has set aside for us, where nothing of it is captured yet."""
    return money(order.authorized_minor, order.currency) if order.authorized_minor > order.captured_minor else ""


def doubts(order: ItemsTab) -> list[Line]:
    """Calls about money of which nobody knows yet whether they took effect; they are in none of the sums."""
    return [Line(doubt.label, money(doubt.amount_minor, doubt.currency)) for doubt in order.doubts]


def payments(order: PaymentsTab) -> list[PaymentCard]:
    return [_payment(fact) for fact in order.facts]


def _payment(fact: PaymentFact) -> PaymentCard:
    entry = fact.entry
    return PaymentCard(
        label=word(entry.kind),
        amount=money(entry.amount_minor, entry.currency),
        provider=word(entry.provider),
        reference=entry.reference,
        at=moment(entry.occurred_at),
        full=full(entry.occurred_at),
        mood=_PAYMENT_MOODS.get(entry.kind, "moving"),
        detail=told(entry.detail),
        proof=f"Answer to our call {fact.step_key}" if fact.step_key else f"Told by {word(entry.provider)}",
    )


def refunds(order: MoneyTab) -> list[RefundCard]:
    """Newest first, each with its reason and how far it is."""
    return [
        RefundCard(
            amount=money(refund.amount_minor, refund.currency),
            mood=_refund_state(refund)[0],
            state=_refund_state(refund)[1],
            reason=refund.reason,
            at=moment(refund.settled_at or refund.requested_at),
            problem=told(_refund_problem(refund)),
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
    problem = refund.problem if refund.problem.endswith((".", "!", "?")) else f"{refund.problem}."
    if refund.in_doubt:
        return f"{problem} Retry it in the hold above: the provider is asked first, and nothing is paid twice."
    return f"{problem} Nothing was paid back. Mend the cause, then retry it in the hold above."


def open_to_refund_minor(order: MoneyTab) -> int:
    """What may still be paid back, less what is on its way back already."""
    return order.refundable_minor - on_its_way_minor(order)


def disputed_minor(order: MoneyTab) -> int:
    """What a bank questions or has taken back: it came in, was not paid back, and may not be paid back either."""
    return order.captured_minor - order.refunded_minor - order.refundable_minor


def on_its_way_minor(order: MoneyTab) -> int:
    return sum(refund.amount_minor for refund in order.refunds if refund.state == "requested")
