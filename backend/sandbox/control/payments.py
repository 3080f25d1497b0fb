"""JSON under `/control/payments`: what customers and banks do after the fact, and how refunds go for the time being."""

from typing import Any

from starlette.requests import Request

from backend.sandbox import refunding
from backend.sandbox.banks import BankRefuses, Banks
from backend.sandbox.store import Document

KINDS = (
    "stripe_payment_intent",
    "stripe_refund",
    "stripe_dispute",
    "razorpay_order",
    "razorpay_payment",
    "razorpay_refund",
    "razorpay_dispute",
)


class BadWish(ValueError):
    """A control request that makes no sense; the message says what would."""


class PaymentControl:
    """The work behind the routes; raises `BadWish`."""

    def __init__(self, banks: Banks) -> None:
        self._banks = banks

    def known(self, _request: Request, _: Any) -> Any:
        """Every payment, refund and dispute of both providers, newest first."""
        store = self._banks.world.store
        found: dict[str, Any] = {kind: list(store.newest_first(kind)) for kind in KINDS}
        return {"refunds_go": refunding.mode(self._banks.world), **found}

    def pay(self, _: Request, body: Any) -> Any:
        """`{order, card}`: the customer pays."""
        wish = _object(body)
        return _asked(lambda: self._banks.pay(str(wish.get("order")), str(wish.get("card") or "pm_card_visa")))

    def call_off(self, _: Request, body: Any) -> Any:
        """`{order}`: the payment is called off at the provider."""
        return _asked(lambda: self._banks.call_off(str(_object(body).get("order"))))

    def dispute(self, _: Request, body: Any) -> Any:
        """`{order, amount?, inquiry?}`: the bank disputes the payment."""
        wish = _object(body)
        amount = wish.get("amount")
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int)):
            raise BadWish("amount must be a whole number of the smallest unit, or null for all of it.")
        ref, inquiry = str(wish.get("order")), wish.get("inquiry") is True
        return _asked(lambda: self._banks.dispute(ref, amount=amount, inquiry=inquiry))

    def decide(self, request: Request, body: Any) -> Any:
        """`{won}`: the bank decides the dispute."""
        won = _object(body).get("won")
        if not isinstance(won, bool):
            raise BadWish("won must be true or false.")
        return _asked(lambda: self._banks.decide(request.path_params["id"], won=won))

    def end_refund(self, request: Request, body: Any) -> Any:
        """`{status}`: the refund ends."""
        status = str(_object(body).get("status"))
        return _asked(lambda: self._banks.end_refund(request.path_params["id"], status))

    def refunds_go(self, _: Request, body: Any) -> Any:
        """`{mode}`: how refunds go from now on."""
        try:
            refunding.set_mode(self._banks.world, str(_object(body).get("mode")))
        except ValueError as error:
            raise BadWish(str(error)) from None
        return {"mode": refunding.mode(self._banks.world)}


def _asked(work: Any) -> Document:
    try:
        found: Document = work()
    except BankRefuses as error:
        raise BadWish(str(error)) from None
    return found


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadWish("The request body must be a JSON object.")
    return body
