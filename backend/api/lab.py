"""The failure lab's clock. This router is part of the API only where the lab is open; elsewhere its address is nothing."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from backend.api.access import Credentials
from backend.api.described import problems
from backend.api.fields import Body, Text
from backend.api.strict import StrictRoute
from backend.api.threads import Threads
from backend.domain.errors import TokenRefused
from backend.domain.lab import LONGEST_MOVE, Reach
from backend.services import lab
from backend.services.run import in_unit_of_work

router = APIRouter(
    prefix="/admin/lab",
    tags=["lab"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 404, 413, 422, 503),
)


class Move(Body):
    """What waits comes sooner."""

    seconds: Annotated[
        int | None, Field(gt=0, le=LONGEST_MOVE, description="How much sooner; null makes everything due now.")
    ]
    order: Annotated[
        Text, Field(max_length=100, description="Only this order: our number, or the shop's id. Empty: all.")
    ] = ""


@router.post("/clock", summary="Bring due times forward")
async def move_clock(request: Request, credentials: Credentials, body: Move) -> Reach:
    if credentials is None:
        raise TokenRefused
    move = partial(lab.move_clock, seconds=body.seconds, order=body.order)
    threads: Threads = request.app.state.threads.admin
    return await threads.run(partial(in_unit_of_work, lab.for_token, credentials.credentials, move))
