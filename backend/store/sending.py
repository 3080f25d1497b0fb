"""Whether anything is sent, and what a restored backup means for the rows in it; moments are on the database's clock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, select

from backend.store.marker import Seen
from backend.store.tables import Sending


@dataclass(frozen=True)
class Questions:
    """What is left to find out about steps that may have been done in the lost time.

    `asking`: their provider is still to be asked. `found`: it was, and they had been done. `unknown`: nobody can be asked.
    `waiting`: nothing stands against them but the pause.
    """

    waiting: int
    asking: int
    found: int
    unknown: int


def read(session: Session) -> Sending:
    return session.exec(select(Sending).execution_options(populate_existing=True)).one()


def lock(session: Session) -> Sending:
    """The row, for who changes it; claims of steps do not wait for that."""
    return session.exec(select(Sending).with_for_update().execution_options(populate_existing=True)).one()


_LAST_SIGN_OF_LIFE = text(
    """
    select least(clock_timestamp(), greatest(
        (select max(at) from timeline where id > (select coalesce(max(id), 0) - 1000 from timeline)),
        (select max(coalesce(finished_at, started_at)) from attempts
         where id > (select coalesce(max(id), 0) - 1000 from attempts)),
        (select max(last_sweep_at) from workers),
        (select max(received_at) from inbox),
        (select restored_at from sending)))
    """
)


def last_sign_of_life(session: Session) -> datetime | None:
    """The newest moment that the database knows of; None in one in which nothing ever happened."""
    moment: datetime | None = session.execute(_LAST_SIGN_OF_LIFE).scalar_one()
    return moment


_BEGIN_EPOCH = text(
    """
    update sending set epoch = epoch + 1, cause = :cause, lost_from = coalesce(:lost_from, clock_timestamp()),
        restored_at = clock_timestamp(), paused_at = clock_timestamp(),
        last_order_id = (select coalesce(max(id), 0) from orders)
    """
)

# A refusal that the provider proved stays what it is: its retry is another intention, which is asked for as well.
_DOUBT_UNFINISHED = text(
    """
    update steps set in_doubt = true, first_sent_at = coalesce(first_sent_at, sending.lost_from),
        state = case when steps.state in ('held', 'waiting') then 'ready' else steps.state end,
        due_at = case when steps.state = 'running' then steps.due_at else clock_timestamp() end,
        woken_at = null,
        category = case when steps.state = 'parked' then category else '' end,
        allowed = greatest(allowed, attempts + :tries)
    from sending
    where steps.state in ('ready', 'running', 'held', 'waiting')
       or (steps.state = 'parked' and (steps.in_doubt or steps.outcome <> 'rejected'))
    """
)


def begin_epoch(session: Session, *, cause: str, lost_from: datetime | None, tries: int) -> int:
    """Pause, and doubt every step that is not finished; returns how many those are. The caller holds the row's lock."""
    session.execute(_BEGIN_EPOCH, {"cause": cause, "lost_from": lost_from})
    doubted: Any = session.execute(_DOUBT_UNFINISHED, {"tries": tries})
    _tell_listeners(session)
    return int(doubted.rowcount)


def skip_numbers(session: Session, days: list[date], *, orders: int, documents: int) -> None:
    """Leave room for the numbers that were given out in the lost time, so that none is given out twice."""
    session.execute(
        text(
            "insert into order_days as days (day, last) select day, :skip from unnest(cast(:days as date[])) as day "
            "on conflict (day) do update set last = days.last + :skip"
        ),
        {"days": days, "skip": orders},
    )
    session.execute(text("update number_series set last = last + :skip"), {"skip": documents})


_BEAT = text(
    """
    update sending set pulse = pulse + 1, installation = case when installation = '' then :fresh else installation end
    where id = (select id from sending for update skip locked)
    """
)
_SEES_CONTROL = text("select has_function_privilege('pg_control_checkpoint()', 'execute')")
_CONTROL = text(
    "select system_identifier::text, timeline_id from pg_control_system() cross join pg_control_checkpoint()"
)


def beat(session: Session, fresh: str) -> tuple[str, Seen]:
    """Raise the pulse, unless somebody else does just now; the installation and what is seen of the database.

    `fresh` is the name for a new installation. Where this account may not see it, the timeline is 0.
    """
    session.execute(_BEAT, {"fresh": fresh})
    system, timeline = session.execute(_CONTROL).one() if session.execute(_SEES_CONTROL).scalar_one() else ("", 0)
    row = read(session)
    return row.installation, Seen(row.pulse, row.epoch, system, timeline)


def catch_up(session: Session, seen: Seen) -> None:
    """After a restore: nobody who has seen more than this database knows notices it once more."""
    session.execute(
        text("update sending set pulse = greatest(pulse, :pulse + 1), epoch = greatest(epoch, :epoch + 1)"),
        {"pulse": seen.pulse, "epoch": seen.epoch},
    )
    session.expire_all()


def go_on(session: Session) -> None:
    session.execute(text("update sending set paused_at = null"))
    _tell_listeners(session)


def _tell_listeners(session: Session) -> None:
    """Every page shows the pause; their rows are read anew here as well."""
    session.execute(text("select pg_notify('holdfast_orders', 'sending')"))
    session.expire_all()


def due(session: Session) -> list[int]:
    """Steps that could be run at once, the longest-promised first; those in somebody's hands are left out."""
    found = session.execute(
        text(
            "select id from steps where state = 'ready' and due_at <= clock_timestamp() "
            "order by created_at, id for update skip locked"
        )
    )
    return list(found.scalars().all())


_QUESTIONS = text(
    """
    select
      count(*) filter (where state = 'ready' and not (in_doubt and steps.restore_epoch < epoch)) as waiting,
      count(*) filter (where state in ('ready', 'running', 'held') and in_doubt and steps.restore_epoch < epoch) as asking,
      count(*) filter (where state in ('done', 'waiting') and last_sent_at >= restored_at and steps.restore_epoch < epoch)
          as found,
      count(*) filter (where state = 'parked' and in_doubt and steps.restore_epoch < epoch) as unknown
    from steps cross join sending
    where state in ('ready', 'running', 'held', 'parked') or (steps.restore_epoch < epoch and last_sent_at >= restored_at)
    """
)


def questions(session: Session) -> Questions:
    row = session.execute(_QUESTIONS).one()
    return Questions(row.waiting, row.asking, row.found, row.unknown)
