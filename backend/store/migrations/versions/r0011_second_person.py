"""Requests for a second person and the refunds that came of them; whose an API token is, and where a session is.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("preview", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_by_name", sa.String(), nullable=False),
        sa.Column("requested_party", sa.String(), nullable=False),
        sa.Column("requested_role", sa.String(), nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_name", sa.String(), nullable=False),
        sa.Column("decided_party", sa.String(), nullable=False),
        sa.Column("decided_reason", sa.String(), nullable=False),
        sa.Column("decided_at", moment, nullable=True),
        sa.CheckConstraint("action in ('refund', 'cancel', 'release')", name=op.f("ck_approvals_action")),
        sa.CheckConstraint(
            "state in ('pending', 'approved', 'declined', 'withdrawn', 'expired')", name=op.f("ck_approvals_state")
        ),
        sa.CheckConstraint("(state = 'pending') = (decided_at is null)", name=op.f("ck_approvals_decided_some_time")),
        sa.CheckConstraint(
            "state not in ('approved', 'declined') or decided_party <> requested_party",
            name=op.f("ck_approvals_two_people"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_approvals_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("token", name=op.f("uq_approvals_token")),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "uq_approvals_one_pending", "approvals", ["order_id", "action"], unique=True, postgresql_where=pending
    )
    op.create_index("ix_approvals_pending", "approvals", ["expires_at"], postgresql_where=pending)
    op.create_index(
        "ix_approvals_decided_at", "approvals", ["decided_at", "id"], postgresql_where=sa.text("state <> 'pending'")
    )
    op.create_index("ix_approvals_order_id", "approvals", ["order_id"])
    op.add_column("refunds", sa.Column("approval_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_refunds_approval_id"), "refunds", "approvals", ["approval_id"], ["id"])
    op.add_column("api_tokens", sa.Column("user_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_api_tokens_user_id"), "api_tokens", "users", ["user_id"], ["id"])
    for name in ("address", "browser"):
        op.add_column("sessions", sa.Column(name, sa.String(), server_default="", nullable=False))
