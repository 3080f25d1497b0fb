"""Whether anything is sent to the outside, and what is known since the database was last restored from a backup.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INVOICE_NUMBERS = """
create or replace function holdfast_number_invoice() returns trigger language plpgsql as $$
declare
    found_number text := nullif(current_setting('holdfast.found_number', true), '');
begin
    if found_number is null then
        insert into number_series as taken (series, last) values (new.series, 1)
        on conflict (series) do update set last = taken.last + 1
        returning taken.last into new.sequence;
    else  -- a document that is there already, found after the database was restored from a backup
        insert into number_series as taken (series, last) values (new.series, found_number::integer)
        on conflict (series) do update set last = greatest(taken.last, excluded.last);
        new.sequence := found_number::integer;
        perform set_config('holdfast.found_number', '', true);
    end if;
    new.number := new.series || '-' || lpad(new.sequence::text, 6, '0');
    return new;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "sending",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("installation", sa.String(), nullable=False),
        sa.Column("pulse", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("last_order_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("lost_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_sending_one_row")),
        sa.CheckConstraint(
            "epoch = 0 or (lost_from is not null and restored_at is not null)",
            name=op.f("ck_sending_a_restore_has_dates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending")),
    )
    op.execute("insert into sending (id, installation, pulse, epoch, last_order_id, cause) values (1, '', 0, 0, 0, '')")
    op.execute(INVOICE_NUMBERS)
