"""One breaker per provider, shared by all processes.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breakers",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("last_order_id", sa.BigInteger(), nullable=True),
        sa.Column("failed_probes", sa.Integer(), nullable=False),
        sa.Column("probe_step_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('closed', 'open', 'probing')", name=op.f("ck_breakers_state")),
        sa.CheckConstraint(
            "(state = 'closed') = (next_probe_at is null)", name=op.f("ck_breakers_only_an_open_one_probes")
        ),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_breakers")),
    )
