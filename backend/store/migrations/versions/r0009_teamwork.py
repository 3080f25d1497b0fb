"""Working together on held orders: whose they are, what they wait for and when they are due; notices, and who looks.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
DUE = sa.text("held and snoozed_at is null")


def _note_columns() -> None:
    op.add_column("notes", sa.Column("from_customer", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("notes", sa.Column("edited_at", TIME, nullable=True))
    op.create_table(
        "note_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_note_versions_note_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_versions")),
    )
    op.create_index("ix_note_versions_note_id_id", "note_versions", ["note_id", "id"])
    op.create_table(
        "note_mentions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_note_mentions_note_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_note_mentions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_mentions")),
        sa.UniqueConstraint("note_id", "user_id", name=op.f("uq_note_mentions_note_id_user_id")),
    )


def _work() -> None:
    op.create_table(
        "desk_work",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("open_holds", sa.Integer(), nullable=False),
        sa.Column("held_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("assigned_by", sa.String(), nullable=False),
        sa.Column("assigned_by_name", sa.String(), nullable=False),
        sa.Column("assigned_at", TIME, nullable=True),
        sa.Column("claim_until", TIME, nullable=True),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("turn_by", sa.String(), nullable=False),
        sa.Column("turn_provider", sa.String(), nullable=False),
        sa.Column("turn_at", TIME, nullable=False),
        sa.Column("spent_seconds", sa.BigInteger(), nullable=False),
        sa.Column("target_seconds", sa.BigInteger(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("risk_at", TIME, nullable=True),
        sa.Column("clock_key", sa.String(), nullable=False),
        sa.Column("snoozed_at", TIME, nullable=True),
        sa.Column("snooze_until", TIME, nullable=True),
        sa.Column("snooze_event", sa.String(), nullable=False),
        sa.Column("snooze_provider", sa.String(), nullable=False),
        sa.Column("snooze_seen", sa.BigInteger(), nullable=False),
        sa.Column("snoozed_by", sa.String(), nullable=False),
        sa.Column("snoozed_by_name", sa.String(), nullable=False),
        sa.Column("woken_at", TIME, nullable=True),
        sa.Column("woken_why", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("turn in ('us', 'customer', 'provider')", name=op.f("ck_desk_work_turn")),
        sa.CheckConstraint(
            "snooze_event in ('', 'payment', 'provider', 'answer', 'parcel')", name=op.f("ck_desk_work_snooze_event")
        ),
        sa.CheckConstraint(
            "held or (snoozed_at is null and due_at is null)", name=op.f("ck_desk_work_only_held_ones_wait")
        ),
        sa.CheckConstraint("(snoozed_at is null) = (snooze_until is null)", name=op.f("ck_desk_work_a_snooze_ends")),
        sa.CheckConstraint(
            "claim_until is null or assignee_id is not null", name=op.f("ck_desk_work_a_claim_is_somebodys")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_desk_work_order_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_desk_work_assignee_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_desk_work")),
    )
    op.create_index("ix_desk_work_due", "desk_work", ["due_at", "order_id"], postgresql_where=DUE)
    mine = sa.text("held and assignee_id is not null")
    op.create_index("ix_desk_work_assignee", "desk_work", ["assignee_id", "order_id"], postgresql_where=mine)
    snoozed = sa.text("snoozed_at is not null")
    op.create_index("ix_desk_work_snoozed", "desk_work", ["snooze_until"], postgresql_where=snoozed)
    claims = sa.text("claim_until is not null")
    op.create_index("ix_desk_work_claims", "desk_work", ["claim_until"], postgresql_where=claims)


def _people() -> None:
    op.create_table(
        "desk_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_notices_user_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_desk_notices_order_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_desk_notices_note_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_notices")),
    )
    op.create_index("ix_desk_notices_user_id_id", "desk_notices", ["user_id", "id"])
    unread = sa.text("read_at is null")
    op.create_index("ix_desk_notices_unread", "desk_notices", ["user_id"], postgresql_where=unread)
    op.create_table(
        "desk_viewers",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tab", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "user_id", "tab", name=op.f("pk_desk_viewers")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_desk_viewers_seen_at", "desk_viewers", ["seen_at"])


def upgrade() -> None:
    _note_columns()
    _work()
    _people()
