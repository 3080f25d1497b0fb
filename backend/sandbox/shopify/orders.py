"""The shop's orders: kept as the REST body that was sent out, with transactions and fulfilment orders beside them."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.money import to_minor, to_text
from backend.sandbox.references import addressee
from backend.sandbox.shopify.errors import ShopifyError, not_found, unprocessable
from backend.sandbox.store import Document
from backend.sandbox.world import World

LOCATION_ID = 71_208_665_413
SHOP_ID = 58_031_276_909


class ShopOrders:
    """Registers, finds, cancels orders; derives what changes with transactions and fulfilments."""

    def __init__(self, world: World) -> None:
        self.world = world

    def register(self, order: Document) -> Document:
        """Take an order over as the shop's own, with the transaction that its financial status implies."""
        order_id = str(order["id"])
        known = self.world.store.get("shop_orders", order_id) is not None
        self.world.store.put("shop_orders", order_id, order)
        self.know(order)
        if not known:
            self._open_transaction(order)
            if any(line.get("requires_shipping", True) for line in order.get("line_items", [])):
                self._open_fulfilment_order(order)
        return order

    def know(self, order: Document) -> None:
        """Remember what an order can be recognised by: its names, and whom it goes to."""
        order_id, name = str(order["id"]), str(order.get("name") or "")
        self.world.references.link(order_id, name, name.lstrip("#"))
        address = order.get("shipping_address") or {}
        key = addressee(address.get("name"), address.get("zip"))
        orders = (self.world.store.get("addressees", key) or {"orders": []})["orders"]
        if order_id not in orders:
            self.world.store.put("addressees", key, {"orders": [*orders, order_id]})

    def get(self, order_id: str) -> Document:
        """An order or 404."""
        order = self.world.store.get("shop_orders", order_id)
        if order is None:
            raise not_found()
        return order

    def save(self, order: Document) -> Document:
        """Keep a changed order."""
        order["updated_at"] = clock.iso()
        return self.world.store.put("shop_orders", str(order["id"]), order)

    def transactions(self, order_id: str) -> list[Document]:
        """The order's transactions, oldest first."""
        return [t for t in self.world.store.all("shop_transactions").values() if str(t["order_id"]) == order_id]

    def fulfilment_orders(self, order_id: str) -> list[Document]:
        """The order's fulfilment orders."""
        kept = self.world.store.all("shop_fulfilment_orders").values()
        return [item for item in kept if str(item["order_id"]) == order_id]

    def fulfilments(self, order_id: str) -> list[Document]:
        """The order's fulfilments, oldest first."""
        return [item for item in self.world.store.all("shop_fulfilments").values() if str(item["order_id"]) == order_id]

    def refunds(self, order_id: str) -> list[Document]:
        """The order's refunds, oldest first."""
        return [item for item in self.world.store.all("shop_refunds").values() if str(item["order_id"]) == order_id]

    def shown(self, order: Document) -> Document:
        """The order as the API shows it, with fulfilments and refunds."""
        order_id = str(order["id"])
        return {**order, "fulfillments": self.fulfilments(order_id), "refunds": self.refunds(order_id)}

    def add_transaction(self, order: Document, kind: str, amount_minor: int, **fields: Any) -> Document:
        """Book a transaction on an order; `status` is success unless given."""
        transaction_id = self.world.ids.number("shop_transaction", 6_650_000_000_001)
        transaction = {
            "id": transaction_id,
            "order_id": order["id"],
            "kind": kind,
            "gateway": _gateway(order),
            "status": "success",
            "message": None,
            "created_at": clock.iso(),
            "test": True,
            "authorization": None,
            "location_id": None,
            "user_id": None,
            "parent_id": None,
            "processed_at": clock.iso(),
            "device_id": None,
            "error_code": None,
            "source_name": "web",
            "receipt": {},
            "amount": to_text(amount_minor, order["currency"]),
            "currency": order["currency"],
            "payment_id": f"c{order['id']}.1",
            "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{transaction_id}",
            **fields,
        }
        return self.world.store.put("shop_transactions", str(transaction["id"]), transaction)

    def total(self, order_id: str, *kinds: str) -> int:
        """Sum of the order's successful transactions of some kinds, in minor units."""
        return sum(
            to_minor(t["amount"], t["currency"])
            for t in self.transactions(order_id)
            if t["kind"] in kinds and t["status"] == "success"
        )

    def refresh_financial_status(self, order: Document) -> None:
        """Derive the order's financial status from its transactions."""
        order_id = str(order["id"])
        paid, refunded = self.total(order_id, "sale", "capture"), self.total(order_id, "refund")
        total = to_minor(order["total_price"], order["currency"])
        if refunded:
            order["financial_status"] = "refunded" if refunded >= paid else "partially_refunded"
        elif paid:
            order["financial_status"] = "paid" if paid >= total else "partially_paid"
        elif self.total(order_id, "void"):
            order["financial_status"] = "voided"
        self.save(order)

    def cancel(self, order: Document, reason: str | None, refusal: str | None) -> Document:
        """Cancel an order that is neither cancelled nor fulfilled; an open authorization is voided."""
        order_id = str(order["id"])
        if order.get("cancelled_at"):
            raise unprocessable("Order has already been cancelled")
        if any(item["status"] == "success" for item in self.fulfilments(order_id)):
            raise ShopifyError(422, {"base": ["Cannot cancel an order with fulfillments"]})
        if refusal:
            raise unprocessable("This order cannot be cancelled at the moment")
        authorized = self.total(order_id, "authorization")
        if authorized and not self.total(order_id, "capture", "void"):
            self.add_transaction(order, "void", authorized)
        for item in self.fulfilment_orders(order_id):
            item |= {"status": "closed", "supported_actions": []}
            self.world.store.put("shop_fulfilment_orders", str(item["id"]), item)
        order |= {"cancelled_at": clock.iso(), "cancel_reason": reason or "other"}
        self.refresh_financial_status(order)
        self.world.journal.accept("shopify", "order.cancelled", reference=order.get("name"), order=order_id)
        return order

    def _open_transaction(self, order: Document) -> None:
        amount = to_minor(order["total_price"], order["currency"])
        kind = {"authorized": "authorization", "paid": "sale", "partially_paid": "sale"}.get(order["financial_status"])
        if kind and amount:
            self.add_transaction(order, kind, amount, authorization=f"auth_{order['id']}")

    def _open_fulfilment_order(self, order: Document) -> None:
        number = self.world.ids.number("shop_fulfilment_order", 5_900_000_000_001)
        lines = [
            {
                "id": self.world.ids.number("shop_fulfilment_order_line", 12_400_000_000_001),
                "shop_id": SHOP_ID,
                "fulfillment_order_id": number,
                "quantity": line["quantity"],
                "line_item_id": line["id"],
                "inventory_item_id": line.get("variant_id"),
                "fulfillable_quantity": line["quantity"],
                "variant_id": line.get("variant_id"),
            }
            for line in order.get("line_items", [])
            if line.get("requires_shipping", True)
        ]
        item = {
            "id": number,
            "created_at": clock.iso(),
            "updated_at": clock.iso(),
            "shop_id": SHOP_ID,
            "order_id": order["id"],
            "assigned_location_id": LOCATION_ID,
            "request_status": "unsubmitted",
            "status": "open",
            "supported_actions": ["create_fulfillment", "move", "hold", "split"],
            "destination": order.get("shipping_address"),
            "line_items": lines,
            "international_duties": None,
            "fulfill_at": clock.iso(),
            "fulfill_by": None,
            "fulfillment_holds": [],
            "delivery_method": {"id": number + 7, "method_type": "shipping"},
            "assigned_location": {"location_id": LOCATION_ID, "name": "Harbour warehouse", "country_code": "IE"},
            "merchant_requests": [],
        }
        self.world.store.put("shop_fulfilment_orders", str(number), item)


def _gateway(order: Document) -> str:
    names = order.get("payment_gateway_names") or [order.get("gateway") or "shopify_payments"]
    return str(names[0])
