"""Puts Stripe together: ledger, API, pay page, webhook signature, and payments taken by the shop itself."""

from contextlib import suppress

from starlette.routing import Route

from backend.sandbox.store import Document
from backend.sandbox.stripe import refunds
from backend.sandbox.stripe.api import StripeApi
from backend.sandbox.stripe.customer import GOOD_CARD, Customer
from backend.sandbox.stripe.errors import StripeError
from backend.sandbox.stripe.ledger import Caller, Ledger, sign
from backend.sandbox.world import World


class Stripe:
    """The card processor."""

    def __init__(self, world: World) -> None:
        ledger = Ledger(world)
        self.ledger = ledger
        self._api = StripeApi(world, ledger)
        self.intents = self._api.intents
        world.agenda.on("stripe.refund", self._end_refund)
        self.customer = Customer(world, ledger, self._api.intents)
        self._api.intents.when_open = self.customer.expect
        world.delivery.sign_with("stripe", lambda raw: sign(world.config.stripe_webhook_secret, raw))

    def routes(self) -> list[Route]:
        """All routes, relative to `/stripe`."""
        return [*self._api.routes(), *self.customer.routes()]

    async def _end_refund(self, job: Document) -> float | None:
        refund = self.ledger.find("refund", job["payload"]["refund"])
        if refund is not None:
            with suppress(StripeError):  # somebody has ended it by hand
                refunds.settle(self.ledger, refund, job["payload"]["status"])
        return None

    def pay_in_shop(self, order_id: str, amount_minor: int, currency: str, *, manual: bool) -> str:
        """A payment that the shop's checkout took before Holdfast knew of the order; the intent's id."""
        params = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "capture_method": "manual" if manual else "automatic",
            "confirm": True,
            "payment_method": GOOD_CARD,
            "metadata": {"channel_order": order_id},
        }
        intent = self._api.intents.create(params, Caller(announced=False), None)
        return str(intent["id"])
