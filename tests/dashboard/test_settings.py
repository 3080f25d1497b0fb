"""One's own settings: what is chosen is what everything on screen follows, and nobody changes somebody else's."""

from typing import Any

import pytest

from backend.domain.permissions import Role
from backend.services import accounts
from dashboard.components.viewer import show_for
from dashboard.pages.order.state import OrderState
from dashboard.pages.settings.state import SettingsState
from dashboard.shell import sessions
from dashboard.shell.browsers import browser_name
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import PASSWORD, Answer, Tab

NEW = "seven quiet herons by the weir"


def prefer(tab: Tab, name: str, value: str) -> Answer:
    return tab.send(SettingsState.prefer, "/settings", name=name, value=value)


def test_numbers_and_times_follow_at_once_everywhere(tab: Tab, database: Database) -> None:
    factories.stocked("LNT-STR-BRS", 100)
    number = factories.created().number
    assert tab.send(SettingsState.load, "/settings").last("sample").startswith("€1,234,567.89 · ")
    assert prefer(tab, "numbers", "de-DE").last("sample").startswith("1.234.567,89\u00a0€ · ")
    assert prefer(tab, "numbers", "en-IN").last("sample").startswith("€12,34,567.89 · ")
    prefer(tab, "numbers", "de-DE")
    prefer(tab, "time_zone", "Asia/Kolkata")
    head = Tab(tab.session).send(OrderState.load, f"/orders/{number}").last("head")
    assert head.total == "104,70\u00a0€"
    assert head.placed_full == "Sat 31 Jan 2026, 15:00:00 IST"


def test_what_does_not_exist_is_refused_and_nothing_is_kept(tab: Tab, database: Database) -> None:
    assert prefer(tab, "time_zone", "Europe/Atlantis").texts()[0].startswith("There is no time zone 'Europe/Atlantis'.")
    assert prefer(tab, "numbers", "tlh").texts()[0] == "Numbers cannot be written that way. Choose one of the list."
    prefer(tab, "theme", "pink")
    prefer(tab, "role", "admin")
    assert database.execute("select preferences, role from users") == [({}, "customer_service")]


def test_the_theme_is_remembered_for_the_next_sign_in(tab: Tab, database: Database) -> None:
    tab.send(FrameState.keep_theme, theme="dark")
    tab.send(FrameState.keep_theme, theme="pink")
    signed_in = accounts.sign_in("sofia@shop.test", PASSWORD, address="192.0.2.7")
    assert signed_in.preferences.theme == "dark"


def test_a_name_is_changed_for_everybody_to_see(tab: Tab, database: Database) -> None:
    tab.send(SettingsState.rename, "/settings", form={"name": "  Sofia   M. Marin "})
    assert database.execute("select name from users") == [("Sofia M. Marin",)]
    assert Tab(tab.session).send(SettingsState.load, "/settings").last("person_name") == "Sofia M. Marin"
    told = tab.send(SettingsState.rename, "/settings", form={"name": " "}).texts()
    assert told[0].startswith("Use a name of 2 to 80 letters")


def password(tab: Tab, old: str, new: str) -> Answer:
    return tab.send(SettingsState.change_password, "/settings", form={"old": old, "new": new})


def test_a_password_is_changed_with_the_old_one_and_ends_the_other_sessions(tab: Tab, database: Database) -> None:
    other = Tab(accounts.sign_in("sofia@shop.test", PASSWORD, address="192.0.2.8").token)
    assert password(tab, PASSWORD, "short").last("complaint").startswith("The password has 5 letters")
    assert password(tab, "not the password at all", NEW).last("complaint") == (
        "The e-mail address or the password is not right."
    )
    assert password(tab, PASSWORD, NEW).texts()[0] == "Your password is changed. 1 other session ended."
    assert other.send(SettingsState.load, "/settings").last("signed_out") is True
    assert Tab(tab.session).send(SettingsState.load, "/settings").last("ready") is True
    assert accounts.sign_in("sofia@shop.test", NEW, address="192.0.2.7").token


def test_one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know(tab: Tab, database: Database) -> None:
    other = accounts.sign_in("sofia@shop.test", PASSWORD, address="203.0.113.9", browser="Firefox on Windows").token
    here, there = tab.send(SettingsState.load, "/settings").last("signed_in")
    assert (here.here, there.here, there.title) == (True, False, "Firefox on Windows")
    assert "203.0.113.9" in there.about
    tab.send(SettingsState.end_session, "/settings", session_id=there.id)
    assert Tab(other).send(SettingsState.load, "/settings").last("signed_out") is True
    tab.send(SettingsState.sign_out_everywhere, "/settings")
    assert Tab(tab.session).send(SettingsState.load, "/settings").last("signed_out") is True


def test_nobody_ends_somebody_elses_session(tab: Tab, sign_in: Any, database: Database) -> None:
    theirs = sign_in(Role.MANAGER, "Priya Nair")
    tab.send(SettingsState.end_session, "/settings", session_id=accounts.hash_of(theirs)[:16])
    assert Tab(theirs).send(SettingsState.load, "/settings").last("ready") is True


@pytest.mark.parametrize(
    ("header", "zone"),
    [
        ("holdfast_zone=Europe%2FBerlin; other=1", "Europe/Berlin"),
        ("holdfast_zone=Europe%2FAtlantis", ""),
        ("holdfast_zone=..%2F..%2Fetc%2Fpasswd", ""),
        ("", ""),
    ],
)
def test_the_browsers_zone_is_believed_only_where_it_is_one(header: str, zone: str) -> None:
    assert sessions.cookie_zone(header) == zone


def test_browsers_are_named() -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
    assert (browser_name(agent), browser_name("curl/8")) == ("Firefox on Windows", "A browser")


@pytest.fixture(autouse=True)
def nobodys_screen() -> Any:
    yield
    show_for(None)
