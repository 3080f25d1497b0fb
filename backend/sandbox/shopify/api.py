"""Shopify's HTTP routes under `/shopify/admin/api/{version}`: authentication, faults and headers around the rules."""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.faults import Call
from backend.sandbox.shopify import fulfilment, payments
from backend.sandbox.shopify.errors import ShopifyError, broken
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.store import Document

PREFIX = "/admin/api/{version}"
Endpoint = Callable[[Request], Awaitable[Response]]
Read = Callable[[Request], Any]
Write = Callable[[Request, dict[str, Any], str | None], Any]


class ShopifyApi:
    """The routes and what they share."""

    def __init__(self, orders: ShopOrders) -> None:
        self.orders = orders
        self.world = orders.world

    def routes(self) -> list[Route]:
        """All routes below `/shopify`."""
        orders = self.orders
        reads: dict[str, tuple[str, Read]] = {
            "/orders.json": ("orders", self._list),
            "/orders/{id}.json": ("order", lambda r: orders.shown(orders.get(_id(r)))),
            "/orders/{id}/transactions.json": ("transactions", self._of_order(orders.transactions)),
            "/orders/{id}/refunds.json": ("refunds", self._of_order(orders.refunds)),
            "/orders/{id}/fulfillments.json": ("fulfillments", self._of_order(orders.fulfilments)),
            "/orders/{id}/fulfillment_orders.json": ("fulfillment_orders", self._of_order(orders.fulfilment_orders)),
        }
        writes: list[tuple[str, str, str, int, Write]] = [
            ("/orders/{id}/transactions.json", "capture", "transaction", 201, self._transact),
            ("/orders/{id}/refunds.json", "refund", "refund", 201, self._refund),
            ("/orders/{id}/cancel.json", "cancel", "order", 200, self._cancel),
            ("/fulfillments.json", "fulfilment", "fulfillment", 201, self._fulfil),
            ("/fulfillments/{id}/update_tracking.json", "fulfilment", "fulfillment", 200, self._track),
        ]
        return [
            *(Route(PREFIX + path, self._get(name, read), methods=["GET"]) for path, (name, read) in reads.items()),
            *(
                Route(PREFIX + path, self._post(operation, name, status, write), methods=["POST"])
                for path, operation, name, status, write in writes
            ),
        ]

    def _of_order(self, pick: Callable[[str], list[Document]]) -> Read:
        def read(request: Request) -> list[Document]:
            self.orders.get(_id(request))
            return pick(_id(request))

        return read

    def _list(self, request: Request) -> list[Document]:
        query = request.query_params
        found = [self.orders.shown(order) for order in self.world.store.newest_first("shop_orders")]
        if name := query.get("name"):
            found = [order for order in found if str(order.get("name", "")).lstrip("#") == name.lstrip("#")]
        if ids := query.get("ids"):
            found = [order for order in found if str(order["id"]) in ids.split(",")]
        if since := query.get("created_at_min"):
            found = [order for order in found if str(order.get("created_at", "")) >= since]
        return found[: min(int(query.get("limit", "50")), 250)]

    def _transact(self, request: Request, body: dict[str, Any], refusal: str | None) -> Document:
        wish = _part(body, "transaction")
        work = payments.void if wish.get("kind") == "void" else payments.capture
        return work(self.orders, self.orders.get(_id(request)), wish, refusal)

    def _refund(self, request: Request, body: dict[str, Any], refusal: str | None) -> Document:
        return payments.refund(self.orders, self.orders.get(_id(request)), _part(body, "refund"), refusal)

    def _cancel(self, request: Request, body: dict[str, Any], refusal: str | None) -> Document:
        order = self.orders.cancel(self.orders.get(_id(request)), body.get("reason"), refusal)
        return self.orders.shown(order)

    def _fulfil(self, _: Request, body: dict[str, Any], refusal: str | None) -> Document:
        return fulfilment.create(self.orders, _part(body, "fulfillment"), refusal)

    def _track(self, request: Request, body: dict[str, Any], _: str | None) -> Document:
        return fulfilment.update_tracking(self.orders, _id(request), _part(body, "fulfillment"))

    def _get(self, name: str, read: Read) -> Endpoint:
        async def handle(request: Request) -> Response:
            def effect(_: str | None) -> Response:
                return _answer(lambda: {name: read(request)}, 200)

            return await self._meet(request, "read", (request.path_params.get("id", ""),), effect)

        return handle

    def _post(self, operation: str, name: str, status: int, write: Write) -> Endpoint:
        async def handle(request: Request) -> Response:
            body = _parsed(await request.body())
            if body is None:
                return ShopifyError(400, "The request body is not valid JSON").response()

            def effect(refusal: str | None) -> Response:
                return _answer(lambda: {name: write(request, body, refusal)}, status)

            wish = body.get("transaction")
            voids = isinstance(wish, dict) and wish.get("kind") == "void"
            return await self._meet(request, "void" if voids else operation, self._refs(request, body), effect)

        return handle

    def _refs(self, request: Request, body: dict[str, Any]) -> tuple[str, ...]:
        if "/orders/" in request.url.path:
            return (request.path_params["id"],)
        wish = body.get("fulfillment")
        return tuple(fulfilment.order_ids(self.orders, wish if isinstance(wish, dict) else {}))

    async def _meet(
        self, request: Request, operation: str, refs: tuple[str, ...], effect: Callable[[str | None], Response]
    ) -> Response:
        token = request.headers.get("x-shopify-access-token", "")
        if not hmac.compare_digest(token.encode(), self.world.config.shopify_api_key.encode()):
            sentence = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            answer: Response = ShopifyError(401, sentence).response()
        else:
            call = Call("shopify", operation, tuple(filter(None, refs)))
            answer = await self.world.meet(call, effect, broken)
        answer.headers["x-shopify-api-version"] = request.path_params["version"]
        answer.headers["x-request-id"] = self.world.ids.uuid("shop_request")
        answer.headers["x-shopify-shop-api-call-limit"] = "1/40"
        return answer


def _answer(work: Callable[[], Document], status: int) -> Response:
    try:
        return JSONResponse(work(), status)
    except ShopifyError as error:
        return error.response()


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    if not isinstance(part, dict):
        raise ShopifyError(400, {name: "Required parameter missing or invalid"})
    return part


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
