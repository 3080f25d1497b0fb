"""The sandbox's HTTP application: every provider under its prefix, the control API and the pages."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.sandbox import clock
from backend.sandbox.banks import Banks
from backend.sandbox.control import api as control
from backend.sandbox.easypost.api import EasyPostApi
from backend.sandbox.invoiceninja.api import NinjaApi
from backend.sandbox.pages import faults as fault_page
from backend.sandbox.pages import home, journal, lab, mails, orders, payments
from backend.sandbox.razorpay.service import Razorpay
from backend.sandbox.shipengine.api import ShipEngineApi
from backend.sandbox.shop import direct
from backend.sandbox.shop.counter import Counter
from backend.sandbox.shopify import webhooks
from backend.sandbox.shopify.api import ShopifyApi
from backend.sandbox.shopify.orders import ShopOrders
from backend.sandbox.stripe.service import Stripe
from backend.sandbox.world import World

PROVIDERS = ("stripe", "shopify", "invoiceninja", "shipengine", "razorpay", "easypost")


def build(world: World) -> tuple[ASGIApp, Counter]:
    """The application and the shop's counter, where orders are placed."""
    shop_orders = ShopOrders(world)
    shipping = ShipEngineApi(world)
    stripe = Stripe(world)
    razorpay = Razorpay(world) if world.config.plays("razorpay") else None
    banks = Banks(world, stripe, razorpay)
    counter = Counter(world, shop_orders, stripe)
    world.delivery.sign_with("generic", lambda raw: direct.sign(world.config.generic_webhook_secret, raw))
    world.delivery.sign_with("shopify", lambda raw: webhooks.sign(world.config.shopify_webhook_secret, raw))
    routes: list[BaseRoute] = [
        Mount("/stripe", routes=stripe.routes()),
        Mount("/shopify", routes=ShopifyApi(shop_orders).routes()),
        Mount("/invoiceninja", routes=NinjaApi(world).routes()),
        Mount("/shipengine", routes=shipping.routes()),
        *_second_providers(world, razorpay),
        Mount("/control", routes=control.routes(world, shop_orders, counter, shipping, banks)),
        *home.routes(world, counter),
        *orders.routes(world),
        *payments.routes(banks),
        *mails.routes(world),
        *fault_page.routes(world),
        *journal.routes(world),
        *lab.routes(world, counter),
    ]
    application = Starlette(routes=routes)
    application.state.world = world
    return Recorder(application, world), counter


def _second_providers(world: World, razorpay: Razorpay | None) -> list[BaseRoute]:
    """Those that are played only when they are configured."""
    found: list[BaseRoute] = []
    if razorpay is not None:
        found.append(Mount("/razorpay", routes=razorpay.routes()))
    if world.config.plays("easypost"):
        found.append(Mount("/easypost", routes=EasyPostApi(world).routes()))
    return found


class Recorder:
    """Notes every call to a provider, and writes the store down before an answer leaves."""

    def __init__(self, application: ASGIApp, world: World) -> None:
        self._application = application
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        started, status = clock.stopwatch(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._world.store.commit()
            await send(message)

        try:
            await self._application(scope, receive, watched)
        finally:
            self._world.store.commit()
            self._note(Request(scope), status, started)

    def _note(self, request: Request, status: int, started: float) -> None:
        provider = request.url.path.split("/")[1]
        if provider in PROVIDERS:
            self._world.journal.note_call(
                {
                    "at": clock.iso_millis(),
                    "provider": provider,
                    "method": request.method,
                    "path": request.url.path,
                    "query": request.url.query,
                    "status": status,
                    "key": request.headers.get("idempotency-key") or request.headers.get("x-refund-idempotency"),
                    "milliseconds": round((clock.stopwatch() - started) * 1000, 1),
                }
            )
