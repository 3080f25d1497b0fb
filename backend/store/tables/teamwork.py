"""Working together: who has a held order, what it waits for, when it is due; notices to people, and who looks at what."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.domain.hold_clock import Turn
from backend.domain.teamwork import SnoozeEvent
from backend.store.tables.base import big, identity, moment

_TURNS = ", ".join(repr(str(turn)) for turn in Turn)
_EVENTS = ", ".join(repr(str(event)) for event in SnoozeEvent)


class DeskWork(SQLModel, table=True):
    """The desk's side of an order: one row for each order that is held (`held`) or was held before.

    `held_at`: when the oldest of the `open_holds` was placed. A claim runs out at `claim_until`; an assignment has none.
    The clock: `spent_seconds` of business time were used up to `turn_at`; while it is our turn it runs, and `due_at` and
    `risk_at` say when it reaches the target, otherwise they are empty. `turn_by` names who set the turn by hand,
    `turn_provider` whom it waits for where that is known. `clock_key` says by which working hours and targets that was
    reckoned. While snoozed, `snooze_seen` is how much of the awaited kind had come before; `woken_why` says why the order
    is back. `version` rises with every act of a person.
    """

    __tablename__ = "desk_work"
    __table_args__ = (
        CheckConstraint(f"turn in ({_TURNS})", name="turn"),
        CheckConstraint(f"snooze_event in ('', {_EVENTS})", name="snooze_event"),
        CheckConstraint("held or (snoozed_at is null and due_at is null)", name="only_held_ones_wait"),
        CheckConstraint("(snoozed_at is null) = (snooze_until is null)", name="a_snooze_ends"),
        CheckConstraint("claim_until is null or assignee_id is not null", name="a_claim_is_somebodys"),
        Index(
            "ix_desk_work_due",
            "due_at",
            "order_id",
            postgresql_include=["risk_at"],
            postgresql_where="held and snoozed_at is null",
        ),
        Index("ix_desk_work_assignee", "assignee_id", "order_id", postgresql_where="held and assignee_id is not null"),
        Index("ix_desk_work_snoozed", "snooze_until", postgresql_where="snoozed_at is not null"),
        Index("ix_desk_work_snoozed_order_id", "order_id", postgresql_where="snoozed_at is not null"),
        Index("ix_desk_work_claims", "claim_until", postgresql_where="claim_until is not null"),
        Index("ix_desk_work_woken_at", "woken_at", postgresql_where="held and woken_at is not null"),
    )

    order_id: int = big("orders.id", primary_key=True, sa_column_kwargs={"autoincrement": False})
    held: bool = True
    open_holds: int = 0
    held_at: datetime = moment()
    ended_at: datetime | None = moment(default=None)
    assignee_id: int | None = big("users.id", default=None)
    assigned_by: str = ""
    assigned_by_name: str = ""
    assigned_at: datetime | None = moment(default=None)
    claim_until: datetime | None = moment(default=None)
    turn: str = Turn.US
    turn_by: str = ""
    turn_provider: str = ""
    turn_at: datetime = moment()
    spent_seconds: int = big(default=0)
    target_seconds: int = big(default=0)
    due_at: datetime | None = moment(default=None)
    risk_at: datetime | None = moment(default=None)
    clock_key: str = ""
    snoozed_at: datetime | None = moment(default=None)
    snooze_until: datetime | None = moment(default=None)
    snooze_event: str = ""
    snooze_provider: str = ""
    snooze_seen: int = big(default=0)
    snoozed_by: str = ""
    snoozed_by_name: str = ""
    woken_at: datetime | None = moment(default=None)
    woken_why: str = ""
    version: int = 1


class NoteVersion(SQLModel, table=True):
    """What a note said before its author changed it."""

    __tablename__ = "note_versions"
    __table_args__ = (Index("ix_note_versions_note_id_id", "note_id", "id"),)

    id: int = identity()
    note_id: int = big("notes.id")
    text: str
    public: bool = False
    until: datetime = moment()


class NoteMention(SQLModel, table=True):
    """A colleague who is named in a note."""

    __tablename__ = "note_mentions"
    __table_args__ = (UniqueConstraint("note_id", "user_id"),)

    id: int = identity()
    note_id: int = big("notes.id")
    user_id: int = big("users.id")


class DeskNotice(SQLModel, table=True):
    """Something that one person is told: a mention, an order given to them, a snooze that ended.

    A bulk run (`run_id`) tells it once for all its `orders`; `order_id` is the first of them.
    """

    __tablename__ = "desk_notices"
    __table_args__ = (
        Index("ix_desk_notices_user_id_id", "user_id", "id"),
        Index("ix_desk_notices_unread", "user_id", postgresql_where="read_at is null"),
        Index(
            "uq_desk_notices_one_of_a_run",
            "user_id",
            "run_id",
            "kind",
            unique=True,
            postgresql_where="run_id is not null",
        ),
    )

    id: int = identity()
    user_id: int = big("users.id")
    kind: str
    order_id: int = big("orders.id")
    note_id: int | None = big("notes.id", default=None)
    actor_name: str
    text: str
    run_id: int | None = big("bulk_runs.id", default=None)
    orders: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    at: datetime = moment()
    read_at: datetime | None = moment(default=None)


class DeskViewer(SQLModel, table=True):
    """A tab in which a person looks at an order now, by its last sign of life (database clock).

    Not logged: after a crash the tabs say again that they are there.
    """

    __tablename__ = "desk_viewers"
    __table_args__ = (Index("ix_desk_viewers_seen_at", "seen_at"), {"prefixes": ["UNLOGGED"]})

    order_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    user_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    tab: str = Field(primary_key=True)
    name: str
    seen_at: datetime = moment()
