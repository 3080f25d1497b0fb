"""The fix dialog: prefilled, judged while it is typed, and carried out as it was shown."""

from typing import Any

import pytest

from backend.domain.permissions import Role
from dashboard.pages.order.fix import LOOK, PREFIX, FixState
from dashboard.pages.order.state import OrderState
from dashboard.shell.guard import REFUSAL
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Tab


@pytest.fixture
def number(database: Database) -> str:
    """An order held by its postcode."""
    return factories.created(factories.new_order(shipping=factories.address(postal_code="1011"))).number


def begin(tab: Tab, number: str) -> Any:
    (card,) = tab.send(OrderState.load, f"/orders/{number}").last("holds")
    assert [offer.label for offer in card.fixes] == ["Fix address"]
    return tab.send(FixState.ask_fix, number=number, hold_id=card.id, fix=card.fixes[0].name).last("question")


def form_of(question: Any, **typed: str) -> dict[str, str]:
    carried = {name: str(getattr(question, name)) for name in ("number", "hold", "fix", "version", "token")}
    values = {PREFIX + entry.name: typed.get(entry.name, entry.value) for entry in question.fields}
    return carried | values | {"reason": ""}


def postcodes(database: Database) -> list[tuple[Any, ...]]:
    return database.execute("select postal_code from addresses where kind = 'shipping'")


def test_it_is_prefilled_with_what_is_there_and_the_error_stands_beside_the_field(tab: Tab, number: str) -> None:
    question = begin(tab, number)
    wrong = {entry.name: (entry.value, entry.error) for entry in question.fields if entry.error}
    assert wrong == {"postal_code": ("1011", "The postcode is not valid. In DE it looks like 26133.")}
    assert (question.title, question.effects) == ("Fix address: Address does not look right", [])


def test_what_is_typed_is_judged_and_what_it_does_is_shown_before_the_click(
    tab: Tab, number: str, database: Database
) -> None:
    begin(tab, number)
    still = tab.send(FixState.type_in, name="postal_code", value="101").last("question")
    assert [entry.name for entry in still.fields if entry.error] == ["postal_code"]
    good = tab.send(FixState.type_in, name="postal_code", value="10119").last("question")
    assert [entry.error for entry in good.fields if entry.error] == []
    assert good.effects[-1] == "“Address does not look right” passes its check now and is closed."
    assert postcodes(database) == [("1011",)]

    done = tab.send(FixState.correct, form=form_of(good, postal_code="10119"))

    assert (done.last("open"), done.texts()[0]) == (False, "Delivery address corrected. The order goes on.")
    assert postcodes(database) == [("10119",)]
    assert database.execute("select closed_how from holds") == [("mended",)]
    assert tab.send(FixState.correct, form=form_of(good, postal_code="10119")).texts() == []
    assert database.execute("select count(*) from order_amendments") == [(1,)]


def test_a_form_that_was_not_shown_as_it_is_sent_is_shown_first(tab: Tab, number: str, database: Database) -> None:
    question = begin(tab, number)
    answer = tab.send(FixState.correct, form=form_of(question, postal_code="10119"))
    assert answer.last("news") == LOOK
    assert answer.last("question").effects != []
    assert postcodes(database) == [("1011",)]


def test_moved_facts_refuse_it_say_who_moved_them_and_fill_the_form_anew(
    tab: Tab, number: str, database: Database, sign_in: Any
) -> None:
    begin(tab, number)
    mine = tab.send(FixState.type_in, name="postal_code", value="10119").last("question")
    colleague = Tab(sign_in(Role.MANAGER, "Mia Brandt"))
    begin(colleague, number)
    theirs = colleague.send(FixState.type_in, name="line1", value="Ackerstraße 1")
    theirs = colleague.send(FixState.type_in, name="postal_code", value="10115").last("question")
    colleague.send(FixState.correct, form=form_of(theirs, line1="Ackerstraße 1", postal_code="10115"))

    told = tab.send(FixState.correct, form=form_of(mine, postal_code="10119"))

    assert "Mia Brandt: “Delivery address corrected: Street and number, Postcode”" in told.last("news")
    anew = told.last("question")
    assert {entry.name: entry.value for entry in anew.fields}["postal_code"] == "10115"
    assert anew.refusal == "This hold was closed by Holdfast."
    assert postcodes(database) == [("10115",)]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.QA])
def test_who_may_not_act_neither_sees_the_form_nor_corrects(
    role: Role, number: str, database: Database, sign_in: Any
) -> None:
    looker = Tab(sign_in(role))
    hold_id = database.execute("select id from holds")[0][0]
    asked = {"number": number, "hold_id": hold_id, "fix": "shipping_address"}
    assert looker.send(FixState.ask_fix, **asked).texts() == [REFUSAL]
    assert looker.send(FixState.type_in, name="line1", value="x").texts() == [REFUSAL]
    form = {"number": number, "hold": str(hold_id), "fix": "shipping_address", "version": "2", "token": "t"}
    assert looker.send(FixState.correct, form=form).texts() == [REFUSAL]
    assert postcodes(database) == [("1011",)]


@pytest.mark.parametrize("fix", ["", "status", "shipping_address; drop", None, 7])
def test_a_fix_that_there_is_not_opens_nothing(tab: Tab, number: str, fix: Any) -> None:
    answer = tab.send(FixState.ask_fix, number=number, hold_id=1, fix=fix)
    assert True not in answer.values("open")
