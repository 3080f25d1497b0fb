"""The payment gateway Stripe.

Our step's key travels as Idempotency-Key and as metadata, so a lost answer can be had again within a day by the same
key, and after that be looked up. Every capture goes under its payment intent's id.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from backend import clock
from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import Form, ProviderClient, before_the_write, segment
from backend.integrations.reading import objects, text, whole
from backend.integrations.stripe import balance
from backend.integrations.stripe.amounts import to_stripe
from backend.integrations.stripe.errors import PROVIDER, read_error
from backend.integrations.stripe.payloads import (
    authorized,
    captured,
    captured_charge,
    check_amount,
    check_ours,
    money,
    refunded,
    voided,
)
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from backend.ports.payments import BalanceRow, Capture, PaymentOrder, PaymentRequested, RefundDone, RefundOrder, Voided

API_VERSION = "2026-10-28.endive"
KEY_SECONDS = 24 * 3600.0
PAGE = 100
LOOK_BACK = timedelta(days=30)

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_ORDER_DAY = re.compile(r"[A-Z]+-(\d{8})-")


class StripeGateway:
    """`pay_url_template` has `{id}` and `{client_secret}`, such as `https://shop.example/pay?intent={id}&secret={client_secret}`."""

    name = PROVIDER

    def __init__(
        self,
        *,
        api_key: str,
        pay_url_template: str,
        api_base: str = "https://api.stripe.com",
        api_version: str = API_VERSION,
        answer_lag: float = 2.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._pay_url = pay_url_template
        self._answer_lag = answer_lag
        self._http = ProviderClient(
            PROVIDER,
            api_base,
            headers={"Authorization": f"Bearer {api_key}", "Stripe-Version": api_version},
            read_error=read_error,
            secrets=[api_key],
            transport=transport,
        )

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind is StepKind.PAYMENT_VERIFY:
            return REPEATABLE
        return Guarantees(key_seconds=KEY_SECONDS, can_ask=True, answer_lag=self._answer_lag, caches_errors=True)

    def verify(self, order: PaymentOrder, call: Call) -> list[Capture]:
        if order.reference.startswith(("ch_", "py_")):
            charge = self._http.request(call, "GET", f"/v1/charges/{segment(order.reference)}").json
            found = captured_charge(charge)
        else:
            intent = self._intent_of(order, call)
            if intent is None and order.reference:
                sentence = f"Stripe has no payment {order.reference}; the order names a wrong one."
                raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_MISMATCH)
            found = captured(intent)
        return [found] if found else []

    def capture(self, order: PaymentOrder, call: Call) -> Capture:
        if not order.reference:
            sentence = "The order says it is authorized but names no payment intent to capture."
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
        amount = _amount(order.amount_minor, order.currency)
        form = [("amount_to_capture", amount), *_metadata(order.number, order, call)]
        try:
            intent = self._post(f"/v1/payment_intents/{segment(order.reference)}/capture", form, call)
        except Rejected as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            return self._captured_before(order, call, refusal)
        check_about(PROVIDER, "the payment", text(intent, "id"), order.reference)
        check_ours(intent, order_number=order.number)
        found = captured(intent)
        if found is None:
            status = text(intent, "status") or "unclear"
            raise OutcomeUnknown(PROVIDER, f"Stripe took the capture, but the payment is {status}.")
        check_amount("Stripe captured", (found.amount_minor, found.currency), (order.amount_minor, order.currency))
        return found

    def _captured_before(self, order: PaymentOrder, call: Call, refusal: Rejected) -> Capture:
        """Stripe says the intent is past capturing: either it is ours already, or it was called off."""
        found = self.find_capture(order, call)
        if found is None:
            raise refusal
        return found

    def find_capture(self, order: PaymentOrder, call: Call) -> Capture | None:
        found = captured(self._intent_of(order, call))
        if found is not None:
            wanted = (order.amount_minor, order.currency)
            check_amount("Stripe has captured", (found.amount_minor, found.currency), wanted)
        return found

    def request_payment(self, order: PaymentOrder, call: Call) -> PaymentRequested:
        form = [
            ("amount", _amount(order.amount_minor, order.currency)),
            ("currency", order.currency.lower()),
            ("capture_method", "manual" if order.manual_capture else "automatic"),
            ("automatic_payment_methods[enabled]", "true"),
            ("description", f"Order {order.number}"),
            *_metadata(order.number, order, call),
        ]
        intent = self._post("/v1/payment_intents", form, call)
        check_ours(intent, order_number=order.number, key=call.key)
        return self._requested(order, intent)

    def find_payment_request(self, order: PaymentOrder, call: Call) -> PaymentRequested | None:
        intent = self._intent_of(order, call)
        if intent is None or text(intent, "status") == "canceled":
            return None
        return self._requested(order, intent)

    def refund(self, order: RefundOrder, call: Call) -> RefundDone:
        form = [
            _payment(order.payment_reference),
            ("amount", _amount(order.amount_minor, order.currency)),
            ("reason", order.reason if order.reason in _REASONS else "requested_by_customer"),
            *_metadata(order.number, order, call),
        ]
        refund = self._post("/v1/refunds", form, call)
        check_ours(refund, order_number=order.number, key=call.key)
        done = refunded(refund)
        check_amount("Stripe paid back", (done.amount_minor, done.currency), (order.amount_minor, order.currency))
        return done

    def find_refund(self, order: RefundOrder, call: Call) -> RefundDone | None:
        for refund in self._listed("/v1/refunds", [_payment(order.payment_reference)], call):
            if text(refund, "metadata", "step_key") == call.key:
                return refunded(refund)
        return None

    def void(self, order: PaymentOrder, call: Call) -> Voided:
        """An intent that nobody has paid, or that is only authorized, is cancelled: both come to the same."""
        with before_the_write():
            intent = self._intent_of(order, call)
            ended = self._ended(order, intent, call)
        if ended is not None:
            return ended
        form = [("cancellation_reason", "requested_by_customer")]
        try:
            intent = self._post(f"/v1/payment_intents/{segment(text(intent, 'id'))}/cancel", form, call)
        except Rejected as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            ended = self.find_void(order, call)
            if ended is None:
                raise refusal
            return ended
        ended = voided(intent)
        if ended is None:
            status = text(intent, "status") or "unclear"
            raise OutcomeUnknown(PROVIDER, f"Stripe took the cancellation, but the payment is {status}.")
        return ended

    def find_void(self, order: PaymentOrder, call: Call) -> Voided | None:
        return self._ended(order, self._intent_of(order, call), call)

    def _ended(self, order: PaymentOrder, intent: Any, call: Call) -> Voided | None:
        """How the payment ended; one made without an intent cannot be cancelled, and lapses where it was not captured."""
        if intent is not None:
            return voided(intent)
        if not order.reference.startswith(("ch_", "py_")):
            return Voided()
        charge = self._http.find(call, f"/v1/charges/{segment(order.reference)}")
        capture = captured_charge(charge)
        return Voided(order.reference, (capture,) if capture else (), lapses=capture is None)

    def balance_rows(
        self, call: Call, *, since: datetime | None = None, until: datetime | None = None, payout: str = ""
    ) -> Iterator[BalanceRow]:
        yield from map(
            balance.row, self._listed("/v1/balance_transactions", balance.filters(since, until, payout), call)
        )

    def _post(self, path: str, form: Form, call: Call) -> Any:
        return self._http.request(call, "POST", path, form=form, headers={"Idempotency-Key": call.key}).json

    def _intent_of(self, order: PaymentOrder, call: Call) -> Any:
        """The order's payment intent: by id where known, else by our own marks among those made since the order."""
        if order.reference:
            intent = self._http.find(call, f"/v1/payment_intents/{segment(order.reference)}")
            check_about(PROVIDER, "the payment", text(intent, "id"), order.reference)
            return intent
        since = [("created[gte]", str(int(_not_before(order.number).timestamp())))]
        by_order = None
        for intent in self._listed("/v1/payment_intents", since, call):
            if text(intent, "metadata", "step_key") == call.key:
                return intent
            if text(intent, "metadata", "order_ref") == order.number and text(intent, "status") != "canceled":
                by_order = by_order or intent
        return by_order

    def _listed(self, path: str, filters: Form, call: Call) -> Iterator[dict[str, Any]]:
        after: list[tuple[str, str]] = []
        while True:
            params = [*filters, ("limit", str(PAGE)), *after]
            page = self._http.request(call, "GET", path, params=params).json
            rows = objects(page, "data")
            yield from rows
            if not rows or not page.get("has_more"):
                return
            after = [("starting_after", text(rows[-1], "id"))]

    def _requested(self, order: PaymentOrder, intent: Any) -> PaymentRequested:
        reference, secret = text(intent, "id"), text(intent, "client_secret")
        if not reference:
            raise OutcomeUnknown(PROVIDER, "Stripe's answer names no payment intent.")
        asked = money(intent, whole(intent, "amount") or 0)
        check_amount("Stripe asks the customer for", asked, (order.amount_minor, order.currency))
        parts = {"{id}": reference, "{client_secret}": secret}
        url = self._pay_url
        for mark, value in parts.items():
            url = url.replace(mark, quote(value, safe=""))
        return PaymentRequested(reference, url, captured(intent), authorized(intent))


def _metadata(number: str, order: PaymentOrder | RefundOrder, call: Call) -> list[tuple[str, str]]:
    return [
        ("metadata[order_ref]", number),
        ("metadata[channel_order]", order.channel_order),
        ("metadata[step_key]", call.key),
    ]


def _payment(reference: str) -> tuple[str, str]:
    return ("charge" if reference.startswith(("ch_", "py_")) else "payment_intent", reference)


def _amount(minor: int, currency: str) -> str:
    try:
        return str(to_stripe(minor, currency))
    except InvalidInput as error:
        raise Rejected(PROVIDER, error.sentence, category=HoldKind.PAYMENT_REFUSED) from error


def _not_before(number: str) -> datetime:
    """No payment of ours is older than its order, whose number carries the day."""
    match = _ORDER_DAY.match(number)
    if match is None:
        return clock.now() - LOOK_BACK
    try:
        return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC) - timedelta(days=1)
    except ValueError:
        return clock.now() - LOOK_BACK
