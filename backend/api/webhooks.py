"""Webhooks: the body exactly as received goes to the inbox; the answer tells the sender whether to send it again.

Kept and handled, or known already: 200. Kept for later or for a person: 202. Kept, but no acceptable JSON: 400. Not
authentic: 401, one answer whatever was wrong. Not kept because we cannot at the moment: 503, send it again.
"""

import asyncio
import logging
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from backend import clock, wiring
from backend.api.described import problems
from backend.api.errors import MessageRefused, Unavailable, Unreadable
from backend.api.frame import BodyTooLarge
from backend.ports.calls import CannotVerify, InboundMessage, SignatureRefused
from backend.services import inbox
from backend.services.inbox import InboundArea, Receipt, Verdict

log = logging.getLogger(__name__)

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""

_OK = (Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.IGNORED)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Sender = Annotated[str, Path(description="The sender's name, as in our settings.")]


class Received(BaseModel):
    """What became of the message."""

    verdict: Verdict = Field(
        description="accepted: carried out. duplicate: known already. ignored: of no concern to us. parked: waits for "
        "its order. received: kept, will be handled. quarantined: kept for a person, `problems` say why."
    )
    order_number: str = Field("", description="The order that it concerns.")
    problems: list[str] = []


def _described(what: str) -> dict[str, Any]:
    answers = {202: {"model": Received, "description": "Kept: for later, or for a person to look at."}}
    return {
        "summary": what,
        "response_model": Received,
        "responses": answers | problems(400, 401, 404, 408, 413, 415, 422, 503),
        "openapi_extra": {"requestBody": {"required": True, "content": {"application/json": {"schema": _JSON}}}},
    }


_JSON = {"type": "object", "description": "What the sender says, in its own format, signed as it describes."}


@router.post("/channels/{channel}", **_described("An order from a sales channel"))
async def from_channel(request: Request, channel: Sender, response: Response) -> Received:
    """Channels: `shopify` (Shopify's order webhooks) and `generic` (our published order schema, signed with
    `X-Holdfast-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`)."""
    return await _take(request, response, InboundArea.CHANNELS, channel)


@router.get("/channels/generic/order.v1.schema.json", summary="The JSON Schema of a generic order")
async def order_schema() -> dict[str, Any]:
    """The document that the generic channel checks every order by; merchants may check theirs before sending them."""
    return wiring.published_order_schema()


@router.post("/payments/{provider}", **_described("News from a payment provider"))
async def from_payments(request: Request, provider: Sender, response: Response) -> Received:
    return await _take(request, response, InboundArea.PAYMENTS, provider)


@router.post("/shipping/{provider}", **_described("News from a carrier"))
async def from_shipping(request: Request, provider: Sender, response: Response) -> Received:
    return await _take(request, response, InboundArea.SHIPPING, provider)


async def _take(request: Request, response: Response, area: InboundArea, sender: str) -> Received:
    adapters = wiring.adapters()
    inbox.check_connected(area, sender, adapters)
    _check_form(request)
    threads = request.app.state.threads.webhooks
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.body()
    except BodyTooLarge:
        await _count(request, sender, "too large", "its body is over the limit")
        raise
    except TimeoutError:
        raise HTTPException(408) from None
    message = InboundMessage(_headers(request), body, clock.wall_seconds())
    try:
        receipt: Receipt = await threads.run(partial(inbox.receive, area, sender, message, adapters))
    except SignatureRefused as refusal:
        await _count(request, sender, "signature", str(refusal))
        raise MessageRefused from None
    except CannotVerify as error:
        log.warning("message to %s/%s put off: %s", area, sender, error)
        raise Unavailable from None
    if receipt.unreadable:
        raise Unreadable(receipt.unreadable)
    response.status_code = HTTPStatus.OK if receipt.verdict in _OK else HTTPStatus.ACCEPTED
    return Received(verdict=receipt.verdict, order_number=receipt.order_number, problems=list(receipt.problems))


async def _count(request: Request, sender: str, reason: str, why: str) -> None:
    """Count a refused message. A flood of them, or a database that is away, leaves some uncounted, never unanswered."""
    address = request.client.host if request.client else "an unknown address"
    log.warning("message to %s from %s refused: %s", sender, address, why)
    try:
        await request.app.state.threads.refusals.run(partial(inbox.note_refused, sender, reason))
    except Unavailable:
        log.warning("the message to %s that was just refused is not counted", sender)


def _check_form(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind != "application/json" or coding != "identity":
        raise HTTPException(415, headers={"Accept": "application/json", "Accept-Encoding": "identity"})


def _headers(request: Request) -> dict[str, str]:
    """Headers by name; one that came more than once is left out, for it is not clear which of them counts."""
    found: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in request.headers.items():
        if name in found:
            repeated.add(name)
        found[name] = value
    return {name: value for name, value in found.items() if name not in repeated}
