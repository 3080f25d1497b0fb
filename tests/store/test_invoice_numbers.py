"""Invoice numbers: one series, no gap and no repeat, whatever happens to the transactions that take them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from sqlmodel import Session

from backend import clock
from backend.services.run import in_unit_of_work
from backend.store.db import unit_of_work
from backend.store.tables import Invoice, Order
from tests.conftest import Database
from tests.factories import created


class CalledOff(Exception):
    """The transaction is to be rolled back."""


def invoice(order: Order, series: str = "INV") -> Invoice:
    return Invoice(
        order_id=order.id, kind="invoice", series=series, date=date(2026, 1, 31), currency="EUR",
        total_minor=order.total_minor, created_at=clock.now(),
    )  # fmt: skip


def take(session: Session, order: Order, series: str = "INV") -> str:
    row = invoice(order, series)
    session.add(row)
    session.flush()
    session.refresh(row)
    return str(row.number)


def test_the_database_gives_the_number_whatever_the_code_says(database: Database) -> None:
    order = created()

    def cheat(session: Session) -> str:
        row = invoice(order)
        row.sequence, row.number = 99, "INV-000099"
        session.add(row)
        session.flush()
        session.refresh(row)
        return str(row.number)

    assert in_unit_of_work(cheat) == "INV-000001"


def test_twenty_at_once_with_every_third_called_off_leave_no_gap(database: Database) -> None:
    orders = [created() for _ in range(20)]
    together = threading.Barrier(20)

    def attempt(index: int) -> str | None:
        together.wait(10)
        try:
            with unit_of_work() as session:
                number = take(session, orders[index])
                if index % 3 == 0:
                    raise CalledOff
                return number
        except CalledOff:
            return None

    with ThreadPoolExecutor(20) as pool:
        numbers = [number for number in pool.map(attempt, range(20)) if number]

    assert len(numbers) == 13
    assert sorted(numbers) == [f"INV-{place:06d}" for place in range(1, 14)]
    assert database.execute("select sequence from invoices order by 1") == [(place,) for place in range(1, 14)]
    assert database.execute("select series, last from number_series") == [("INV", 13)]


def test_each_series_counts_for_itself(database: Database) -> None:
    one, two, three = created(), created(), created()
    assert in_unit_of_work(take, one, "INV") == "INV-000001"
    assert in_unit_of_work(take, two, "DE26") == "DE26-000001"
    assert in_unit_of_work(take, three, "INV") == "INV-000002"


def test_an_order_has_one_invoice(database: Database) -> None:
    order = created()
    in_unit_of_work(take, order)
    with pytest.raises(Exception, match="uq_invoices_one_invoice_per_order"):
        in_unit_of_work(take, order)
    assert in_unit_of_work(take, created()) == "INV-000002"


def test_an_issued_number_keeps_its_date_and_amount_and_is_never_deleted(database: Database) -> None:
    in_unit_of_work(take, created())
    before = database.execute("select i::text from invoices i")
    for change in (
        "number = 'INV-000007'",
        "sequence = 7",
        "series = 'X'",
        "date = date '2026-02-01'",
        "total_minor = total_minor + 1",
        "currency = 'USD'",
        "kind = 'credit_note', refund_id = 1",
    ):
        with pytest.raises(psycopg.errors.IntegrityError, match="an invoice keeps its number, date and amount"):
            database.execute(f"update invoices set {change}")
    for statement in ("delete from invoices", "truncate invoices", "truncate invoices cascade"):
        with pytest.raises(psycopg.errors.IntegrityError, match="an invoice number, once given, stays"):
            database.execute(statement)
    assert database.execute("select i::text from invoices i") == before


def test_what_is_learnt_later_may_be_added(database: Database) -> None:
    in_unit_of_work(take, created())
    database.execute("update invoices set reference = 'abc', issued_at = now(), stored_at = now(), sent_at = now()")
    assert database.execute("select number, reference from invoices") == [("INV-000001", "abc")]


def test_a_credit_note_belongs_to_a_refund_and_an_invoice_does_not(database: Database) -> None:
    order = created()

    def write(session: Session, kind: str) -> None:
        row = invoice(order)
        row.kind = kind
        session.add(row)

    with pytest.raises(Exception, match="credit_note_has_refund"):
        in_unit_of_work(write, "credit_note")
    assert database.execute("select count(*) from invoices") == [(0,)]
