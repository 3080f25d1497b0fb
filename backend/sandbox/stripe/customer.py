"""The customer of an unpaid intent: a pay page for a person, and a simulated customer who pays after a while."""

import html

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.faults import Call
from backend.sandbox.layout import Page
from backend.sandbox.money import to_text
from backend.sandbox.store import Document
from backend.sandbox.stripe.errors import StripeError, broken
from backend.sandbox.stripe.intents import PAYABLE, Intents
from backend.sandbox.stripe.ledger import CUSTOMER, Ledger
from backend.sandbox.world import World

PAYS_AFTER_SECONDS = 5.0
GOOD_CARD = "pm_card_visa"
BAD_CARD = "pm_card_chargeDeclined"
CARDS = (
    # card, test id, what the button says
    (BAD_CARD, "pay-declined", "Pay with a card that is declined"),
    ("pm_card_authenticationRequired", "pay-3ds", "Pay with a card that needs 3-D Secure"),
    ("pm_card_pendingRefund", "pay-pending-refund", "Pay with a card whose refunds take a while"),
    ("pm_card_refundFail", "pay-refund-fails", "Pay with a card whose refunds fail later"),
    ("pm_card_createDispute", "pay-disputed", "Pay, and have the bank dispute it"),
)


class Customer:
    """Pays open intents, by hand or by itself."""

    def __init__(self, world: World, ledger: Ledger, intents: Intents) -> None:
        self._world = world
        self._ledger = ledger
        self._intents = intents
        world.agenda.on("stripe.pay", self._pay_by_itself)

    def routes(self) -> list[Route]:
        """The pay page below `/stripe`."""
        return [
            Route("/pay/{id}", self._show, methods=["GET"]),
            Route("/pay/{id}", self._pay_by_hand, methods=["POST"]),
        ]

    def expect(self, intent: Document) -> None:
        """Let the simulated customer pay a new intent later, when that is switched on."""
        if self._world.config.auto_pay and intent["status"] == "requires_payment_method":
            delay = PAYS_AFTER_SECONDS * self._world.config.pace
            self._world.agenda.add("stripe.pay", delay, intent=intent["id"])

    async def _pay_by_itself(self, job: Document) -> float | None:
        intent = self._ledger.find("payment_intent", job["payload"]["intent"])
        card = job["payload"].get("card")
        if intent is not None and intent["status"] in (PAYABLE if card else ("requires_payment_method",)):
            await self._try(intent, card or GOOD_CARD)
        return None

    def pay(self, intent: Document, card: str) -> None:
        """Let the customer pay with a card at once, as on the page."""
        self._world.agenda.add("stripe.pay", 0.0, intent=intent["id"], card=card)

    async def _try(self, intent: Document, card: str) -> None:
        metadata = intent["metadata"]
        refs = (intent["id"], metadata.get("order_ref", ""), metadata.get("channel_order", ""))

        def effect(refusal: str | None) -> Response:
            try:
                self._intents.confirm(intent, card, CUSTOMER, refusal)
            except StripeError as error:
                return error.response()
            return Response()

        await self._world.meet(Call("stripe", "pay", tuple(filter(None, refs))), effect, broken)

    async def _show(self, request: Request) -> Response:
        intent = self._ledger.find("payment_intent", request.path_params["id"])
        if intent is None:
            return Page("Pay", "<p>This payment does not exist.</p>", status=404)
        currency = intent["currency"].upper()
        amount = f"{to_text(intent['amount'], currency)} {currency}"
        order = html.escape(str(intent["metadata"].get("order_ref") or intent["id"]))
        body = f"<p>Order <b>{order}</b></p><p class=amount>{amount}</p>"
        if intent["status"] == "requires_action":
            body += (
                "<p>Your bank asks you to confirm this payment.</p><form method=post class=row>"
                f"<button name=card value={GOOD_CARD} data-testid=pay-confirm>Confirm {amount}</button>"
                f"<button name=card value={BAD_CARD} class=quiet data-testid=pay-refuse>Do not confirm</button></form>"
            )
        elif intent["status"] in PAYABLE:
            cards = "".join(
                f"<button name=card value={card} class=quiet data-testid={mark}>{label}</button>"
                for card, mark, label in CARDS
            )
            body += (
                f"<form method=post class=row><button name=card value={GOOD_CARD} data-testid=pay>Pay {amount}</button>"
                f"{cards}</form>"
            )
            if error := intent["last_payment_error"]:
                body += f"<p class=bad>{html.escape(error['message'])}</p>"
        else:
            body += f"<p>This payment is <b>{html.escape(intent['status'])}</b>. There is nothing left to pay.</p>"
        return Page("Pay Tidewater Supply", body)

    async def _pay_by_hand(self, request: Request) -> Response:
        intent = self._ledger.find("payment_intent", request.path_params["id"])
        if intent is not None and intent["status"] in PAYABLE:
            card = (await request.form()).get("card")
            await self._try(intent, card if isinstance(card, str) else GOOD_CARD)
        return RedirectResponse(request.url.path, 303)
