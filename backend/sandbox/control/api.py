"""JSON under `/control`: journal, calls, deliveries, faults, mails, placing and sending orders, tracking, reset."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.banks import Banks
from backend.sandbox.control.payments import BadWish, PaymentControl
from backend.sandbox.faults import BadFault
from backend.sandbox.forms import same_origin
from backend.sandbox.mail import sink
from backend.sandbox.shipengine.api import ShipEngineApi
from backend.sandbox.shipengine.tracking import STATUSES
from backend.sandbox.shop.counter import CHANNELS, Counter
from backend.sandbox.shop.troubles import TROUBLES
from backend.sandbox.shopify import webhooks
from backend.sandbox.shopify.errors import ShopifyError
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.world import World

MAX_ORDERS = 1_000
Work = Callable[[Request, Any], Any]


class BadRequest(ValueError):
    """A control request that makes no sense; the message says what would."""


def routes(world: World, orders: ShopOrders, counter: Counter, shipping: ShipEngineApi, banks: Banks) -> list[Route]:
    """All control routes, relative to `/control`."""
    control = _Control(world, orders, counter, shipping)
    payments = PaymentControl(banks)
    return [
        _route("/health", "GET", lambda _r, _b: {"status": "ok"}),
        _route("/journal", "GET", control.journal),
        _route("/calls", "GET", control.calls),
        _route("/deliveries", "GET", lambda _r, _b: {"deliveries": list(world.delivery.tries)}),
        _route("/agenda", "GET", lambda _r, _b: _agenda(world)),
        _route("/faults", "GET", lambda _r, _b: {"faults": world.faults.list()}),
        _route("/faults", "PUT", control.add_fault, 201),
        _route("/faults", "DELETE", lambda _r, _b: {"removed": world.faults.clear()}),
        _route("/faults/{id}", "DELETE", control.remove_fault),
        _route("/mails", "GET", control.mails),
        _route("/mails/{id}", "GET", control.mail),
        _route("/shop/orders", "POST", control.place, 201),
        _route("/shop/orders", "PUT", control.register, 201),
        _route("/shop/orders", "GET", control.known_orders),
        _route("/shop/orders/{id}/cancel", "POST", control.cancel),
        _route("/shop/send", "POST", control.send, 202),
        _route("/payments", "GET", payments.known),
        _route("/payments/pay", "POST", payments.pay, 202),
        _route("/payments/call-off", "POST", payments.call_off),
        _route("/payments/disputes", "POST", payments.dispute, 201),
        _route("/payments/disputes/{id}", "POST", payments.decide),
        _route("/payments/refunds", "PUT", payments.refunds_go),
        _route("/payments/refunds/{id}", "POST", payments.end_refund),
        _route("/tracking", "POST", control.track, 201),
        _route("/reset", "POST", control.reset),
    ]


class _Control:
    def __init__(self, world: World, orders: ShopOrders, counter: Counter, shipping: ShipEngineApi) -> None:
        self._world = world
        self._orders = orders
        self._counter = counter
        self._shipping = shipping

    def journal(self, request: Request, _: Any) -> Any:
        wanted = {name: request.query_params.get(name, "") for name in ("provider", "order", "kind")}
        return {"journal": self._world.journal.entries(**wanted)}

    def calls(self, request: Request, _: Any) -> Any:
        provider = request.query_params.get("provider", "")
        return {"calls": [call for call in self._world.journal.calls if provider in ("", call["provider"])]}

    def add_fault(self, _: Request, body: Any) -> Any:
        return self._world.faults.add(_object(body))

    def remove_fault(self, request: Request, _: Any) -> Any:
        if not self._world.faults.remove(request.path_params["id"]):
            raise BadRequest("There is no such fault.")
        return {"removed": 1}

    def mails(self, request: Request, _: Any) -> Any:
        wanted = {name: request.query_params.get(name, "") for name in ("to", "subject", "message_id", "order")}
        return {"mails": sink.find(self._world, **wanted)}

    def mail(self, request: Request, _: Any) -> Any:
        number = request.path_params["id"]
        mail, message = self._world.store.get("mails", number), sink.parsed(self._world, number)
        if mail is None or message is None:
            raise BadRequest("There is no such mail.")
        bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
        texts = {kind: None if part is None else part.get_content() for kind, part in bodies.items()}
        return {**mail, **texts, "headers": {name: str(value) for name, value in message.items()}}

    def place(self, _: Request, body: Any) -> Any:
        wish = _object(body)
        count, trouble, seed = wish.get("count", 1), wish.get("trouble"), wish.get("seed")
        channel = wish.get("channel", "shopify")
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_ORDERS:
            raise BadRequest(f"count must be a whole number from 1 to {MAX_ORDERS}.")
        if trouble is not None and trouble not in TROUBLES:
            raise BadRequest(f"trouble must be null or one of {', '.join(TROUBLES)}.")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
            raise BadRequest("seed must be a whole number or null.")
        if channel not in CHANNELS:
            raise BadRequest(f"channel must be one of {', '.join(CHANNELS)}.")
        placed = [self._counter.place(trouble, seed=seed, channel=channel) for _ in range(count)]
        shown = ("id", "name", "total_price", "currency", "financial_status")
        return {"orders": [{name: order[name] for name in shown} | {"trouble": trouble} for order in placed]}

    def register(self, _: Request, body: Any) -> Any:
        order = _order(body)
        self._orders.register(order)
        return {"id": order["id"], "name": order.get("name")}

    def known_orders(self, _request: Request, _: Any) -> Any:
        kept = self._world.store.newest_first("shop_orders")
        return {"orders": [{"id": order["id"], "name": order.get("name")} for order in kept]}

    def cancel(self, request: Request, _: Any) -> Any:
        try:
            order = self._counter.cancel(request.path_params["id"])
        except ShopifyError as error:
            raise BadRequest(f"The shop refuses: {error}") from None
        return {"id": order["id"], "cancelled_at": order["cancelled_at"]}

    def send(self, _: Request, body: Any) -> Any:
        wish = _object(body)
        payload = wish.get("order")
        if not isinstance(payload, dict | str):
            raise BadRequest("order must be an object, or a string to be sent as it is.")
        topic = str(wish.get("topic") or "orders/create")
        return {"webhook_id": webhooks.send(self._world, payload, topic=topic)}

    def track(self, _: Request, body: Any) -> Any:
        wish = _object(body)
        label = self._shipping.labels.by_tracking_number(str(wish.get("tracking_number")))
        if label is None:
            raise BadRequest("No label has this tracking_number.")
        if wish.get("status_code") not in STATUSES:
            raise BadRequest(f"status_code must be one of {', '.join(STATUSES)}.")
        return self._shipping.tracking.report(label, wish["status_code"])

    def reset(self, _: Request, _body: Any) -> Any:
        self._world.store.clear(keep=("counters",))
        self._world.late.drop()
        self._world.references.forget()
        self._world.journal.calls.clear()
        self._world.delivery.tries.clear()
        self._world.faults.strikes.clear()
        return {"status": "empty"}


def _agenda(world: World) -> dict[str, Any]:
    late = {"late": len(world.late)} if world.late else {}
    return {"waiting": world.agenda.waiting() | late, "running": world.agenda.running}


def _route(path: str, method: str, work: Work, status: int = 200) -> Route:
    async def handle(request: Request) -> Response:
        if not same_origin(request):
            return JSONResponse({"error": "This request was sent by a page of another site."}, 403)
        try:
            body = json.loads(await request.body() or b"null")
        except ValueError:
            return JSONResponse({"error": "The request body is not valid JSON."}, 400)
        try:
            return JSONResponse(work(request, body), status)
        except (BadRequest, BadFault, BadWish) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(path, handle, methods=[method])


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadRequest("The request body must be a JSON object.")
    return body


def _order(body: Any) -> dict[str, Any]:
    order = _object(body)
    inner = order.get("order")
    order = inner if isinstance(inner, dict) else order
    absent = [name for name in ("id", "currency", "total_price", "financial_status") if order.get(name) in (None, "")]
    if absent:
        raise BadRequest(f"The order lacks {', '.join(absent)}.")
    return order
