"""Stripe's objects in our words: intents and charges become captures, refunds become refunds done.

Two shapes are read: older API versions carry `charges.data` inside the intent, newer ones only `latest_charge`.
"""

from datetime import UTC, datetime
from typing import Any

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.integrations.believing import check_about, check_money
from backend.integrations.reading import at, objects, text, whole
from backend.integrations.stripe.amounts import from_stripe
from backend.integrations.stripe.errors import PROVIDER
from backend.ports.calls import OutcomeUnknown, Rejected
from backend.ports.payments import Authorization, Capture, RefundDone, Voided


def captured(intent: Any) -> Capture | None:
    """What was captured on an intent, under the intent's id; None while nothing is."""
    amount = whole(intent, "amount_received")
    charges = [charge for charge in _charges(intent) if charge.get("captured") and charge.get("status") == "succeeded"]
    if amount is None:
        amount = sum(whole(charge, "amount_captured") or whole(charge, "amount") or 0 for charge in charges)
    if not amount or text(intent, "status") != "succeeded":
        return None
    moment = whole(charges[0], "created") if charges else whole(intent, "created")
    return Capture(text(intent, "id"), *money(intent, amount), at=when(moment))


def voided(intent: Any) -> Voided | None:
    """How an intent ended: cancelled, or paid after all; None while something can still be taken on it."""
    capture = captured(intent)
    if capture is not None:
        return Voided(capture.reference, (capture,))
    return Voided(text(intent, "id")) if text(intent, "status") == "canceled" else None


def authorized(intent: Any) -> Authorization | None:
    """What the customer's bank keeps ready for us on an intent; None where nothing waits to be captured."""
    amount = whole(intent, "amount_capturable")
    if not amount or text(intent, "status") != "requires_capture":
        return None
    return Authorization(text(intent, "id"), *money(intent, amount))


def captured_charge(charge: Any) -> Capture | None:
    """A capture from a bare charge, for payments made without an intent."""
    if not at(charge, "captured") or text(charge, "status") != "succeeded":
        return None
    amount = whole(charge, "amount_captured")
    amount = whole(charge, "amount") if amount is None else amount
    return Capture(text(charge, "id"), *money(charge, amount or 0), at=when(whole(charge, "created")))


def refunded(refund: Any) -> RefundDone:
    """A refund; one that failed or was called off is `Rejected`."""
    status = text(refund, "status")
    if status in ("failed", "canceled"):
        reason = text(refund, "failure_reason") or status
        sentence = f"The refund did not go through: {reason}."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED, code=reason)
    if status not in ("succeeded", "pending", "requires_action"):
        raise OutcomeUnknown(PROVIDER, f"Stripe answered with a refund in the unknown state {status!r}.")
    return RefundDone(text(refund, "id"), *money(refund, whole(refund, "amount") or 0), pending=status != "succeeded")


def money(source: Any, amount: int) -> tuple[int, str]:
    """Our minor units and the currency in upper case."""
    currency = text(source, "currency").upper()
    try:
        return from_stripe(amount, currency), currency
    except InvalidInput as error:
        raise OutcomeUnknown(PROVIDER, f"Stripe's answer has no usable amount. {error.sentence}") from error


def when(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 <= seconds < 2**36 else None


def check_amount(what: str, got: tuple[int, str], wanted: tuple[int, str]) -> None:
    """Refuse an answer whose amount or currency is not what was asked for."""
    check_money(PROVIDER, what, got, wanted)


def _charges(intent: Any) -> list[dict[str, Any]]:
    latest = at(intent, "latest_charge")
    return [latest] if isinstance(latest, dict) else objects(intent, "charges", "data")


def check_ours(thing: Any, *, order_number: str = "", key: str = "") -> None:
    """Refuse to believe an answer that carries the marks of another order or step."""
    if order_number:
        check_about(PROVIDER, "a payment of the order", text(thing, "metadata", "order_ref"), order_number)
    if key:
        check_about(PROVIDER, "an answer to", text(thing, "metadata", "step_key"), key)
