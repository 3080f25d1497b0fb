"""Bulk runs as people handle them: start, pause, resume, stop, and see what became of every order."""

from sqlmodel import Session

from backend import clock
from backend.domain import bulk as rules
from backend.domain.bulk import (
    CANARIES,
    RULES,
    BulkAction,
    MemberRow,
    MemberState,
    RunRow,
    RunState,
    RunView,
)
from backend.domain.columns import Cell
from backend.domain.desk import ActionDone, MoneySum
from backend.domain.errors import NotFound, NotPossible
from backend.domain.money import to_major
from backend.domain.permissions import Actor, Area, Level
from backend.services import audit, bulk_turns, clicks, sheets
from backend.store import bulk as store
from backend.store import sending
from backend.store.tables import BulkMember, BulkRun

MAX_PAGE = 200
MOST_RUNS = 50
STATES_OF_ACTION = (MemberState.WAITING, MemberState.ACTED, MemberState.DONE, MemberState.FAILED)


def start(session: Session, run_id: int, *, actor: Actor, token: str, reason: str = "") -> ActionDone:
    """Start a previewed run; the same token a second time starts nothing. It acts with the rights of who starts it."""
    run = _locked(session, run_id)
    rule = _require(run, actor)
    if clicks.carried_out(session, None, "bulk_start", token, actor):
        return ActionDone(f"Bulk run {run.id} is under way already.", repeated=True)
    if run.state != RunState.DRAFT:
        raise NotPossible(f"Bulk run {run.id} was started already, by {run.actor_name}.")
    if run.drafted_by != actor.id:
        raise NotPossible("This preview was shown to somebody else. Preview the run yourself and start it again.")
    if not store.tally(session, run).waiting:
        raise NotPossible("There is no order in this run with which this can be done. Nothing was changed.")
    run.reason = clicks.reasoned(reason, rule.phrase) if run.needs_reason else reason.strip()
    run.state, run.started_at = RunState.RUNNING, clock.now()
    session.add(run)
    _audit(session, run, "bulk_start", actor, token=token)
    store.tell_listeners(session, run.id)
    return ActionDone(f"Bulk run {run.id} has started: one order first.")


def pause(session: Session, run_id: int, *, actor: Actor) -> ActionDone:
    """Begin no further order until somebody resumes it; what is under way comes to its end."""
    run = _locked(session, run_id)
    _require(run, actor)
    if run.state == RunState.PAUSED:
        return ActionDone(f"Bulk run {run.id} is paused already.", repeated=True)
    if run.state != RunState.RUNNING:
        raise NotPossible(f"Bulk run {run.id} is not under way.")
    run.state, run.why = RunState.PAUSED, f"Paused by {actor.name}."
    session.add(run)
    _audit(session, run, "bulk_pause", actor)
    store.tell_listeners(session, run.id)
    return ActionDone(f"Bulk run {run.id} is paused. No further order is begun.")


def stop(session: Session, run_id: int, *, actor: Actor) -> ActionDone:
    """Begin no further order; what is under way comes to its end, what is untouched stays so."""
    run = _locked(session, run_id)
    _require(run, actor)
    if run.state == RunState.STOPPED:
        return ActionDone(f"Bulk run {run.id} has stopped already.", repeated=True)
    if run.state not in (RunState.RUNNING, RunState.PAUSED):
        raise NotPossible(f"Bulk run {run.id} is not under way.")
    waiting = store.tally(session, run).waiting
    bulk_turns.stop(session, run, f"Stopped by {actor.name}. {_untouched(waiting)}")
    _audit(session, run, "bulk_stop", actor)
    return ActionDone(f"Bulk run {run.id} has stopped. {_untouched(waiting)}")


def resume(session: Session, run_id: int, *, actor: Actor) -> ActionDone:
    """Go on with what is untouched, with the rights of who resumes it. After a stop the canaries begin again."""
    run = _locked(session, run_id)
    _require(run, actor)
    if run.state == RunState.RUNNING:
        return ActionDone(f"Bulk run {run.id} is under way already.", repeated=True)
    if run.state not in (RunState.PAUSED, RunState.STOPPED) or not store.tally(session, run).waiting:
        raise NotPossible(f"Bulk run {run.id} has no untouched orders left.")
    run.round += run.state == RunState.STOPPED
    run.state, run.why, run.epoch = RunState.RUNNING, "", sending.read(session).epoch
    run.actor_id, run.actor_name = actor.id, actor.name
    session.add(run)
    _audit(session, run, "bulk_resume", actor)
    store.tell_listeners(session, run.id)
    return ActionDone(f"Bulk run {run.id} goes on.")


