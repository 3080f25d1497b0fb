"""Disputes and refunds that come back are entries of their own, and totals are kept for each currency by itself.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = (
    "kind in ('authorized', 'captured', 'refunded', 'refund_failed', 'voided', 'failed', 'dispute_opened', "
    "'dispute_closed', 'chargeback', 'chargeback_reversed')"
)

PAYMENT_TOTALS = """
create or replace function holdfast_sum_payments() returns trigger language plpgsql as $$
begin
    if new.kind in ('captured', 'refunded', 'refund_failed') then
        -- Not an upsert: the check would already refuse the row proposed for insertion, which knows one side only.
        insert into payment_totals (order_id, currency, captured_minor, refunded_minor)
        values (new.order_id, new.currency, 0, 0) on conflict (order_id, currency) do nothing;
        update payment_totals set
            captured_minor = captured_minor + case when new.kind = 'captured' then new.amount_minor else 0 end,
            refunded_minor = refunded_minor + case new.kind
                when 'refunded' then new.amount_minor when 'refund_failed' then -new.amount_minor else 0 end
        where order_id = new.order_id and currency = new.currency;
    end if;
    return null;
end $$
"""

SUM_AGAIN = """
insert into payment_totals (order_id, currency, captured_minor, refunded_minor)
select order_id, currency, coalesce(sum(amount_minor) filter (where kind = 'captured'), 0),
       coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0)
from payment_entries where kind in ('captured', 'refunded') group by order_id, currency
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_payment_entries_kind"), "payment_entries", type_="check")
    op.create_check_constraint(op.f("ck_payment_entries_kind"), "payment_entries", KINDS)
    op.execute("delete from payment_totals")
    op.drop_constraint(op.f("pk_payment_totals"), "payment_totals", type_="primary")
    op.add_column("payment_totals", sa.Column("currency", sa.String(), nullable=False))
    op.create_primary_key(op.f("pk_payment_totals"), "payment_totals", ["order_id", "currency"])
    op.execute(PAYMENT_TOTALS)
    op.execute(SUM_AGAIN)
