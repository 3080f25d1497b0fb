"""Steps that failed and were not run again are counted from two small indexes.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_steps_parked", table_name="steps")
    op.create_index(
        "ix_steps_parked",
        "steps",
        ["order_id", "kind", "subject", "generation"],
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_steps_run_again",
        "steps",
        ["order_id", "kind", "subject", "generation"],
        postgresql_where=sa.text("generation > 1"),
    )
