"""The first page: what this is, how much happened, and buttons that place orders."""

import html

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox.forms import fields, same_origin
from backend.sandbox.layout import Page
from backend.sandbox.shop.counter import Counter
from backend.sandbox.shop.troubles import SENTENCES, TROUBLES
from backend.sandbox.world import World

MOST_AT_ONCE = 100
BUTTON = '<button class=quiet name=trouble value={} data-testid="place-{}">{}</button>'
COUNTS = (
    ("Orders placed", "shop_orders"),
    ("Payments (Stripe)", "stripe_payment_intent"),
    ("Invoices", "ninja_invoices"),
    ("Labels", "ship_labels"),
    ("Fulfilments", "shop_fulfilments"),
    ("Mails", "mails"),
    ("Faults set", "faults"),
    ("Effects accepted", "journal"),
)


def routes(world: World, counter: Counter) -> list[Route]:
    """The home page and its button."""

    async def show(_: Request) -> Response:
        return Page("The world outside Holdfast", _body(world), here="/")

    async def place(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("This form was not sent from the sandbox's own page.", 403)
        given = await fields(request)
        count, trouble = given.get("count", "1"), given.get("trouble") or None
        if not count.isdecimal() or not 1 <= int(count) <= MOST_AT_ONCE or trouble not in (None, *TROUBLES):
            return PlainTextResponse(f"count must be 1 to {MOST_AT_ONCE}, trouble one of the list.", 400)
        for _ in range(int(count)):
            counter.place(trouble)
        return RedirectResponse("/orders", 303)

    return [Route("/", show, methods=["GET"]), Route("/place", place, methods=["POST"])]


def _body(world: World) -> str:
    cards = "".join(
        f"<div class=card><b>{len(world.store.all(kind))}</b><small>{label}</small></div>" for label, kind in COUNTS
    )
    troubles = "".join(BUTTON.format(name, name, html.escape(SENTENCES[name])) for name in TROUBLES)
    waiting = ", ".join(f"{number} {kind}" for kind, number in world.agenda.waiting().items()) or "nothing"
    config = world.config
    return (
        "<p>This process plays the shop, the card processor, the invoicing system, the carriers and the mail server "
        f"that <a href='{html.escape(config.holdfast_url)}'>Holdfast</a> talks to. Nothing here is real, and nothing "
        "leaves this machine.</p>"
        f"<div class=cards>{cards}</div><p class=soft>Still to happen: {waiting}.</p>"
        "<h2>Place orders</h2><form method=post action=/place class=row>"
        "<button name=count value=1 data-testid=place-1>Place 1 order</button>"
        "<button name=count value=10 data-testid=place-10>Place 10 orders</button></form>"
        "<h2>Place an order with trouble</h2><p class=soft>The order is fine for the shop, and then …</p>"
        f"<form method=post action=/place class=row>{troubles}</form>"
        "<p>More can go wrong in the <a href=/lab>failure lab</a>: any fault, at any call, for any order, and a clock that "
        "does not make you wait.</p>"
        "<h2>Where each system listens</h2><ul class=mono>"
        + "".join(f"<li>{config.url}/{name}</li>" for name in ("stripe", "shopify", "invoiceninja", "shipengine"))
        + f"<li>smtp://{config.host}:{config.smtp_port}</li></ul>"
    )
