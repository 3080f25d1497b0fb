"""Puts Razorpay together: books, API, pay page and webhook signature."""

from starlette.routing import Route

from backend.sandbox.razorpay.api import RazorpayApi
from backend.sandbox.razorpay.customer import Customer
from backend.sandbox.razorpay.ledger import Ledger, sign
from backend.sandbox.world import World


class Razorpay:
    """The payment gateway."""

    def __init__(self, world: World) -> None:
        ledger = self.ledger = Ledger(world)
        self._api = RazorpayApi(world, ledger)
        self.payments = self._api.payments
        self.customer = Customer(world, ledger, self._api.payments)
        self._api.payments.when_open = self.customer.expect
        world.delivery.sign_with("razorpay", lambda raw: sign(world.config.razorpay_webhook_secret, raw))

    def routes(self) -> list[Route]:
        """All routes, relative to `/razorpay`."""
        return [*self._api.routes(), *self.customer.routes()]
