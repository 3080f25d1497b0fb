"""Stripe's HTTP routes under `/stripe/v1`: authentication, idempotency, faults and headers around the rules."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.sandbox.connection import LateAnswer, LostAnswer
from backend.sandbox.faults import Call
from backend.sandbox.store import Document
from backend.sandbox.stripe import lists, refunds
from backend.sandbox.stripe.errors import StripeError, broken, no_such
from backend.sandbox.stripe.form import decode
from backend.sandbox.stripe.idempotency import Keys
from backend.sandbox.stripe.intents import Intents
from backend.sandbox.stripe.ledger import Caller, Ledger
from backend.sandbox.stripe.objects import API_VERSION
from backend.sandbox.stripe.params import check
from backend.sandbox.world import World

Work = Callable[[str, dict[str, Any], Caller, str | None], Document]
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "payment_intents": ("payment_intent", {"customer": "customer"}),
    "refunds": ("refund", {"charge": "charge", "payment_intent": "payment_intent"}),
    "charges": ("charge", {"payment_intent": "payment_intent", "customer": "customer"}),
    "balance_transactions": ("balance_transaction", {"type": "type", "source": "source", "currency": "currency"}),
    "disputes": ("dispute", {"charge": "charge", "payment_intent": "payment_intent"}),
    "events": ("event", {"type": "type"}),
}


class StripeApi:
    """The routes and what they share."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world = world
        self.ledger = ledger
        self.intents = Intents(ledger)
        self.keys = Keys(world.store)

    def routes(self) -> list[Route]:
        """All routes below `/stripe`."""
        intents = self.intents

        def capture(object_id: str, params: dict[str, Any], caller: Caller, refusal: str | None) -> Document:
            return intents.capture(intents.get(object_id), params.get("amount_to_capture"), caller, refusal)

        def cancel(object_id: str, params: dict[str, Any], caller: Caller, refusal: str | None) -> Document:
            return intents.cancel(intents.get(object_id), params.get("cancellation_reason"), caller, refusal)

        def confirm(object_id: str, params: dict[str, Any], caller: Caller, refusal: str | None) -> Document:
            return intents.confirm(intents.get(object_id), params.get("payment_method"), caller, refusal)

        actions: list[tuple[str, str, Work]] = [
            ("/v1/payment_intents", "intent", lambda _, *rest: intents.create(*rest)),
            ("/v1/payment_intents/{id}/capture", "capture", capture),
            ("/v1/payment_intents/{id}/cancel", "cancel", cancel),
            ("/v1/payment_intents/{id}/confirm", "confirm", confirm),
            ("/v1/refunds", "refund", lambda _, *rest: refunds.create(self.ledger, *rest)),
        ]
        return [
            *(Route(f"/v1/{name}", self._list(name), methods=["GET"]) for name in LISTS),
            *(Route(f"/v1/{name}/{{id}}", self._get(name), methods=["GET"]) for name in LISTS),
            *(Route(path, self._post(operation, work), methods=["POST"]) for path, operation, work in actions),
        ]

    def _list(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        kind, filters = LISTS[name]

        def answer(request: Request) -> Document:
            items = self.ledger.newest_first(kind)
            if "data.source" in request.query_params.getlist("expand[]"):
                items = [self._with_source(item) for item in items]
            return lists.page(items, request.query_params, f"/v1/{name}", filters)

        return self._read(answer)

    def _with_source(self, item: Document) -> Document:
        """A balance transaction with the charge, refund or dispute that moved the money, in place of its id."""
        kinds = ("charge", "refund", "dispute")
        return item | {"source": next((it for kind in kinds if (it := self.ledger.find(kind, item["source"]))), None)}

    def _get(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        kind, _ = LISTS[name]

        def answer(request: Request) -> Document:
            object_id = request.path_params["id"]
            found = self.ledger.find(kind, object_id)
            if found is None:
                raise no_such(kind, object_id, param="intent" if kind == "payment_intent" else "id")
            return found

        return self._read(answer)

    def _read(self, answer: Callable[[Request], Document]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            request_id = self.world.ids.text("req_", 14)

            def effect(_: str | None) -> Response:
                return _respond(lambda: answer(request))

            if (refused := self._unauthorized(request)) is not None:
                return _with_headers(refused, request, request_id)
            refs = self._refs(request.path_params.get("id", ""), {})
            result = await self.world.meet(Call("stripe", "read", refs), effect, broken)
            return _with_headers(result, request, request_id)

        return handle

    def _post(self, operation: str, work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            request_id = self.world.ids.text("req_", 14)
            answer = self._unauthorized(request)
            if answer is None:
                body = (await request.body()).decode("utf-8", "replace")
                answer = await self._once(request, request_id, body, operation, work)
            return _with_headers(answer, request, request_id)

        return handle

    async def _once(self, request: Request, request_id: str, body: str, operation: str, work: Work) -> Response:
        key, path = request.headers.get("idempotency-key"), request.url.path
        if key is None:
            return (await self._run(request, request_id, body, operation, work))[0]
        try:
            replay = self.keys.begin(key, path, body)
        except StripeError as error:
            return error.response()
        if replay is not None:
            return replay
        kept: Response | None = None
        answer: Response | None = None
        try:
            answer, kept = await self._run(request, request_id, body, operation, work)
        finally:
            if isinstance(answer, LateAnswer):
                # Until it has happened, the key is in use.
                answer.then(
                    lambda done: self.keys.end(key, path, body, done if done.status_code < 400 else None, request_id)
                )
            else:
                self.keys.end(key, path, body, kept, request_id)
        return answer

    async def _run(
        self, request: Request, request_id: str, body: str, operation: str, work: Work
    ) -> tuple[Response, Response | None]:
        """The answer to send, and the answer to keep for the key (None when nothing ran)."""
        object_id = request.path_params.get("id", "")
        version = request.headers.get("stripe-version", API_VERSION)
        caller = Caller(request_id, request.headers.get("idempotency-key"), version)
        try:
            params = check(operation, decode(body))
        except StripeError as error:
            return error.response(), None
        ran: list[Response] = []

        def effect(refusal: str | None) -> Response:
            try:
                done: Response = JSONResponse(work(object_id, params, caller, refusal))
            except StripeError as error:
                done = error.response()
                if not error.kept:
                    return done
            ran.append(done)
            return done

        call = Call("stripe", operation, self._refs(object_id or _named_in(params), params.get("metadata") or {}))
        answer = await self.world.meet(call, effect, broken)
        if not ran:
            return answer, None
        # A lost answer is kept as it would have been; a 500 after the work is kept as the 500 it was.
        return answer, ran[0] if isinstance(answer, LostAnswer) else answer

    def _refs(self, object_id: str, metadata: dict[str, str]) -> tuple[str, ...]:
        known = self.ledger.find("payment_intent", object_id) or self.ledger.find("charge", object_id) or {}
        merged = {**known.get("metadata", {}), **metadata}
        order_ref, channel_order = merged.get("order_ref", ""), merged.get("channel_order", "")
        if order_ref and channel_order:
            self.world.references.link(channel_order, order_ref)
        return tuple(ref for ref in (object_id, order_ref, channel_order) if ref)

    def _unauthorized(self, request: Request) -> Response | None:
        key = _api_key(request.headers.get("authorization", ""))
        if key is None:
            message = (
                "You did not provide an API key in the Authorization header (Bearer, or Basic with the key as user)."
            )
        elif hmac.compare_digest(key.encode(), self.world.config.stripe_api_key.encode()):
            return None
        else:
            message = f"Invalid API Key provided: {key[:7]}{'*' * 8}{key[-4:]}"
        answer = StripeError(401, "invalid_request_error", message, kept=False).response()
        answer.headers["www-authenticate"] = 'Basic realm="Stripe"'
        return answer


def _respond(answer: Callable[[], Document]) -> Response:
    try:
        return JSONResponse(answer())
    except StripeError as error:
        return error.response()


def _named_in(params: dict[str, Any]) -> str:
    return str(params.get("payment_intent") or params.get("charge") or "")


def _api_key(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _with_headers(answer: Response, request: Request, request_id: str) -> Response:
    answer.headers["request-id"] = request_id
    answer.headers["stripe-version"] = request.headers.get("stripe-version", API_VERSION)
    if key := request.headers.get("idempotency-key"):
        answer.headers["idempotency-key"] = key[:255]
        answer.headers.setdefault("original-request", request_id)
    return answer
