"""The quarantine with an API token: look, check a mended payload, replay, discard and restore; as on the screen, once each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from backend import wiring
from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import Body, Size, Text, Version, Words
from backend.api.once import Key, Reason, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone
from backend.domain.quarantine import PayloadCheck, QuarantinePage, QuarantineView
from backend.services import quarantine

router = APIRouter(
    prefix="/admin/quarantine",
    tags=["quarantine"],
    route_class=StrictRoute,
    responses=problems(401, 403, 422, 503),
)
_DECIDING = problems(400, 404, 409, 413)

MessageId = Annotated[UUID, Path(description="The message's id, from the list.")]
Payload = Annotated[Text, Field(max_length=quarantine.MAX_BYTES, description="The whole payload, as JSON text.")]
Decided = Annotated[Version, Field(description="The message's `version`, from the message as it was looked at.")]


class Draft(Body):
    payload: Payload


class Replay(Body):
    """Handle a message anew; without `payload` as it was received."""

    payload: Payload | None = None
    version: Decided
    token: Token = ""
    reason: Reason = ""


class Decide(Body):
    version: Decided
    token: Token = ""
    reason: Reason = ""


class ReplayCause(Body):
    cause: Annotated[Text, Field(min_length=1, max_length=200, description="As the list's `causes` name it.")]
    provider: Annotated[Text, Field(max_length=40)] = ""
    token: Token = ""


@router.get("", summary="Inbound messages that could not be used, with every reason, newest first")
async def list_quarantine(
    desk: AtDesk,
    provider: Annotated[Words, Query(description="Only messages of this channel or provider.")] = "",
    cause: Annotated[Words, Query(description="Only messages of this cause, as `causes` names it.")] = "",
    discarded: Annotated[bool, Query(description="Those that were discarded instead.")] = False,
    cursor: Annotated[Words, Query(description="`next_cursor` of the page before.")] = "",
    size: Size = 50,
) -> QuarantinePage:
    filters = {"provider": provider, "cause": cause, "discarded": discarded, "cursor": cursor, "size": size}
    return await desk.ask(quarantine.quarantine_page, **filters)


@router.post("", summary="Handle all messages of one cause anew, where nothing is wrong any more", responses=_DECIDING)
async def replay_cause(desk: AtDesk, body: ReplayCause, key: Key = None) -> ActionDone:
    token = once(body.token, key, "replay_cause", body.provider, body.cause)
    wanted = {"cause": body.cause, "provider": body.provider}
    return await desk.ask(quarantine.replay_cause, **wanted, adapters=wiring.adapters(), token=token)


@router.get(
    "/{message_id}", summary="One message with its payload and its problems at their places", responses=problems(404)
)
async def read_message(desk: AtDesk, message_id: MessageId) -> QuarantineView:
    return await desk.ask(quarantine.message, str(message_id))


@router.post("/{message_id}/check", summary="What is still wrong with a mended payload", responses=_DECIDING)
async def check_message(desk: AtDesk, message_id: MessageId, body: Draft) -> PayloadCheck:
    return await desk.ask(quarantine.check, str(message_id), body.payload, adapters=wiring.adapters())


@router.post("/{message_id}/replay", summary="Handle a message anew, mended or as it was received", responses=_DECIDING)
async def replay_message(desk: AtDesk, message_id: MessageId, body: Replay, key: Key = None) -> ActionDone:
    token = once(body.token, key, "replay", str(message_id))
    decided = {"version": body.version, "token": token, "text": body.payload, "reason": body.reason}
    return await desk.ask(quarantine.replay, str(message_id), adapters=wiring.adapters(), **decided)


@router.post("/{message_id}/discard", summary="Put a message aside for good, with a reason", responses=_DECIDING)
async def discard_message(desk: AtDesk, message_id: MessageId, body: Decide, key: Key = None) -> ActionDone:
    token = once(body.token, key, "discard", str(message_id))
    decided = {"version": body.version, "token": token, "reason": body.reason}
    return await desk.ask(quarantine.discard, str(message_id), **decided)


@router.post("/{message_id}/restore", summary="Bring a discarded message back into quarantine", responses=_DECIDING)
async def restore_message(desk: AtDesk, message_id: MessageId, body: Decide, key: Key = None) -> ActionDone:
    token = once(body.token, key, "restore", str(message_id))
    decided = {"version": body.version, "token": token, "reason": body.reason}
    return await desk.ask(quarantine.restore, str(message_id), **decided)
