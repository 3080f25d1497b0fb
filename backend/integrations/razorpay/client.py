"""The payment gateway Razorpay.

Only refunds take an idempotency key, and Razorpay does not say for how long it remembers one. So every doubt is settled
by asking: a capture is seen on its payment, an order to be paid is found by its receipt (our number, which Razorpay does
not keep unique), a refund by our key in its notes. Captures go under the payment's id.
"""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from backend.domain.errors import ConfigurationError
from backend.domain.holds import HoldKind
from backend.domain.money import display
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.believing import check_about
from backend.integrations.guarantees import REPEATABLE
from backend.integrations.http import Form, ProviderClient, before_the_write, segment
from backend.integrations.razorpay.errors import NO_SUCH_ID, PROVIDER, read_error
from backend.integrations.razorpay.payloads import (
    authorized,
    captured,
    check_amount,
    check_ours,
    idempotency_key,
    money,
    notes,
    order_body,
    refunded,
)
from backend.integrations.reading import objects, text, whole
from backend.ports.calls import Call, OutcomeUnknown, Rejected
from backend.ports.payments import (
    Authorization,
    Capture,
    PaymentOrder,
    PaymentRequested,
    RefundDone,
    RefundOrder,
    Voided,
)

PAGE = 100


class RazorpayGateway:
    """`api_key` is `key_id:key_secret`. `pay_url_template` has `{id}` (Razorpay's order), `{key_id}` and `{number}` (ours).

    The page there opens Razorpay's checkout for the order. It should hand the order's notes on to the payment, so that
    each of the payment's events names our order; where it does not, the event `order.paid` tells by its receipt.
    """

    name = PROVIDER

    def __init__(
        self,
        *,
        api_key: str,
        pay_url_template: str,
        api_base: str = "https://api.razorpay.com",
        answer_lag: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._key_id, colon, secret = api_key.partition(":")
        if not self._key_id or not colon or not secret:
            raise ConfigurationError("Razorpay's key must have the form key_id:key_secret.")
        self._pay_url = pay_url_template
        self._answer_lag = answer_lag
        basic = base64.b64encode(api_key.encode()).decode("ascii")
        self._http = ProviderClient(
            PROVIDER,
            api_base,
            headers={"Authorization": f"Basic {basic}"},
            read_error=read_error,
            secrets=[secret, basic],
            transport=transport,
        )

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (StepKind.PAYMENT_VERIFY, StepKind.PAYMENT_VOID):
            return REPEATABLE
        return Guarantees(key_seconds=None, can_ask=True, answer_lag=self._answer_lag)

    def verify(self, order: PaymentOrder, call: Call) -> list[Capture]:
        payments = list(self._payments_of(order, call))
        if order.reference and not payments and not order.reference.startswith("order_"):
            sentence = f"Razorpay has no payment {order.reference}; the order names a wrong one."
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_MISMATCH)
        return [found for found in map(captured, payments) if found is not None]

    def capture(self, order: PaymentOrder, call: Call) -> Capture:
        """Raises `OutcomeUnknown` for an answer that shows no capture, although it was accepted."""
        with before_the_write():
            reference = self._authorized(order, call)
        body = {"amount": order.amount_minor, "currency": order.currency}
        try:
            payment = self._http.request(call, "POST", f"/v1/payments/{segment(reference)}/capture", json=body).json
        except Rejected as refusal:
            return self._captured_before(order, call, refusal)
        check_about(PROVIDER, "the payment", text(payment, "id"), reference)
        found = captured(payment)
        if found is None:
            status = text(payment, "status") or "unclear"
            raise OutcomeUnknown(PROVIDER, f"Razorpay took the capture, but the payment is {status}.")
        check_amount("Razorpay captured", (found.amount_minor, found.currency), (order.amount_minor, order.currency))
        return found

    def _authorized(self, order: PaymentOrder, call: Call) -> str:
        """The payment to capture: the one named, or the one authorized for the Razorpay order that is named."""
        if order.reference and not order.reference.startswith("order_"):
            return order.reference
        payments = list(self._payments_of(order, call)) if order.reference else []
        for wanted in ("captured", "authorized"):
            for payment in payments:
                if text(payment, "status") == wanted and text(payment, "id"):
                    return text(payment, "id")
        sentence = "The order says it is authorized but names no payment that could be captured."
        raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)

    def _captured_before(self, order: PaymentOrder, call: Call, refusal: Rejected) -> Capture:
        """A capture cannot be made twice: when one is refused, the payment tells whether it is ours already."""
        found = None if refusal.category is HoldKind.PROVIDER_CREDENTIALS else self.find_capture(order, call)
        if found is None:
            raise refusal
        return found

    def find_capture(self, order: PaymentOrder, call: Call) -> Capture | None:
        for found in map(captured, self._payments_of(order, call)):
            if found is not None:
                wanted = (order.amount_minor, order.currency)
                check_amount("Razorpay has captured", (found.amount_minor, found.currency), wanted)
                return found
        return None

    def request_payment(self, order: PaymentOrder, call: Call) -> PaymentRequested:
        made = self._http.request(call, "POST", "/v1/orders", json=order_body(order, call.key)).json
        if not text(made, "id"):
            raise OutcomeUnknown(PROVIDER, "Razorpay's answer names no order.")
        check_about(PROVIDER, "the receipt", text(made, "receipt"), order.number)
        check_ours(made, order_number=order.number, key=call.key)
        check_amount("Razorpay asks the customer for", money(made), (order.amount_minor, order.currency))
        return self._requested(order, made, None)

    def find_payment_request(self, order: PaymentOrder, call: Call) -> PaymentRequested | None:
        """Receipts are not unique, so all orders under ours are looked at.

        The paid one counts; two paid ones are for a person. Of unpaid ones, that of this very step counts, else the
        oldest: whoever asks, whenever, is given the same one, and the customer is never sent to two.
        """
        wanted = (order.amount_minor, order.currency)
        ours = [one for one in self._orders_of(order, call) if money(one) == wanted]
        ours.sort(key=lambda one: (whole(one, "created_at") or 0, text(one, "id")))
        paid = [one for one in ours if text(one, "status") == "paid"]
        if len(paid) > 1:
            named = ", ".join(text(one, "id") for one in paid)
            sentence = f"The customer paid {len(paid)} times {display(*wanted)} for this order: {named}."
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_MISMATCH)
        if paid:
            return self._requested(order, paid[0], self._capture_on(text(paid[0], "id"), call))
        same_step = [one for one in ours if text(one, "notes", "step_key") == call.key]
        chosen = next(iter(same_step or ours), None)
        if chosen is None:
            return None
        return self._requested(order, chosen, None, self._authorized_for(chosen, call))

    def _authorized_for(self, made: dict[str, Any], call: Call) -> Authorization | None:
        """What a customer's bank keeps ready for an order that somebody has tried to pay."""
        if text(made, "status") != "attempted":
            return None
        payments = objects(self._found(f"/v1/orders/{segment(text(made, 'id'))}/payments", call), "items")
        return next((found for found in map(authorized, payments) if found is not None), None)

    def refund(self, order: RefundOrder, call: Call) -> RefundDone:
        with before_the_write():
            payment = self._payment_to_refund(order.payment_reference, call)
        body = {
            "amount": order.amount_minor,
            "speed": "normal",
            "notes": notes(order, call.key) | ({"reason": order.reason[:256]} if order.reason else {}),
        }
        headers = {"X-Refund-Idempotency": idempotency_key(call.key)}
        path = f"/v1/payments/{segment(payment)}/refund"
        refund = self._http.request(call, "POST", path, json=body, headers=headers).json
        check_about(PROVIDER, "a refund of", text(refund, "payment_id"), payment)
        check_ours(refund, order_number=order.number, key=call.key)
        done = refunded(refund)
        check_amount("Razorpay paid back", (done.amount_minor, done.currency), (order.amount_minor, order.currency))
        return done

    def find_refund(self, order: RefundOrder, call: Call) -> RefundDone | None:
        payment = self._payment_to_refund(order.payment_reference, call)
        for refund in self._listed(f"/v1/payments/{segment(payment)}/refunds", [], call):
            if text(refund, "notes", "step_key") == call.key:
                return refunded(refund)
        return None

    def void(self, order: PaymentOrder, call: Call) -> Voided:
        """Razorpay lets go of nothing when told: a payment that is not captured in time goes back by itself.

        So nothing is sent here; only what was captured after all is found out.
        """
        payments = list(self._payments_of(order, call))
        captures = tuple(found for found in map(captured, payments) if found is not None)
        reference = next((text(one, "id") for one in payments), order.reference)
        return Voided(reference, captures, lapses=bool(reference) and not captures)

    def find_void(self, order: PaymentOrder, call: Call) -> Voided | None:
        return self.void(order, call)

    def _payment_to_refund(self, reference: str, call: Call) -> str:
        """Money is paid back from a payment; an order's captured payment stands for the order."""
        if not reference.startswith("order_"):
            return reference
        found = self._capture_on(reference, call)
        if found is None:
            sentence = f"Razorpay has no captured payment for {reference}; there is nothing to pay back."
            raise Rejected(PROVIDER, sentence, category=HoldKind.PAYMENT_REFUSED)
        return found.reference

    def _payments_of(self, order: PaymentOrder, call: Call) -> Iterator[dict[str, Any]]:
        """The order's payments: the one named, those of the Razorpay order named, or those under our receipt."""
        if order.reference and not order.reference.startswith("order_"):
            payment = self._found(f"/v1/payments/{segment(order.reference)}", call)
            check_about(PROVIDER, "the payment", text(payment, "id"), order.reference)
            yield from [payment] if isinstance(payment, dict) else []
            return
        named = [order.reference] if order.reference else [text(one, "id") for one in self._orders_of(order, call)]
        for order_id in named:
            yield from objects(self._found(f"/v1/orders/{segment(order_id)}/payments", call), "items")

    def _capture_on(self, order_id: str, call: Call) -> Capture | None:
        payments = objects(self._found(f"/v1/orders/{segment(order_id)}/payments", call), "items")
        return next((found for found in map(captured, payments) if found is not None), None)

    def _orders_of(self, order: PaymentOrder, call: Call) -> list[dict[str, Any]]:
        rows = self._listed("/v1/orders", [("receipt", order.number)], call)
        return [row for row in rows if text(row, "receipt") == order.number and text(row, "id")]

    def _listed(self, path: str, filters: Form, call: Call) -> Iterator[dict[str, Any]]:
        """All rows; a list tells neither its length nor whether there is more, so it ends with a page that is not full."""
        skip = 0
        while True:
            params = [*filters, ("count", str(PAGE)), ("skip", str(skip))]
            rows = objects(self._http.request(call, "GET", path, params=params).json, "items")
            yield from rows
            if len(rows) < PAGE:
                return
            skip += PAGE

    def _found(self, path: str, call: Call) -> Any:
        try:
            return self._http.request(call, "GET", path).json
        except Rejected as refusal:
            if refusal.code == NO_SUCH_ID:
                return None
            raise

    def _requested(
        self, order: PaymentOrder, made: Any, capture: Capture | None, kept: Authorization | None = None
    ) -> PaymentRequested:
        url = self._pay_url
        for mark, value in {"{id}": text(made, "id"), "{key_id}": self._key_id, "{number}": order.number}.items():
            url = url.replace(mark, quote(value, safe=""))
        return PaymentRequested(text(made, "id"), url, capture, kept)
