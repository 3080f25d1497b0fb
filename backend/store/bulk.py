"""Bulk runs and their members: choosing, freezing, taking the next one in turn, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, delete, select, update

from backend.domain.bulk import MemberState, RunState, Tally
from backend.store import db
from backend.store.tables import BulkMember, BulkRun, Order


@dataclass(frozen=True)
class Candidate:
    """An order that was chosen, with the hold that is to be acted on where there is one."""

    order_id: int
    number: str
    hold_id: int | None
    version: int
    total_minor: int
    currency: str


_CHOSEN_HOLDS = text(
    """
    select * from (
        select distinct on (holds.order_id) orders.id as order_id, orders.number, holds.id as hold_id, orders.version,
               orders.total_minor, orders.currency, holds.placed_at
        from holds join orders on orders.id = holds.order_id
        where holds.closed_at is null and (:kind = '' or holds.kind = :kind) and (:cluster = '' or cluster = :cluster)
              and (not :named or orders.number = any(:numbers))
              and (not :chosen or holds.order_id = any(:order_ids))
              and (:named or :chosen or not exists (select 1 from desk_work where desk_work.order_id = holds.order_id
                   and desk_work.held and desk_work.snoozed_at is not null))
        order by holds.order_id, (holds.kind = any(:helped)) desc, holds.id
    ) chosen order by placed_at, order_id limit :limit
    """
)


def held(
    session: Session,
    *,
    numbers: Sequence[str],
    kind: str,
    cluster: str,
    helped: Sequence[str],
    limit: int,
    order_ids: Sequence[int] | None = None,
) -> list[Candidate]:
    """Held orders, the longest held first, each with its oldest open hold of the cause, or one of the kinds `helped`.

    Those that somebody snoozed are meant only when they are named, by number or by id, as the queue does not show them either.
    """
    given = {
        "kind": kind,
        "cluster": cluster,
        "named": bool(numbers),
        "numbers": list(numbers),
        "chosen": order_ids is not None,
        "order_ids": list(order_ids or ()),
        "helped": list(helped),
        "limit": limit,
    }
    rows = session.execute(_CHOSEN_HOLDS, given).all()
    return [Candidate(*row[:6]) for row in rows]


def named(session: Session, numbers: Sequence[str]) -> list[Candidate]:
    """Orders by their numbers, held or not."""
    found = session.exec(select(Order).where(col(Order.number).in_(numbers)).order_by(col(Order.id))).all()
    return [Candidate(o.id, o.number, None, o.version, o.total_minor, o.currency) for o in found]


def numbers(session: Session, order_ids: Sequence[int]) -> list[str]:
    """Orders' numbers by their ids, oldest first."""
    statement = select(Order.number).where(col(Order.id).in_(order_ids)).order_by(col(Order.id))
    return list(session.exec(statement).all())


def numbers_of(session: Session, run_id: int, results: Sequence[str]) -> list[str]:
    """The orders of a run whose result is one of these, in their turn."""
    statement = (
        select(Order.number)
        .join(BulkMember, col(BulkMember.order_id) == col(Order.id))
        .where(BulkMember.run_id == run_id, col(BulkMember.state).in_(results))
        .order_by(col(BulkMember.position))
    )
    return list(session.exec(statement).all())


_FREEZE = text(
    "insert into bulk_members (run_id, position, order_id, hold_id, version, state, result, round, amount_minor, currency, "
    "watch) select :run_id, position, order_id, hold_id, version, state, result, 0, amount_minor, currency, watch from "
    "jsonb_to_recordset(cast(:members as jsonb)) as (position integer, order_id bigint, hold_id bigint, version integer, "
    "state text, result text, amount_minor bigint, currency text, watch jsonb)"
)


def freeze(session: Session, run: BulkRun, members: list[dict[str, Any]]) -> None:
    """Write a draft and its members down, with one statement for all of them."""
    session.add(run)
    session.flush()
    session.execute(_FREEZE, {"run_id": run.id, "members": db.to_json(members)})


def find(session: Session, run_id: int) -> BulkRun | None:
    statement = select(BulkRun).where(BulkRun.id == run_id).execution_options(populate_existing=True)
    return session.exec(statement).first()


def lock(session: Session, run_id: int) -> BulkRun | None:
    """The run, locked until the transaction ends. Lock order: the run, then an order."""
    statement = select(BulkRun).where(BulkRun.id == run_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).first()


def lock_if_free(session: Session, run_id: int) -> BulkRun | None:
    """The run, locked; None while another worker is at it."""
    statement = select(BulkRun).where(BulkRun.id == run_id).with_for_update(skip_locked=True)
    return session.exec(statement.execution_options(populate_existing=True)).first()


_ACTIVE = text(
    "select id from bulk_runs where state = 'running' union select run_id from bulk_members where state = 'acted' order by 1"
)


def active(session: Session) -> list[int]:
    """Runs that go on, and those that stand still while members are not over yet."""
    return list(session.execute(_ACTIVE).scalars().all())


