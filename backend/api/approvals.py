"""Requests for a second person with an API token: what waits, what approving would do, and deciding it.

A refund above the limit, a cancellation that pays back as much, and the release of a hold for suspected fraud answer with
`asked: true` and do nothing yet. Somebody else decides them here; all tokens and sessions of one person are one party.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import Body, Id, Number, Text, Version
from backend.api.once import Key, Token, once
from backend.api.strict import StrictRoute
from backend.domain.approvals import ApprovalPreview, ApprovalView, Review
from backend.domain.desk import ActionDone
from backend.services import approvals

router = APIRouter(prefix="/admin", tags=["approvals"], route_class=StrictRoute, responses=problems(401, 403, 422, 503))

ApprovalId = Annotated[Id, Path(description="The request's id.")]
_DECIDING = problems(400, 404, 409, 413)


class Approve(Body):
    """Agree to what the preview said."""

    version: Version
    token: Token = ""


class Decline(Body):
    reason: Annotated[Text, Field(max_length=1000, description="Why not; who asked sees it.")]
    token: Token = ""


class Withdraw(Body):
    """Take one's own request back."""

    token: Token = ""


@router.get("/approvals", summary="What waits for a second person, and what was decided lately")
async def list_approvals(desk: AtDesk) -> Review:
    return await desk.ask(approvals.review)


@router.get("/approvals/{approval_id}", summary="What approving would do now", responses=problems(404))
async def read_approval(desk: AtDesk, approval_id: ApprovalId) -> ApprovalPreview:
    return await desk.ask(approvals.preview, approval_id)


@router.get("/orders/{number}/approvals", summary="What waits for a second person on an order", responses=problems(404))
async def list_of_order(desk: AtDesk, number: Number) -> list[ApprovalView]:
    return list(await desk.ask(approvals.waiting_on, number))


@router.post("/approvals/{approval_id}/approve", summary="Be the second person: it is carried out", responses=_DECIDING)
async def approve(desk: AtDesk, approval_id: ApprovalId, body: Approve, key: Key = None) -> ActionDone:
    token = once(body.token, key, "approve", "", approval_id)
    return await desk.ask(approvals.approve, approval_id, version=body.version, token=token)


@router.post("/approvals/{approval_id}/decline", summary="Say no, and why", responses=_DECIDING)
async def decline(desk: AtDesk, approval_id: ApprovalId, body: Decline, key: Key = None) -> ActionDone:
    token = once(body.token, key, "decline", "", approval_id)
    return await desk.ask(approvals.decline, approval_id, token=token, reason=body.reason)


@router.post("/approvals/{approval_id}/withdraw", summary="Take one's own request back", responses=_DECIDING)
async def withdraw(desk: AtDesk, approval_id: ApprovalId, body: Withdraw, key: Key = None) -> ActionDone:
    token = once(body.token, key, "withdraw", "", approval_id)
    return await desk.ask(approvals.withdraw, approval_id, token=token)
