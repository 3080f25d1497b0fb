"""What the database itself refuses, whatever the code above it does."""

from typing import Any

import psycopg
import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.clusters import Cluster
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import SYSTEM
from backend.services.run import in_unit_of_work
from backend.store import holds, inbox
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import created, discount, new_order, stocked


@pytest.fixture
def order(database: Database) -> Order:
    stocked("LNT-STR-BRS", 10)
    return created(new_order(discounts=[discount()]))


def copied(table: str, **changes: str) -> str:
    """A statement that inserts a copy of a table's first row, with some columns changed (SQL expressions)."""
    values = ", ".join(f"'{column}', {value}" for column, value in changes.items())
    return (
        f"insert into {table} "
        f"select (jsonb_populate_record(null::{table}, to_jsonb(t) || jsonb_build_object({values}))).* "
        f"from (select * from {table} order by 1 limit 1) as t"
    )


def refused(database: Database, statement: str, kind: type[Exception], words: str) -> None:
    """The statement fails as expected, and changes nothing."""
    before = snapshot(database)
    with pytest.raises(kind, match=words):
        database.execute(statement)
    assert snapshot(database) == before


def snapshot(database: Database) -> list[tuple[Any, ...]]:
    tables = ("orders", "steps", "payment_entries", "payment_totals", "holds", "invoices", "inventory", "reservations")
    return [row for table in tables for row in database.execute(f"select t::text from {table} t order by 1")]


def test_one_order_per_channel_and_external_id(database: Database, order: Order) -> None:
    statement = copied("orders", id="(select max(id) + 1 from orders)", number="'ORD-20260131-99999'")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_orders_channel_external_id")


def test_the_same_external_id_in_another_channel_is_another_order(database: Database, order: Order) -> None:
    database.execute(
        copied("orders", id="(select max(id) + 1 from orders)", number="'ORD-20260131-99999'", channel="'other'")
    )
    assert database.execute("select count(*) from orders") == [(2,)]


def test_an_order_number_is_given_once(database: Database, order: Order) -> None:
    statement = copied("orders", id="(select max(id) + 1 from orders)", external_id="'another'")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_orders_number")


ORDER_RULES = (
    ("status", "'lost'", "ck_orders_status"),
    ("payment_status", "'maybe'", "ck_orders_payment_status"),
    ("shipping_status", "'somewhere'", "ck_orders_shipping_status"),
    ("payment_mode", "'barter'", "ck_orders_payment_mode"),
    ("currency", "'eur'", "ck_orders_currency"),
    ("number", "'ORD-1'", "ck_orders_number"),
    ("total_minor", "-1", "ck_orders_amounts"),
    ("tax_minor", "-1", "ck_orders_amounts"),
)
LINE_RULES = (
    ("quantity", "0", "ck_order_items_quantity"),
    ("unit_price_minor", "-1", "ck_order_items_amounts"),
    ("total_minor", "total_minor + 1", "ck_order_items_total"),
    ("discount_minor", "1", "ck_order_items_total"),
)


def test_orders_and_lines_take_only_words_and_amounts_that_make_sense(database: Database, order: Order) -> None:
    for table, rules in (("orders", ORDER_RULES), ("order_items", LINE_RULES)):
        for column, value, constraint in rules:
            refused(
                database,
                f"update {table} set {column} = {value}",
                psycopg.errors.CheckViolation,
                constraint,
            )


def test_one_inbox_row_per_provider_and_event(database: Database) -> None:
    def record(session: Session, event_id: str, provider: str) -> tuple[object, bool]:
        return inbox.record_once(
            session, area="channels", provider=provider, event_id=event_id, topic="t", headers={}, body=b"{}",
            body_hash="h", at=clock.now(),
        )  # fmt: skip

    first, new = in_unit_of_work(record, "e1", "stripe")
    again, new_again = in_unit_of_work(record, "e1", "stripe")
    assert (new, new_again, again) == (True, False, first)
    assert in_unit_of_work(record, "e1", "shopify")[1] is True
    assert database.execute("select provider, duplicates from inbox order by provider") == [
        ("shopify", 0),
        ("stripe", 1),
    ]
    statement = copied("inbox", id="gen_random_uuid()")
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_inbox_provider_event_id"):
        database.execute(statement)


