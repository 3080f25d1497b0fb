"""Reading an order's timeline a part at a time, with the webhooks that came for it, in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, null, or_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import Session, col, select

from backend.domain.history import Picked
from backend.domain.steps import StepState
from backend.domain.timeline import Weight
from backend.store import timeline
from backend.store.tables import InboxMessage, Step, TimelineEntry


@dataclass(frozen=True)
class Standing:
    """How the step of an entry stands now."""

    state: str
    attempts: int
    allowed: int
    due_at: datetime
    in_doubt: bool


@dataclass(frozen=True)
class Entry:
    """One entry, with the step that it belongs to."""

    id: int
    at: datetime
    kind: str
    weight: str
    actor_kind: str
    actor_id: str
    actor_name: str
    text: str
    step_id: int | None
    data: dict[str, Any]
    step: Standing | None


@dataclass(frozen=True)
class Message:
    """A webhook for the order, with what became of it."""

    id: str
    received_at: datetime
    provider: str
    topic: str
    verdict: str
    duplicates: int
    problems: list[Any]


@dataclass(frozen=True)
class Reading:
    """Newest first each; `folded` counts the entries that are left out as routine."""

    entries: list[Entry]
    folded: int
    messages: list[Message]


def read(
    session: Session, order_id: int, picked: Picked, *, routine: bool, limit: int, webhooks: str | None
) -> Reading:
    """The newest entries; without `routine`, successes are left out, but not what is being tried again.

    `webhooks`: `all`, `remarkable` for those that came twice or were not simply taken, None for none.
    """
    timeline.write_out(session)
    folded = select(func.count()).where(
        TimelineEntry.order_id == order_id, _matches(order_id, picked), ~or_(_LOUD, _is_trying(order_id))
    )
    told = _messages(order_id, remarkable=webhooks == "remarkable", limit=limit) if webhooks else null()
    entries = _entries(order_id, picked, routine=routine, limit=limit)
    found, count, messages = session.execute(select(entries, folded.scalar_subquery(), told)).one()
    return Reading([_entry(each) for each in found or ()], int(count), [_message(each) for each in messages or ()])


def _entries(order_id: int, picked: Picked, *, routine: bool, limit: int) -> Any:
    statement: Any = select(
        *[getattr(TimelineEntry, name) for name in _ENTRY],
        *[getattr(Step, name).label(f"step_{name}") for name in _STEP],
    ).join(Step, col(Step.id) == col(TimelineEntry.step_id), isouter=True)
    statement = statement.where(TimelineEntry.order_id == order_id, _matches(order_id, picked))
    if not routine:
        statement = statement.where(or_(_LOUD, _is_trying(order_id)))
    return _gathered(statement.order_by(col(TimelineEntry.id).desc()).limit(limit), "id")


def _messages(order_id: int, *, remarkable: bool, limit: int) -> Any:
    statement: Any = select(*[getattr(InboxMessage, name) for name in _MESSAGE]).where(
        InboxMessage.order_id == order_id
    )
    if remarkable:
        statement = statement.where(or_(col(InboxMessage.duplicates) > 0, col(InboxMessage.verdict) != "accepted"))
    return _gathered(statement.order_by(col(InboxMessage.received_at).desc()).limit(limit), "received_at")


def _gathered(statement: Any, by: str) -> Any:
    """The rows as one JSON document, the last ones first."""
    rows = statement.subquery("gathered")
    document: Any = aggregate_order_by(literal_column("to_jsonb(gathered)"), rows.c[by].desc())
    return select(func.jsonb_agg(document)).select_from(rows).scalar_subquery()


_ENTRY = ("id", "at", "kind", "weight", "actor_kind", "actor_id", "actor_name", "text", "step_id", "data")
_STEP = ("state", "attempts", "allowed", "due_at", "in_doubt")
_MESSAGE = ("id", "received_at", "provider", "topic", "verdict", "duplicates", "problems")


def _entry(told: dict[str, Any]) -> Entry:
    step = None
    if told["step_state"] is not None:
        standing = {name: told[f"step_{name}"] for name in _STEP}
        step = Standing(**{**standing, "due_at": datetime.fromisoformat(standing["due_at"])})
    values = {name: told[name] for name in _ENTRY}
    return Entry(**{**values, "at": datetime.fromisoformat(values["at"])}, step=step)


def _message(told: dict[str, Any]) -> Message:
    return Message(**{**told, "received_at": datetime.fromisoformat(told["received_at"])})


_LOUD: ColumnElement[bool] = col(TimelineEntry.weight) != str(Weight.ROUTINE)


def _is_trying(order_id: int) -> ColumnElement[bool]:
    """Belongs to a step that was tried in vain so far, or of which nobody knows whether it took effect."""
    trying = select(Step.id).where(
        Step.order_id == order_id,
        or_(
            and_(col(Step.state) == str(StepState.READY), col(Step.attempts) > 0),
            and_(col(Step.in_doubt), col(Step.state) != str(StepState.DONE)),
        ),
    )
    # Without the null check, an entry without a step would be neither in nor not in the list.
    return and_(col(TimelineEntry.step_id).is_not(None), col(TimelineEntry.step_id).in_(trying))


def _matches(order_id: int, picked: Picked) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if picked.kinds:
        ways.append(col(TimelineEntry.kind).in_([str(kind) for kind in picked.kinds]))
    if picked.actors:
        ways.append(col(TimelineEntry.actor_kind).in_(picked.actors))
    if picked.steps:
        begins = or_(*(col(Step.kind).startswith(beginning, autoescape=True) for beginning in picked.steps))
        ways.append(col(TimelineEntry.step_id).in_(select(Step.id).where(Step.order_id == order_id, begins)))
    return or_(*ways) if ways else col(TimelineEntry.order_id) == order_id
