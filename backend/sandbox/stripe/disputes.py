"""Disputes: the customer's bank questions a charge, takes the money, and gives it back when the shop wins."""

from backend.sandbox import clock
from backend.sandbox.store import Document
from backend.sandbox.stripe import objects
from backend.sandbox.stripe.errors import StripeError
from backend.sandbox.stripe.ledger import CUSTOMER, Ledger

FEE = 1500
OPEN = ("needs_response", "warning_needs_response", "under_review", "warning_under_review")


def open_dispute(ledger: Ledger, charge: Document, *, amount: int | None = None, inquiry: bool = False) -> Document:
    """The bank questions a captured charge; unless it only inquires, the money goes with it. Raises StripeError."""
    amount = charge["amount_captured"] if amount is None else amount
    if not charge["captured"] or charge["disputed"] or not 0 < amount <= charge["amount_captured"]:
        raise StripeError(400, "invalid_request_error", "This charge cannot be disputed (again) for this amount.")
    dispute = objects.dispute(ledger.world.ids.text("dp_"), charge, amount, inquiry=inquiry)
    charge["disputed"] = True
    ledger.save(charge)
    ledger.save(dispute)
    ledger.emit("charge.dispute.created", dispute, CUSTOMER)
    if not inquiry:
        _move(ledger, charge, dispute, -amount, FEE)
        ledger.emit("charge.dispute.funds_withdrawn", dispute, CUSTOMER)
    return dispute


def close(ledger: Ledger, dispute: Document, *, won: bool) -> Document:
    """The bank decides; what it took comes back when the shop wins. Raises StripeError."""
    if dispute["status"] not in OPEN:
        raise StripeError(400, "invalid_request_error", f"This dispute is already {dispute['status']}.")
    charge = ledger.find("charge", dispute["charge"]) or {}
    inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    ledger.save(dispute)
    if won and not inquiry:
        _move(ledger, charge, dispute, dispute["amount"], 0)
        ledger.emit("charge.dispute.funds_reinstated", dispute, CUSTOMER)
    if won or inquiry:
        charge["disputed"] = False
        ledger.save(charge)
    ledger.emit("charge.dispute.updated", dispute, CUSTOMER)
    ledger.emit("charge.dispute.closed", dispute, CUSTOMER)
    return dispute


def _move(ledger: Ledger, charge: Document, dispute: Document, amount: int, fee: int) -> None:
    txn = objects.balance_transaction(ledger.world.ids.text("txn_"), dispute, "adjustment", amount, fee)
    txn |= {"reporting_category": "dispute" if amount < 0 else "dispute_reversal", "created": clock.unix_seconds()}
    ledger.save(txn)
    dispute["balance_transactions"].append(dict(txn))
    ledger.save(dispute)
    kind = "payment.charged_back" if amount < 0 else "payment.chargeback_reversed"
    ledger.note(kind, {**dispute, "metadata": charge["metadata"]}, abs(amount), CUSTOMER)
