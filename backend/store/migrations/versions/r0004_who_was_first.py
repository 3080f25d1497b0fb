"""What outdated a decision, and how many pieces of a line went back to stock.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timeline", sa.Column("order_version", sa.Integer(), nullable=True))
    op.add_column("reservations", sa.Column("returned", sa.Integer(), nullable=False, server_default="0"))
    op.execute("update reservations set returned = quantity where state = 'returned'")
    op.create_check_constraint(
        op.f("ck_reservations_returned"), "reservations", "returned >= 0 and returned <= quantity"
    )