def test_a_step_key_is_given_once(database: Database, order: Order) -> None:
    statement = copied("steps", id="(select max(id) + 1 from steps)", subject="'x'", state="'done'")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_steps_key")


def test_a_generation_of_a_step_exists_once(database: Database, order: Order) -> None:
    statement = copied("steps", id="(select max(id) + 1 from steps)", key="'another'", state="'done'")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_steps_order_id_kind_subject_generation")


def test_an_order_has_one_active_step_of_a_kind_and_an_ended_one_makes_room_for_the_next(
    database: Database, order: Order
) -> None:
    def next_one(state: str) -> str:
        return copied(
            "steps", id="(select max(id) + 1 from steps)", key="'another'", generation="2", state=f"'{state}'"
        )

    for state in ("ready", "running", "held", "waiting"):
        refused(database, next_one(state), psycopg.errors.UniqueViolation, "uq_steps_one_active")
    for state in ("done", "parked", "cancelled"):
        database.execute("update steps set state = %s where generation = 1", (state,))
        database.execute(next_one("ready"))
        assert database.execute("select count(*) from steps") == [(2,)]
        database.execute("delete from steps where generation = 2")


def entry(kind: str, amount: int, reference: str) -> str:
    return (
        "insert into payment_entries (order_id, kind, amount_minor, currency, provider, reference, step_key, detail, "
        f"occurred_at, recorded_at) select id, '{kind}', {amount}, 'EUR', 'stripe', '{reference}', '', '', now(), "
        "now() from orders"
    )


def test_nothing_can_be_paid_back_beyond_what_was_captured(database: Database, order: Order) -> None:
    refused(database, entry("refunded", 1, "r0"), psycopg.errors.CheckViolation, "refunded_at_most_captured")
    database.execute(entry("captured", 1000, "c1"))
    database.execute(entry("refunded", 600, "r1"))
    refused(database, entry("refunded", 401, "r2"), psycopg.errors.CheckViolation, "refunded_at_most_captured")
    database.execute(entry("refunded", 400, "r3"))
    assert database.execute("select captured_minor, refunded_minor from payment_totals") == [(1000, 1000)]


def test_two_people_who_refund_at_once_cannot_pay_back_too_much(database: Database, order: Order) -> None:
    database.execute(entry("captured", 1000, "c1"))
    with psycopg.connect(database.url) as one, psycopg.connect(database.url) as two:
        one.execute(entry("refunded", 700, "r1"))
        two.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            two.execute(entry("refunded", 700, "r2"))
        two.rollback()
        one.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match="refunded_at_most_captured"):
            two.execute(entry("refunded", 700, "r2"))
    assert database.execute("select captured_minor, refunded_minor from payment_totals") == [(1000, 700)]


def test_one_fact_of_a_provider_is_one_entry(database: Database, order: Order) -> None:
    database.execute(entry("captured", 1000, "c1"))
    refused(
        database, entry("captured", 1000, "c1"), psycopg.errors.UniqueViolation, "uq_payment_entries_provider_reference"
    )


def test_an_entry_has_a_known_kind_and_no_negative_amount(database: Database, order: Order) -> None:
    refused(database, entry("captured", -1, "c9"), psycopg.errors.CheckViolation, "ck_payment_entries_amount")
    refused(database, entry("given", 1, "c9"), psycopg.errors.CheckViolation, "ck_payment_entries_kind")


def place_hold(session: Session, order_id: int, kind: HoldKind) -> int | None:
    return holds.place(
        session,
        order_id,
        kind,
        "Because.",
        source=HoldSource.CHECK,
        cluster=Cluster("c", ""),
        actor=SYSTEM,
        at=clock.now(),
    )