def tally(session: Session, run: BulkRun) -> Tally:
    """How its members stand in this round."""
    statement = (
        select(BulkMember.state, func.count())
        .where(
            BulkMember.run_id == run.id,
            col(BulkMember.state).in_([str(MemberState.WAITING), str(MemberState.ACTED)])
            | (col(BulkMember.round) == run.round),
        )
        .group_by(BulkMember.state)
    )
    counts: dict[str, int] = {state: int(number) for state, number in session.exec(statement).all()}
    return Tally(
        waiting=counts.get(MemberState.WAITING, 0),
        under_way=counts.get(MemberState.ACTED, 0),
        well=counts.get(MemberState.DONE, 0),
        failed=counts.get(MemberState.FAILED, 0),
    )


def next_waiting(session: Session, run_id: int) -> BulkMember | None:
    """The next member in turn; the caller has locked the run."""
    statement = (
        select(BulkMember)
        .where(BulkMember.run_id == run_id, BulkMember.state == str(MemberState.WAITING))
        .order_by(col(BulkMember.position))
        .limit(1)
    )
    return session.exec(statement.execution_options(populate_existing=True)).first()


def under_way(session: Session, run_id: int) -> list[BulkMember]:
    """Members whose steps are not over yet."""
    statement = (
        select(BulkMember)
        .where(BulkMember.run_id == run_id, BulkMember.state == str(MemberState.ACTED))
        .order_by(col(BulkMember.position))
    )
    return list(session.exec(statement.execution_options(populate_existing=True)).all())


def settle(
    session: Session, member_id: int, was: MemberState, state: MemberState, result: str, *, at: datetime, **more: Any
) -> bool:
    """Compare-and-swap a member's state; False if it is not what it `was`."""
    moment = "began_at" if state is MemberState.ACTED else "ended_at"
    changed = session.execute(
        update(BulkMember)
        .where(col(BulkMember.id) == member_id, col(BulkMember.state) == str(was))
        .values(state=str(state), result=result, **{moment: at}, **more)
        .returning(col(BulkMember.run_id))
        .execution_options(synchronize_session=False)
    )
    run_id = changed.scalar_one_or_none()
    if run_id is not None:
        tell_listeners(session, run_id)
    return run_id is not None


def first_failure(session: Session, run: BulkRun) -> tuple[str, str]:
    """The number of the first order that failed in this round, and why."""
    statement = (
        select(Order.number, BulkMember.result)
        .join(Order, col(Order.id) == col(BulkMember.order_id))
        .where(BulkMember.run_id == run.id, BulkMember.state == "failed", BulkMember.round == run.round)
        .order_by(col(BulkMember.ended_at), col(BulkMember.position))
    )
    found = session.exec(statement).first()
    return (found[0], found[1]) if found else ("", "")


def counts(session: Session, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Members by state, for each run."""
    statement = (
        select(BulkMember.run_id, BulkMember.state, func.count())
        .where(col(BulkMember.run_id).in_(run_ids))
        .group_by(col(BulkMember.run_id), BulkMember.state)
    )
    found: dict[int, dict[str, int]] = {run_id: {} for run_id in run_ids}
    for run_id, state, number in session.exec(statement).all():
        found[run_id][state] = int(number)
    return found


def money(session: Session, run_id: int, states: Sequence[str]) -> list[tuple[str, int]]:
    """(currency, amount in minor units) of the members in these states, the largest first."""
    total = func.sum(BulkMember.amount_minor)
    statement = (
        select(BulkMember.currency, total)
        .where(BulkMember.run_id == run_id, col(BulkMember.state).in_(states))
        .group_by(BulkMember.currency)
        .order_by(total.desc())
    )
    return [(currency, int(amount)) for currency, amount in session.exec(statement).all()]


def members(
    session: Session, run_id: int, *, state: str = "", limit: int, offset: int = 0
) -> list[tuple[BulkMember, str]]:
    """A page of a run's members in their turn, each with its order's number; failures come first."""
    statement = (
        select(BulkMember, Order.number)
        .join(Order, col(Order.id) == col(BulkMember.order_id))
        .where(BulkMember.run_id == run_id)
    )
    if state:
        statement = statement.where(BulkMember.state == state)
    ordered = statement.order_by((col(BulkMember.state) != "failed"), col(BulkMember.position))
    return [(member, number) for member, number in session.exec(ordered.limit(limit).offset(offset)).all()]


def recent(session: Session, *, limit: int) -> list[BulkRun]:
    """Runs that were started, the newest first."""
    statement = select(BulkRun).where(BulkRun.state != str(RunState.DRAFT)).order_by(col(BulkRun.id).desc())
    return list(session.exec(statement.limit(limit)).all())


def forget_drafts(session: Session, *, before: datetime) -> None:
    """Previews that nobody started."""
    old = select(BulkRun.id).where(BulkRun.state == str(RunState.DRAFT), BulkRun.created_at < before)
    session.exec(delete(BulkMember).where(col(BulkMember.run_id).in_(old)))
    session.exec(delete(BulkRun).where(col(BulkRun.state) == str(RunState.DRAFT), col(BulkRun.created_at) < before))


def tell_listeners(session: Session, run_id: int) -> None:
    """Tell open pages, once this is committed, that something about a run has changed."""
    session.execute(text("select pg_notify('holdfast_orders', :topic)"), {"topic": f"bulk:{run_id}"})
