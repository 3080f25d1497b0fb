"""Whether anything is sent outside, and letting it go on after the database was restored from a backup."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import BIGGEST_VERSION, Body, Text
from backend.api.once import Key, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone
from backend.domain.sending import SendingPreview, SendingView
from backend.services import sending

router = APIRouter(
    prefix="/admin/sending",
    tags=["sending"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 409, 413, 422, 503),
)


class Go(Body):
    """Let sending go on."""

    epoch: Annotated[
        int, Field(ge=0, le=BIGGEST_VERSION, description="The preview's: how often a backup was restored.")
    ]
    token: Token = ""
    reason: Annotated[Text, Field(max_length=1000, description="Why it may go on; for the audit.")]


@router.get("", summary="Whether what is due is sent, or waits for a person")
async def read_sending(desk: AtDesk) -> SendingView:
    return await desk.ask(sending.state)


@router.get("/go/preview", summary="What letting sending go on would do, and what is known by now")
async def preview_go(desk: AtDesk) -> SendingPreview:
    return await desk.ask(sending.preview_go)


@router.post("/go", summary="Let sending go on")
async def go(desk: AtDesk, body: Go, key: Key = None) -> ActionDone:
    token = once(body.token, key, "sending_go", "", body.epoch)
    return await desk.ask(sending.go, epoch=body.epoch, token=token, reason=body.reason)
