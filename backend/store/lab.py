"""Bringing due times forward, for the failure lab: what waits comes sooner by so many seconds, or now.

Only times in the future are touched, and rows that somebody has in hand just now are left out.
"""

from sqlalchemy import text
from sqlmodel import Session

from backend.domain.lab import Reach

_SOONER = (
    "case when cast(:seconds as float8) is null then clock_timestamp() else {0} - make_interval(secs => :seconds) end"
)
_ONE_ORDER = "(cast(:order_id as bigint) is null or {0} = :order_id)"

_STEPS = text(
    f"""
    update steps set due_at = {_SOONER.format("due_at")}, woken_at = null
    where id in (select id from steps where state = 'ready' and due_at > clock_timestamp()
                 and {_ONE_ORDER.format("order_id")} order by id for update skip locked)
    returning case when due_at <= clock_timestamp() then id end
    """  # nosec B608 - constants
)
# A worker is dead when it has not swept for a while. Its call must be over as well, so that none is made beside it.
_LEASES = text(
    f"""
    update steps set lease_until = {_SOONER.format("lease_until")}, woken_at = null
    where id in (
        select id from steps where state = 'running' and lease_until > clock_timestamp()
          and {_ONE_ORDER.format("order_id")}
          and not exists (
            select 1 from attempts left join workers on workers.id = split_part(attempts.worker, '/', 1)
            where attempts.step_id = steps.id and attempts.fence = steps.fence
              and (workers.last_sweep_at > clock_timestamp() - make_interval(secs => :silent)
                or attempts.started_at > clock_timestamp() - make_interval(secs => :longest_call)))
        order by id for update skip locked)
    returning id
    """  # nosec B608 - constants
)
_BREAKERS = text(
    f"""
    update breakers set next_probe_at = {_SOONER.format("next_probe_at")}
    where state = 'open' and next_probe_at > clock_timestamp()
      and (cast(:order_id as bigint) is null or provider in (
        select provider from steps where order_id = :order_id and state = 'ready' and outcome = 'not_sent'))
    returning provider
    """  # nosec B608 - constants
)
_MESSAGES = text(
    f"""
    update inbox set due_at = {_SOONER.format("due_at")}
    where id in (select id from inbox where verdict = 'received' and due_at > clock_timestamp()
                 and {_ONE_ORDER.format("order_id")} order by id for update skip locked)
    returning id
    """  # nosec B608 - constants
)


def hurry(
    session: Session, *, seconds: float | None, order_id: int | None, silent: float, longest_call: float
) -> tuple[Reach, list[int]]:
    """Move what waits; how much of each there was, and the steps that are due by now.

    `silent`: seconds without a sweep after which a worker counts as dead. `longest_call`: seconds a call may take.
    """
    reach = {"seconds": seconds, "order_id": order_id}
    # Breakers first: which steps wait for a provider is seen by their due times.
    breakers = session.execute(_BREAKERS, reach).all()
    dead = {"silent": silent, "longest_call": longest_call}
    leases = session.execute(_LEASES, reach | dead).all()
    steps = session.execute(_STEPS, reach).scalars().all()
    messages = session.execute(_MESSAGES, reach).all()
    due = [step_id for step_id in steps if step_id is not None]
    return Reach(len(steps), len(leases), len(breakers), len(messages)), due