def recent(session: Session, *, actor: Actor) -> tuple[RunRow, ...]:
    """Runs that were started, the newest first."""
    actor.require(Area.HOLDS, Level.VIEW, "see bulk runs")
    found = store.recent(session, limit=MOST_RUNS)
    counts = store.counts(session, [run.id for run in found])
    return tuple(_row(run, counts[run.id]) for run in found)


def view(session: Session, run_id: int, *, actor: Actor, state: str = "", page: int = 1, size: int = 50) -> RunView:
    """A run with a page of its members, failures first; an unknown `state` means all. Raises `NotFound`."""
    actor.require(Area.HOLDS, Level.VIEW, "see bulk runs")
    run = _found(session, run_id)
    counts = store.counts(session, [run.id])[run.id]
    chosen = state if state in set(MemberState) else ""
    size = min(max(1, size), MAX_PAGE)
    matching = counts.get(chosen, 0) if chosen else sum(counts.values())
    pages = max(1, -(-matching // size))
    page = min(max(1, page), pages)
    rows = store.members(session, run.id, state=chosen, limit=size, offset=(page - 1) * size)
    sums = store.money(session, run.id, [str(each) for each in STATES_OF_ACTION])
    return RunView(
        run=_row(run, counts),
        wave=rules.wave(store.tally(session, run)),
        waves=len(CANARIES) + 1,
        money=tuple(MoneySum(currency, amount) for currency, amount in sums),
        may_act=actor.may(RULES[BulkAction(run.action)].area, Level.ACT),
        rows=tuple(_member(member, number) for member, number in rows),
        matching=matching,
        page=page,
        pages=pages,
    )


def results_csv(session: Session, run_id: int, *, actor: Actor, state: str = "") -> str:
    """What became of every order of a run, as CSV (RFC 4180); amounts in major units, times ISO 8601 in UTC."""
    actor.require(Area.HOLDS, Level.VIEW, "see bulk runs")
    run = _found(session, run_id)
    chosen = state if state in set(MemberState) else ""
    rows = [
        _cells(_member(member, number))
        for member, number in store.members(session, run.id, state=chosen, limit=MAX_PAGE * 100)
    ]
    heads = ["order", "result", "details", "amount", "currency", "began", "ended"]
    return b"".join(sheets.csv_pieces(heads, [rows])).decode()


def _cells(row: MemberRow) -> list[Cell]:
    began, ended = (at.isoformat() if at else "" for at in (row.began_at, row.ended_at))
    return [row.number, row.state, row.result, to_major(row.amount_minor, row.currency), row.currency, began, ended]


def _found(session: Session, run_id: int) -> BulkRun:
    run = store.find(session, run_id)
    if run is None or run.state == RunState.DRAFT:
        raise NotFound(f"There is no bulk run {run_id}.")
    return run


def _locked(session: Session, run_id: int) -> BulkRun:
    run = store.lock(session, run_id)
    if run is None:
        raise NotFound(f"There is no bulk run {run_id}. A preview that nobody starts is forgotten after a day.")
    return run


def _require(run: BulkRun, actor: Actor) -> rules.ActionRule:
    rule = RULES[BulkAction(run.action)]
    actor.require(rule.area, Level.ACT, rule.phrase)
    return rule


def _untouched(waiting: int) -> str:
    return f"{waiting} {'order is' if waiting == 1 else 'orders are'} untouched."


def _row(run: BulkRun, counts: dict[str, int]) -> RunRow:
    return RunRow(
        id=run.id,
        action=run.action,
        verb=RULES[BulkAction(run.action)].verb,
        words=run.words,
        state=run.state,
        reason=run.reason,
        why=run.why,
        started_by=run.actor_name,
        started_at=run.started_at,
        ended_at=run.ended_at,
        members=sum(counts.values()),
        counts=counts,
    )


def _member(member: BulkMember, number: str) -> MemberRow:
    return MemberRow(
        number=number,
        state=member.state,
        result=member.result,
        amount_minor=member.amount_minor,
        currency=member.currency,
        began_at=member.began_at,
        ended_at=member.ended_at,
    )


def _audit(session: Session, run: BulkRun, action: str, actor: Actor, *, token: str | None = None) -> None:
    details = {"run": run.id, "action": run.action, "orders": run.words}
    audit.write_down(session, action, actor=actor, reason=run.reason, token=token, details=details)
