"""Every command says what it does, does it, and fails with one sentence and the right exit code."""

import json
import re
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from backend.cli import cli
from backend.services.accounts import api_actor, sign_in
from backend.services.run import in_unit_of_work
from backend.store import db
from backend.store.embedded import EmbeddedPostgres
from tests.cli.conftest import Holdfast
from tests.conftest import Database


def names() -> list[tuple[str, ...]]:
    """Every command with its group."""
    found: list[tuple[str, ...]] = [()]
    group = typer.main.get_command(cli)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found.append((name,))
        found += [(name, inner) for inner in getattr(command, "commands", {})]
    return found


def own_database(database: Database) -> dict[str, str]:
    """Settings that point a command at the test's database."""
    key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    return {
        "HOLDFAST_DATABASE_URL": database.url,
        "HOLDFAST_ENCRYPTION_KEYS": f"k1:{key}",
        "HOLDFAST_INDEX_KEY": key,
    }


@pytest.mark.parametrize("command", names(), ids=lambda command: " ".join(command) or "holdfast")
def test_every_command_says_what_it_does(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli, [*command, "--help"], prog_name="holdfast", env={"COLUMNS": "200"})

    assert done.exit_code == 0
    assert f"Usage: {' '.join(('holdfast', *command))} [OPTIONS]" in done.output


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["fly"], "No such command 'fly'"),
        (["up", "--port", "0"], "Invalid value for '--port'"),
        (["token", "create"], "Missing option '--role'"),
        (["token", "create", "--role", "king"], "'king' is not one of"),
    ],
)
def test_wrong_use_is_exit_code_2(holdfast: Holdfast, command: list[str], says: str) -> None:
    done = holdfast(*command)

    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_a_wrong_setting_is_named_with_what_is_allowed(holdfast: Holdfast) -> None:
    done = holdfast("migrate", HOLDFAST_PORT="many")

    assert done.returncode == 2
    assert done.stderr.startswith("holdfast: HOLDFAST_PORT is 'many': Input should be a valid integer")
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_one_sentence(holdfast: Holdfast, database: Database) -> None:
    nowhere = {**own_database(database), "HOLDFAST_DATABASE_URL": "postgresql://holdfast@127.0.0.1:1/none"}

    done = holdfast("token", "create", "--role", "qa", **nowhere)

    assert done.returncode == 1
    assert done.stderr.startswith("holdfast: The database cannot be used: ")
    assert "`holdfast doctor` says more." in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_prints_keys_that_the_settings_take(holdfast: Holdfast, database: Database) -> None:
    done = holdfast("keys")
    values = dict(line.split("=", 1) for line in done.stdout.splitlines())

    assert sorted(values) == ["HOLDFAST_ENCRYPTION_KEYS", "HOLDFAST_INDEX_KEY"]
    assert holdfast("migrate", HOLDFAST_DATABASE_URL=database.url, **values).returncode == 0
    assert set(json.loads(holdfast("keys", "--json").stdout)) == set(values)


def test_tables_that_are_missing_are_said_so(holdfast: Holdfast, folder: Path) -> None:
    done = holdfast("token", "create", "--role", "qa", HOLDFAST_HOME=str(folder / "other"))

    assert done.returncode == 1
    assert re.fullmatch(
        r"holdfast: The tables are at nothing, this version needs \w+\. Run: holdfast migrate\n", done.stderr
    )


def test_a_token_is_printed_and_nothing_else_and_works(holdfast: Holdfast, database: Database) -> None:
    done = holdfast("token", "create", "--role", "finance", "--name", "Books", **own_database(database))

    assert done.returncode == 0
    assert done.stderr == ""
    assert re.fullmatch(r"hf_[\w-]{43}\n", done.stdout)
    actor = in_unit_of_work(api_actor, done.stdout.strip())
    assert actor is not None
    assert (actor.name, actor.role) == ("Books", "finance")


def test_a_colleague_who_was_added_may_sign_in(holdfast: Holdfast, database: Database) -> None:
    command = ("user", "add", "--email", "Mia@Shop.test", "--role", "qa", "--password-stdin")

    done = holdfast(*command, given="seven quiet lanterns\n", **own_database(database))

    assert (done.returncode, done.stderr) == (0, "")
    assert len(sign_in("mia@shop.test", "seven quiet lanterns", address="127.0.0.1").token) > 30


@pytest.mark.parametrize("password", ["", "short", "password12345678"])
def test_a_weak_password_is_refused_and_nobody_is_added(holdfast: Holdfast, database: Database, password: str) -> None:
    command = ("user", "add", "--email", "mia@shop.test", "--role", "qa", "--password-stdin")

    done = holdfast(*command, given=f"{password}\n", **own_database(database))

    assert done.returncode == 2
    assert done.stderr.startswith("holdfast: The password ")
    assert "Traceback" not in done.stderr
    assert database.execute("SELECT count(*) FROM users") == [(0,)]


def test_the_embedded_database_is_made_migrated_used_and_left_stopped(holdfast: Holdfast, folder: Path) -> None:
    assert holdfast("migrate").stdout == "The tables are up to date.\n"
    first = holdfast("token", "create", "--role", "admin").stdout.strip()
    second = holdfast("token", "create", "--role", "admin").stdout.strip()

    server = EmbeddedPostgres(folder / "postgres")
    assert not server.running()
    server.start()
    db.configure(server.url())
    try:
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM api_tokens").fetchone() == (2,)
        assert None not in (in_unit_of_work(api_actor, first), in_unit_of_work(api_actor, second))
    finally:
        db.dispose()
        server.stop()


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_part_of_the_product_needs_a_database_that_runs(holdfast: Holdfast, command: str) -> None:
    done = holdfast(command)

    assert done.returncode == 1
    assert done.stderr.startswith("holdfast: The embedded database runs only as long as `holdfast up` does")
