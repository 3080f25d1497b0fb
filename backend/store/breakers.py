"""Breakers: conditional updates on the database's clock, so that all processes agree.

A step that waits for a provider is ready, has not sent anything in its last try, and is due in the future. A step in
doubt that is given time before it asks, or one that the provider told to come later, is left to its own time.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True)
class Standing:
    """How a breaker stands, and seconds until it may be probed (0 while it is closed)."""

    closed: bool
    until_probe: float


@dataclass(frozen=True)
class Down:
    """A breaker that counts: failures in a row, and of how many orders."""

    failures: int
    orders: int


def standing(session: Session, provider: str) -> Standing | None:
    """None for a provider that never failed. Until this transaction ends the breaker stays as it is."""
    row = session.execute(
        text(
            "select state = 'closed' as closed, greatest(0, coalesce(extract(epoch from "
            "next_probe_at - clock_timestamp()), 0))::float8 as until_probe "
            "from breakers where provider = :provider for share"
        ),
        {"provider": provider},
    ).first()
    return None if row is None else Standing(row.closed, row.until_probe)


def take_probe(session: Session, provider: str, step_id: int, lost_after: float) -> bool:
    """Be the one step that asks whether the provider is back; another may ask when this one is lost."""
    taken = session.execute(
        text(
            "update breakers set state = 'probing', probe_step_id = :step_id, "
            "next_probe_at = clock_timestamp() + make_interval(secs => :lost_after) "
            "where provider = :provider and state <> 'closed' and next_probe_at <= clock_timestamp() returning 1"
        ),
        {"provider": provider, "step_id": step_id, "lost_after": lost_after},
    )
    return taken.first() is not None


def count_failure(session: Session, provider: str, order_id: int) -> Down | None:
    """One more failure in a row; None while the breaker is open already."""
    row = session.execute(
        text(
            "insert into breakers as known (provider, state, failures, orders, last_order_id, failed_probes) "
            "values (:provider, 'closed', 1, 1, :order_id, 0) "
            "on conflict (provider) do update set failures = known.failures + 1, last_order_id = :order_id, "
            "orders = known.orders + (known.last_order_id is distinct from :order_id)::int "
            "where known.state = 'closed' returning failures, orders"
        ),
        {"provider": provider, "order_id": order_id},
    ).first()
    return None if row is None else Down(row.failures, row.orders)


def forget_failures(session: Session, provider: str) -> None:
    """The provider answered: failures before are no longer in a row."""
    session.execute(
        text(
            "update breakers set failures = 0, orders = 0, last_order_id = null "
            "where provider = :provider and state = 'closed' and failures > 0"
        ),
        {"provider": provider},
    )


def open_(session: Session, provider: str, pause: float) -> bool:
    """Let nothing through from now on but a probe after `pause` seconds; False when somebody was quicker."""
    opened = session.execute(
        text(
            "update breakers set state = 'open', failed_probes = 0, opened_at = clock_timestamp(), closed_at = null, "
            "next_probe_at = clock_timestamp() + make_interval(secs => :pause) "
            "where provider = :provider and state = 'closed' returning 1"
        ),
        {"provider": provider, "pause": pause},
    )
    return opened.first() is not None


def failed_probes(session: Session, provider: str) -> int:
    return int(
        session.execute(
            text("select failed_probes from breakers where provider = :provider"), {"provider": provider}
        ).scalar_one()
    )


def probe_again(session: Session, provider: str, step_id: int, *, pause: float, failed: bool) -> bool:
    """This step's probe ended without an answer; False when it was given up as lost before."""
    changed = session.execute(
        text(
            "update breakers set state = 'open', probe_step_id = null, failed_probes = failed_probes + :failed, "
            "next_probe_at = clock_timestamp() + make_interval(secs => :pause) "
            "where provider = :provider and state = 'probing' and probe_step_id = :step_id returning 1"
        ),
        {"provider": provider, "step_id": step_id, "pause": pause, "failed": int(failed)},
    )
    return changed.first() is not None


def close(session: Session, provider: str, step_id: int) -> bool:
    """This step's probe was answered; False when it was given up as lost before."""
    closed = session.execute(
        text(
            "update breakers set state = 'closed', failures = 0, orders = 0, last_order_id = null, "
            "probe_step_id = null, next_probe_at = null, closed_at = clock_timestamp() "
            "where provider = :provider and state = 'probing' and probe_step_id = :step_id returning 1"
        ),
        {"provider": provider, "step_id": step_id},
    )
    return closed.first() is not None


def waiting(session: Session, provider: str) -> list[int]:
    """Steps that wait for the provider, the longest-waiting first; those in somebody's hands just now are left out."""
    found = session.execute(
        text(
            "select id from steps where state = 'ready' and provider = :provider and outcome = 'not_sent' "
            "and due_at > clock_timestamp() order by created_at, id for update skip locked"
        ),
        {"provider": provider},
    )
    return list(found.scalars().all())


def make_due(session: Session, step_ids: list[int], delays: list[float]) -> None:
    """Give each step its due time, so many seconds from now, to be found by the sweep."""
    session.execute(
        text(
            "update steps set due_at = clock_timestamp() + make_interval(secs => turn.delay), woken_at = null "
            "from unnest(cast(:ids as bigint[]), cast(:delays as float8[])) as turn (id, delay) where steps.id = turn.id"
        ),
        {"ids": step_ids, "delays": delays},
    )


def call_for_probes(session: Session) -> list[int]:
    """For each provider whose probe is due, one waiting step to make it, another one every time; due now."""
    found = session.execute(
        text(
            "update steps set due_at = clock_timestamp(), woken_at = clock_timestamp() where id in ("
            "select chosen.id from breakers cross join lateral (select id from steps where state = 'ready' "
            "and provider = breakers.provider and outcome = 'not_sent' and due_at > clock_timestamp() "
            "order by due_at limit 1 for update skip locked) as chosen "
            "where breakers.state <> 'closed' and breakers.next_probe_at <= clock_timestamp()) returning id"
        )
    )
    return list(found.scalars().all())
