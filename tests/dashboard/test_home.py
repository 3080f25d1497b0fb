"""`/` greets each role with its own work: numbers that are counted by the very search that opens their rows."""

from collections.abc import Callable

import pytest

from backend import settings
from backend.domain.permissions import Role
from backend.domain.refunds import RefundWish
from backend.services import refunds
from backend.services.run import in_unit_of_work
from dashboard.pages.home.own import WORK
from dashboard.pages.home.state import HomeState
from dashboard.pages.orders.state import OrdersState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab

SignIn = Callable[..., str]


def own(tab: Tab) -> dict[str, tuple[str, str, str]]:
    return {found.key: (found.value, found.mood, found.href) for found in tab.send(HomeState.load, "/").last("own")}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_shown_its_own_work_and_nobody_elses(sign_in: SignIn, role: Role) -> None:
    also = ["incidents", "people"] if role is Role.ADMIN else []
    assert list(own(Tab(sign_in(role)))) == [*(work.key for work in WORK[role]), *also]


def test_an_administrator_sees_what_is_away_and_who_is_here(sign_in: SignIn, database: Database) -> None:
    tab = Tab(sign_in(Role.ADMIN, "Ada Klein"))
    sign_in(Role.QA, "Tom Okafor")
    factories.colleague("Priya Nair", Role.MANAGER)
    database.execute(
        "insert into incidents (provider, category, title, opened_at, last_seen_at, occurrences) "
        "values ('stripe', 'down', 'Stripe is away', now(), now(), 1)"
    )
    shown = own(tab)
    assert shown["incidents"] == ("1", "bad", "/incidents")
    assert shown["people"] == ("2", "idle", "/people")
    hints = {figure.key: figure.hint for figure in tab.send(HomeState.load, "/").last("own")}
    assert hints["people"] == "of 3 who may"


def test_customer_service_sees_what_is_late_and_what_came_back(sign_in: SignIn, database: Database) -> None:
    numbers = [factories.created(factories.new_order(shipping=None)).number for _ in range(3)]
    database.execute("update desk_work set due_at = now() - interval '1 hour' where order_id = 1")
    database.execute("update desk_work set woken_at = now(), woken_why = 'the day has come' where order_id <> 1")
    tab = Tab(sign_in(Role.CUSTOMER_SERVICE))
    shown = own(tab)
    assert (shown["overdue"], shown["back"]) == (
        ("1", "bad", "/orders?q=is%3Aoverdue"), ("2", "held", "/orders?q=is%3Aback"),
    )  # fmt: skip
    assert (len(numbers), shown["nobodys"][0]) == (3, "3")


def test_the_money_at_stake_is_on_everybodys_first_page(sign_in: SignIn, database: Database) -> None:
    factories.created(factories.new_order(shipping=None))
    stake = Tab(sign_in(Role.MANAGER, "Priya Nair")).send(HomeState.load, "/").last("stake")
    assert stake == "€105"


def test_a_number_opens_exactly_its_rows(sign_in: SignIn, database: Database) -> None:
    factories.stocked("LNT-STR-BRS", 100)
    risky = {factories.created(factories.new_order(risk="high")).number for _ in range(2)}
    factories.created()
    tab = Tab(sign_in(Role.MANAGER, "Priya Nair"))
    value, mood, href = own(tab)["fraud"]
    assert (value, mood) == ("2", "held")
    rows = Tab(tab.session).send(OrdersState.load, href.replace("%3A", ":").replace("%2C", ",")).last("rows")
    assert {row.number for row in rows} == risky


def test_what_waits_for_my_decision_comes_first(
    sign_in: SignIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "50")
    settings.current.cache_clear()
    factories.stocked("LNT-STR-BRS", 100)
    order, sofia = factories.paid(), factories.colleague("Greta Holm")
    shown = in_unit_of_work(refunds.preview_refund, order.number, RefundWish(full=True), actor=sofia)
    in_unit_of_work(
        refunds.refund, order.number, RefundWish(full=True),
        actor=sofia, version=shown.version, token=shown.token, reason="came broken",
    )  # fmt: skip
    assert next(iter(own(Tab(sign_in(Role.FINANCE, "Jonas Weber"))).items())) == ("decide", ("1", "held", "/review"))
