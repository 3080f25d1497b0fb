"""Holds: placing, closing, and whether an order may go on."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, exists, literal, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.domain.clusters import Cluster
from backend.domain.errors import NotFound
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.steps import SUPERSEDED, StepState
from backend.store import db
from backend.store.tables import Hold, Order, Step

_PLACE = text(
    "insert into holds (order_id, kind, source, reason, provider, cluster, cluster_label, step_id, facts, facts_token, "
    "placed_by, placed_by_name, placed_at, closed_by, closed_by_name, closed_how, closed_reason) values (:order_id, "
    ":kind, :source, :reason, :provider, :cluster, :cluster_label, :step_id, cast(:facts as jsonb), :facts_token, "
    ":placed_by, :placed_by_name, :at, '', '', '', '') "
    "on conflict do nothing returning id"
)


def place(
    session: Session,
    order_id: int,
    kind: HoldKind,
    reason: str,
    *,
    source: HoldSource,
    cluster: Cluster,
    actor: Actor,
    at: datetime,
    provider: str = "",
    step_id: int | None = None,
    facts: dict[str, Any] | None = None,
    facts_token: int | None = None,
) -> int | None:
    """Open a hold; None when one of this kind is open already (the database allows only one)."""
    session.flush()
    return session.execute(
        _PLACE,
        {
            "order_id": order_id,
            "kind": str(kind),
            "source": str(source),
            "reason": reason,
            "provider": provider,
            "cluster": cluster.key,
            "cluster_label": cluster.label,
            "step_id": step_id,
            "facts": db.to_json(facts or {}),
            "facts_token": facts_token,
            "placed_by": actor.id,
            "placed_by_name": actor.name,
            "at": at,
        },
    ).scalar_one_or_none()


def open_of(session: Session, order_id: int) -> list[Hold]:
    """Open holds, oldest first."""
    statement = select(Hold).where(Hold.order_id == order_id, col(Hold.closed_at).is_(None)).order_by(col(Hold.id))
    return list(session.exec(statement.execution_options(populate_existing=True)).all())


def of_order(session: Session, order: Order, hold_id: int) -> Hold:
    """This hold of the order, open or closed, as it is now; raises `NotFound`."""
    statement = select(Hold).where(Hold.id == hold_id, Hold.order_id == order.id)
    found = session.exec(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(f"Order {order.number} has no such hold.")
    return found


def open_one(session: Session, order_id: int, kind: HoldKind) -> Hold | None:
    """The open hold of a kind; there is never more than one."""
    return next((hold for hold in open_of(session, order_id) if hold.kind == kind), None)


def released_on(session: Session, kind: HoldKind, facts_token: int) -> Hold | None:
    """The newest hold of a kind on these facts that a person released, whatever order it was on."""
    statement = (
        select(Hold)
        .where(Hold.kind == str(kind), Hold.facts_token == facts_token, Hold.closed_how == "released")
        .where(col(Hold.closed_by) != SYSTEM.id)
        .order_by(col(Hold.id).desc())
        .limit(1)
    )
    return session.exec(statement).first()


def hidden_by(session: Session, hold: Hold) -> list[Step]:
    """Steps that failed for the same reason while this hold stood for another one, so that none was opened for them."""
    newer, own = aliased(Step), aliased(Hold)
    again = exists().where(
        col(newer.order_id) == col(Step.order_id),
        col(newer.kind) == col(Step.kind),
        col(newer.subject) == col(Step.subject),
        col(newer.generation) > col(Step.generation),
    )
    known = exists().where(
        col(own.step_id) == col(Step.id), col(own.placed_at) > col(Step.done_at) - literal(_AT_ONCE, Interval)
    )
    statement = select(Step).where(
        Step.order_id == hold.order_id,
        Step.state == str(StepState.PARKED),
        Step.category == hold.kind,
        Step.outcome != SUPERSEDED,
        ~again,
        ~known,
    )
    return list(session.exec(statement.order_by(col(Step.id)).execution_options(populate_existing=True)).all())


_AT_ONCE = timedelta(seconds=5)
"""A step's hold is opened with its end, but one moment is the database's and the other one ours."""


def last_closed(session: Session, order_id: int, kind: HoldKind) -> Hold | None:
    """The newest hold of a kind that is closed."""
    found = [hold for hold in all_of(session, order_id) if hold.kind == kind and hold.closed_at is not None]
    return found[-1] if found else None


def all_of(session: Session, order_id: int) -> list[Hold]:
    return list(session.exec(select(Hold).where(Hold.order_id == order_id).order_by(col(Hold.id))).all())


_IS_OPEN = text("select exists (select 1 from holds where order_id = :order_id and closed_at is null)")


def is_open(session: Session, order_id: int) -> bool:
    """Whether any hold is open; asked at every turn, so as plainly as can be."""
    session.flush()
    return bool(session.execute(_IS_OPEN, {"order_id": order_id}).scalar_one())


def close(session: Session, hold: Hold, how: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Close an open hold; the caller has locked the order."""
    hold.closed_at = at
    hold.closed_by = actor.id
    hold.closed_by_name = actor.name
    hold.closed_how = how
    hold.closed_reason = reason
    session.add(hold)
    session.flush()
