"""Fulfilments: what tells the shop that parcels are on their way. A closed fulfilment order takes no second one."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.shopify.errors import ShopifyError, not_found
from backend.sandbox.shopify.orders import LOCATION_ID, ShopOrders
from backend.sandbox.store import Document


def order_ids(orders: ShopOrders, wish: dict[str, Any]) -> list[str]:
    """The shop orders that a fulfilment request is about."""
    wanted = wish.get("line_items_by_fulfillment_order")
    found = []
    for entry in wanted if isinstance(wanted, list) else []:
        item = orders.world.store.get("shop_fulfilment_orders", str(entry.get("fulfillment_order_id")))
        if item is not None:
            found.append(str(item["order_id"]))
    return found


def create(orders: ShopOrders, wish: dict[str, Any], refusal: str | None) -> Document:
    """Fulfil one or more open fulfilment orders of one order, whole."""
    wanted = wish.get("line_items_by_fulfillment_order")
    if not isinstance(wanted, list) or not wanted:
        raise ShopifyError(400, {"line_items_by_fulfillment_order": "Required parameter missing or invalid"})
    items = [_open(orders, entry) for entry in wanted]
    if refusal == "out_of_stock":
        raise ShopifyError(422, ["The items are out of stock at the location that should fulfill them."])
    if refusal:
        raise ShopifyError(422, ["The fulfillment was refused by the location."])
    order = orders.get(str(items[0]["order_id"]))
    body = _body(orders, order, items, wish.get("tracking_info") or {})
    orders.world.store.put("shop_fulfilments", str(body["id"]), body)
    for item in items:
        item |= {"status": "closed", "supported_actions": [], "updated_at": clock.iso()}
        for line in item["line_items"]:
            line["fulfillable_quantity"] = 0
        orders.world.store.put("shop_fulfilment_orders", str(item["id"]), item)
    left = [item for item in orders.fulfilment_orders(str(order["id"])) if item["status"] == "open"]
    order["fulfillment_status"] = "partial" if left else "fulfilled"
    orders.save(order)
    orders.world.journal.accept(
        "shopify",
        "fulfilment.created",
        reference=order.get("name"),
        order=str(order["id"]),
        object_id=str(body["id"]),
        tracking_number=body["tracking_number"],
    )
    return body


def update_tracking(orders: ShopOrders, fulfilment_id: str, wish: dict[str, Any]) -> Document:
    """Set another tracking number on a fulfilment."""
    body = orders.world.store.get("shop_fulfilments", fulfilment_id)
    if body is None:
        raise not_found()
    body |= _tracking(wish.get("tracking_info") or {}) | {"updated_at": clock.iso()}
    return orders.world.store.put("shop_fulfilments", fulfilment_id, body)


def _open(orders: ShopOrders, entry: dict[str, Any]) -> Document:
    number = str(entry.get("fulfillment_order_id"))
    item = orders.world.store.get("shop_fulfilment_orders", number)
    if item is None:
        raise not_found()
    if item["status"] != "open":
        raise ShopifyError(422, [f"Fulfillment order {number} has an unfulfillable status= {item['status']}."])
    return item


def _body(orders: ShopOrders, order: Document, items: list[Document], tracking: dict[str, Any]) -> Document:
    number = orders.world.ids.number("shop_fulfilment", 4_420_000_000_001)
    shipped = {line["line_item_id"] for item in items for line in item["line_items"]}
    return {
        "id": number,
        "order_id": order["id"],
        "status": "success",
        "created_at": clock.iso(),
        "service": "manual",
        "updated_at": clock.iso(),
        **_tracking(tracking),
        "shipment_status": None,
        "location_id": LOCATION_ID,
        "origin_address": None,
        "line_items": [line for line in order.get("line_items", []) if line["id"] in shipped],
        "receipt": {},
        "name": f"{order.get('name')}.{len(orders.fulfilments(str(order['id']))) + 1}",
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{number}",
    }


def _tracking(info: dict[str, Any]) -> Document:
    number, url = info.get("number"), info.get("url")
    return {
        "tracking_company": info.get("company"),
        "tracking_number": number,
        "tracking_numbers": [number] if number else [],
        "tracking_url": url,
        "tracking_urls": [url] if url else [],
    }
