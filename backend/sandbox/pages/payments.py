"""Payments with their refunds and disputes, and buttons for what customers and banks do after the fact."""

import html

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.sandbox import refunding
from backend.sandbox.banks import RAZORPAY_CARDS, STRIPE_CARDS, BankRefuses, Banks
from backend.sandbox.forms import fields, same_origin
from backend.sandbox.layout import Page, table
from backend.sandbox.money import to_text
from backend.sandbox.store import Document

SHOWN = 100
DISPUTES = [("dispute", "dispute"), ("dispute:inquiry", "inquire")]
MODES = {
    "at_once": "Refunds succeed at once",
    "later": "Refunds stay pending and succeed after a while",
    "fails": "Refunds seem to succeed and fail after a while",
    "by_hand": "Refunds stay pending until you say how they end",
}


def routes(banks: Banks) -> list[Route]:
    """The page and its one form, which says what is to happen and to what."""

    async def show(_: Request) -> Response:
        return _page(banks)

    async def act(request: Request) -> Response:
        if not same_origin(request):
            return PlainTextResponse("This form was not sent from the sandbox's own page.", 403)
        given = await fields(request)
        try:
            _act(banks, given.get("do", ""), given.get("id", ""))
        except ValueError as error:
            return _page(banks, str(error))
        return RedirectResponse("/payments", 303)

    return [Route("/payments", show, methods=["GET"]), Route("/payments", act, methods=["POST"])]


def _act(banks: Banks, wanted: str, thing: str) -> None:
    what, _, more = wanted.partition(":")
    match what:
        case "pay":
            banks.pay(thing, more)
        case "call_off":
            banks.call_off(thing)
        case "dispute":
            banks.dispute(thing, amount=None, inquiry=more == "inquiry")
        case "decide":
            banks.decide(thing, won=more == "won")
        case "refund":
            banks.end_refund(thing, more)
        case "refunds":
            refunding.set_mode(banks.world, more)
        case _:
            raise BankRefuses("Choose one of the buttons.")


def _page(banks: Banks, problem: str = "") -> Page:
    now = refunding.mode(banks.world)
    modes = "".join(
        f"<button name=do value=refunds:{mode} class={'plain' if mode == now else 'quiet'} data-testid=refunds-{mode}>"
        f"{label}{' ✓' if mode == now else ''}</button>"
        for mode, label in MODES.items()
    )
    body = (
        (f"<p class=bad role=alert>{html.escape(problem)}</p>" if problem else "")
        + f"<form method=post class=row>{modes}</form><h2>Payments</h2>"
        + table(["Id", "Order", "Amount#", "State", ""], _payments(banks), empty="Nobody was asked to pay yet.")
        + "<h2>Refunds</h2>"
        + table(["Id", "Payment", "Amount#", "State", ""], _refunds(banks), empty="Nothing was paid back yet.")
        + "<h2>Disputes</h2>"
        + table(["Id", "Payment", "Amount#", "State", ""], _disputes(banks), empty="No bank has disputed a payment.")
    )
    return Page("Payments", body, here="/payments", status=400 if problem else 200)


def _payments(banks: Banks) -> list[list[str]]:
    rows = []
    for intent in _newest(banks, "stripe_payment_intent"):
        acts = []
        if intent["status"] in ("requires_payment_method", "requires_confirmation", "requires_action"):
            acts += [(f"pay:{card}", card.removeprefix("pm_card_")) for card in STRIPE_CARDS]
        if intent["status"] not in ("succeeded", "canceled"):
            acts.append(("call_off", "call off"))
        marks = intent["metadata"]
        about = str(marks.get("order_ref") or marks.get("channel_order") or "")
        rows.append(_row(intent, about, intent["status"], acts or DISPUTES))
    for asked in _newest(banks, "razorpay_order"):
        paid = asked["status"] == "paid"
        acts = DISPUTES if paid else [(f"pay:{card}", card) for card in RAZORPAY_CARDS]
        rows.append(_row(asked, str(asked["receipt"] or ""), asked["status"], acts))
    return rows


def _refunds(banks: Banks) -> list[list[str]]:
    rows = []
    for kind, payment in (("stripe_refund", "payment_intent"), ("razorpay_refund", "payment_id")):
        for refund in _newest(banks, kind):
            acts = [("refund:succeeded", "succeeds")] if refund["status"] == "pending" else []
            acts += [("refund:failed", "fails")] if refund["status"] != "failed" else []
            rows.append(_row(refund, str(refund[payment]), refund["status"], acts))
    return rows


def _disputes(banks: Banks) -> list[list[str]]:
    rows = []
    for kind, payment in (("stripe_dispute", "payment_intent"), ("razorpay_dispute", "payment_id")):
        for dispute in _newest(banks, kind):
            over = dispute["status"] in ("won", "lost", "warning_closed")
            acts = [] if over else [("decide:won", "the shop wins"), ("decide:lost", "the shop loses")]
            rows.append(_row(dispute, str(dispute[payment]), dispute["status"], acts))
    return rows


def _newest(banks: Banks, kind: str) -> list[Document]:
    return [item for item, _ in zip(banks.world.store.newest_first(kind), range(SHOWN), strict=False)]


def _row(item: Document, about: str, status: str, acts: list[tuple[str, str]]) -> list[str]:
    currency = item["currency"].upper()
    buttons = "".join(f"<button name=do value={act} class=quiet>{html.escape(label)}</button>" for act, label in acts)
    form = f"<form method=post class=row><input type=hidden name=id value={item['id']}>{buttons}</form>" if acts else ""
    amount = f"{to_text(item['amount'], currency)} {currency}"
    return [f"<code>{item['id']}</code>", html.escape(about), amount, html.escape(status), form]
