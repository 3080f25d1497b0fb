"""The statements that every step of every order sends, each built once, so that nothing is put together at run time.

A step's row comes back with what changed it, so that it is not asked for again.
"""

from sqlalchemy import ARRAY, Boolean, DateTime, Executable, Float, Integer, Text, column, select, text

from backend.domain.steps import StepKind
from backend.store.tables import Order, Step

_COLUMNS = tuple(Step.__table__.columns)  # type: ignore[attr-defined]
_ROW = ", ".join(f"steps.{column.name}" for column in _COLUMNS)
ASIDE = "sending_paused"
"""The category of a step that nobody can be asked about, while it waits for sending to go on."""
KNOWN = f"kind in ({', '.join(repr(str(kind)) for kind in sorted(StepKind))})"
"""A newer version may have promised steps that this one cannot run: those are left to the newer one's workers."""
_CLAIMABLE = f"""
    {KNOWN}
    and ((state = 'ready' and due_at <= clock_timestamp()) or (state = 'running' and lease_until < clock_timestamp()))
    and ((select paused_at is null from sending) or (in_doubt
        and restore_epoch < (select epoch from sending) and category <> 'sending_paused'))
"""  # nosec B608 - a constant
"""Due and free; while sending is paused, only what may have been done before a restored backup, which is asked for."""
_MAYBE_DONE = """
    :order_id <= last_order_id and not :to_staff and not exists (select 1 from steps as cause where cause.order_id = :order_id
        and cause.kind = :follows and cause.restore_epoch = sending.epoch)
"""
"""An order from a restored backup may have come further before: what it needs now may have been done in the lost time,
unless it follows from something that surely was not. Staff are told of new trouble in any case."""

LOCK_ORDER_IF_DUE = (
    select(Order)
    .where(text(f"orders.id = (select order_id from steps where id = :step_id and {_CLAIMABLE})"))  # nosec B608
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


INSERT = text(
    f"""
    insert into steps (order_id, kind, subject, generation, key, state, provider, data, due_at, fence, attempts, allowed,
        in_doubt, first_sent_at, restore_epoch, outcome, error, category, result, requested_by, woken_at, created_at)
    select :order_id, :kind, :subject, :generation, :key, 'ready', '', cast(:data as jsonb),
        clock_timestamp() + make_interval(secs => :delay), 0, 0,
        :allowed, maybe_done, case when maybe_done then lost_from end, epoch - maybe_done::int, '', '', '', '{{}}',
        :requested_by, clock_timestamp(), :at
    from sending, lateral (select {_MAYBE_DONE} as maybe_done) as lost
    on conflict do nothing returning id
    """  # nosec B608 - a constant
)


_CLAIM_TEXT = text(
    f"""
    with candidate as (
        select id, state = 'running' as orphaned,
               coalesce(extract(epoch from clock_timestamp() - first_sent_at), 0)::float8 as since_first_sent
        from steps
        where id = :id and {_CLAIMABLE}
        for update
    )
    update steps set state = 'running', fence = steps.fence + 1, attempts = steps.attempts + 1,
        lease_until = clock_timestamp() + make_interval(secs => :lease),
        in_doubt = steps.in_doubt or candidate.orphaned
    from candidate, sending where steps.id = candidate.id
    returning {_ROW}, candidate.orphaned, candidate.since_first_sent, clock_timestamp() as now,
        array(select provider from breakers where state <> 'closed' or failures > 0) as ailing,
        sending.paused_at is not null as paused, sending.epoch as restored_epoch,
        coalesce(extract(epoch from clock_timestamp() - sending.restored_at), 0)::float8 as since_restored,
        exists (select 1 from holds where holds.order_id = steps.order_id and closed_at is null) as held
    """  # nosec B608 - a constant
)
_TOLD = (
    column("orphaned", Boolean),
    column("since_first_sent", Float),
    column("now", DateTime(timezone=True)),
    column("ailing", ARRAY(Text)),
    column("paused", Boolean),
    column("restored_epoch", Integer),
    column("since_restored", Float),
    column("held", Boolean),
)
CLAIM = (
    select(Step, *_TOLD)
    .from_statement(_CLAIM_TEXT.columns(*_COLUMNS, *_TOLD))
    .execution_options(populate_existing=True)
)


BEGIN_ATTEMPT = text(
    """
    with sent as (
        update steps set provider = :provider, first_sent_at = coalesce(first_sent_at, clock_timestamp()),
            last_sent_at = clock_timestamp()
        where id = :id)
    insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges)
    values (:id, :fence, :number, :worker, :asked_first, :started_at, '', '', '[]')
    """
)


_ENDED = (
    "with ended as (update attempts set outcome = :outcome, error = :error, exchanges = cast(:exchanges as jsonb), "
    "duration_ms = :duration, finished_at = clock_timestamp() where step_id = :id and fence = :fence)"
)
_KEPT = (
    ", kept as (insert into attempt_originals (id, step_id, fence, exchanges, kept_until) values (:kept_id, :id, :fence, "
    ":sealed, clock_timestamp() + make_interval(days => :days)) on conflict do nothing)"
)


def _end_attempt(also: str = "") -> Executable:
    statement = text(f"{_ENDED}{also} select {_ROW} from steps where id = :id")  # nosec B608 - a constant
    return select(Step).from_statement(statement.columns(*_COLUMNS)).execution_options(populate_existing=True)


END_ATTEMPT = _end_attempt()
END_ATTEMPT_AND_KEEP = _end_attempt(_KEPT)


FINISH = text(
    "update steps set state = :state, outcome = :outcome, error = '', category = '', in_doubt = false, lease_until = null, "
    "result = cast(:result as jsonb), restore_epoch = case when :found then restore_epoch else :epoch end, "
    "done_at = case when :waiting then null else clock_timestamp() end "
    "where id = :id and fence = :fence and state = 'running' returning id"
)


DUE = text(
    f"""
    update steps set woken_at = clock_timestamp()
    where id in (
        select id from steps
        where {_CLAIMABLE}
          and (woken_at is null or woken_at < due_at or woken_at < lease_until
            or woken_at < clock_timestamp() - make_interval(secs => :forgotten))
        order by due_at limit :limit for update skip locked)
    returning id
    """  # nosec B608 - a constant
)
