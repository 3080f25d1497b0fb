"""Health and metrics: what is wrong is said in words, in time, even when the database is away."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.api.app import create_api
from backend.clock import monotonic
from backend.domain.permissions import Role
from backend.store import db
from tests import factories
from tests.api import senders
from tests.api.client import HERE, Client
from tests.api.conftest import Token
from tests.api.test_webhooks_under_stress import silence
from tests.conftest import Database
from tests.waiting import quick

__all__ = ["silence"]
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
SWEPT = "insert into workers (id, started_at, last_sweep_at) values ('w1', now(), now() - %s * interval '1 second')"


@pytest.fixture
def here(database: Database, connected: None) -> Iterator[Client]:
    """A client on this machine."""
    api = create_api()
    yield Client(api, client=HERE)
    api.state.threads.close()


def sentences(answer: Any) -> dict[str, tuple[bool, str]]:
    return {check["name"]: (check["ok"], check["sentence"]) for check in answer.json()["checks"]}


def numbers(answer: Any) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_process_lives_without_any_database(client: Client) -> None:
    db.configure(NOWHERE)

    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_an_installation_whose_workers_sweep_is_ready(client: Client, database: Database) -> None:
    database.execute(SWEPT, [2])

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    said = sentences(answer)
    assert said.pop("workers") in [
        (True, f"A worker looked for due steps {seconds} s ago.") for seconds in range(2, 15)
    ]
    assert said == {
        "database": (True, "The database answers."),
        "migrations": (True, "The tables are those that this version needs."),
    }


def test_an_installation_without_workers_is_ready_and_says_so(client: Client) -> None:
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert sentences(answer)["workers"] == (True, "No worker is registered; orders wait until one is started.")


def test_workers_that_stopped_sweeping_are_an_alarm(client: Client, database: Database) -> None:
    database.execute(SWEPT, [45])

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.headers["retry-after"] == "5"
    assert sentences(answer)["workers"][0] is False
    said = re.match(
        r"No worker has looked for due steps for (\d+) s \(at most 30 s are normal\)", answer.json()["detail"]
    )
    assert said is not None
    assert 45 <= int(said[1]) < 60  # counted in whole seconds while the answer is on its way


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("update alembic_version set version_num = 'r0000'", "r0000"),
        ("drop table alembic_version", "no revision at all"),
    ],
)
def test_tables_of_another_version_are_not_ready(client: Client, database: Database, change: str, at: str) -> None:
    database.execute(change)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert f"The tables are at {at}" in answer.json()["detail"]
    assert answer.json()["detail"].endswith("Run `holdfast migrate`.")


def test_a_database_that_is_away_is_not_ready(client: Client) -> None:
    db.configure(NOWHERE)

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"].startswith("The database does not answer.")


def test_a_database_that_says_nothing_is_given_up_after_two_seconds(client: Client, silence: str) -> None:
    db.configure(silence)
    began = monotonic()

    answer = client.get("/health/ready")

    assert quick(monotonic() - began, 3)
    assert (answer.status_code, sentences(answer)["database"][0]) == (503, False)


def test_the_numbers_tell_how_things_stand(here: Client, database: Database) -> None:
    database.execute(SWEPT, [3])
    factories.created(factories.new_order(shipping=None))
    here.post(**senders.generic(senders.order(currency="XQX")))
    here.post(**senders.stripe(senders.captured("pi_nobody")))
    for _ in range(2):
        here.post(**senders.generic(senders.order(), secret="wrong-secret"))

    answer = here.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = numbers(answer)
    due = database.execute("select count(*) from steps where state = 'ready'")[0][0]
    assert found["holdfast_database_up",] == 1
    assert found["holdfast_held_orders", "address_missing"] == 1
    assert found["holdfast_due_steps",] == due > 0
    assert found["holdfast_in_doubt_steps",] == 0
    assert found["holdfast_oldest_due_step_seconds",] > 0
    assert found["holdfast_inbox_quarantined_messages",] == 1
    assert found["holdfast_inbox_parked_messages",] == 1
    assert found["holdfast_inbox_unhandled_messages",] == 0
    assert found["holdfast_inbox_refused_messages", "generic", "signature"] == 2
    assert 3 <= found["holdfast_last_sweep_age_seconds",] < 30
    route = ("POST", "/webhooks/channels/{channel}", "401")
    assert found["holdfast_http_request_seconds_count", *route] == 2


def test_attempts_are_counted_by_what_they_came_to(here: Client, database: Database) -> None:
    factories.created()
    database.execute(
        "insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges) "
        "select (select min(id) from steps), n, n, 'w', false, now(), case when n = 3 then '' else 'ok' end, '', '[]' "
        "from generate_series(1, 3) as n"
    )

    found = numbers(here.get("/metrics"))

    assert found["holdfast_recent_attempts", "ok"] == 2
    assert found["holdfast_recent_attempts", "running"] == 1


def test_a_provider_that_is_down_is_seen(here: Client, database: Database) -> None:
    database.execute(
        "insert into breakers (provider, state, failures, orders, failed_probes, next_probe_at) "
        "values ('stripe', 'open', 5, 2, 0, now()), ('shipengine', 'probing', 5, 2, 1, now()), ('smtp', 'closed', 1, 1, 0, null)"
    )

    found = numbers(here.get("/metrics"))

    assert [found["holdfast_breaker_open", name] for name in ("stripe", "shipengine", "smtp")] == [1, 1, 0]


def test_the_numbers_name_nobody(here: Client) -> None:
    here.post(**senders.generic(senders.order(order_id="secret-order")))
    here.get("/admin/orders?query=greta@example.org")
    here.get("/somewhere/greta@example.org")

    told = here.get("/metrics").text

    for word in ("greta", "Greta", "Lindenau", "secret-order", "ORD-"):
        assert word not in told
    assert 'route="unknown"' in told


def test_the_numbers_are_told_while_the_database_is_away(here: Client) -> None:
    db.configure(NOWHERE)

    answer = here.get("/metrics")

    assert answer.status_code == 200
    assert numbers(answer)["holdfast_database_up",] == 0
    assert ("holdfast_due_steps",) not in numbers(answer)


def test_the_numbers_are_for_this_machine_and_for_roles_that_see_them(
    client: Client, here: Client, token: Token
) -> None:
    assert here.get("/metrics").status_code == 200
    assert here.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=token(Role.CUSTOMER_SERVICE)).status_code == 403
    assert client.get("/metrics", headers=token(Role.MANAGER)).status_code == 200
