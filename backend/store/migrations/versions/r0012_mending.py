"""What people mend: data of held orders, the shop's item numbers, messages in quarantine, and decisions known again.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# As `domain.quarantine.cause` says it, for what lies there already.
CAUSES = """
update inbox set cause = left(
    regexp_replace(
        regexp_replace(problems ->> 0, '''[^'']*''|"[^"]*"|“[^”]*”', '…', 'g'), '[0-9][0-9.,:-]*', '#', 'g'
    ), 160)
where verdict = 'quarantined' and jsonb_array_length(problems) > 0
"""


def upgrade() -> None:
    _held_orders()
    _quarantine()


def _held_orders() -> None:
    op.add_column("addresses", sa.Column("tax_id", sa.LargeBinary(), nullable=True))
    op.add_column("order_items", sa.Column("channel_sku", sa.String(), nullable=False, server_default=""))
    op.add_column("holds", sa.Column("facts_token", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_holds_decided",
        "holds",
        ["kind", "facts_token"],
        postgresql_where=sa.text("facts_token is not null and closed_how = 'released'"),
    )
    op.create_table(
        "sku_aliases",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("channel_sku", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "channel_sku", name=op.f("pk_sku_aliases")),
    )
    op.create_table(
        "order_amendments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("fix", sa.String(), nullable=False),
        sa.Column("changes", sa.LargeBinary(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_amendments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_amendments")),
    )
    op.create_index("ix_order_amendments_order_id", "order_amendments", ["order_id"])


def _quarantine() -> None:
    op.add_column("inbox", sa.Column("cause", sa.String(), nullable=False, server_default=""))
    op.add_column("inbox", sa.Column("decisions", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("inbox", sa.Column("mended", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(CAUSES)
    op.create_index("ix_inbox_discarded", "inbox", ["received_at"], postgresql_where=sa.text("verdict = 'discarded'"))
    op.create_table(
        "inbox_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('mended', 'replayed', 'discarded', 'restored')", name=op.f("ck_inbox_decisions_kind")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbox.id"], name=op.f("fk_inbox_decisions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_decisions")),
        sa.UniqueConstraint("message_id", "serial", name=op.f("uq_inbox_decisions_message_id_serial")),
    )
