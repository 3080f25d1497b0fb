"""`holdfast doctor` finds what is wrong with an installation and says it in words, with what to do."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend import clock
from backend.installation.doctor.database import check_keys, check_migrations, check_workers, personal_columns
from backend.installation.doctor.finding import Finding, Verdict
from backend.installation.doctor.machine import check_disk, check_folder, check_lab, check_product, check_python
from backend.installation.doctor.providers import check_mail, check_provider, check_redis
from backend.installation.home import Home, write_private
from backend.settings import Settings
from backend.store.db import in_unit_of_work
from backend.store.personal import Keyring
from backend.store.tables import Customer
from tests.cli.conftest import Holdfast
from tests.conftest import Database

KEY, OTHER_KEY = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def settings(**values: Any) -> Settings:
    return Settings(**values)


def own(database: Database, key: str = KEY) -> dict[str, str]:
    return {
        "HOLDFAST_DATABASE_URL": database.url,
        "HOLDFAST_ENCRYPTION_KEYS": f"k1:{key}",
        "HOLDFAST_INDEX_KEY": KEY,
    }


@pytest.fixture
def somebody() -> Iterator[int]:
    """The port of a web server that answers 404 to everything."""

    class Quiet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_sound_installation_has_no_problem_and_exit_code_0(
    holdfast: Holdfast, database: Database, nobody: int
) -> None:
    done = holdfast("doctor", HOLDFAST_PORT=str(nobody), **own(database))

    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ PostgreSQL 18." in done.stdout
    assert "· Stripe (payments) is off.\n  → Set HOLDFAST_STRIPE_API_KEY to switch it on." in done.stdout
    assert done.stdout.endswith("\nNothing is wrong.\n")


def test_an_unreachable_database_is_a_problem_for_people_and_for_scripts(
    holdfast: Holdfast, database: Database, nobody: int
) -> None:
    wrong = {**own(database), "HOLDFAST_DATABASE_URL": f"postgresql://a@127.0.0.1:{nobody}/b"}

    done = holdfast("doctor", "--json", **wrong)

    assert (done.returncode, done.stderr) == (1, "")
    (found,) = [finding for finding in json.loads(done.stdout) if finding["check"] == "database"]
    assert found["verdict"] == "problem"
    assert found["says"].startswith("The database cannot be reached: ")
    assert found["advice"] == "Start it, or correct HOLDFAST_DATABASE_URL."


def test_wrong_settings_are_each_named(holdfast: Holdfast) -> None:
    done = holdfast("doctor", "--json", HOLDFAST_PORT="x", HOLDFAST_LOG_LEVEL="loud")

    assert done.returncode == 1
    assert [finding["says"].split(" is ")[0] for finding in json.loads(done.stdout)] == [
        "HOLDFAST_PORT",
        "HOLDFAST_LOG_LEVEL",
    ]


def test_before_the_first_start_there_is_nothing_wrong(holdfast: Holdfast, folder: Path, nobody: int) -> None:
    done = holdfast("doctor", HOLDFAST_HOME=str(folder / "none"), HOLDFAST_PORT=str(nobody))

    assert done.returncode == 0
    assert "There is no database yet.\n  → `holdfast up` makes it." in done.stdout
    assert not (folder / "none").exists()


def test_keys_that_do_not_open_the_data_are_found(database: Database) -> None:
    ring = Keyring.parse(f"k1:{KEY}", KEY)

    def add(session: Any) -> None:
        customer = Customer(channel="shopify", external_id="1", created_at=clock.now(), updated_at=clock.now())
        customer.name = ring.seal("customers", "name", customer.id, "Ada")
        session.add(customer)

    in_unit_of_work(add)
    with psycopg.connect(database.url) as connection:
        right = check_keys(connection, settings(encryption_keys=f"k1:{KEY}", index_key=KEY))
        wrong = check_keys(connection, settings(encryption_keys=f"k1:{OTHER_KEY}", index_key=KEY))
        unknown = check_keys(connection, settings(encryption_keys=f"k2:{KEY}", index_key=KEY))
        broken = check_keys(connection, settings(encryption_keys="k1:abc", index_key=KEY))

    assert right == Finding("keys", Verdict.OK, "The keys open the personal data (2 values tried).")
    assert wrong.verdict == unknown.verdict == broken.verdict == Verdict.PROBLEM
    assert "does not belong to this row" in wrong.says
    assert "a key this installation does not have" in unknown.says


def test_every_column_with_personal_data_is_looked_at() -> None:
    assert {("customers", "name"), ("customers", "email"), ("addresses", "name")} <= set(personal_columns())


def test_tables_of_another_version_are_found(database: Database) -> None:
    assert check_migrations(database.url).verdict is Verdict.OK

    database.execute("UPDATE alembic_version SET version_num = '0001'")
    assert check_migrations(database.url).advice == "Run: holdfast migrate"

    database.execute("DROP TABLE alembic_version")
    assert check_migrations(database.url).says == "The database has no tables of Holdfast yet."


@pytest.mark.parametrize(("age", "verdict"), [(0, Verdict.OK), (29, Verdict.OK), (40, Verdict.PROBLEM)])
def test_workers_that_no_longer_sweep_are_found(database: Database, age: int, verdict: Verdict) -> None:
    database.execute(
        "INSERT INTO workers (id, started_at, last_sweep_at) VALUES ('a', now(), now() - make_interval(secs => %s))",
        (age,),
    )

    with psycopg.connect(database.url) as connection:
        assert check_workers(connection, product_runs=True).verdict is verdict


def test_no_worker_at_all_is_a_problem_only_while_the_product_runs(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        assert check_workers(connection, product_runs=True).verdict is Verdict.PROBLEM
        assert check_workers(connection, product_runs=False).verdict is Verdict.NOTE


def test_a_provider_is_off_there_or_gone(somebody: int, nobody: int) -> None:
    there = settings(stripe_api_key="k", stripe_api_base=f"http://127.0.0.1:{somebody}")
    gone = settings(stripe_api_key="k", stripe_api_base=f"http://127.0.0.1:{nobody}")

    assert check_provider(settings(), "stripe").verdict is Verdict.NOTE
    assert check_provider(there, "stripe").verdict is Verdict.OK
    assert check_provider(gone, "stripe").verdict is Verdict.PROBLEM
    assert check_provider(settings(shopify_api_key="k"), "shopify").advice == "Set HOLDFAST_SHOPIFY_API_BASE."


def test_a_mail_server_and_redis_are_there_or_gone(somebody: int, nobody: int) -> None:
    assert check_mail("").verdict is Verdict.NOTE
    assert check_mail(f"smtp://127.0.0.1:{somebody}").verdict is Verdict.OK
    assert check_mail(f"smtp://127.0.0.1:{nobody}").verdict is Verdict.PROBLEM
    assert check_redis(f"redis://127.0.0.1:{nobody}/0").verdict is Verdict.PROBLEM


def test_an_old_python_and_a_full_disk_are_found(tmp_path: Path) -> None:
    home = Home(tmp_path / "not" / "yet")

    assert check_python((3, 10)).says == "This is Python 3.10; Holdfast needs 3.11 or newer."
    assert check_python((3, 11)).verdict is Verdict.OK
    assert check_disk(home, little=0, none=0).verdict is Verdict.OK
    assert check_disk(home, little=10**18, none=0).verdict is Verdict.WARNING
    assert check_disk(home, little=10**18, none=10**18).verdict is Verdict.PROBLEM


def test_keys_that_others_can_read_are_found(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    write_private(home.keys, {})
    assert [finding.verdict for finding in check_folder(home)] == [Verdict.OK]

    home.keys.chmod(0o644)

    assert [finding.verdict for finding in check_folder(home)] == [Verdict.WARNING]


def test_a_port_that_somebody_else_uses_is_found(tmp_path: Path, somebody: int, nobody: int) -> None:
    home = Home.at(tmp_path / "home")

    assert check_product(home, settings(port=nobody)).verdict is Verdict.NOTE
    assert check_product(home, settings(port=somebody)).verdict is Verdict.PROBLEM


def test_an_open_failure_lab_is_said_so() -> None:
    assert check_lab(settings()) == []
    (finding,) = check_lab(settings(lab_token="hf_lab_0123456789abcdefg"))
    assert (finding.verdict, finding.says.startswith("The failure lab is open")) == (Verdict.WARNING, True)


def test_clocks_that_agree_are_fine(database: Database) -> None:
    (theirs,) = database.execute("SELECT extract(epoch FROM clock_timestamp())::float8")[0]

    assert abs(theirs - clock.wall_seconds()) < 2
