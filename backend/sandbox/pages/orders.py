"""The shop's orders, and what happened outside for each of them."""

import html
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.layout import Page, table
from backend.sandbox.shop.troubles import SENTENCES
from backend.sandbox.store import Document
from backend.sandbox.world import World

SHOWN = 200


def routes(world: World) -> list[Route]:
    """The list and one order."""

    async def show_all(_: Request) -> Response:
        return Page("Orders", _list(world), here="/orders")

    async def show_one(request: Request) -> Response:
        order_id = request.path_params["id"]
        order = world.store.get("shop_orders", order_id) or world.store.get("direct_orders", order_id)
        if order is None:
            return Page("Order", "<p>The shop has no such order.</p>", here="/orders", status=404)
        return Page(f"Order {order.get('name')}", _detail(world, order), here="/orders")

    async def as_shopify_has_it(request: Request) -> Response:
        return RedirectResponse(f"/orders/{quote(request.path_params['id'], safe='')}")

    return [
        Route("/orders", show_all, methods=["GET"]),
        Route("/orders/{id}", show_one, methods=["GET"]),
        Route("/shopify/admin/orders/{id}", as_shopify_has_it, methods=["GET"]),
    ]


def _list(world: World) -> str:
    happened: dict[str, list[str]] = {}
    for entry in world.store.all("journal").values():
        if entry["external_order"]:
            happened.setdefault(entry["external_order"], []).append(entry["kind"])
    rows = []
    for order in _newest(world):
        order_id = str(order["id"])
        address = order.get("shipping_address") or {}
        rows.append(
            [
                f'<a href="/orders/{order_id}">{html.escape(str(order.get("name")))}</a>',
                html.escape(order_id),
                html.escape(str(order.get("created_at", ""))[:19].replace("T", " ")),
                html.escape(f"{address.get('name', '')}, {address.get('country_code', '')}"),
                f"{html.escape(str(order['total_price']))} {html.escape(order['currency'])}",
                html.escape(str(order["financial_status"])),
                _trouble(world, order_id),
                html.escape(", ".join(dict.fromkeys(happened.get(order_id, []))) or "nothing yet"),
            ]
        )
    headings = ["Order", "Id", "Placed (UTC)", "To", "Total#", "Payment", "Trouble", "What happened outside"]
    return table(headings, rows, empty="No order was placed yet. Place one on the first page.")


def _newest(world: World) -> list[Document]:
    """The newest orders of the platform and of the shop's own web shop."""
    found = [
        order
        for kind in ("shop_orders", "direct_orders")
        for order, _ in zip(world.store.newest_first(kind), range(SHOWN), strict=False)
    ]
    return sorted(found, key=lambda order: str(order.get("created_at")), reverse=True)[:SHOWN]


def _trouble(world: World, order_id: str) -> str:
    trouble = (world.store.get("shop_troubles", order_id) or {}).get("trouble")
    return f"<span class=warn>{html.escape(SENTENCES[trouble])}</span>" if trouble else ""


def _detail(world: World, order: Document) -> str:
    order_id = str(order["id"])
    names = sorted(world.references.expand([order_id]) - {order_id})
    lines = [
        [
            html.escape(str(line.get("sku"))),
            html.escape(str(line.get("name"))),
            str(line["quantity"]),
            html.escape(str(line["price"])),
        ]
        for line in order.get("line_items", [])
    ]
    effects = [
        [
            entry["at"].replace("T", " ").rstrip("Z"),
            html.escape(f"{entry['provider']} · {entry['kind']}"),
            html.escape(str(entry["reference"] or "")),
            "" if entry["amount_minor"] is None else f"{entry['amount_minor']} {entry['currency']}",
        ]
        for entry in world.journal.entries(order=order_id)
    ]
    return (
        f"<p>Id <code>{order_id}</code>, also known as {html.escape(', '.join(names)) or 'nothing else'}. "
        f"{_trouble(world, order_id)}</p>"
        + table(["SKU", "Item", "Quantity#", "Price#"], lines, empty="No lines.")
        + "<h2>What happened outside</h2>"
        + table(["Time (UTC)", "Effect", "Reference", "Minor units#"], effects, empty="Nothing yet.")
        + f'<p><a href="/lab/orders/{order_id}">Make something go wrong for this order</a></p>'
    )
