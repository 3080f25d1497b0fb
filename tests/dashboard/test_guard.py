"""The guard before every event: no session, wrong role, undeclared handlers, and tabs that change hands."""

from collections.abc import Callable

import pytest
from reflex_base.utils.format import format_event_handler

from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.pages.held.state import HeldState
from dashboard.pages.order.confirm import ConfirmState
from dashboard.pages.order.state import OrderState
from dashboard.shell import sessions
from dashboard.shell.guard import REFUSAL
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab

SignIn = Callable[..., str]


def test_without_a_session_nothing_runs_and_the_tab_is_told(database: Database) -> None:
    answer = Tab().send(HeldState.load, "/held")
    assert answer.last("signed_out") is True
    assert answer.values("headline") in ([], [""])
    assert answer.values("rows") in ([], [[]])


def test_a_forged_session_is_no_session(database: Database) -> None:
    assert Tab("a" * 43).send(HeldState.load, "/held").last("signed_out") is True


def test_a_session_lets_its_person_in(tab: Tab) -> None:
    answer = tab.send(HeldState.load, "/held")
    assert answer.last("headline") == "0 orders"
    assert answer.last("person_name") == "Sofia Marin"
    assert answer.last("person_role") == "Customer service"


@pytest.mark.parametrize("role", [Role.QA, Role.FINANCE])
def test_a_role_that_may_only_look_cannot_stop_an_order(sign_in: SignIn, role: Role) -> None:
    number = factories.created().number
    tab = Tab(sign_in(role))
    assert tab.send(ConfirmState.ask_stop, number=number).texts()[0] == REFUSAL
    answer = tab.send(ConfirmState.confirm, form={"action": "hold", "number": number, "reason": "just because"})
    assert answer.texts()[0] == REFUSAL
    assert tab.send(OrderState.load, f"/orders/{number}").values("holds") in ([], [[]])


def test_the_general_setter_of_every_state_is_refused(tab: Tab) -> None:
    setter = format_event_handler(HeldState.load).rsplit(".", 1)[0] + ".setvar"
    answer = tab.send(setter, var_name="headline", value="nothing to see")
    assert answer.texts()[0] == REFUSAL
    assert "nothing to see" not in answer.values("headline")


def test_a_tab_that_changes_hands_is_emptied_first(sign_in: SignIn) -> None:
    number = factories.created().number
    tab = Tab(sign_in(Role.CUSTOMER_SERVICE, "Sofia Marin"))
    assert tab.send(OrderState.load, f"/orders/{number}").last("head").number == number
    tab.session = sign_in(Role.QA, "Tom Okafor")
    answer = tab.send(HeldState.load, "/held")
    assert [head.number for head in answer.values("head") if hasattr(head, "number")] == [""]
    assert answer.last("person_name") == "Tom Okafor"


def test_a_session_that_was_ended_elsewhere_runs_nothing_more(tab: Tab) -> None:
    tab.send(HeldState.load, "/held")
    in_unit_of_work(accounts.sign_out, tab.session)
    sessions.forget(tab.session)
    assert tab.send(HeldState.load, "/held").last("signed_out") is True


def test_a_leaver_is_out_at_once(tab: Tab) -> None:
    tab.send(HeldState.load, "/held")
    in_unit_of_work(accounts.disable_user, email="sofia@shop.test", actor=SYSTEM)
    sessions.forget(tab.session)
    assert tab.send(HeldState.load, "/held").last("signed_out") is True


def test_rights_that_were_just_taken_away_stop_the_next_click(tab: Tab, database: Database) -> None:
    number = factories.created().number
    question = tab.send(ConfirmState.ask_stop, number=number).last("question")
    form = {"action": "hold", "number": number, "reason": "just because", "token": question.token}
    database.execute("update users set role = 'qa'")
    told = tab.send(ConfirmState.confirm, form=form).texts()
    assert told[0] == "The role QA may not hold orders. Ask an administrator if you need to."
    database.execute("update users set role = 'manager', active = false")
    assert tab.send(ConfirmState.confirm, form=form).last("signed_out") is True
    assert database.execute("select count(*) from holds") == [(0,)]


def test_signing_in_again_in_the_same_tab_closes_the_notice_of_the_ended_session(sign_in: SignIn) -> None:
    tab = Tab()
    assert tab.send(HeldState.load, "/held").last("signed_out") is True
    tab.session = sign_in()
    answer = tab.send(HeldState.load, "/held")
    assert answer.last("signed_out") is False
