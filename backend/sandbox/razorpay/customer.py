"""The customer of an open order: a pay page for a person, and a simulated customer who pays after a while."""

import html

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.faults import Call
from backend.sandbox.layout import Page
from backend.sandbox.money import to_text
from backend.sandbox.razorpay.errors import RazorpayError, broken
from backend.sandbox.razorpay.ledger import Ledger, checkout_signature
from backend.sandbox.razorpay.money import Payments
from backend.sandbox.store import Document
from backend.sandbox.world import World

PAYS_AFTER_SECONDS = 5.0


class Customer:
    """Pays open orders, by hand or by itself. The page hands the order's notes on to the payment."""

    def __init__(self, world: World, ledger: Ledger, payments: Payments) -> None:
        self._world = world
        self._ledger = ledger
        self._payments = payments
        world.agenda.on("razorpay.pay", self._pay_by_itself)

    def routes(self) -> list[Route]:
        """The pay page below `/razorpay`."""
        return [
            Route("/pay/{id}", self._show, methods=["GET"]),
            Route("/pay/{id}", self._pay_by_hand, methods=["POST"]),
        ]

    def expect(self, order: Document) -> None:
        """Let the simulated customer pay a new order later, when that is switched on."""
        if self._world.config.auto_pay:
            self._world.agenda.add("razorpay.pay", PAYS_AFTER_SECONDS * self._world.config.pace, order=order["id"])

    async def _pay_by_itself(self, job: Document) -> float | None:
        order = self._world.store.get("razorpay_order", job["payload"]["order"])
        card = job["payload"].get("card")
        if order is not None and order["status"] in (("created", "attempted") if card else ("created",)):
            await self._try(order, card or "good")
        return None

    def pay(self, order: Document, card: str) -> None:
        """Let the customer pay at once, as on the page."""
        self._world.agenda.add("razorpay.pay", 0.0, order=order["id"], card=card)

    async def _try(self, order: Document, card: str) -> None:
        notes = order["notes"] if isinstance(order["notes"], dict) else {}
        refs = (order["id"], notes.get("order_ref", ""), notes.get("channel_order", ""))

        def effect(fault: str | None) -> Response:
            try:
                refusal = "decline" if card == "bad" else None
                self._payments.pay(order, refusal or fault, notes=card != "no_notes")
            except RazorpayError as error:
                return error.response()
            return Response()

        await self._world.meet(Call("razorpay", "pay", tuple(filter(None, refs))), effect, broken)

    async def _show(self, request: Request) -> Response:
        order = self._world.store.get("razorpay_order", request.path_params["id"])
        if order is None:
            return Page("Pay", "<p>This order does not exist.</p>", status=404)
        amount = f"{to_text(order['amount'], order['currency'])} {order['currency']}"
        body = f"<p>Order <b>{html.escape(str(order['receipt']))}</b></p><p class=amount>{amount}</p>"
        if order["status"] != "paid":
            body += (
                f"<form method=post class=row><button name=card value=good data-testid=pay>Pay {amount}</button>"
                "<button name=card value=bad class=quiet data-testid=pay-declined>Pay with a card that is declined"
                "</button><button name=card value=no_notes class=quiet data-testid=pay-no-notes>Pay on a page that hands "
                "no notes on</button></form>"
            )
        for payment in self._ledger.newest_first("payment", order_id=order["id"]):
            body += self._told(order, payment)
        return Page("Pay Tidewater Supply", body)

    def _told(self, order: Document, payment: Document) -> str:
        """What became of a payment; of one that went through, what the checkout hands back to the shop's page."""
        if payment["status"] == "failed":
            return f"<p class=bad>{html.escape(payment['error_description'])}</p>"
        secret = self._world.config.razorpay_api_key.partition(":")[2]
        signature = checkout_signature(secret, order["id"], payment["id"])
        return (
            f"<p>This order is <b>{html.escape(order['status'])}</b>.</p><dl><dt>razorpay_payment_id<dd>{payment['id']}"
            f"<dt>razorpay_order_id<dd>{order['id']}<dt>razorpay_signature<dd class=mono>{signature}</dl>"
        )

    async def _pay_by_hand(self, request: Request) -> Response:
        order = self._world.store.get("razorpay_order", request.path_params["id"])
        if order is not None and order["status"] != "paid":
            card = (await request.form()).get("card")
            await self._try(order, card if isinstance(card, str) else "good")
        return RedirectResponse(request.url.path, 303)
