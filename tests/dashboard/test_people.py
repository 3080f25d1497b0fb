"""The page of who is signed in: an administrator finds somebody there and signs them out."""

from collections.abc import Callable

import pytest

from backend.domain.permissions import Role
from backend.services import accounts
from dashboard.pages.home.state import HomeState
from dashboard.pages.people.state import PeopleState
from dashboard.pages.settings.state import SettingsState
from tests.conftest import Database
from tests.dashboard.conftest import PASSWORD, Tab

SignIn = Callable[..., str]


@pytest.fixture
def ada(sign_in: SignIn) -> Tab:
    return Tab(sign_in(Role.ADMIN, "Ada Klein"))


def test_the_figure_on_the_first_page_opens_exactly_those_it_counts(ada: Tab, sign_in: SignIn) -> None:
    sign_in(Role.QA, "Tom Okafor")
    accounts.sign_in("tom@shop.test", PASSWORD, address="203.0.113.9", browser="Safari on iPhone")
    (figure,) = [each for each in ada.send(HomeState.load, "/").last("own") if each.key == "people"]

    answer = ada.send(PeopleState.load, figure.href)

    assert (figure.value, figure.href) == ("2", "/people")
    assert answer.last("headline") == "2 of 2 colleagues, in 3 places"
    rows = answer.last("rows")
    assert [(row.person, row.role, row.own, row.here) for row in rows] == [
        ("Ada Klein", "Administrator", True, True),
        ("Tom Okafor", "QA", False, False),
        ("Tom Okafor", "QA", False, False),
    ]
    assert {(row.browser, row.address) for row in rows[1:]} == {
        ("A browser", "192.0.2.…"),
        ("Safari on iPhone", "203.0.113.…"),
    }


def test_an_administrator_signs_somebody_out_for_a_reason(ada: Tab, sign_in: SignIn, database: Database) -> None:
    tom = Tab(sign_in(Role.QA, "Tom Okafor"))
    row = ada.send(PeopleState.load, "/people").last("rows")[1]
    asked = ada.send(PeopleState.ask_end, "/people", named=row.id)
    assert (asked.last("open"), asked.last("asked").person) == (True, "Tom Okafor")

    nothing = ada.send(PeopleState.end_for, "/people", form={"id": row.id, "reason": " "})
    assert nothing.last("news").startswith("To end somebody's session, give a reason")
    assert tom.send(SettingsState.load, "/settings").last("ready") is True
    done = ada.send(PeopleState.end_for, "/people", form={"id": row.id, "reason": "lost the phone"})

    assert done.texts() == ["Tom Okafor is signed out there (a browser)."]
    assert (done.last("open"), [each.person for each in done.last("rows")]) == (False, ["Ada Klein"])
    assert tom.send(SettingsState.load, "/settings").last("signed_out") is True
    again = ada.send(PeopleState.end_for, "/people", form={"id": row.id, "reason": "lost the phone"})
    assert again.texts() == ["There is no such session: it has ended already."]
    assert ada.send(PeopleState.ask_end, "/people", named=row.id).texts() == ["That session has ended already."]
    assert database.execute("select action, reason from audit where action like 'end%'") == [
        ("end_session_of", "lost the phone")
    ]


def test_a_manager_looks_and_ends_nothing_and_others_do_not_even_look(ada: Tab, sign_in: SignIn) -> None:
    row = ada.send(PeopleState.load, "/people").last("rows")[0]
    priya = Tab(sign_in(Role.MANAGER, "Priya Nair"))
    shown = priya.send(PeopleState.load, "/people")
    assert ([each.person for each in shown.last("rows")], any(shown.values("may_end"))) == (
        ["Ada Klein", "Priya Nair"], False,
    )  # fmt: skip
    priya.send(PeopleState.end_for, "/people", form={"id": row.id, "reason": "because I can"})

    sofia = Tab(sign_in(Role.CUSTOMER_SERVICE))
    assert not any(sofia.send(PeopleState.load, "/people").values("rows"))
    assert Tab(ada.session).send(SettingsState.load, "/settings").last("ready") is True
