"""Razorpay's objects in our words. Amounts are whole numbers in the currency's smallest unit, as ours are.

`notes` carry our marks; where there are none, Razorpay sends an empty list in place of an object.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.money import exponent
from backend.integrations.believing import check_about, check_money
from backend.integrations.razorpay.errors import PROVIDER
from backend.integrations.reading import at, text, whole
from backend.ports.calls import OutcomeUnknown, Rejected
from backend.ports.payments import Authorization, Capture, PaymentOrder, RefundDone, RefundOrder

LONGEST_RECEIPT = 40


def order_body(order: PaymentOrder, key: str) -> dict[str, Any]:
    """An order to be paid; unless told otherwise, what is authorized for it is captured at once. The receipt is our number."""
    if not 0 < len(order.number) <= LONGEST_RECEIPT:
        sentence = f"The number {order.number!r} does not have 1 to {LONGEST_RECEIPT} characters; nothing was sent."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
    return {
        "amount": order.amount_minor,
        "currency": order.currency,
        "receipt": order.number,
        "payment_capture": not order.manual_capture,
        "notes": notes(order, key),
    }


def notes(order: PaymentOrder | RefundOrder, key: str) -> dict[str, str]:
    return {"order_ref": order.number, "channel_order": order.channel_order, "step_key": key}


def idempotency_key(key: str) -> str:
    """Our key in the characters that Razorpay takes, which keeps different keys different: readable part, then a hash."""
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", key)[:48]
    return f"{readable}-{sha256(key.encode()).hexdigest()[:16]}"


def captured(payment: Any) -> Capture | None:
    """What was captured, under the payment's id; None while nothing is. A payment is captured whole or not at all."""
    if at(payment, "captured") is not True or text(payment, "status") not in ("captured", "refunded"):
        return None
    amount, currency = money(payment)
    return Capture(_id(payment), amount, currency, at=when(whole(payment, "created_at")))


def authorized(payment: Any) -> Authorization | None:
    """What the customer's bank keeps ready for us; None unless the payment waits to be captured."""
    if text(payment, "status") != "authorized" or at(payment, "captured") is True:
        return None
    return Authorization(_id(payment), *money(payment), at=when(whole(payment, "created_at")))


def refunded(refund: Any) -> RefundDone:
    """A refund; one that failed is `Rejected`."""
    status = text(refund, "status")
    if status == "failed":
        sentence = "The refund did not go through."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED, code="refund_failed")
    if status not in ("processed", "pending"):
        raise OutcomeUnknown(PROVIDER, f"Razorpay answered with a refund in the unknown state {status!r}.")
    return RefundDone(_id(refund), *money(refund), pending=status == "pending")


def money(source: Any) -> tuple[int, str]:
    """Minor units and currency; an answer without them cannot be believed."""
    amount, currency = whole(source, "amount"), text(source, "currency")
    try:
        exponent(currency)
    except InvalidInput as error:
        raise OutcomeUnknown(PROVIDER, f"Razorpay's answer has no usable amount. {error.sentence}") from error
    if amount is None or amount < 0:
        raise OutcomeUnknown(PROVIDER, "Razorpay's answer has no usable amount.")
    return amount, currency


def when(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 <= seconds < 2**36 else None


def check_amount(what: str, got: tuple[int, str], wanted: tuple[int, str]) -> None:
    """Refuse an answer whose amount or currency is not what was asked for."""
    check_money(PROVIDER, what, got, wanted)


def check_ours(thing: Any, *, order_number: str = "", key: str = "") -> None:
    """Refuse to believe an answer that carries the marks of another order or step."""
    if order_number:
        check_about(PROVIDER, "something of the order", text(thing, "notes", "order_ref"), order_number)
    if key:
        check_about(PROVIDER, "an answer to", text(thing, "notes", "step_key"), key)


def _id(source: Any) -> str:
    found = text(source, "id")
    if not found:
        raise OutcomeUnknown(PROVIDER, "Razorpay's answer names no id.")
    return found
