"""The life of a payment intent: created, paid or declined, captured, cancelled."""

from collections.abc import Callable
from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document
from backend.sandbox.stripe import disputes, objects
from backend.sandbox.stripe.errors import StripeError, invalid, no_such, unexpected_state
from backend.sandbox.stripe.ledger import Caller, Ledger

# Stripe's test payment methods: the outcome each of them always has.
DECLINES = {
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedLostCard": "lost_card",
    "pm_card_chargeDeclinedFraudulent": "fraudulent",
}
NEEDS_ACTION = {"pm_card_authenticationRequired", "pm_card_threeDSecure2Required"}
DISPUTED = {"pm_card_createDispute", "pm_card_createDisputeInquiry"}
REFUSAL_CODES = {"refuse": "do_not_honor", "decline": "generic_decline", "insufficient_funds": "insufficient_funds"}
DECLINE_MESSAGES = {"insufficient_funds": "Your card has insufficient funds."}
PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLATION_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


class Intents:
    """What may be done with payment intents; raises StripeError where Stripe refuses."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ids = ledger.world.ids
        self.when_open: Callable[[Document], None] = lambda _: None

    def get(self, intent_id: str) -> Document:
        """An intent or 404."""
        intent = self._ledger.find("payment_intent", intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id)
        return intent

    def create(self, params: dict[str, Any], caller: Caller, refusal: str | None) -> Document:
        """Create an intent, and confirm it at once when asked to."""
        intent_id = self._ids.text("pi_")
        intent = objects.payment_intent(intent_id, self._ids.text("", 25), params)
        if params.get("payment_method"):
            intent |= {"payment_method": params["payment_method"], "status": "requires_confirmation"}
        self._ledger.save(intent)
        self._ledger.note("payment_intent.created", intent, intent["amount"], caller)
        self._ledger.emit("payment_intent.created", intent, caller)
        if params.get("confirm"):
            return self.confirm(intent, params.get("payment_method"), caller, refusal)
        if refusal:
            raise StripeError(400, "invalid_request_error", "This payment cannot be accepted by your account.")
        self.when_open(intent)
        return intent

    def confirm(self, intent: Document, method: str | None, caller: Caller, refusal: str | None) -> Document:
        """Try to pay with a payment method; a decline leaves the intent open and raises 402."""
        if intent["status"] not in PAYABLE:
            raise unexpected_state(
                f"This PaymentIntent could not be confirmed because its status is {intent['status']}.", intent
            )
        method = method or intent["payment_method"]
        if not method:
            raise unexpected_state(
                "You cannot confirm this PaymentIntent because it is missing a payment method.", intent
            )
        intent["payment_method"] = method
        decline = REFUSAL_CODES.get(refusal or "") or DECLINES.get(method)
        if decline:
            raise self._declined(intent, decline, caller)
        if method in NEEDS_ACTION and intent["status"] != "requires_action":
            return self._ask_customer(intent, caller)
        return self._paid(intent, caller)

    def capture(self, intent: Document, amount: int | None, caller: Caller, refusal: str | None) -> Document:
        """Take all or part of an authorized amount; the rest is released."""
        if intent["status"] != "requires_capture":
            raise unexpected_state(
                f"This PaymentIntent could not be captured because it has a status of {intent['status']}. "
                "Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
                intent,
            )
        amount = intent["amount_capturable"] if amount is None else amount
        if amount > intent["amount_capturable"]:
            raise invalid(
                "The amount to capture is greater than the amount that can be captured.",
                param="amount_to_capture",
                code="amount_too_large",
            )
        if refusal:
            raise self._capture_refused(intent, refusal)
        charge = self._ledger.find("charge", intent["latest_charge"]) or {}
        intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
        charge |= {"captured": True, "amount_captured": amount}
        self._ledger.book(charge, "charge", amount)
        self._settle(intent, charge, amount, caller)
        self._ledger.emit("charge.captured", charge, caller)
        return intent

    def cancel(self, intent: Document, reason: str | None, caller: Caller, refusal: str | None) -> Document:
        """Give an intent up; an authorization is released."""
        if intent["status"] not in (*PAYABLE, "requires_capture", "processing"):
            raise unexpected_state(
                f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.", intent
            )
        if refusal:
            raise StripeError(400, "invalid_request_error", "This PaymentIntent cannot be cancelled right now.")
        released = intent["amount_capturable"]
        intent |= {
            "status": "canceled",
            "canceled_at": clock.unix_seconds(),
            "cancellation_reason": reason,
            "amount_capturable": 0,
            "next_action": None,
        }
        self._ledger.save(intent)
        self._ledger.note("payment_intent.canceled", intent, released, caller)
        self._ledger.emit("payment_intent.canceled", intent, caller)
        return intent

    def _paid(self, intent: Document, caller: Caller) -> Document:
        charge = objects.charge(self._ids.text("ch_"), intent)
        intent |= {"latest_charge": charge["id"], "last_payment_error": None, "next_action": None}
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self._ledger.save(intent)
            self._ledger.save(charge)
            self._ledger.note("payment.authorized", intent, intent["amount"], caller)
            self._ledger.emit("charge.succeeded", charge, caller)
            self._ledger.emit("payment_intent.amount_capturable_updated", intent, caller)
            return intent
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        charge |= {"captured": True, "amount_captured": intent["amount"]}
        self._ledger.book(charge, "charge", intent["amount"])
        self._settle(intent, charge, intent["amount"], caller)
        self._ledger.emit("charge.succeeded", charge, caller)
        if intent["payment_method"] in DISPUTED:
            disputes.open_dispute(self._ledger, charge, inquiry=intent["payment_method"].endswith("Inquiry"))
        return intent

    def _settle(self, intent: Document, charge: Document, amount: int, caller: Caller) -> None:
        self._ledger.save(charge)
        self._ledger.save(intent)
        self._ledger.note("payment.captured", intent, amount, caller)
        self._ledger.emit("payment_intent.succeeded", intent, caller)

    def _ask_customer(self, intent: Document, caller: Caller) -> Document:
        url = f"{self._ledger.world.config.url}/stripe/pay/{intent['id']}"
        intent |= {
            "status": "requires_action",
            "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}},
        }
        self._ledger.save(intent)
        self._ledger.emit("payment_intent.requires_action", intent, caller)
        return intent

    def _declined(self, intent: Document, decline_code: str, caller: Caller) -> StripeError:
        message = DECLINE_MESSAGES.get(decline_code, "Your card was declined.")
        charge = objects.charge(self._ids.text("ch_"), intent, last4="0002")
        charge |= {
            "status": "failed",
            "paid": False,
            "failure_code": "card_declined",
            "failure_message": message,
            "outcome": {
                "network_status": "declined_by_network",
                "reason": decline_code,
                "risk_level": "normal",
                "risk_score": 31,
                "seller_message": "The bank did not return any further details with this decline.",
                "type": "issuer_declined",
            },
        }
        problem = {"code": "card_declined", "decline_code": decline_code, "charge": charge["id"], "message": message}
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "latest_charge": charge["id"],
            "next_action": None,
            "last_payment_error": {"type": "card_error", **problem},
        }
        self._ledger.save(charge)
        self._ledger.save(intent)
        self._ledger.emit("charge.failed", charge, caller)
        self._ledger.emit("payment_intent.payment_failed", intent, caller)
        fields = {name: value for name, value in problem.items() if name != "message"}
        return StripeError(402, "card_error", message, **fields, payment_intent=dict(intent))

    def _capture_refused(self, intent: Document, refusal: str) -> StripeError:
        code = REFUSAL_CODES[refusal]
        message = DECLINE_MESSAGES.get(code, "Your card was declined.")
        return StripeError(
            402,
            "card_error",
            message,
            code="card_declined",
            decline_code=code,
            charge=intent["latest_charge"],
            payment_intent=dict(intent),
        )
