"""What customers and their banks do after the fact, at either payment provider: pay, dispute, refuse a refund, call off."""

from dataclasses import dataclass

from backend.sandbox.razorpay.errors import RazorpayError
from backend.sandbox.razorpay.service import Razorpay
from backend.sandbox.store import Document
from backend.sandbox.stripe import disputes, refunds
from backend.sandbox.stripe.customer import CARDS, GOOD_CARD
from backend.sandbox.stripe.errors import StripeError
from backend.sandbox.stripe.ledger import CUSTOMER
from backend.sandbox.stripe.service import Stripe
from backend.sandbox.world import World

STRIPE_CARDS = (GOOD_CARD, *(card for card, _, _ in CARDS), "pm_card_createDisputeInquiry")
RAZORPAY_CARDS = ("good", "bad", "no_notes")
_STATUSES = {"succeeded": "processed", "failed": "failed"}


class BankRefuses(ValueError):
    """What was asked for makes no sense now; the message says why."""


@dataclass
class Banks:
    """The payments of both providers; every method raises `BankRefuses`."""

    world: World
    stripe: Stripe
    razorpay: Razorpay | None = None

    def pay(self, ref: str, card: str) -> Document:
        """The customer pays the newest open payment of an order (or one named by its own id)."""
        for intent in self._intents(ref):
            if card not in STRIPE_CARDS:
                raise BankRefuses(f"card must be one of {', '.join(STRIPE_CARDS)}.")
            self.stripe.customer.pay(intent, card)
            return intent
        for order in self._razorpay("order", ref):
            if self.razorpay is None or card not in RAZORPAY_CARDS:
                raise BankRefuses(f"card must be one of {', '.join(RAZORPAY_CARDS)}.")
            self.razorpay.customer.pay(order, card)
            return order
        raise BankRefuses("No payment is known by this reference.")

    def call_off(self, ref: str) -> Document:
        """Somebody cancels the payment at the provider itself."""
        for intent in self._intents(ref):
            try:
                return self.stripe.intents.cancel(intent, "abandoned", CUSTOMER, None)
            except StripeError as error:
                raise BankRefuses(str(error)) from None
        raise BankRefuses("No payment that could be called off is known by this reference.")

    def dispute(self, ref: str, *, amount: int | None, inquiry: bool) -> Document:
        """The bank disputes the captured payment of an order."""
        try:
            for intent in self._intents(ref):
                charge = self.stripe.ledger.find("charge", intent["latest_charge"] or "")
                if charge is not None and charge["captured"]:
                    return disputes.open_dispute(self.stripe.ledger, charge, amount=amount, inquiry=inquiry)
            for payment in self._razorpay("payment", ref):
                if self.razorpay is not None and payment["captured"]:
                    return self.razorpay.payments.later.dispute(payment, amount=amount, inquiry=inquiry)
        except (StripeError, RazorpayError) as error:
            raise BankRefuses(str(error)) from None
        raise BankRefuses("No captured payment is known by this reference.")

    def decide(self, dispute_id: str, *, won: bool) -> Document:
        """The bank decides a dispute."""
        try:
            if (found := self.stripe.ledger.find("dispute", dispute_id)) is not None:
                return disputes.close(self.stripe.ledger, found, won=won)
            for dispute in self._razorpay("dispute", dispute_id):
                if self.razorpay is not None:
                    return self.razorpay.payments.later.close(dispute, won=won)
        except (StripeError, RazorpayError) as error:
            raise BankRefuses(str(error)) from None
        raise BankRefuses("There is no such dispute.")

    def end_refund(self, refund_id: str, status: str) -> Document:
        """A refund ends: `succeeded` or `failed`."""
        if status not in _STATUSES:
            raise BankRefuses("status must be succeeded or failed.")
        try:
            if (found := self.stripe.ledger.find("refund", refund_id)) is not None:
                return refunds.settle(self.stripe.ledger, found, status)
            for refund in self._razorpay("refund", refund_id):
                if self.razorpay is not None:
                    return self.razorpay.payments.later.settle(refund, _STATUSES[status])
        except (StripeError, RazorpayError) as error:
            raise BankRefuses(str(error)) from None
        raise BankRefuses("There is no such refund.")

    def _intents(self, ref: str) -> list[Document]:
        names = self.world.references.expand([ref])
        found = self.stripe.ledger.newest_first("payment_intent")
        return [intent for intent in found if names & {intent["id"], *map(str, intent["metadata"].values())}]

    def _razorpay(self, entity: str, ref: str) -> list[Document]:
        if self.razorpay is None:
            return []
        names, found = self.world.references.expand([ref]), []
        for item in self.razorpay.ledger.newest_first(entity):
            notes = item.get("notes")
            marks = notes.values() if isinstance(notes, dict) else ()
            if names & {item["id"], str(item.get("order_id")), *map(str, marks)}:
                found.append(item)
        return found
