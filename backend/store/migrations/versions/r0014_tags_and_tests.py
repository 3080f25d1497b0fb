"""The index of tags covers every order, so that its statistics are right, and test orders have one of their own.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_orders_tags", table_name="orders")
    op.create_index("ix_orders_tags", "orders", ["tags"], postgresql_using="gin")
    op.create_index("ix_orders_test", "orders", ["placed_at", "id"], postgresql_where=sa.text("test"))
