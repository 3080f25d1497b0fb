"""Fixing the data of a held order with an API token: what may be corrected, what would happen, and the correction itself."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import Body, Id, Number, Text, Version
from backend.api.once import Key, Reason, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone
from backend.domain.fixes import Fix, FixForm
from backend.services import fixes

router = APIRouter(
    prefix="/admin/orders/{number}/fix",
    tags=["actions"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)

Values = Annotated[
    dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=300)]],
    Field(max_length=200, description="New values by the form's field names; a field left out stays as it is."),
]


class DraftFix(Body):
    """A correction to be judged; nothing is stored."""

    hold_id: Id
    fix: Annotated[Fix, Field(strict=False)]
    values: Values


class MakeFix(DraftFix):
    """Correct the data that held the order."""

    version: Version
    token: Token = ""
    reason: Reason = ""


@router.get("", summary="What may be corrected on a hold, as it is now")
async def read_fix(desk: AtDesk, number: Number, hold_id: Annotated[Id, Query()], fix: Fix) -> FixForm:
    return await desk.ask(fixes.preview_fix, number, hold_id, fix)


@router.post("/preview", summary="What is wrong with a correction, and what it would do")
async def preview_fix(desk: AtDesk, number: Number, body: DraftFix) -> FixForm:
    return await desk.ask(fixes.preview_fix, number, body.hold_id, body.fix, body.values)


@router.post("", summary="Correct the data that held the order, and let only what failed run again")
async def make_fix(desk: AtDesk, number: Number, body: MakeFix, key: Key = None) -> ActionDone:
    token = once(body.token, key, f"fix_{body.fix}", number, body.hold_id, sorted(body.values.items()))
    return await desk.ask(
        fixes.fix_in_place,
        number,
        body.hold_id,
        body.fix,
        body.values,
        version=body.version,
        token=token,
        reason=body.reason,
    )
