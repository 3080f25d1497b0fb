"""Shopify as a payment gateway: for orders whose money Shopify itself has taken or reserved.

Shopify knows no idempotency key, so the order's transactions are read before every capture and refund, and a call in
doubt is settled by reading them again.
"""

from datetime import UTC, datetime
from typing import Any

import httpx

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.money import display, parse_major, to_major
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about, check_money
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import before_the_write
from backend.integrations.reading import at, objects, text
from backend.integrations.shopify.api import API_VERSION, PROVIDER, Paths, client
from backend.ports.calls import Call, Mismatch, OutcomeUnknown, Rejected
from backend.ports.payments import Capture, PaymentOrder, PaymentRequested, RefundDone, RefundOrder, Voided

_TAKEN = ("sale", "capture")


class ShopifyGateway:
    """`api_base` is the shop's own address, such as `https://example.myshopify.com`."""

    name = PROVIDER

    def __init__(
        self,
        *,
        access_token: str,
        api_base: str,
        api_version: str = API_VERSION,
        answer_lag: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = client(api_base, access_token, transport)
        self._paths = Paths(api_version)
        self._answer_lag = answer_lag

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.PAYMENT_VERIFY, StepKind.PAYMENT_REQUEST):
            return REPEATABLE
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def verify(self, order: PaymentOrder, call: Call) -> list[Capture]:
        """Every successful sale and capture; refused when Shopify has paid all of it back meanwhile."""
        rows = self._transactions(order.channel_order, call)
        found = _captures(rows, order.currency)
        returned = sum(_minor(row, order.currency) for row in rows if _is(row, "refund", "success"))
        if found and returned >= sum(capture.amount_minor for capture in found):
            sentence = f"Shopify has paid back {display(returned, order.currency)}, all of it. Cancel the order."
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_MISMATCH)
        return found

    def capture(self, order: PaymentOrder, call: Call) -> Capture:
        with before_the_write():
            rows = self._transactions(order.channel_order, call)
        done = _matching(rows, order)
        if done is not None:
            return done
        authorization = next((row for row in rows if _is(row, "authorization", "success")), None)
        body: dict[str, Any] = {
            "kind": "capture",
            "amount": to_major(order.amount_minor, order.currency),
            "currency": order.currency,
        }
        if authorization is not None:
            body["parent_id"] = at(authorization, "id")
        path = self._paths.order(order.channel_order, "transactions")
        answer = self._http.request(call, "POST", path, json={"transaction": body}).json
        row = at(answer, "transaction")
        return _settled(row if isinstance(row, dict) else {}, order)

    def find_capture(self, order: PaymentOrder, call: Call) -> Capture | None:
        rows = self._transactions(order.channel_order, call)
        done = _matching(rows, order)
        if done is None and any(_is(row, "capture", "pending") for row in rows):
            raise OutcomeUnknown(PROVIDER, "Shopify is still working on the capture.")
        return done

    def request_payment(self, order: PaymentOrder, call: Call) -> PaymentRequested:
        raise Rejected(
            PROVIDER,
            "Shopify cannot be asked for a pay link. Connect a payment gateway, or take the payment in the shop.",
            category=HoldKind.PROVIDER_NOT_CONNECTED,
        )

    def find_payment_request(self, order: PaymentOrder, call: Call) -> PaymentRequested | None:
        return None

    def refund(self, order: RefundOrder, call: Call) -> RefundDone:
        with before_the_write():
            rows = self._transactions(order.channel_order, call)
        body = {
            "currency": order.currency,
            "notify": False,
            "note": f"{order.reason} [{call.key}]",
            "transactions": _parts(rows, order),
        }
        path = self._paths.order(order.channel_order, "refunds")
        answer = self._http.request(call, "POST", path, json={"refund": body}).json
        refund = at(answer, "refund")
        return _refunded(refund if isinstance(refund, dict) else {}, order)

    def find_refund(self, order: RefundOrder, call: Call) -> RefundDone | None:
        path = self._paths.order(order.channel_order, "refunds")
        answer = self._http.find(call, path, params=[("limit", "250")])
        for refund in objects(answer, "refunds"):
            if f"[{call.key}]" in text(refund, "note"):
                return _refunded(refund, order)
        return None

    def void(self, order: PaymentOrder, call: Call) -> Voided:
        with before_the_write():
            rows = self._transactions(order.channel_order, call)
            ended = _ended(rows, order.currency)
        if ended is not None:
            return ended
        authorization = next(row for row in rows if _is(row, "authorization", "success"))
        body = {"kind": "void", "parent_id": at(authorization, "id")}
        path = self._paths.order(order.channel_order, "transactions")
        row = at(self._http.request(call, "POST", path, json={"transaction": body}).json, "transaction")
        status = text(row, "status")
        if status in ("failure", "error"):
            sentence = f"Shopify did not void the authorization: {text(row, 'message') or 'no reason given'}"
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
        if status != "success":
            raise OutcomeUnknown(PROVIDER, f"Shopify took the void; its state is {status or 'not told'}.")
        return Voided(text(row, "id"))

    def find_void(self, order: PaymentOrder, call: Call) -> Voided | None:
        rows = self._transactions(order.channel_order, call)
        return _ended(rows, order.currency)

    def _transactions(self, order_id: str, call: Call) -> list[dict[str, Any]]:
        answer = self._http.request(call, "GET", self._paths.order(order_id, "transactions")).json
        rows = answer if isinstance(answer, list) else at(answer, "transactions")
        if not isinstance(rows, list):
            raise OutcomeUnknown(PROVIDER, "Shopify's answer lists no transactions.")
        found = [row for row in rows if isinstance(row, dict)]
        for row in found:
            check_about(PROVIDER, "payments of the order", text(row, "order_id"), order_id)
        return found


