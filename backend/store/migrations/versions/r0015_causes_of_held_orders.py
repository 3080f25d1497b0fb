"""A held order's row knows its cause and how many holds are open, whoever opens and closes holds at the same moment.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Every statement of a function sees what was committed before that statement began. So the row is locked first, and the
# holds are looked at in a statement of their own: whoever had the lock has ended, and what they did to the holds counts.
ON_CHANGE = """
create function holdfast_keep_held_order() returns trigger language plpgsql as $$
declare
    changed bigint := case when tg_op = 'DELETE' then old.order_id else new.order_id end;
    oldest record;
begin
    if tg_op <> 'DELETE' and new.closed_at is null then
        insert into held_orders (order_id, hold_id, held_at, currency, total_minor, cluster, open_holds)
        select new.order_id, new.id, new.placed_at, currency, total_minor, new.cluster, 1
        from orders where id = new.order_id on conflict (order_id) do nothing;
    end if;
    perform 1 from held_orders where order_id = changed for update;
    select id, placed_at, cluster, count(*) over () as open_holds into oldest
    from holds where order_id = changed and closed_at is null order by id limit 1;
    if found then
        update held_orders
        set hold_id = oldest.id, held_at = oldest.placed_at, cluster = oldest.cluster, open_holds = oldest.open_holds
        where order_id = changed and (hold_id, held_at, cluster, open_holds)
            is distinct from (oldest.id, oldest.placed_at, oldest.cluster, oldest.open_holds);
    else
        delete from held_orders where order_id = changed;
    end if;
    return null;
end $$
"""

TRIGGERS = (
    "create trigger order_is_held after insert or update of placed_at, cluster on holds for each row "
    "when (new.closed_at is null) execute function holdfast_keep_held_order()",
    "create trigger order_is_less_held after update of closed_at on holds for each row "
    "when ((old.closed_at is null) <> (new.closed_at is null)) execute function holdfast_keep_held_order()",
    "create trigger hold_is_gone after delete on holds for each row "
    "when (old.closed_at is null) execute function holdfast_keep_held_order()",
)
_BEFORE = ("order_is_held", "order_is_less_held", "hold_is_gone")


def upgrade() -> None:
    for name in _BEFORE:
        op.execute(f"drop trigger {name} on holds")
    op.execute("drop function holdfast_order_is_held()")
    op.execute("drop function holdfast_order_is_less_held()")
    op.add_column("held_orders", sa.Column("cluster", sa.String(), nullable=False, server_default=""))
    op.add_column("held_orders", sa.Column("open_holds", sa.Integer(), nullable=False, server_default="1"))
    op.execute(
        "update held_orders set cluster = oldest.cluster, open_holds = oldest.open_holds from ("
        "select distinct on (order_id) order_id, cluster, count(*) over (partition by order_id) as open_holds "
        "from holds where closed_at is null order by order_id, id) as oldest where oldest.order_id = held_orders.order_id"
    )
    for statement in (ON_CHANGE, *TRIGGERS):
        op.execute(statement)
    op.drop_index("ix_desk_work_due", table_name="desk_work")
    op.create_index(
        "ix_desk_work_due",
        "desk_work",
        ["due_at", "order_id"],
        postgresql_include=["risk_at"],
        postgresql_where=sa.text("held and snoozed_at is null"),
    )
    op.create_index(
        "ix_desk_work_snoozed_order_id", "desk_work", ["order_id"], postgresql_where=sa.text("snoozed_at is not null")
    )
