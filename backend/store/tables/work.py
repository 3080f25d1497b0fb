"""Promises to the outside: steps, their attempts, the providers' breakers, whether anything is sent, and the workers."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.breakers import BreakerState
from backend.domain.steps import StepState
from backend.store.ids import new_id
from backend.store.personal import PersonalData, PersonalRow, Sealed
from backend.store.tables.base import big, document, identity, moment


class Step(SQLModel, table=True):
    """One promised call for one order, written before anything is called.

    `due_at` and `lease_until` are on the database's clock. `fence` rises with every claim; settling needs the same one.
    `attempts` counts claims; `allowed` is how many there may be. `in_doubt`: an attempt may have taken effect outside.
    `woken_at` lets the sweep tell a step that somebody was told of from a forgotten one. `restore_epoch`: since which
    restored backup it is known what became of this step; one behind `Sending.epoch` may have been done in the lost time.
    """

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("order_id", "kind", "subject", "generation"),
        CheckConstraint(f"state in ({', '.join(repr(str(state)) for state in StepState)})", name="state"),
        Index(
            "uq_steps_one_active",
            "order_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where="state in ('ready', 'running', 'held', 'waiting')",
        ),
        Index(
            "ix_steps_parked",
            "order_id",
            "kind",
            "subject",
            "generation",
            postgresql_where="state = 'parked'",
        ),
        Index("ix_steps_run_again", "order_id", "kind", "subject", "generation", postgresql_where="generation > 1"),
        Index("ix_steps_due", "due_at", postgresql_where="state in ('ready', 'running')"),
    )

    id: int = identity()
    order_id: int = big("orders.id", index=True)
    kind: str
    subject: str = ""
    generation: int = 1
    key: str
    state: str = StepState.READY
    provider: str = ""
    data: dict[str, Any] = document(default_factory=dict)
    due_at: datetime = moment()
    lease_until: datetime | None = moment(default=None)
    fence: int = big(default=0)
    attempts: int = 0
    allowed: int
    in_doubt: bool = False
    first_sent_at: datetime | None = moment(default=None)
    last_sent_at: datetime | None = moment(default=None)
    restore_epoch: int = 0
    outcome: str = ""
    error: str = ""
    category: str = ""
    result: dict[str, Any] = document(default_factory=dict)
    requested_by: str = "system"
    woken_at: datetime | None = moment(default=None)
    created_at: datetime = moment()
    done_at: datetime | None = moment(default=None)


class Attempt(SQLModel, table=True):
    """One try of a step. `exchanges` holds the masked requests and responses; nothing in it is personal or secret."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("step_id", "fence"),)

    id: int = identity()
    step_id: int = big("steps.id")
    fence: int = big()
    number: int
    worker: str
    asked_first: bool = False
    started_at: datetime = moment()
    finished_at: datetime | None = moment(default=None)
    duration_ms: int | None = None
    outcome: str = ""
    error: str = ""
    exchanges: list[Any] = document(default_factory=list)


class AttemptOriginal(PersonalRow, SQLModel, table=True):
    """What an attempt sent and was answered, with personal data: sealed, and deleted after `kept_until`.

    `exchanges` is compressed JSON: [{url, request, response}], one for each of the attempt's, null where the masked one
    says it all. Secrets are masked in it too.
    """

    __tablename__ = "attempt_originals"
    __table_args__ = (UniqueConstraint("step_id", "fence"),)
    personal_columns: ClassVar[tuple[str, ...]] = ("exchanges",)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    step_id: int = big("steps.id")
    fence: int = big()
    exchanges: Sealed | None = Field(default=None, sa_type=PersonalData)
    kept_until: datetime = moment(index=True)


class Worker(SQLModel, table=True):
    """A worker process that lives, with the moment of its last sweep (database clock)."""

    __tablename__ = "workers"

    id: str = Field(primary_key=True)
    started_at: datetime = moment()
    last_sweep_at: datetime = moment()


class Breaker(SQLModel, table=True):
    """Whether a provider is down, for all processes; moments are on the database's clock.

    `failures` in a row since its last answer, of at least `orders` different orders. `next_probe_at`: when the next step
    may ask whether it is back; while one does (`probe_step_id`), the moment after which that one counts as lost.
    """

    __tablename__ = "breakers"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(str(state)) for state in BreakerState)})", name="state"),
        CheckConstraint("(state = 'closed') = (next_probe_at is null)", name="only_an_open_one_probes"),
    )

    provider: str = Field(primary_key=True)
    state: str = BreakerState.CLOSED
    failures: int = 0
    orders: int = 0
    last_order_id: int | None = big(default=None)
    failed_probes: int = 0
    probe_step_id: int | None = big(default=None)
    opened_at: datetime | None = moment(default=None)
    next_probe_at: datetime | None = moment(default=None)
    closed_at: datetime | None = moment(default=None)


class Sending(SQLModel, table=True):
    """One row: whether anything is sent to the outside, and the last time the database was restored from a backup.

    `epoch` counts those times. Orders up to `last_order_id` were in the backup; between `lost_from`, the last sign of life
    in it, and `restored_at` anything may have happened outside that is not written here. `pulse` rises while workers run,
    so that a database which has gone back is noticed; `installation` is a name that travels with the data.
    """

    __tablename__ = "sending"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("epoch = 0 or (lost_from is not null and restored_at is not null)", name="a_restore_has_dates"),
    )

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    installation: str = ""
    pulse: int = big(default=0)
    epoch: int = 0
    last_order_id: int = big(default=0)
    cause: str = ""
    lost_from: datetime | None = moment(default=None)
    restored_at: datetime | None = moment(default=None)
    paused_at: datetime | None = moment(default=None)
