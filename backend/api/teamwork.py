"""Sharing held orders with an API token: claim, assign, snooze, whose turn; through the same services as the dashboard."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BeforeValidator, Field

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import BIGGEST_VERSION, Body, Id, Number, Text
from backend.api.once import Key, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone
from backend.domain.hold_clock import Turn
from backend.domain.teamwork import Colleague, SnoozeEvent, Work
from backend.services import desk_work, notes, teamwork

router = APIRouter(
    prefix="/admin", tags=["desk"], route_class=StrictRoute, responses=problems(400, 401, 403, 404, 409, 413, 422, 503)
)


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("it must be a time as text, as 2026-01-31T09:00:00Z")
    return value


Person = Annotated[Text, Field(min_length=1, max_length=254, description="A colleague's e-mail address.")]
Moment = Annotated[AwareDatetime, BeforeValidator(_text), Field(strict=False)]
DeskVersion = Annotated[
    int | None,
    Field(
        ge=0,
        le=BIGGEST_VERSION,
        description="`version` of the order's desk side that you decided on. If somebody has changed it since, nothing is "
        "done and the answer is 409 preview_outdated. Without it, what is there is overwritten.",
    ),
]


class Claim(Body):
    """Take a held order for a colleague, unless somebody has it; it ends when nothing is done with it for half an hour."""

    person: Person
    token: Token = ""


class Assign(Body):
    """Give a held order to a colleague who may act on holds, until somebody changes it."""

    person: Person
    version: DeskVersion = None
    token: Token = ""


class LetGo(Body):
    version: DeskVersion = None
    token: Token = ""


class Snooze(Body):
    """Take a held order out of the queue until a time or an event, whichever is first; at least one is needed."""

    until: Moment | None = None
    event: Literal["payment", "provider", "answer", "parcel"] | None = None
    version: DeskVersion = None
    token: Token = ""


class SetTurn(Body):
    """Say whose turn it is; null leaves it to the facts."""

    turn: Literal["us", "customer", "provider"] | None
    version: DeskVersion = None
    token: Token = ""


class NoteText(Body):
    text: Annotated[Text, Field(max_length=5000)]


@router.get("/colleagues", summary="Everybody who can be mentioned, and who may be given held orders")
async def list_colleagues(desk: AtDesk) -> list[Colleague]:
    return list(await desk.ask(teamwork.colleagues))


@router.get("/orders/{number}/desk", summary="Whose a held order is, whose turn, when it is due, and who looks at it")
async def read_work(desk: AtDesk, number: Number) -> Work:
    return await desk.ask(desk_work.work_of, number)


@router.post("/orders/{number}/claim", summary="Take a held order for a colleague, unless somebody has it")
async def claim(desk: AtDesk, number: Number, body: Claim, key: Key = None) -> ActionDone:
    token = once(body.token, key, "claim", number, body.person)
    return await desk.ask(teamwork.claim, number, person=body.person, token=token)


@router.post("/orders/{number}/assign", summary="Give a held order to a colleague")
async def assign(desk: AtDesk, number: Number, body: Assign, key: Key = None) -> ActionDone:
    token = once(body.token, key, "assign", number, body.person)
    return await desk.ask(teamwork.assign, number, body.person, version=body.version, token=token)


@router.post("/orders/{number}/unassign", summary="Let a held order go, so that anybody may take it")
async def unassign(desk: AtDesk, number: Number, body: LetGo, key: Key = None) -> ActionDone:
    token = once(body.token, key, "unassign", number)
    return await desk.ask(teamwork.unassign, number, version=body.version, token=token)


@router.post("/orders/{number}/snooze", summary="Take a held order out of the queue for a while")
async def snooze(desk: AtDesk, number: Number, body: Snooze, key: Key = None) -> ActionDone:
    token = once(body.token, key, "snooze", number, str(body.until), body.event)
    event = SnoozeEvent(body.event) if body.event else None
    return await desk.ask(teamwork.snooze, number, until=body.until, event=event, version=body.version, token=token)


@router.post("/orders/{number}/unsnooze", summary="Bring a snoozed order back now")
async def unsnooze(desk: AtDesk, number: Number, body: LetGo, key: Key = None) -> ActionDone:
    token = once(body.token, key, "unsnooze", number)
    return await desk.ask(teamwork.unsnooze, number, version=body.version, token=token)


@router.post("/orders/{number}/turn", summary="Say whose turn it is")
async def set_turn(desk: AtDesk, number: Number, body: SetTurn, key: Key = None) -> ActionDone:
    token = once(body.token, key, "turn", number, body.turn)
    turn = Turn(body.turn) if body.turn else None
    return await desk.ask(teamwork.set_turn, number, turn, version=body.version, token=token)


@router.put(
    "/orders/{number}/notes/{note_id}",
    summary="Change a note of one's own; its earlier words are kept",
    status_code=204,
)
async def edit_note(desk: AtDesk, number: Number, note_id: Annotated[Id, Path()], body: NoteText) -> None:
    await desk.ask(notes.edit_note, number, note_id, body.text)