def _is(row: dict[str, Any], kind: str, status: str) -> bool:
    return text(row, "kind") == kind and text(row, "status") == status


def _minor(row: dict[str, Any], currency: str) -> int:
    own = text(row, "currency") or currency
    try:
        if own != currency:
            raise InvalidInput([f"It is in {own}, the order in {currency}."])
        return parse_major(text(row, "amount"), own)
    except InvalidInput as error:
        sentence = f"Shopify's transaction {text(row, 'id')} has no amount we can use. {error.sentence}"
        raise Mismatch(PROVIDER, f"{sentence} Nothing was booked.") from error


def _captures(rows: list[dict[str, Any]], currency: str) -> list[Capture]:
    taken = [row for row in rows if text(row, "kind") in _TAKEN and text(row, "status") == "success"]
    return [Capture(text(row, "id"), _minor(row, currency), currency, _moment(row)) for row in taken]


def _ended(rows: list[dict[str, Any]], currency: str) -> Voided | None:
    """How the order's payment ended: what was taken and is still there, or nothing more to take; None while there is."""
    if any(_is(row, kind, "pending") for row in rows for kind in ("void", *_TAKEN)):
        raise OutcomeUnknown(PROVIDER, "Shopify is still working on the payment.")
    captures = tuple(_captures(rows, currency))
    returned = sum(_minor(row, currency) for row in rows if _is(row, "refund", "success"))
    if captures:
        all_back = returned >= sum(capture.amount_minor for capture in captures)
        return Voided(captures[0].reference, () if all_back else captures)
    gone = next((row for row in rows if _is(row, "void", "success")), None)
    if gone is not None:
        return Voided(text(gone, "id"))
    return None if any(_is(row, "authorization", "success") for row in rows) else Voided()


def _matching(rows: list[dict[str, Any]], order: PaymentOrder) -> Capture | None:
    """The capture of just this amount; a capture of another amount is a mismatch for a person to settle."""
    found = _captures(rows, order.currency)
    for capture in found:
        if capture.amount_minor == order.amount_minor:
            return capture
    if found:
        shown = ", ".join(display(capture.amount_minor, capture.currency) for capture in found)
        sentence = f"Shopify has captured {shown}, but the order needs {display(order.amount_minor, order.currency)}."
        raise Mismatch(PROVIDER, f"{sentence} Nothing was booked.")
    return None


def _settled(row: dict[str, Any], order: PaymentOrder) -> Capture:
    check_about(PROVIDER, "a payment of the order", text(row, "order_id"), order.channel_order)
    status = text(row, "status")
    if status in ("failure", "error"):
        reason = text(row, "message") or text(row, "error_code") or "no reason given"
        sentence = f"The capture was declined: {reason}"
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_DECLINED, code=text(row, "error_code"))
    if status != "success":
        raise OutcomeUnknown(PROVIDER, f"Shopify took the capture; its state is {status or 'not told'}.")
    amount, currency = _minor(row, order.currency), order.currency
    check_money(PROVIDER, "Shopify captured", (amount, currency), (order.amount_minor, currency))
    return Capture(text(row, "id"), amount, order.currency, _moment(row))


def _parts(rows: list[dict[str, Any]], order: RefundOrder) -> list[dict[str, Any]]:
    """The refund spread over the captures that still have money in them, oldest first."""
    parts = []
    left = order.amount_minor
    for row in rows:
        if text(row, "kind") not in _TAKEN or text(row, "status") != "success":
            continue
        back = [one for one in rows if _is(one, "refund", "success") and text(one, "parent_id") == text(row, "id")]
        free = _minor(row, order.currency) - sum(_minor(one, order.currency) for one in back)
        part = min(free, left)
        if part > 0:
            parts.append(
                {
                    "parent_id": at(row, "id"),
                    "amount": to_major(part, order.currency),
                    "kind": "refund",
                    "gateway": text(row, "gateway"),
                }
            )
            left -= part
    if left > 0:
        sentence = f"Shopify holds {display(left, order.currency)} less than is to be paid back."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
    return parts


def _refunded(refund: dict[str, Any], order: RefundOrder) -> RefundDone:
    check_about(PROVIDER, "a refund of the order", text(refund, "order_id"), order.channel_order)
    rows = objects(refund, "transactions")
    failed = next((row for row in rows if text(row, "status") in ("failure", "error")), None)
    if failed is not None:
        sentence = f"The refund did not go through: {text(failed, 'message') or 'no reason given'}"
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
    amount = sum(_minor(row, order.currency) for row in rows)
    if not text(refund, "id") or amount != order.amount_minor:
        sentence = f"Shopify's refund shows {display(amount, order.currency)}, not the amount asked."
        raise OutcomeUnknown(PROVIDER, sentence)
    return RefundDone(text(refund, "id"), amount, order.currency, any(text(row, "status") == "pending" for row in rows))


def _moment(row: dict[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text(row, "processed_at") or text(row, "created_at"))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
