"""Who is signed in, and signing a colleague out, with an administrator's token; through the same services as the dashboard."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import Body, Text
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone
from backend.domain.staff_sessions import SignedInPeople
from backend.services import people

router = APIRouter(
    prefix="/admin/sessions", tags=["people"], route_class=StrictRoute, responses=problems(401, 403, 422, 503)
)

SessionId = Annotated[Text, Path(min_length=1, max_length=40, description="The session's `id`, from the list.")]


class End(Body):
    """Sign a colleague out in one place."""

    reason: Annotated[Text, Field(max_length=1000, description="Goes into the audit.")]


@router.get("", summary="Everybody who is signed in, and where; addresses are masked")
async def list_sessions(desk: AtDesk) -> SignedInPeople:
    return await desk.ask(people.signed_in)


@router.post("/{session_id}/end", summary="Sign a colleague out in one place", responses=problems(400, 404, 409, 413))
async def end_session(desk: AtDesk, session_id: SessionId, body: End) -> ActionDone:
    return await desk.ask(people.end_session, session_id, reason=body.reason)
