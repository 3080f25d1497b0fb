"""Paying back and cancelling with an API token: the same previews, versions and tokens as the dashboard's clicks."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import BIGGEST_ID, Body, Number, Text, Version
from backend.api.once import Key, Reason, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone, Preview
from backend.domain.errors import InvalidInput
from backend.domain.refunds import RefundWish
from backend.services import cancellations, refunds

router = APIRouter(
    prefix="/admin/orders/{number}",
    tags=["settling"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)

MOST_PIECES = 1_000_000
_LINE = r"^[1-9][0-9]{0,5}:[1-9][0-9]{0,5}(:[0-9]{1,6})?$"


def _a_currency(code: str) -> str:
    if code and not (len(code) == 3 and code.isascii() and code.isupper()):
        raise ValueError("it is a code of three capital letters, such as EUR")
    return code


Amount = Annotated[
    int,
    Field(
        ge=0,
        le=BIGGEST_ID,
        description="An amount in the currency's smallest unit: 1999 for 19.99 EUR. 0 where lines or all are paid back.",
    ),
]
Currency = Annotated[
    Text,
    AfterValidator(_a_currency),
    Field(
        max_length=3,
        description="The currency that `amount_minor` is meant in; another one than the order's is refused.",
    ),
]
Everything = Annotated[bool, Field(description="Everything that may still be paid back.")]
Shipping = Annotated[bool, Field(description="What was paid for shipping.")]
Restock = Annotated[bool, Field(description="Whether the goods (of the lines named, or all of them) go back to stock.")]


class Line(Body):
    """Pieces of one line of the order."""

    position: Annotated[int, Field(ge=1, le=MOST_PIECES, description="The line's place in the order, from 1.")]
    quantity: Annotated[int, Field(ge=1, le=MOST_PIECES)]
    restock: Annotated[
        int, Field(ge=0, le=MOST_PIECES, description="How many of them go back to stock, where not all lines do.")
    ] = 0


class Refund(Body):
    """Pay money back: everything, an amount, or lines and shipping; exactly one of the three."""

    full: Everything = False
    amount_minor: Amount = 0
    currency: Currency = ""
    lines: Annotated[list[Line], Field(max_length=500)] = []
    shipping: Shipping = False
    restock: Restock = False
    version: Version
    token: Token = ""
    reason: Reason

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"full": True, "restock": True, "version": 7, "reason": "Came back unopened."},
                {"amount_minor": 500, "currency": "EUR", "version": 7, "reason": "For a scratch on the lid."},
                {
                    "lines": [{"position": 1, "quantity": 2, "restock": 1}],
                    "shipping": True,
                    "version": 7,
                    "reason": "Came broken.",
                },
            ]
        }
    }


class Cancel(Body):
    """Call an order off: stop what has not begun, void the label, pay back what was captured, tell the customer."""

    restock: Annotated[bool, Field(description="Whether the goods go back to stock.")]
    version: Version
    token: Token = ""
    reason: Reason

    model_config = {
        "json_schema_extra": {"examples": [{"restock": True, "version": 7, "reason": "The customer changed her mind."}]}
    }


@router.get("/refund/preview", summary="What a refund would pay back")
async def preview_refund(
    desk: AtDesk,
    number: Number,
    full: Annotated[bool, Query(description="Everything that may still be paid back.")] = False,
    amount_minor: Annotated[int, Query(ge=0, le=BIGGEST_ID, description="An amount in the smallest unit.")] = 0,
    currency: Annotated[Text, AfterValidator(_a_currency), Query(max_length=3)] = "",
    line: Annotated[
        list[Annotated[Text, Field(pattern=_LINE)]],
        Query(
            max_length=500,
            description="Pieces of a line, as `position:quantity` or `position:quantity:restock`.",
            examples=[["1:2", "2:1:1"]],
        ),
    ] = [],  # noqa: B006 - a pattern for FastAPI, which makes a new one for every request
    shipping: Annotated[bool, Query(description="What was paid for shipping.")] = False,
    restock: Annotated[bool, Query(description="Whether the goods go back to stock.")] = False,
) -> Preview:
    pieces = [_line(each) for each in line]
    wish = _wish(full, amount_minor, currency, pieces, shipping, restock)
    return await desk.ask(refunds.preview_refund, number, wish)


@router.post("/refund", summary="Pay money back")
async def refund(desk: AtDesk, number: Number, body: Refund, key: Key = None) -> ActionDone:
    wish = _wish(body.full, body.amount_minor, body.currency, body.lines, body.shipping, body.restock)
    token = once(body.token, key, "refund", number)
    return await desk.ask(refunds.refund, number, wish, version=body.version, token=token, reason=body.reason)


@router.get("/cancel/preview", summary="What cancelling the order would set in motion")
async def preview_cancel(
    desk: AtDesk, number: Number, restock: Annotated[bool, Query(description="Whether the goods go back to stock.")]
) -> Preview:
    return await desk.ask(cancellations.preview_cancel, number, restock=restock)


@router.post("/cancel", summary="Cancel the order")
async def cancel(desk: AtDesk, number: Number, body: Cancel, key: Key = None) -> ActionDone:
    token = once(body.token, key, "cancel", number)
    given: dict[str, Any] = {"restock": body.restock, "version": body.version, "reason": body.reason}
    return await desk.ask(cancellations.cancel, number, token=token, **given)


def _wish(
    full: bool, amount_minor: int, currency: str, pieces: list[Line], shipping: bool, restock: bool
) -> RefundWish:
    """Raises `InvalidInput` for a line that is named twice."""
    lines = {line.position: line.quantity for line in pieces}
    if len(lines) < len(pieces):
        raise InvalidInput(["Name every line once, with all its pieces."])
    return RefundWish(
        full=full,
        amount_minor=amount_minor,
        lines=lines,
        shipping=shipping,
        restock=restock,
        restocked={line.position: line.restock for line in pieces if line.restock},
        currency=currency,
    )


def _line(text: str) -> Line:
    position, quantity, *restock = (int(part) for part in text.split(":"))
    return Line(position=position, quantity=quantity, restock=restock[0] if restock else 0)
