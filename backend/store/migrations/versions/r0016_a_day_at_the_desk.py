"""One notice for a whole bulk run, and what each role begins the day with found by an index.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("desk_notices", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.add_column("desk_notices", sa.Column("orders", sa.Integer(), nullable=False, server_default="1"))
    op.create_foreign_key(op.f("fk_desk_notices_run_id"), "desk_notices", "bulk_runs", ["run_id"], ["id"])
    op.create_index(
        "uq_desk_notices_one_of_a_run",
        "desk_notices",
        ["user_id", "run_id", "kind"],
        unique=True,
        postgresql_where=sa.text("run_id is not null"),
    )
    op.create_index(
        "ix_desk_work_woken_at", "desk_work", ["woken_at"], postgresql_where=sa.text("held and woken_at is not null")
    )
    op.create_index("ix_holds_placed_at", "holds", ["placed_at"])
    op.create_index("ix_holds_closed_at", "holds", ["closed_at"], postgresql_where=sa.text("closed_at is not null"))
    op.create_index("ix_refunds_failed", "refunds", ["order_id"], postgresql_where=sa.text("state = 'failed'"))
