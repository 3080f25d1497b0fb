"""The held queue reads one small table of held orders, and holds are grouped by causes with a key and a label.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from backend.domain.clusters import cluster_of
from backend.domain.holds import HoldKind, HoldSource

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ON_OPENING = """
create function holdfast_order_is_held() returns trigger language plpgsql as $$
begin
    insert into held_orders (order_id, hold_id, held_at, currency, total_minor)
    select new.order_id, new.id, new.placed_at, currency, total_minor from orders where id = new.order_id
    on conflict (order_id) do update set hold_id = excluded.hold_id, held_at = excluded.held_at
    where excluded.hold_id <= held_orders.hold_id;
    return null;
end $$
"""

ON_CLOSING = """
create function holdfast_order_is_less_held() returns trigger language plpgsql as $$
declare
    oldest holds;
begin
    select * into oldest from holds where order_id = old.order_id and closed_at is null order by id limit 1;
    if found then
        update held_orders set hold_id = oldest.id, held_at = oldest.placed_at
        where order_id = old.order_id and hold_id = old.id;
    else
        delete from held_orders where order_id = old.order_id;
    end if;
    return null;
end $$
"""

TRIGGERS = (
    "create trigger order_is_held after insert or update of placed_at on holds for each row "
    "when (new.closed_at is null) execute function holdfast_order_is_held()",
    "create trigger order_is_less_held after update of closed_at on holds for each row "
    "when (old.closed_at is null and new.closed_at is not null) execute function holdfast_order_is_less_held()",
    "create trigger hold_is_gone after delete on holds for each row "
    "when (old.closed_at is null) execute function holdfast_order_is_less_held()",
)


def upgrade() -> None:
    op.create_table(
        "held_orders",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_held_orders_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_held_orders")),
    )
    op.create_index("ix_held_orders_held_at_order_id", "held_orders", ["held_at", "order_id"])
    op.create_index("ix_held_orders_total_minor_order_id", "held_orders", ["total_minor", "order_id"])
    op.execute(
        "insert into held_orders (order_id, hold_id, held_at, currency, total_minor) "
        "select distinct on (holds.order_id) holds.order_id, holds.id, holds.placed_at, orders.currency, orders.total_minor "
        "from holds join orders on orders.id = holds.order_id where holds.closed_at is null order by holds.order_id, holds.id"
    )
    op.add_column("holds", sa.Column("cluster_label", sa.String(), nullable=False, server_default=""))
    _fill_clusters()
    for statement in (ON_OPENING, ON_CLOSING, *TRIGGERS):
        op.execute(statement)


def _fill_clusters() -> None:
    """The cause of every hold there is, by the rule that names it from now on; once per distinct message."""
    connection = op.get_bind()
    found = connection.execute(sa.text("select distinct kind, provider, reason, source from holds")).all()
    if not found:
        return
    connection.execute(
        sa.text(
            "create temporary table causes (kind text, provider text, reason text, source text, cluster text, label text) "
            "on commit drop"
        )
    )
    rows = []
    for kind, provider, reason, source in found:
        cause = cluster_of(HoldKind(kind), provider, reason, HoldSource(source))
        rows.append(
            {
                "kind": kind,
                "provider": provider,
                "reason": reason,
                "source": source,
                "key": cause.key,
                "label": cause.label,
            }
        )
    connection.execute(sa.text("insert into causes values (:kind, :provider, :reason, :source, :key, :label)"), rows)
    connection.execute(sa.text("analyze causes"))
    connection.execute(
        sa.text(
            "update holds set cluster = causes.cluster, cluster_label = causes.label from causes where "
            "(holds.kind, holds.provider, holds.reason, holds.source) = "
            "(causes.kind, causes.provider, causes.reason, causes.source)"
        )
    )
