"""Acting on orders with an API token: the dashboard's clicks, through the same services and with the same guards.

An action is decided on facts: it names the order's `version`, and is refused when the order has changed since. Sent
twice, it is carried out once: by the preview's `token`, an `Idempotency-Key`, or else because the version has moved on.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field, JsonValue

from backend.api.access import AtDesk
from backend.api.described import problems
from backend.api.fields import Body, Id, Number, Text, Version
from backend.api.once import Key, Reason, Token, once
from backend.api.strict import StrictRoute
from backend.domain.desk import ActionDone, Preview
from backend.services import actions, notes
from backend.services.reveal import reveal_attempt

router = APIRouter(
    prefix="/admin/orders/{number}",
    tags=["actions"],
    route_class=StrictRoute,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)

HoldIds = Annotated[list[Id], Field(min_length=1, max_length=50, description="The holds to close.")]
AttemptId = Annotated[Id, Path(description="The attempt's id, from the order's attempts.")]
StepId = Annotated[Id, Path(description="The step's id, from the order.")]


class Retry(Body):
    """Run the step behind a hold again."""

    hold_id: Id
    version: Version
    token: Token = ""
    reason: Reason = ""


class Ask(Body):
    """Have the provider asked about the step behind a hold whose outcome is unknown."""

    hold_id: Id
    version: Version
    token: Token = ""
    reason: Reason = ""


class Release(Body):
    """Close holds and let the order go on."""

    hold_ids: HoldIds
    version: Version
    token: Token = ""
    reason: Reason = ""


class RetryStep(Body):
    """Run a document or message again that failed without holding the order."""

    version: Version
    token: Token = ""
    reason: Reason = ""


class Reveal(Body):
    """Ask to see the personal data in what was said to a provider; secrets stay masked."""

    reason: Annotated[Text, Field(max_length=1000, description="Why; at least 3 characters. It goes into the audit.")]


class PlaceHold(Body):
    reason: Annotated[Text, Field(max_length=1000, description="Why; at least 3 characters.")]
    fraud: Annotated[bool, Field(description="Fraud is suspected: two people release the hold.")] = False
    token: Token = ""


class NewNote(Body):
    """A note for colleagues, whom `@Name` or `@e-mail` mentions; for the customer to see; or what the customer answered."""

    text: Annotated[Text, Field(max_length=5000)]
    public: bool = False
    from_customer: bool = False
    token: Token = ""


@router.get("/retry/preview", summary="What a retry would do")
async def preview_retry(desk: AtDesk, number: Number, hold_id: Annotated[Id, Query()]) -> Preview:
    return await desk.ask(actions.preview_retry, number, hold_id)


@router.post("/retry", summary="Run the step behind a hold again")
async def retry(desk: AtDesk, number: Number, body: Retry, key: Key = None) -> ActionDone:
    token = once(body.token, key, "retry", number, body.hold_id)
    return await desk.ask(actions.retry, number, body.hold_id, version=body.version, token=token, reason=body.reason)


@router.get("/ask/preview", summary="What the provider would be asked about a step whose outcome is unknown")
async def preview_ask(desk: AtDesk, number: Number, hold_id: Annotated[Id, Query()]) -> Preview:
    return await desk.ask(actions.preview_ask, number, hold_id)


@router.post("/ask", summary="Ask the provider whether a step happened")
async def ask(desk: AtDesk, number: Number, body: Ask, key: Key = None) -> ActionDone:
    token = once(body.token, key, "ask", number, body.hold_id)
    return await desk.ask(actions.ask, number, body.hold_id, version=body.version, token=token, reason=body.reason)


@router.get("/release/preview", summary="What a release would do")
async def preview_release(
    desk: AtDesk, number: Number, hold_ids: Annotated[list[Id], Query(min_length=1, max_length=50)]
) -> Preview:
    return await desk.ask(actions.preview_release, number, hold_ids)


@router.post("/release", summary="Close holds and let the order go on")
async def release(desk: AtDesk, number: Number, body: Release, key: Key = None) -> ActionDone:
    token = once(body.token, key, "release", number, *sorted(body.hold_ids))
    return await desk.ask(actions.release, number, body.hold_ids, version=body.version, token=token, reason=body.reason)


@router.get("/steps/{step_id}/retry/preview", summary="What running a failed document or message again would do")
async def preview_retry_step(desk: AtDesk, number: Number, step_id: StepId) -> Preview:
    return await desk.ask(actions.preview_retry_step, number, step_id)


@router.post("/steps/{step_id}/retry", summary="Run a failed document or message again")
async def retry_step(desk: AtDesk, number: Number, step_id: StepId, body: RetryStep, key: Key = None) -> ActionDone:
    token = once(body.token, key, "retry_step", number, step_id)
    return await desk.ask(actions.retry_step, number, step_id, version=body.version, token=token, reason=body.reason)


@router.post(
    "/attempts/{attempt_id}/reveal",
    summary="What was sent and answered in an attempt, with its personal data; written down with who asked and why",
)
async def reveal(desk: AtDesk, number: Number, attempt_id: AttemptId, body: Reveal) -> list[dict[str, JsonValue]]:
    return list(await desk.ask(reveal_attempt, number, attempt_id, reason=body.reason))


@router.post("/hold", summary="Stop an order by hand; only a person lets it go on")
async def place_hold(desk: AtDesk, number: Number, body: PlaceHold, key: Key = None) -> ActionDone:
    token = once(body.token, key, "hold", number)
    return await desk.ask(actions.hold, number, reason=body.reason, token=token, fraud=body.fraud)


@router.post("/notes", summary="Leave a note", status_code=204)
async def add_note(desk: AtDesk, number: Number, body: NewNote, key: Key = None) -> None:
    token = once(body.token, key, "note", number) if body.token or key else ""
    await desk.ask(notes.add_note, number, body.text, public=body.public, from_customer=body.from_customer, token=token)
