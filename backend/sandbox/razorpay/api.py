"""Razorpay's HTTP routes under `/razorpay`: Basic authentication, faults, refund keys and lists around the rules."""

import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.connection import LateAnswer
from backend.sandbox.faults import Call
from backend.sandbox.razorpay.errors import RazorpayError, broken
from backend.sandbox.razorpay.keys import RefundKeys
from backend.sandbox.razorpay.ledger import Ledger
from backend.sandbox.razorpay.money import Payments
from backend.sandbox.store import Document
from backend.sandbox.world import World

Work = Callable[[Request, dict[str, Any], str | None], Any]
Endpoint = Callable[[Request], Awaitable[Response]]
MOST = 100


class RazorpayApi:
    """The routes and what they share."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world = world
        self.ledger = ledger
        self.payments = Payments(ledger)
        self.keys = RefundKeys(world.store)

    def routes(self) -> list[Route]:
        """All API routes below `/razorpay`."""
        get = self.ledger.get
        return [
            self._route("/v1/orders", "POST", "order", lambda _r, body, x: self.payments.create_order(body, x)),
            self._route("/v1/orders", "GET", "read", self._orders),
            self._route("/v1/orders/{id}", "GET", "read", lambda r, _b, _x: get("order", r.path_params["id"])),
            self._route("/v1/orders/{id}/payments", "GET", "read", self._payments_of),
            self._route("/v1/payments/{id}", "GET", "read", lambda r, _b, _x: get("payment", r.path_params["id"])),
            self._route(
                "/v1/payments/{id}/capture",
                "POST",
                "capture",
                lambda r, body, x: self.payments.capture(get("payment", r.path_params["id"]), body, x),
            ),
            self._route("/v1/payments/{id}/refund", "POST", "refund", self._refund),
            self._route("/v1/payments/{id}/refunds", "GET", "read", self._refunds_of),
            self._route("/v1/refunds/{id}", "GET", "read", lambda r, _b, _x: get("refund", r.path_params["id"])),
        ]

    def _orders(self, request: Request, _body: Any, _refusal: str | None) -> Document:
        receipt = request.query_params.get("receipt")
        return _page(self.ledger.newest_first("order", **({} if receipt is None else {"receipt": receipt})), request)

    def _payments_of(self, request: Request, _body: Any, _refusal: str | None) -> Document:
        order = self.ledger.get("order", request.path_params["id"])
        found = self.ledger.newest_first("payment", order_id=order["id"])
        return {"entity": "collection", "count": len(found), "items": found}

    def _refunds_of(self, request: Request, _body: Any, _refusal: str | None) -> Document:
        payment = self.ledger.get("payment", request.path_params["id"])
        return _page(self.ledger.newest_first("refund", payment_id=payment["id"]), request)

    def _refund(self, request: Request, body: dict[str, Any], refusal: str | None) -> Document:
        payment = self.ledger.get("payment", request.path_params["id"])
        return self.payments.refund(payment, body, request.headers.get("x-refund-idempotency"), refusal)

    def _route(self, path: str, method: str, operation: str, work: Work) -> Route:
        async def handle(request: Request) -> Response:
            if not self._authorized(request):
                nothing = {"source": "NA", "step": "NA", "reason": "NA"}
                return RazorpayError("Authentication failed", status=401, **nothing).response()
            raw = (await request.body()).decode("utf-8", "replace")
            try:
                body = json.loads(raw or "{}")
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return RazorpayError("The request body is not a JSON object.").response()
            key = request.headers.get("x-refund-idempotency") if operation == "refund" else None
            return await self._once(key, raw, request, body, operation, work)

        return Route(path, handle, methods=[method])

    async def _once(
        self, key: str | None, raw: str, request: Request, body: dict[str, Any], operation: str, work: Work
    ) -> Response:
        ran: list[Response] = []

        def effect(refusal: str | None) -> Response:
            try:
                ran.append(JSONResponse(work(request, body, refusal)))
            except RazorpayError as error:
                ran.append(error.response())
            return ran[-1]

        call = Call("razorpay", operation, self._refs(request, body))
        if key is None:
            return await self.world.meet(call, effect, broken)
        said = f"{request.url.path}\n{raw}"
        try:
            again = self.keys.begin(key, said)
        except RazorpayError as error:
            return error.response()
        if again is not None:
            return again
        answer: Response | None = None
        try:
            answer = await self.world.meet(call, effect, broken)
        finally:
            if isinstance(answer, LateAnswer):
                # Until it has happened, the key is in use.
                answer.then(lambda done: self.keys.end(key, said, done))
            else:
                self.keys.end(key, said, ran[-1] if ran else None)
        return answer

    def _refs(self, request: Request, body: dict[str, Any]) -> tuple[str, ...]:
        """Every name of the order that a request carries: ids, our marks in notes, the receipt asked for."""
        object_id = request.path_params.get("id", "")
        kinds = ("razorpay_order", "razorpay_payment", "razorpay_refund")
        known = next((one for kind in kinds if (one := self.world.store.get(kind, object_id))), {})
        refs = [object_id, str(body.get("receipt") or ""), request.query_params.get("receipt", "")]
        for notes in (body.get("notes"), known.get("notes")):
            if isinstance(notes, dict):
                order_ref, channel_order = str(notes.get("order_ref") or ""), str(notes.get("channel_order") or "")
                refs += [order_ref, channel_order]
                if order_ref and channel_order:
                    self.world.references.link(channel_order, order_ref)
        return tuple(filter(None, refs))

    def _authorized(self, request: Request) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self.world.config.razorpay_api_key.encode())


def _page(found: list[Document], request: Request) -> Document:
    """A part of a list: it tells how much of it is shown, not how much there is."""
    numbers = {}
    for name, default in (("count", "10"), ("skip", "0")):
        raw = request.query_params.get(name, default)
        if not raw.isdecimal():
            raise RazorpayError(f"The {name} must be an integer.", field=name)
        numbers[name] = int(raw)
    if not 1 <= numbers["count"] <= MOST:
        raise RazorpayError("The count must be between 1 and 100.", field="count")
    shown = found[numbers["skip"] : numbers["skip"] + numbers["count"]]
    return {"entity": "collection", "count": len(shown), "items": shown}
