"""What may be done with orders and payments: made, paid, captured, refunded. Raises RazorpayError where refused."""

from collections.abc import Callable
from typing import Any

from backend.sandbox import refunding
from backend.sandbox.money import to_text
from backend.sandbox.razorpay import objects
from backend.sandbox.razorpay.errors import RazorpayError
from backend.sandbox.razorpay.later import Later
from backend.sandbox.razorpay.ledger import Ledger
from backend.sandbox.store import Document

LONGEST_RECEIPT = 40
MOST_NOTES = 15
LONGEST_NOTE = 256
SMALLEST = 100
DECLINES = {
    "refuse": ("payment_failed", "The payment was refused by the bank."),
    "decline": ("payment_declined", "The payment was declined by the customer's bank."),
    "insufficient_funds": ("insufficient_funds", "The account does not have enough money for this payment."),
}


class Payments:
    """The rules; `when_open` is told of each order that waits to be paid."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ids = ledger.world.ids
        self.when_open: Callable[[Document], None] = lambda _: None
        self.later = Later(ledger)

    def create_order(self, params: dict[str, Any], refusal: str | None) -> Document:
        """An order, whether or not there is one with the same receipt."""
        _check_amount(params)
        _check_notes(params)
        currency, receipt = params.get("currency"), params.get("receipt")
        if not isinstance(currency, str) or len(currency) != 3 or currency != currency.upper():
            raise RazorpayError("Currency is not supported", field="currency")
        if receipt is not None and (not isinstance(receipt, str) or len(receipt) > LONGEST_RECEIPT):
            raise RazorpayError("The receipt may not be greater than 40 characters.", field="receipt")
        if refusal:
            raise RazorpayError("International cards are not allowed for this merchant.", reason="NA")
        order = self._ledger.save(objects.order(self._ids.text("order_", 14), params))
        self._ledger.world.store.put(
            "razorpay_capture", order["id"], {"automatic": bool(params.get("payment_capture", True))}
        )
        self._ledger.note("order.created", order, order["notes"])
        self.when_open(order)
        return order

    def pay(self, order: Document, refusal: str | None, *, notes: bool = True) -> Document:
        """The customer's payment: authorized, and captured at once where the order says so; or failed.

        `notes`: whether the page hands the order's notes on to the payment.
        """
        if order["status"] == "paid":
            raise RazorpayError("Payment already done for this order.", reason="order_already_paid")
        payment = objects.payment(self._ids.text("pay_", 14), order)
        payment["notes"] = payment["notes"] if notes else []
        order |= {"status": "attempted", "attempts": order["attempts"] + 1}
        self._ledger.save(order)
        if refusal:
            reason, words = DECLINES[refusal]
            problem = {"error_code": "BAD_REQUEST_ERROR", "error_reason": reason, "error_description": words}
            payment |= {"status": "failed", "error_source": "bank", "error_step": "payment_authorization", **problem}
            self._ledger.save(payment)
            self._ledger.emit("payment.failed", payment)
            return payment
        self._ledger.save(payment)
        self._ledger.note("payment.authorized", payment, payment["notes"])
        self._ledger.emit("payment.authorized", payment)
        if (self._ledger.world.store.get("razorpay_capture", order["id"]) or {}).get("automatic"):
            self._take(payment)
        return payment

    def capture(self, payment: Document, params: dict[str, Any], refusal: str | None) -> Document:
        """Take what was authorized, the whole of it; there is no key, and a second time is refused."""
        _check_amount(params)
        if payment["captured"]:
            raise RazorpayError("This payment has already been captured")
        if payment["status"] != "authorized":
            raise RazorpayError("Only payments which have been authorized and not yet captured can be captured")
        if params["amount"] != payment["amount"]:
            raise RazorpayError("Capture amount must be equal to the amount authorized", field="amount")
        if params.get("currency", payment["currency"]) != payment["currency"]:
            raise RazorpayError("Capture currency must be equal to the payment's currency", field="currency")
        if refusal:
            reason, words = DECLINES[refusal]
            raise RazorpayError(words, source="bank", step="payment_capture", reason=reason)
        return self._take(payment)

    def refund(self, payment: Document, params: dict[str, Any], key: str | None, refusal: str | None) -> Document:
        """Pay back all or part of what was captured and not paid back yet."""
        _check_notes(params)
        if not payment["captured"]:
            raise RazorpayError("The payment status should be captured for action to be taken")
        left = payment["amount"] - payment["amount_refunded"]
        if left <= 0:
            raise RazorpayError("The payment has been fully refunded already")
        amount = params.get("amount", left)
        _check_amount({"amount": amount}, smallest=1)
        if amount > left:
            raise RazorpayError("The total refund amount is greater than the refund payment amount", field="amount")
        if refusal:
            raise RazorpayError("Your account does not have enough balance to carry out the refund operation.")
        refund = self._ledger.save(objects.refund(self._ids.text("rfnd_", 14), payment, amount, params))
        how = refunding.mode(self._ledger.world)
        refund["status"] = "pending" if how in ("later", "by_hand") else "processed"
        self._ledger.save(refund)
        self._ledger.world.store.put("razorpay_refund_asked", refund["id"], {"key": key})
        whole = amount == left
        payment["amount_refunded"] += amount
        payment["refund_status"] = "full" if whole else "partial"
        payment["status"] = "refunded" if whole else payment["status"]
        self._ledger.save(payment)
        marks = refund["notes"] if isinstance(refund["notes"], dict) else payment["notes"]
        pending = refund["status"] == "pending"
        self._ledger.note("refund.accepted" if pending else "payment.refunded", refund, marks, key=key)
        self._ledger.emit("refund.created", refund, payment)
        if not pending:
            self._ledger.emit("refund.processed", refund, payment)
        self.later.expect(refund, how)
        return refund

    def _take(self, payment: Document) -> Document:
        fee = payment["amount"] * 2 // 100
        payment |= {"status": "captured", "captured": True, "fee": fee, "tax": fee * 18 // 100}
        order = self._ledger.get("order", payment["order_id"])
        order |= {"status": "paid", "amount_paid": payment["amount"], "amount_due": 0}
        self._ledger.save(payment)
        self._ledger.save(order)
        self._ledger.note("payment.captured", payment, payment["notes"])
        self._ledger.emit("payment.captured", payment)
        self._ledger.emit("order.paid", payment, order)
        return payment


def _check_amount(params: dict[str, Any], smallest: int = SMALLEST) -> None:
    amount = params.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise RazorpayError("The amount must be an integer.", field="amount")
    if amount < smallest:
        raise RazorpayError(f"The amount must be at least INR {to_text(smallest, 'INR')}", field="amount")


def _check_notes(params: dict[str, Any]) -> None:
    notes = params.get("notes") or {}
    fits = isinstance(notes, dict) and len(notes) <= MOST_NOTES
    if not fits or any(not isinstance(text, str) or len(text) > LONGEST_NOTE for text in notes.values()):
        raise RazorpayError("notes takes at most 15 texts of at most 256 characters.", field="notes")
