"""`/` greets each role with its own work: numbers that are counted by the very search that opens their rows."""

from collections.abc import Callable

import pytest

from backend import settings
from backend.domain.permissions import Role
from backend.domain.refunds import RefundWish
from backend.services import refunds
from backend.services.run import in_unit_of_work
from dashboard.pages.home.own import WORK, Searches, counts
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


def test_everybodys_day_begins_at_their_own_midnight(sign_in: SignIn, database: Database) -> None:
    factories.created(factories.new_order(shipping=None))
    far = {"Pacific/Kiritimati": "Priya Nair", "Etc/GMT+12": "Mona Reyes"}
    tabs = {zone: Tab(sign_in(Role.MANAGER, name)) for zone, name in far.items()}
    for zone, name in far.items():
        zoned = "update users set preferences = jsonb_build_object('time_zone', %s::text) where name = %s"
        database.execute(zoned, (zone, name))
    midnight = "select date_trunc('day', now() at time zone %s) at time zone %s"
    begins = {zone: database.execute(midnight, (zone, zone))[0][0] for zone in far}
    last = max(begins, key=begins.__getitem__)
    database.execute("update holds set placed_at = %s::timestamptz - interval '1 second'", (begins[last],))

    shown = {zone: own(tab)["stopped"][0] for zone, tab in tabs.items()}

    assert shown == {zone: "0" if zone == last else "1" for zone in far}


def test_searches_that_mean_the_same_are_counted_once_for_all_desks(
    sign_in: SignIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs = [Tab(sign_in(Role.CUSTOMER_SERVICE, name)) for name in ("Sofia Marin", "Mona Reyes")]
    asked: list[tuple[str, ...]] = []
    read = counts._read

    async def noted(key: Searches) -> tuple[int | None, ...]:
        asked.append(key[0])
        return await read(key)

    monkeypatch.setattr(counts, "_read", noted)
    for tab in tabs:
        own(tab)

    rest = tuple(work.query for work in WORK[Role.CUSTOMER_SERVICE] if work.key != "mine")
    assert asked == [rest, ("is:mine",), ("is:mine",)]
