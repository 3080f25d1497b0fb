"""How the machinery is doing, in a handful of counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_PULSE = text(
    """
    select
      (select count(*) from held_orders) as held_orders,
      (select count(*) from steps where state in ('ready', 'running') and due_at <= clock_timestamp()) as due_steps,
      (select count(*) from inbox where verdict = 'quarantined') as quarantined,
      (select count(*) from steps as failed where state = 'parked' and kind = any(:documents) and not exists (
          select 1 from steps as newer where newer.order_id = failed.order_id and newer.kind = failed.kind
          and newer.subject = failed.subject and newer.generation > failed.generation
          and newer.generation > 1)) as failed_documents,
      (select extract(epoch from clock_timestamp() - max(last_sweep_at))::float8 from workers) as sweep_age_seconds,
      (select count(*) from orders where created_at >= :since) as orders_today,
      (select count(*) from orders where delivered_at >= :since) as delivered_today,
      (select count(*) from incidents where closed_at is null) as open_incidents,
      (select coalesce(jsonb_agg(jsonb_build_array(id, state, actor_id, (select count(*) from bulk_members
          where run_id = runs.id and state = 'failed')) order by id), '[]') from bulk_runs as runs
          where state in ('running', 'paused') or coalesce(ended_at, started_at) > clock_timestamp() - interval '1 day')
          as runs,
      coalesce((select title from incidents where closed_at is null order by opened_at desc, id desc limit 1), '')
          as incident,
      array(select array[action, requested_party] from approvals where state = 'pending'
            and expires_at > clock_timestamp() order by id limit 1000) as approvals
    """
)


def read(session: Session, *, since: datetime, documents: list[str]) -> dict[str, Any]:
    """Counts as named in the statement; `documents` are the step kinds that hold nothing when they fail."""
    return dict(session.execute(_PULSE, {"since": since, "documents": documents}).mappings().one())
