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
    assert list(own(Tab(sign_in(role)))) == [work.key for work in WORK[role]]


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
