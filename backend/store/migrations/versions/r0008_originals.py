"""What attempts said with personal data in it is kept sealed, for a limited time, for who asks to see it.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from backend.store.personal import PersonalData
from backend.store.tables.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt_originals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("exchanges", PersonalData(), nullable=True),
        sa.Column("kept_until", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name=op.f("fk_attempt_originals_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_originals")),
        sa.UniqueConstraint("step_id", "fence", name=op.f("uq_attempt_originals_step_id_fence")),
    )
    op.create_index(op.f("ix_attempt_originals_kept_until"), "attempt_originals", ["kept_until"], unique=False)
