"""Indexes that searches of the orders list need, and views that people save.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_orders_external_number", table_name="orders")
    op.create_index(
        "ix_orders_external_number",
        "orders",
        ["external_number"],
        postgresql_ops={"external_number": "text_pattern_ops"},
    )
    op.create_index(
        "ix_orders_payment_status_placed_at_id",
        "orders",
        ["payment_status", "placed_at", "id"],
        postgresql_where=sa.text("payment_status <> 'paid'"),
    )
    op.create_index(
        "ix_orders_shipping_status_placed_at_id",
        "orders",
        ["shipping_status", "placed_at", "id"],
        postgresql_where=sa.text("shipping_status <> 'delivered'"),
    )
    op.create_index("ix_orders_currency_total_minor_id", "orders", ["currency", "total_minor", "id"])
    op.create_index(
        "ix_orders_delivered_at", "orders", ["delivered_at"], postgresql_where=sa.text("delivered_at is not null")
    )
    op.create_index(
        "ix_orders_tags", "orders", ["tags"], postgresql_using="gin", postgresql_where=sa.text("tags <> '{}'")
    )
    op.create_index("ix_steps_parked", "steps", ["kind", "order_id"], postgresql_where=sa.text("state = 'parked'"))
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("page in ('orders', 'held')", name=op.f("ck_saved_views_page")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_saved_views_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner_id", "page", "name", name=op.f("uq_saved_views_owner_id_page_name")),
    )
    op.create_index("ix_saved_views_shared_page", "saved_views", ["page"], postgresql_where=sa.text("shared"))
    op.execute(  # a tag is written in small letters from now on, so that a search for it finds it however it was typed
        "update orders set tags = array(select distinct lower(btrim(tag)) from unnest(tags) tag where btrim(tag) <> '' "
        "order by 1) where tags <> '{}' and tags::text <> lower(tags::text)"
    )
