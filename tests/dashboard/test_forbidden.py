"""A page that a role may not see, and one that cannot be drawn. Every role may look at nearly every page there is, so a
right is taken away in the matrix itself: what is shown then must not depend on which role it was.
"""

import logging
import re
from collections.abc import Callable

import pytest

from backend.domain.permissions import MATRIX, Area, Level, Role
from dashboard.dashboard import PAGES
from dashboard.pages.held.state import HeldState
from dashboard.pages.orders.state import OrdersState
from dashboard.pages.quarantine.state import QuarantineState
from dashboard.shell.errors import BrokenState
from dashboard.shell.guard import REFUSAL
from dashboard.shell.navigation import PLACES, FrameState
from dashboard.shell.needs import need_of
from dashboard.shell.palette import PaletteState
from dashboard.shell.palette import dialog as palette_dialog
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab

SignIn = Callable[..., str]


def take_away(monkeypatch: pytest.MonkeyPatch, role: Role, *areas: Area) -> None:
    for area in areas:
        monkeypatch.setitem(MATRIX[role], area, Level.NONE)


def test_every_role_may_look_at_every_page_but_that_of_who_is_signed_in() -> None:
    needed = {page.ROUTE: need_of(page.ON_LOAD[0].fn) for page in PAGES}
    assert None not in needed.values()
    areas = {need[0] for need in needed.values() if need is not None and need[0] is not None}
    assert needed["/people"] == (Area.SETTINGS, Level.VIEW)
    assert {(role, area) for role in Role for area in areas if MATRIX[role][area] < Level.VIEW} == {
        (role, Area.SETTINGS) for role in (Role.CUSTOMER_SERVICE, Role.FINANCE, Role.QA)
    }


def test_a_page_of_an_area_that_is_taken_away_is_said_to_be_none_of_theirs_and_tells_nothing(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in(Role.QA)
    assert "quarantine" not in Tab(token).send(QuarantineState.load, "/quarantine").last("barred")
    take_away(monkeypatch, Role.QA, Area.QUARANTINE)

    answer = Tab(token).send(QuarantineState.load, "/quarantine")

    assert "quarantine" in answer.last("barred")
    assert answer.last("person_role") == "QA"
    assert not any(answer.values("messages"))
    assert not any(answer.values("ready"))
    assert answer.texts() == []


def test_the_frame_holds_for_who_may_see_no_orders(
    sign_in: SignIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.created(factories.new_order(shipping=None))
    token = sign_in(Role.FINANCE)
    assert Tab(token).send(FrameState.load, "/settings").last("held") == "1"
    take_away(monkeypatch, Role.FINANCE, Area.ORDERS, Area.HOLDS)
    tab = Tab(token)

    answer = tab.send(FrameState.load, "/settings")

    assert answer.last("zone").startswith("Times in ")
    assert set(answer.values("held")) <= {""}
    assert answer.texts() == []
    for handler, path in ((HeldState.load, "/held"), (OrdersState.load, "/orders")):
        assert not any(tab.send(handler, path).values("rows"))
    # What a person does by themselves is refused in words.
    assert tab.send(PaletteState.search, text="lindenau").texts()[0] == REFUSAL


def test_every_place_in_the_navigation_needs_what_its_page_needs() -> None:
    needed = {page.ROUTE: need_of(page.ON_LOAD[0].fn) for page in PAGES}
    assert [(place.href, place.area) for place in PLACES] == [
        (place.href, needed[place.href][0])
        for place in PLACES  # type: ignore[index]
    ]


def test_the_palette_leads_to_every_page_that_is_not_about_one_thing() -> None:
    drawn = str(palette_dialog())
    missing = [page.ROUTE for page in PAGES if "[" not in page.ROUTE and f'to:"{page.ROUTE}"' not in drawn]
    assert missing == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.ROUTE != "/settings"], ids=lambda page: page.ROUTE)
def test_every_page_has_the_words_for_who_may_not_see_it(page: object) -> None:
    assert "This page is not for your role" in str(page.page())  # type: ignore[attr-defined]


def test_what_a_browser_cannot_draw_goes_to_the_log_under_the_reference_that_is_shown(
    tab: Tab, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = tab.send(
            BrokenState.report, "/bulk", info="TypeError: x is\nnull" + "!" * 9000, component_stack="at Runs"
        )

    reference = answer.last("reference")
    assert re.fullmatch("[0-9a-f]{8}", reference)
    (line,) = [record.getMessage() for record in caplog.records if reference in record.getMessage()]
    assert "'/bulk'" in line
    assert "TypeError: x is\\nnull" in line
    assert "at Runs" in line
    assert "\n" not in line
    assert len(line) < 3500
    assert answer.texts() == []