def test_an_order_has_one_open_hold_of_a_kind(database: Database, order: Order) -> None:
    first = in_unit_of_work(place_hold, order.id, HoldKind.FRAUD_RISK)
    assert first is not None
    assert in_unit_of_work(place_hold, order.id, HoldKind.FRAUD_RISK) is None
    assert in_unit_of_work(place_hold, order.id, HoldKind.PO_BOX) is not None
    statement = copied("holds", id="(select max(id) + 1 from holds)")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_holds_one_open_of_a_kind")
    database.execute("update holds set closed_at = now(), closed_by = 'user:1' where id = %s", (first,))
    assert in_unit_of_work(place_hold, order.id, HoldKind.FRAUD_RISK) not in (None, first)


def test_a_closed_hold_names_who_closed_it(database: Database, order: Order) -> None:
    in_unit_of_work(place_hold, order.id, HoldKind.FRAUD_RISK)
    for statement in ("update holds set closed_at = now()", "update holds set closed_by = 'user:1'"):
        refused(database, statement, psycopg.errors.CheckViolation, "closed_by_somebody")


@pytest.mark.parametrize("change", ["reserved = on_hand + 1", "reserved = -1", "on_hand = reserved - 1"])
def test_no_more_can_be_reserved_than_lies_on_the_shelf(database: Database, order: Order, change: str) -> None:
    refused(database, f"update inventory set {change}", psycopg.errors.CheckViolation, "reserved_at_most_on_hand")


def test_a_line_is_reserved_once(database: Database, order: Order) -> None:
    statement = copied("reservations", id="(select max(id) + 1 from reservations)")
    refused(database, statement, psycopg.errors.UniqueViolation, "uq_reservations_order_item_id")


APPEND_ONLY = (
    "payment_entries",
    "timeline",
    "audit",
    "stock_movements",
    "tracking_scans",
    "pricing_snapshots",
    "discount_snapshots",
)


def _fill(database: Database, order: Order) -> None:
    database.execute(
        "insert into audit (at, actor_id, actor_name, actor_role, action, reason, details) "
        "values (now(), 'user:1', 'A', 'admin', 'x', '', '{}')"
    )
    database.execute(
        "with shipment as (insert into shipments (order_id, key, state, provider, reference, carrier, service, "
        "cost_minor, cost_currency, created_at) values (%s, 'k', 'labelled', 'p', 'r', '', '', 0, '', now()) "
        "returning id), parcel as (insert into parcels (shipment_id, order_id, provider, tracking_number, "
        "tracking_url, label_url, grams, status, updated_at) "
        "select id, %s, 'p', 't', '', '', 0, 'label_created', now() from shipment returning id) "
        "insert into tracking_scans (parcel_id, provider, event_id, status, provider_status, description, location, "
        "occurred_at, recorded_at) select id, 'p', 'e', 'accepted', 'AC', '', '', now(), now() from parcel",
        (order.id, order.id),
    )


def test_history_can_be_added_to_and_never_changed(database: Database, order: Order) -> None:
    _fill(database, order)
    for table in APPEND_ONLY:
        kept = database.execute(f"select t::text from {table} t")
        assert len(kept) >= 1
        for statement, word in (
            (f"update {table} set id = id", "update"),
            (f"delete from {table}", "delete"),
            (f"truncate {table} cascade", "truncate"),
        ):
            with pytest.raises(psycopg.errors.IntegrityError, match=f"{table} is append-only: {word} refused"):
                database.execute(statement)
        assert database.execute(f"select t::text from {table} t") == kept


def test_every_change_staff_can_see_is_told_to_listeners(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute("listen holdfast_orders")
        order = created()
        told = {notify.payload for notify in listener.notifies(timeout=5, stop_after=1)}
    assert told == {str(order.id)}


def test_a_naive_time_is_refused_before_it_reaches_the_database(database: Database, order: Order) -> None:
    def write(session: Session) -> None:
        found = session.get(Order, order.id)
        assert found is not None
        found.shipped_at = clock.now().replace(tzinfo=None)
        session.add(found)

    with pytest.raises(Exception, match="a naive datetime cannot be stored"):
        in_unit_of_work(write)
    assert database.execute("select shipped_at from orders") == [(None,)]


def test_customers_are_known_once_per_channel(database: Database) -> None:
    created()
    statement = copied("customers", id="gen_random_uuid()")
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_customers_channel_external_id"):
        database.execute(statement)
