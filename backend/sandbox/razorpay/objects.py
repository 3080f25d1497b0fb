"""Razorpay's objects in their wire shape. Empty notes are an empty list, as Razorpay writes them."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.store import Document


def order(order_id: str, params: dict[str, Any]) -> Document:
    """An order that nobody has paid yet. `payment_capture` is kept beside the wire's fields."""
    return {
        "id": order_id,
        "entity": "order",
        "amount": params["amount"],
        "amount_paid": 0,
        "amount_due": params["amount"],
        "currency": params["currency"],
        "receipt": params.get("receipt"),
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": params.get("notes") or [],
        "created_at": clock.unix_seconds(),
    }


def payment(payment_id: str, paid: Document) -> Document:
    """A payment for an order, authorized by the customer's bank."""
    return {
        "id": payment_id,
        "entity": "payment",
        "amount": paid["amount"],
        "currency": paid["currency"],
        "status": "authorized",
        "order_id": paid["id"],
        "invoice_id": None,
        "international": False,
        "method": "card",
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": None,
        "card_id": "card_" + payment_id.removeprefix("pay_"),
        "bank": None,
        "wallet": None,
        "vpa": None,
        "email": "customer@example.com",
        "contact": "+919000090000",
        "notes": paid["notes"],
        "fee": None,
        "tax": None,
        "error_code": None,
        "error_description": None,
        "error_source": None,
        "error_step": None,
        "error_reason": None,
        "acquirer_data": {"auth_code": "828553"},
        "created_at": clock.unix_seconds(),
    }


def refund(refund_id: str, refunded: Document, amount: int, params: dict[str, Any]) -> Document:
    """A refund that was carried out at once."""
    return {
        "id": refund_id,
        "entity": "refund",
        "amount": amount,
        "receipt": params.get("receipt"),
        "currency": refunded["currency"],
        "payment_id": refunded["id"],
        "notes": params.get("notes") or [],
        "acquirer_data": {"arn": None},
        "created_at": clock.unix_seconds(),
        "batch_id": None,
        "status": "processed",
        "speed_processed": "normal",
        "speed_requested": params.get("speed") or "normal",
    }
