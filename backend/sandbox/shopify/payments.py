"""Money on shop orders: capturing or voiding an authorization and refunding; the platform knows no idempotency key."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.money import to_minor
from backend.sandbox.shopify.errors import unprocessable
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.store import Document

DECLINES = {
    "decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
}


def capture(orders: ShopOrders, order: Document, wish: dict[str, Any], refusal: str | None) -> Document:
    """Capture an authorization, in full or in part. A decline is an answered transaction with status `failure`."""
    order_id = str(order["id"])
    if wish.get("kind") != "capture":
        raise unprocessable("kind is not supported here; only capture and void are", "kind")
    authorization = _authorization(orders, order_id, wish)
    currency = order["currency"]
    if wish.get("currency") not in (None, currency):
        raise unprocessable(f"must be {currency}, the currency of the authorization", "currency")
    left = to_minor(authorization["amount"], currency) - orders.total(order_id, "capture", "void")
    amount = _amount(wish, left, currency)
    if left <= 0:
        raise unprocessable("The authorization has already been captured in full")
    if amount > left:
        raise unprocessable("exceeds the amount that is authorized and not yet captured", "amount")
    fields = {"parent_id": authorization["id"], "authorization": authorization["authorization"]}
    if refusal == "refuse":
        raise unprocessable("The authorization has expired and can no longer be captured")
    if refusal:
        code, message = DECLINES[refusal]
        return orders.add_transaction(
            order, "capture", amount, **fields, status="failure", error_code=code, message=message
        )
    transaction = orders.add_transaction(order, "capture", amount, **fields)
    orders.refresh_financial_status(order)
    _note(orders, order, "payment.captured", amount, transaction["id"])
    return transaction


def void(orders: ShopOrders, order: Document, wish: dict[str, Any], refusal: str | None) -> Document:
    """Let go of an authorization of which nothing was captured yet."""
    order_id = str(order["id"])
    authorization = _authorization(orders, order_id, wish)
    if orders.total(order_id, "capture", "void"):
        raise unprocessable("The authorization has already been captured or voided")
    if refusal:
        raise unprocessable("The authorization cannot be voided at the moment")
    amount = to_minor(authorization["amount"], order["currency"])
    fields = {"parent_id": authorization["id"], "authorization": authorization["authorization"]}
    transaction = orders.add_transaction(order, "void", amount, **fields)
    orders.refresh_financial_status(order)
    _note(orders, order, "payment.voided", amount, transaction["id"])
    return transaction


def refund(orders: ShopOrders, order: Document, wish: dict[str, Any], refusal: str | None) -> Document:
    """Refund captured money; `transactions` say how much from which parent."""
    order_id, currency = str(order["id"]), order["currency"]
    wanted = wish.get("transactions") or []
    if not wanted and not wish.get("refund_line_items"):
        raise unprocessable("Refund must have transactions or refund line items")
    amounts = [to_minor(item.get("amount", "0"), currency) for item in wanted]
    left = orders.total(order_id, "sale", "capture") - orders.total(order_id, "refund")
    if any(amount <= 0 for amount in amounts):
        raise unprocessable("must be greater than zero", "amount")
    if sum(amounts) > left:
        raise unprocessable("Refund amount is more than what was paid and not yet refunded")
    if refusal:
        raise unprocessable("The refund was refused by the payment gateway")
    transactions = [
        orders.add_transaction(order, "refund", amount, parent_id=item.get("parent_id"), gateway=item.get("gateway"))
        for item, amount in zip(wanted, amounts, strict=True)
    ]
    number = orders.world.ids.number("shop_refund", 929_000_000_001)
    body = {
        "id": number,
        "order_id": order["id"],
        "created_at": clock.iso(),
        "note": wish.get("note"),
        "user_id": None,
        "processed_at": clock.iso(),
        "restock": bool(wish.get("restock")),
        "duties": [],
        "order_adjustments": [],
        "refund_line_items": _refund_lines(orders, order, wish.get("refund_line_items") or []),
        "transactions": transactions,
        "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
    }
    orders.world.store.put("shop_refunds", str(number), body)
    orders.refresh_financial_status(order)
    if transactions:
        _note(orders, order, "payment.refunded", sum(amounts), number)
    return body


def _refund_lines(orders: ShopOrders, order: Document, wanted: list[dict[str, Any]]) -> list[Document]:
    lines = {line["id"]: line for line in order.get("line_items", [])}
    result = []
    for item in wanted:
        line = lines.get(item.get("line_item_id"))
        if line is None:
            raise unprocessable("Refund line item is invalid", "refund_line_items.line_item_id")
        number = orders.world.ids.number("shop_refund_line", 330_000_000_001)
        quantity = item.get("quantity", 1)
        result.append({"id": number, "quantity": quantity, "line_item_id": line["id"], "line_item": line})
    return result


def _authorization(orders: ShopOrders, order_id: str, wish: dict[str, Any]) -> Document:
    found = [t for t in orders.transactions(order_id) if t["kind"] == "authorization" and t["status"] == "success"]
    if parent := wish.get("parent_id"):
        found = [t for t in found if str(t["id"]) == str(parent)]
    if not found:
        raise unprocessable("There is no authorization that could be captured or voided")
    return found[0]


def _amount(wish: dict[str, Any], default: int, currency: str) -> int:
    if wish.get("amount") is None:
        return default
    try:
        amount = to_minor(wish["amount"], currency)
    except ValueError:
        raise unprocessable("is not a number", "amount") from None
    if amount <= 0:
        raise unprocessable("must be greater than zero", "amount")
    return amount


def _note(orders: ShopOrders, order: Document, kind: str, amount: int, object_id: int) -> None:
    orders.world.journal.accept(
        "shopify",
        kind,
        reference=order.get("name"),
        order=str(order["id"]),
        amount_minor=amount,
        currency=order["currency"],
        object_id=str(object_id),
    )
