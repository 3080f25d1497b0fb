"""Puts Stripe together: ledger, API, pay page and webhook signature."""

from starlette.routing import Route

from backend.sandbox.stripe.api import StripeApi
from backend.sandbox.stripe.customer import Customer
from backend.sandbox.stripe.ledger import Ledger, sign
from backend.sandbox.world import World


def routes(world: World) -> list[Route]:
    """All of Stripe's routes, relative to `/stripe`."""
    ledger = Ledger(world)
    api = StripeApi(world, ledger)
    customer = Customer(world, ledger, api.intents)
    api.intents.when_open = customer.expect
    world.delivery.sign_with("stripe", lambda raw: sign(world.config.stripe_webhook_secret, raw))
    return [*api.routes(), *customer.routes()]
