"""The export's plain address: behind the session, only from our own pages, and in the words of the screen."""

import csv
import io
from collections.abc import Callable

import httpx
import pytest

from backend.domain.permissions import Role
from dashboard.pages.orders.download import routes
from tests import factories
from tests.conftest import Database
from tests.dashboard.test_gate import request


@pytest.fixture
def token(sign_in: Callable[[Role], str]) -> str:
    return sign_in(Role.CUSTOMER_SERVICE)


def export(token: str, path: str, **headers: str) -> httpx.Response:
    return request(
        routes, "GET", path if path.startswith("/") else f"/export/orders.{path}", token=token, headers=headers
    )


def test_the_file_says_what_the_screen_says(token: str, database: Database) -> None:
    held = factories.created(factories.new_order(shipping=None))
    factories.created(factories.new_order(channel="shopify"))

    answer = export(token, "csv?q=status%3Aheld&columns=number,status,cause,shipping,total,placed")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="orders-')
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["Order", "Status", "Held", "Why it is held", "Shipping", "Total", "Currency", "Placed"],
        [held.number, "Pending", "Held", "No delivery address", "Not shipped", "104.70", "EUR", "2026-01-31 09:30:00+00:00"],
    ]  # fmt: skip


def test_the_largest_come_first_where_the_list_has_them_first(token: str, database: Database) -> None:
    small, large = factories.created(), factories.created(factories.new_order(shipping_minor=9900))

    def numbers(sort: str) -> list[str]:
        return [row[0] for row in csv.reader(io.StringIO(export(token, f"csv?sort={sort}&columns=number").text))][1:]

    assert numbers("amount") == [large.number, small.number]
    assert numbers("-amount") == [small.number, large.number]


def test_nobody_exports_without_a_session_or_from_another_site(token: str, database: Database) -> None:
    assert export("", "csv").headers["location"] == "/sign-in"
    assert export("nobody", "xlsx").status_code == 303
    foreign = export(token, "csv", **{"sec-fetch-site": "cross-site"})

    assert foreign.status_code == 403
    assert database.execute("select * from audit where action like 'export%'") == []
    assert export(token, "csv", **{"sec-fetch-site": "same-origin"}).status_code == 200


def test_what_cannot_be_exported_is_explained(token: str, database: Database) -> None:
    answer = export(token, "pdf")
    assert (answer.status_code, "There is no export as" in answer.text) == (400, True)
    assert "is not an operator" in export(token, "csv?q=colour%3Ared").text
    assert database.execute("select * from audit where action like 'export%'") == []
