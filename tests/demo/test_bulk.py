"""A load in bulk: the same for the same seed, all or nothing, and the database as strict afterwards as before."""

from dataclasses import replace
from typing import Any

import pytest

from backend.demo import makers
from backend.demo.loader import DemoData
from backend.demo.setup import Numbers
from backend.domain.errors import NotPossible
from backend.domain.permissions import Role
from backend.installation.doctor.database import check_keys
from backend.services import accounts
from backend.services.run import in_unit_of_work
from backend.store import db
from tests.conftest import Database, Server
from tests.demo.conftest import END, MANY, config
from tests.demo.test_loading import Stopped, everything
from tests.factories import created

pytestmark = pytest.mark.timeout(400)  # a busy machine makes twenty thousand orders at its own pace

FEW = replace(MANY, orders=1_000, held=40)
SHAPE = (
    "select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), convalidated from pg_constraint "
    "where connamespace = 'public'::regnamespace",
    "select indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, indisready::text from pg_index "
    "join pg_class on pg_class.oid = indrelid where relnamespace = 'public'::regnamespace",
    "select tgrelid::regclass::text, tgname::text, tgenabled::text, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
)


def shape(database: Database) -> list[set[tuple[Any, ...]]]:
    """Every constraint, index and trigger as the database describes it."""
    return [set(database.execute(statement)) for statement in SHAPE]


def load(**more: Any) -> None:
    DemoData(config(), bulk_from=1, **more).load(FEW)


def test_who_makes_the_batches_makes_no_difference(database: Database, postgres: Server, template: str) -> None:
    load(processes=1)
    alone = everything(database)
    name = f"{database.name}_two"
    postgres.create_database(name, template=template)
    both = Database(postgres.url(name), name, database.keyring)
    try:
        db.configure(both.url)
        load(processes=2)
        assert everything(both) == alone
    finally:
        db.configure(database.url)
        postgres.drop_database(name)


def test_after_a_load_every_constraint_index_and_trigger_is_there_again_and_valid(
    database: Database, many: Database
) -> None:
    before, after = shape(database), shape(many)
    assert after == before
    assert all(row[3] for row in after[0])
    columns = (
        "order_id, position, name, quantity, unit_price_minor, discount_minor, tax_minor, total_minor, external_id, sku"
    )
    broken = f"insert into order_items ({columns}, tax_rate, grams, requires_shipping, wishes) values "
    broken += "(0, 1, 'x', 1, 0, 0, 0, 0, '', '', '', 0, true, '[]')"
    with pytest.raises(Exception, match="fk_order_items_order_id"):
        many.execute(broken)
    with pytest.raises(Exception, match="append-only"):
        many.execute("delete from timeline where id = (select min(id) from timeline)")


def test_a_load_that_is_stopped_leaves_the_shop_as_empty_as_it_was(database: Database) -> None:
    def stop(done: int, of: int) -> None:
        raise Stopped

    before = shape(database)
    with pytest.raises(Stopped):
        DemoData(config(), bulk_from=1, processes=1).load(replace(FEW, orders=2_500), stop)
    assert shape(database) == before
    empty = "select (select count(*) from orders), (select count(*) from users), (select count(*) from settings)"
    assert database.execute(empty) == [(0, 0, 0)]
    load()
    assert database.execute("select count(*) from orders") == [(FEW.orders,)]


def test_a_process_that_fails_ends_the_load_with_what_it_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = config().model_copy(update={"encryption_keys": config().index_key})
    with pytest.raises(makers.MakerFailed, match="HOLDFAST_ENCRYPTION_KEYS"):
        DemoData(wrong, bulk_from=1, processes=1).load(FEW)
    assert database.execute("select count(*) from orders") == [(0,)]


def test_a_shop_with_orders_is_left_alone(database: Database) -> None:
    created()
    with pytest.raises(NotPossible, match="empty shop only"):
        load()
    assert database.execute("select count(*) from orders") == [(1,)]


def test_new_orders_and_documents_go_on_where_the_load_ended(database: Database) -> None:
    load(processes=1)
    order = created()
    ((highest, series),) = database.execute(
        "select (select max(id) from orders), (select last from number_series where series = 'INV')"
    )
    assert order.id == highest > FEW.orders
    insert = (
        "insert into invoices (id, order_id, kind, series, date, currency, total_minor, provider, reference, media_type, "
        "created_at) values (gen_random_uuid(), %s, 'invoice', 'INV', now(), 'EUR', 1, '', '', '', now()) returning number"
    )
    assert database.execute(insert, (order.id,)) == [(f"INV-{series + 1:06d}",)]


def test_the_keys_of_the_installation_open_what_was_sealed_by_other_processes(many: Database) -> None:
    with db.engine().connect() as connection:
        raw: Any = connection.connection.driver_connection
        finding = check_keys(raw, config())
    assert finding.verdict == "ok", finding
    admin = in_unit_of_work(
        accounts.person, accounts.sign_in("ada@demo.test", "granite-keyring-spruce", address="").token
    )
    assert admin is not None
    assert admin.role is Role.ADMIN


def test_customers_come_back_and_are_written_down_once(many: Database) -> None:
    ((orders, customers, bought),) = many.execute(
        "select count(*), count(distinct customer_id), (select count(*) from customers) from orders"
    )
    assert (orders, customers) == (MANY.orders, bought)
    assert 0.25 < customers / orders < 0.7


def test_one_of_a_hundred_orders_of_many_is_held_unless_told() -> None:
    assert (MANY.held, MANY.end) == (MANY.orders // 100, END)
    assert Numbers(3, 1).and_then(Numbers(2, 2)) == Numbers(5, 3)
