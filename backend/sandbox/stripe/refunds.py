"""Refunds: never more than was captured, each with its balance transaction and events; some end later, or badly."""

from typing import Any

from backend.sandbox import refunding
from backend.sandbox.money import to_text
from backend.sandbox.store import Document
from backend.sandbox.stripe import objects
from backend.sandbox.stripe.errors import StripeError, invalid, no_such
from backend.sandbox.stripe.ledger import CUSTOMER, Caller, Ledger

ENDS = (("pending", "succeeded"), ("pending", "failed"), ("succeeded", "failed"))
# Test cards whose refunds go a way of their own.
CARDS = {"pm_card_pendingRefund": "later", "pm_card_refundFail": "fails"}
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(ledger: Ledger, params: dict[str, Any], caller: Caller, refusal: str | None) -> Document:
    """Pay back all or part of a captured charge, named by `charge` or `payment_intent`."""
    charge = _charge(ledger, params)
    left = charge["amount_captured"] - _refunded(ledger, charge["id"])
    if left <= 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeError(400, "invalid_request_error", message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount > left:
        currency = charge["currency"].upper()
        raise StripeError(
            400,
            "invalid_request_error",
            f"Refund amount ({to_text(amount, currency)} {currency}) is greater than unrefunded amount on charge "
            f"({to_text(left, currency)} {currency})",
            param="amount",
        )
    if refusal:
        raise StripeError(400, "invalid_request_error", "This charge cannot be refunded: the refund was refused.")
    return _refund(ledger, charge, amount, params, caller)


def get(ledger: Ledger, refund_id: str) -> Document:
    """A refund or 404."""
    refund = ledger.find("refund", refund_id)
    if refund is None:
        raise no_such("refund", refund_id, param="refund")
    return refund


def settle(ledger: Ledger, refund: Document, status: str) -> Document:
    """A refund ends after its answer was given: pending → succeeded or failed, succeeded → failed. Raises StripeError."""
    if (refund["status"], status) not in ENDS:
        raise StripeError(400, "invalid_request_error", f"A refund that is {refund['status']} cannot become {status}.")
    charge = ledger.find("charge", refund["charge"]) or {}
    had_left = refund["status"] == "succeeded"
    refund["status"] = status
    noted = {**refund, "metadata": {**charge["metadata"], **refund["metadata"]}}
    if status == "failed":
        refund["failure_reason"] = "expired_or_canceled_card"
        txn = ledger.book(refund, "refund_failure", refund["amount"])
        refund["failure_balance_transaction"] = txn["id"]
        ledger.note("refund.failed", noted, refund["amount"] if had_left else 0, CUSTOMER)
    else:
        ledger.note("payment.refunded", noted, refund["amount"], _asked_by(ledger, refund))
    ledger.save(refund)
    _count(ledger, charge)
    ledger.emit("refund.updated", refund, CUSTOMER)
    if status == "failed":
        ledger.emit("refund.failed", refund, CUSTOMER)
    return refund


def _refund(ledger: Ledger, charge: Document, amount: int, params: dict[str, Any], caller: Caller) -> Document:
    metadata = params.get("metadata") or {}
    refund = objects.refund(ledger.world.ids.text("re_"), charge, amount, params.get("reason"), metadata)
    how = CARDS.get(charge["payment_method"]) or refunding.mode(ledger.world)
    refund["status"] = "pending" if how in ("later", "by_hand") else "succeeded"
    ledger.world.store.put("stripe_refund_keys", refund["id"], {"key": caller.idempotency_key})
    ledger.book(refund, "refund", -amount)
    ledger.save(refund)
    before = charge["amount_refunded"]
    _count(ledger, charge)
    kind = "payment.refunded" if refund["status"] == "succeeded" else "refund.accepted"
    ledger.note(kind, {**refund, "metadata": {**charge["metadata"], **metadata}}, amount, caller)
    ledger.emit("refund.created", refund, caller)
    ledger.emit("charge.refunded", charge, caller, {"amount_refunded": before})
    if how in ("later", "fails"):
        delay = refunding.ENDS_AFTER_SECONDS * ledger.world.config.pace
        status = "failed" if how == "fails" else "succeeded"
        ledger.world.agenda.add("stripe.refund", delay, refund=refund["id"], status=status)
    return refund


def _count(ledger: Ledger, charge: Document) -> None:
    total = _refunded(ledger, charge["id"])
    charge |= {"amount_refunded": total, "refunded": total >= charge["amount_captured"]}
    ledger.save(charge)


def _asked_by(ledger: Ledger, refund: Document) -> Caller:
    """Whose request it was, for the journal: its end has the same key as its beginning."""
    kept = ledger.world.store.get("stripe_refund_keys", refund["id"]) or {}
    return Caller(idempotency_key=kept.get("key"))


def _refunded(ledger: Ledger, charge_id: str) -> int:
    return sum(
        refund["amount"]
        for refund in ledger.newest_first("refund")
        if refund["charge"] == charge_id and refund["status"] in ("succeeded", "pending")
    )


def _charge(ledger: Ledger, params: dict[str, Any]) -> Document:
    if charge_id := params.get("charge"):
        charge = ledger.find("charge", charge_id)
        if charge is None:
            raise no_such("charge", charge_id, param="charge")
    elif intent_id := params.get("payment_intent"):
        intent = ledger.find("payment_intent", intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id, param="payment_intent")
        charge = ledger.find("charge", intent["latest_charge"] or "")
        if charge is None or intent["amount_received"] == 0:
            message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
            raise StripeError(400, "invalid_request_error", message, param="payment_intent")
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(400, "invalid_request_error", message, code="charge_disputed")
    if not charge["captured"]:
        raise StripeError(400, "invalid_request_error", f"Charge {charge['id']} has not been captured.")
    return charge
