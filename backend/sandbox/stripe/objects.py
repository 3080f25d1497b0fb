"""Stripe's objects in their wire shape, as of API versions that carry `latest_charge` instead of `charges`."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document

API_VERSION = "2026-10-28.endive"
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def payment_intent(intent_id: str, secret: str, params: dict[str, Any]) -> Document:
    """A new intent that still lacks a payment method."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": params.get("automatic_payment_methods"),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params["capture_method"],
        "client_secret": f"{intent_id}_secret_{secret}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": clock.unix_seconds(),
        "currency": params["currency"],
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "processing": None,
        "receipt_email": params.get("receipt_email"),
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": params.get("shipping"),
        "source": None,
        "statement_descriptor": params.get("statement_descriptor"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.get("transfer_group"),
    }


def charge(charge_id: str, intent: Document, *, last4: str = "4242") -> Document:
    """A succeeded, not yet captured charge of an intent; the caller sets what differs."""
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": dict(NO_ADDRESS), "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "TIDEWATER SUPPLY",
        "captured": False,
        "created": clock.unix_seconds(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"card": card_details(last4), "type": "card"},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def card_details(last4: str) -> Document:
    """The card half of `payment_method_details`."""
    return {
        "brand": "visa",
        "checks": {"address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": "pass"},
        "country": "IE",
        "exp_month": 8,
        "exp_year": 2030,
        "fingerprint": "b7DqRk2Lw0sVx9Tu",
        "funding": "credit",
        "installments": None,
        "last4": last4,
        "mandate": None,
        "network": "visa",
        "three_d_secure": None,
        "wallet": None,
    }


def refund(refund_id: str, charged: Document, amount: int, reason: str | None, metadata: dict[str, str]) -> Document:
    """A succeeded refund of a charge."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charged["id"],
        "created": clock.unix_seconds(),
        "currency": charged["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": charged["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def dispute(dispute_id: str, disputed: Document, amount: int, *, inquiry: bool) -> Document:
    """A customer's bank questions a charge; an inquiry takes no money yet."""
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": disputed["id"],
        "created": clock.unix_seconds(),
        "currency": disputed["currency"],
        "evidence_details": {
            "due_by": clock.unix_seconds() + 7 * 86_400,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": disputed["payment_intent"],
        "reason": "fraudulent",
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def balance_transaction(txn_id: str, source: Document, kind: str, amount: int, fee: int) -> Document:
    """A movement on the account's balance; `amount` is negative for refunds."""
    now = clock.unix_seconds()
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": txn_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }
