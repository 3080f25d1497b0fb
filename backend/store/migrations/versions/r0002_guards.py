"""What the database itself enforces: append-only facts, money that adds up, numbers without gaps, news for listeners.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "payment_entries",
    "timeline",
    "audit",
    "stock_movements",
    "tracking_scans",
    "pricing_snapshots",
    "discount_snapshots",
)

APPEND_ONLY_FUNCTION = """
create function holdfast_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'integrity_constraint_violation';
end $$
"""

PAYMENT_TOTALS = """
create function holdfast_sum_payments() returns trigger language plpgsql as $$
begin
    if new.kind in ('captured', 'refunded') then
        -- Not an upsert: the check would already refuse the row proposed for insertion, which knows one side only.
        insert into payment_totals (order_id, captured_minor, refunded_minor) values (new.order_id, 0, 0)
        on conflict (order_id) do nothing;
        update payment_totals set
            captured_minor = captured_minor + case when new.kind = 'captured' then new.amount_minor else 0 end,
            refunded_minor = refunded_minor + case when new.kind = 'refunded' then new.amount_minor else 0 end
        where order_id = new.order_id;
    end if;
    return null;
end $$
"""

INVOICE_NUMBERS = """
create function holdfast_number_invoice() returns trigger language plpgsql as $$
begin
    insert into number_series as taken (series, last) values (new.series, 1)
    on conflict (series) do update set last = taken.last + 1
    returning taken.last into new.sequence;
    new.number := new.series || '-' || lpad(new.sequence::text, 6, '0');
    return new;
end $$
"""

INVOICE_FROZEN = """
create function holdfast_keep_invoice() returns trigger language plpgsql as $$
begin
    if tg_op in ('DELETE', 'TRUNCATE') then
        raise exception 'an invoice number, once given, stays: % refused', lower(tg_op)
            using errcode = 'integrity_constraint_violation';
    end if;
    if (new.order_id, new.kind, new.series, new.sequence, new.number, new.date, new.currency, new.total_minor)
        is distinct from
       (old.order_id, old.kind, old.series, old.sequence, old.number, old.date, old.currency, old.total_minor) then
        raise exception 'an invoice keeps its number, date and amount: update refused'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$
"""

NEWS = """
create function holdfast_tell_listeners() returns trigger language plpgsql as $$
begin
    perform pg_notify('holdfast_orders', new.order_id::text);
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(APPEND_ONLY_FUNCTION)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table} "
            "for each row execute function holdfast_refuse_change()"
        )
        op.execute(
            f"create trigger append_only_whole before truncate on {table} "
            "for each statement execute function holdfast_refuse_change()"
        )
    op.execute(PAYMENT_TOTALS)
    op.execute(
        "create trigger sum_payments after insert on payment_entries for each row execute function holdfast_sum_payments()"
    )
    op.execute(INVOICE_NUMBERS)
    op.execute(
        "create trigger number_invoice before insert on invoices for each row execute function holdfast_number_invoice()"
    )
    op.execute(INVOICE_FROZEN)
    op.execute(
        "create trigger keep_invoice before update or delete on invoices for each row execute function holdfast_keep_invoice()"
    )
    op.execute(
        "create trigger keep_invoices before truncate on invoices for each statement execute function holdfast_keep_invoice()"
    )
    op.execute(NEWS)
    op.execute(
        "create trigger tell_listeners after insert on timeline for each row execute function holdfast_tell_listeners()"
    )
