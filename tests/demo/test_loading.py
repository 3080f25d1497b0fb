"""Loading: the same again for the same seed, whole or not at all, on from where it stopped, and into empty shops only."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from backend import clock
from backend.demo import command
from backend.demo.loader import DemoData
from backend.demo.plan import BATCH
from backend.domain.demo import SIGN_INS
from backend.domain.errors import InvalidInput, NotPossible
from backend.services import accounts
from backend.services.run import in_unit_of_work
from backend.store import db, personal
from tests.conftest import Database, Server
from tests.demo.conftest import END, INDEX, KEYS, WISH, config
from tests.factories import created
from tests.waiting import until

SMALL = replace(WISH, orders=2 * BATCH + 40, held=30)
UNSEALED = {
    "orders": "number, external_id, customer_id, status, payment_status, total_minor, content_hash, created_at, version",
    "order_items": "id, order_id, sku, quantity, total_minor",
    "steps": "id, order_id, key, state, attempts, error, result::text, due_at, done_at",
    "attempts": "step_id, fence, started_at, outcome, exchanges::text",
    "timeline": "id, order_id, at, text, data::text",
    "holds": "id, order_id, kind, reason, placed_at, closed_at, closed_by, closed_reason",
    "invoices": "id, order_id, number, date, total_minor",
    "payment_entries": "id, order_id, kind, amount_minor, reference",
    "parcels": "id, order_id, tracking_number, status",
    "stock_movements": "id, sku, order_id, on_hand_change, reserved_change, at",
    "inventory": "sku, on_hand, reserved",
    "addresses": "id, order_id, kind, city, postal_code",
    "customers": "id, external_id, email_token, created_at",
    "audit": "at, actor_id, action, order_id, reason, action_token",
    "order_days": "day, last",
}


def everything(database: Database) -> dict[str, str]:
    """A fingerprint of each table, sealed columns aside: those differ with every sealing."""
    return {
        table: str(
            database.execute(
                f"select md5(string_agg(line, E'\\n' order by line)) from (select ({columns})::text as line from {table}"
                f"{' where action <> $$add_user$$' if table == 'audit' else ''}) lines"
            )
        )
        for table, columns in UNSEALED.items()
    }


class Stopped(Exception):
    pass


def test_the_same_seed_makes_the_same_shop(database: Database, demo: Database) -> None:
    before = everything(demo)
    db.configure(database.url)
    DemoData(config()).load(WISH)
    assert everything(database) == before


def test_another_seed_makes_another_shop(database: Database) -> None:
    DemoData(config()).load(replace(SMALL, orders=60, held=3, seed=2))
    DemoData(config())
    first = database.execute("select external_id, total_minor from orders order by id limit 5")
    assert all(int(external_id) > 5_002_000_000_000 for external_id, _ in first)


def test_a_load_that_breaks_off_keeps_whole_batches_and_goes_on_to_the_same_end(
    database: Database, postgres: Server, template: str
) -> None:
    def stop_after_the_first(done: int, of: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        DemoData(config()).load(SMALL, stop_after_the_first)
    assert database.execute("select count(*) from orders") == [(BATCH,)]

    # Going on means the load that was begun, whatever is asked for now.
    loaded = DemoData(config()).load(replace(SMALL, orders=7, seed=9, end=END + timedelta(days=3)))

    assert (loaded.orders, loaded.wish) == (SMALL.orders - BATCH, SMALL)
    broken = everything(database)
    postgres.create_database(f"{database.name}_whole", template=template)
    whole = Database(postgres.url(f"{database.name}_whole"), f"{database.name}_whole", database.keyring)
    try:
        db.configure(whole.url)
        DemoData(config()).load(SMALL)
        assert broken == everything(whole)
    finally:
        db.configure(database.url)
        postgres.drop_database(whole.name)


def test_a_load_that_is_killed_goes_on(database: Database, tmp_path: Path) -> None:
    given = config()
    environment = {
        **os.environ,
        "HOLDFAST_HOME": str(tmp_path),
        "HOLDFAST_DATABASE_URL": database.url,
        "HOLDFAST_ENCRYPTION_KEYS": given.encryption_keys.get_secret_value(),
        "HOLDFAST_INDEX_KEY": given.index_key.get_secret_value(),
        "HOLDFAST_DEMO": "1",
    }
    load = [sys.executable, "-m", "backend.cli", "demo", "--orders", str(4 * BATCH)]
    with (tmp_path / "said.txt").open("wb") as said:
        process = subprocess.Popen(load, env=environment, stdout=said, stderr=said, start_new_session=True)
        try:
            batches = "select (value->>'batches')::int from settings where key = 'demo'"
            until(lambda: (database.execute(batches) or [(0,)])[0][0] >= 1, within=90)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    ((kept,),) = database.execute("select count(*) from orders")
    assert kept % BATCH == 0
    assert BATCH <= kept < 4 * BATCH

    finished = subprocess.run([*load, "--if-empty"], env=environment, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stderr
    assert "Going on with the demo data that was begun (2,000 orders)." in finished.stdout
    assert database.execute("select count(*) from orders") == [(4 * BATCH,)]
    assert database.execute("select value->>'complete' from settings where key = 'demo'") == [("true",)]


def test_a_second_load_says_that_the_data_is_there_and_changes_nothing(demo: Database) -> None:
    before = everything(demo)
    with pytest.raises(NotPossible, match="loaded already"):
        DemoData(config()).load(WISH)
    assert everything(demo) == before


def test_demo_data_does_not_go_into_a_shop_with_other_orders(database: Database) -> None:
    created()
    with pytest.raises(NotPossible, match="not demo data"):
        DemoData(config()).load(SMALL)
    assert database.execute("select count(*) from orders") == [(1,)]
    assert database.execute("select count(*) from users") == [(0,)]
    assert database.execute("select count(*) from settings") == [(0,)]


def test_the_command_refuses_outside_of_demo_mode_unless_somebody_is_sure(database: Database) -> None:
    real = config().model_copy(update={"demo": False})
    wish = command.wish_of(real, orders=40, days=30, seed=1, held=None)
    said = Console(file=StringIO())
    with pytest.raises(NotPossible, match="--yes-this-is-not-a-real-shop"):
        command.run(real, wish, sure=False, if_empty=True, console=said)
    assert database.execute("select count(*) from orders") == [(0,)]
    command.run(real, wish, sure=True, if_empty=True, console=said)
    assert database.execute("select count(*) from orders") == [(40,)]


def test_if_empty_leaves_a_shop_with_orders_alone(database: Database) -> None:
    created()
    wish = command.wish_of(config(), orders=40, days=30, seed=1, held=None)
    command.run(config(), wish, sure=False, if_empty=True, console=Console(file=StringIO()))
    assert database.execute("select count(*) from orders") == [(1,)]
    assert database.execute("select count(*) from users") == [(0,)]


@pytest.mark.parametrize(
    ("orders", "days", "held", "said"),
    [
        (0, 400, None, "--orders"),
        (5_000_001, 400, None, "--orders"),
        (100, 0, None, "--days"),
        (100, 400, 26, "--held"),
        (100, 400, -1, "--held"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_what_does(
    orders: int, days: int, held: int | None, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        command.wish_of(config(), orders=orders, days=days, seed=1, held=held)


def test_every_role_can_sign_in_with_its_demo_password(demo: Database) -> None:
    for known in SIGN_INS:
        token = accounts.sign_in(known.email, known.password, address="127.0.0.1").token
        person = in_unit_of_work(accounts.person, token)
        assert person is not None
        assert (person.name, person.role) == (known.name, known.role)


def test_a_new_order_of_today_takes_the_next_number_and_the_next_ids(database: Database) -> None:
    today = replace(SMALL, orders=120, held=6, days=3, end=clock.now())
    DemoData(config()).load(today)
    ((last,),) = database.execute("select coalesce(max(last), 0) from order_days where day = %s", (clock.now().date(),))
    order = created()
    assert order.number == f"ORD-{clock.now():%Y%m%d}-{last + 1:05d}"
    assert order.id > 120


def test_the_keys_of_personal_data_are_those_of_the_settings() -> None:
    given = config()
    parsed = personal.Keyring.parse(given.encryption_keys.get_secret_value(), given.index_key.get_secret_value())
    assert parsed.email_token("a@b.example") == personal.Keyring(KEYS, INDEX).email_token("a@b.example")
