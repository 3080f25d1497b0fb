"""The order page's state: what it shows, and its clicks with preview, version and token."""

import re
from typing import Any

import pytest
from sqlmodel import Session

from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import Role
from backend.services import holds
from backend.services.run import in_unit_of_work
from backend.store import orders
from dashboard.pages.order.confirm import ConfirmState
from dashboard.pages.order.state import OrderState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab


@pytest.fixture
def number(database: Database) -> str:
    factories.stocked("LNT-STR-BRS", 100)
    return factories.created().number


def hold(number: str, kind: HoldKind = HoldKind.CUSTOMER_NOTE, reason: str = "“Ring twice.”") -> None:
    def place(session: Session) -> None:
        holds.place(session, orders.lock_by_number(session, number), kind, reason, source=HoldSource.CHECK)

    in_unit_of_work(place)


def show(tab: Tab, number: str, opened: str = "") -> Answer:
    return tab.send(OrderState.load, f"/orders/{number}" + (f"?tab={opened}" if opened else ""))


def ask(tab: Tab, number: str, action: str = "release") -> Any:
    """Open the dialog for the order's first hold and return its question."""
    hold_id = show(tab, number).last("holds")[0].id
    return tab.send(ConfirmState.ask_hold, action=action, number=number, hold_id=hold_id).last("question")


def form_of(question: Any, reason: str = "") -> dict[str, str]:
    """What the browser posts from the dialog: hidden fields as text."""
    names = ("action", "number", "subject", "version", "token")
    return {name: str(getattr(question, name)) for name in names} | {"reason": reason}


def open_holds(database: Database) -> int:
    return int(database.execute("select count(*) from holds where closed_at is null")[0][0])


def test_it_shows_where_the_order_is_and_what_it_costs(tab: Tab, number: str) -> None:
    answer = show(tab, number, "items")
    head = answer.last("head")
    assert answer.last("title") == f"{number} · Holdfast"
    assert (head.number, head.customer, head.total, head.channel) == (
        number,
        "Greta Lindenau",
        "€104.70",
        "Signed JSON",
    )
    assert [(stop.label, stop.state) for stop in answer.last("path")] == [
        ("Pending", "here"),
        ("Confirmed", "ahead"),
        ("Processing", "ahead"),
        ("Shipped", "ahead"),
        ("Delivered", "ahead"),
    ]
    assert [(line.label, line.amount) for line in answer.last("totals")] == [
        ("Items", "€99.80"),
        ("Shipping", "€4.90"),
        ("Tax", "€0.00"),
        ("Total", "€104.70"),
    ]
    customer = show(tab, number, "customer")
    assert customer.last("addresses")[0].lines == ["Greta Lindenau", "Torstraße 140", "10119 Berlin", "Germany"]


def test_a_held_order_says_why_and_what_to_do(tab: Tab, number: str) -> None:
    hold(number)
    answer = show(tab, number)
    card = answer.last("holds")[0]
    assert (card.title, card.reason) == ("Customer left a note", "“Ring twice.”")
    assert card.advice == "Read the note: it may change what to send. Then release."
    assert (card.can_retry, card.can_release) == (False, True)
    assert answer.last("path")[0].state == "held"


def test_routine_is_folded_away_until_asked_for(tab: Tab, number: str) -> None:
    folded = show(tab, number)
    routine = folded.last("routine_count")
    assert routine > 0
    assert {entry.weight for entry in folded.last("timeline")} == {"milestone"}
    unfolded = tab.send(OrderState.show_routine, f"/orders/{number}", shown=True).last("timeline")
    assert len(unfolded) == len(folded.last("timeline")) + routine


def test_a_release_shows_what_it_does_then_does_it_once(tab: Tab, number: str, database: Database) -> None:
    hold(number)
    question = ask(tab, number)
    assert question.effects == ["The order goes on as it is."]
    assert (question.needs_reason, question.refusal, question.remaining) == (False, "", [])
    assert open_holds(database) == 1
    first = tab.send(ConfirmState.confirm, form=form_of(question))
    assert (first.last("open"), first.texts()[0]) == (False, "Released. The order goes on.")
    assert open_holds(database) == 0
    again = tab.send(ConfirmState.confirm, form=form_of(question))
    assert again.texts() == []
    assert database.execute("select count(*) from timeline where kind = 'hold:closed'") == [(1,)]


def test_an_unknown_outcome_has_one_button_which_asks_the_provider(tab: Tab, number: str, database: Database) -> None:
    database.execute(
        "update steps set state = 'parked', in_doubt = true, outcome = 'in_doubt', provider = 'stripe' "
        "where kind = 'payment.capture'"
    )
    hold(number, HoldKind.OUTCOME_UNKNOWN, "No answer came.")
    database.execute("update holds set step_id = (select id from steps where kind = 'payment.capture')")
    card = show(tab, number).last("holds")[0]
    assert (card.can_ask, card.can_retry, card.can_release) == (True, False, False)
    shown = tab.send(ConfirmState.ask_hold, action="ask", number=number, hold_id=card.id)
    question = shown.last("question")
    assert (question.title, question.verb) == ("Ask the provider: Outcome unknown", "Ask the provider")
    assert question.effects[0] == (
        f"Stripe is asked whether this happened: Capture payment, reference {number}:payment.capture:1."
    )
    done = tab.send(ConfirmState.confirm, form=form_of(question))
    assert (done.last("open"), done.texts()[0]) == (False, "Stripe is being asked about: Capture payment.")
    assert tab.send(ConfirmState.confirm, form=form_of(question)).texts() == []
    assert database.execute("select state, in_doubt, generation from steps where kind = 'payment.capture'") == [
        ("ready", True, 1)
    ]


def test_a_preview_names_the_holds_that_remain(tab: Tab, number: str) -> None:
    hold(number)
    hold(number, HoldKind.PO_BOX, "The address is a PO box.")
    assert ask(tab, number).remaining == ["PO box address"]


def test_a_click_on_moved_facts_does_nothing_says_who_moved_them_and_previews_anew(
    tab: Tab, number: str, database: Database, sign_in: Any
) -> None:
    hold(number)
    hold(number, HoldKind.PO_BOX, "The address is a PO box.")
    question = ask(tab, number)
    colleague = Tab(sign_in(Role.MANAGER, "Mia Brandt"))
    po_box = show(colleague, number).last("holds")[1].id
    shown = colleague.send(ConfirmState.ask_hold, action="release", number=number, hold_id=po_box).last("question")
    colleague.send(ConfirmState.confirm, form=form_of(shown))

    answer = tab.send(ConfirmState.confirm, form=form_of(question))
    assert re.sub(r"[0-9]+ s ago", "N s ago", answer.last("news")) == (
        f"Order {number} has changed since you looked at it: Mia Brandt released “PO box address” N s ago."
        " Nothing was done. Look at it again and decide again."
    )
    assert open_holds(database) == 1
    renewed = answer.last("question")
    assert renewed.version == question.version + 1
    assert tab.send(ConfirmState.confirm, form=form_of(renewed)).last("open") is False
    assert open_holds(database) == 0


def test_a_persons_hold_is_not_released_without_a_reason(tab: Tab, number: str, database: Database) -> None:
    tab.send(ConfirmState.ask_stop, number=number)
    stop = {"action": "hold", "number": number, "reason": "wants another colour"}
    assert tab.send(ConfirmState.confirm, form=stop).texts()[0] == f"Order {number} is held."
    question = ask(tab, number)
    assert question.needs_reason is True
    refused = tab.send(ConfirmState.confirm, form=form_of(question))
    assert refused.texts()[0].startswith("To release this hold, give a reason")
    assert refused.values("open")[-1:] in ([], [True])
    assert open_holds(database) == 1
    assert tab.send(ConfirmState.confirm, form=form_of(question, "colour is settled")).last("open") is False
    assert open_holds(database) == 0


def test_a_double_click_on_hold_stops_the_order_once_and_says_nothing_more(
    tab: Tab, number: str, database: Database
) -> None:
    question = tab.send(ConfirmState.ask_stop, number=number).last("question")
    stop = form_of(question, "wants another colour")
    assert tab.send(ConfirmState.confirm, form=stop).texts()[0] == f"Order {number} is held."
    assert tab.send(ConfirmState.confirm, form=stop).texts() == []
    assert open_holds(database) == 1
    assert database.execute("select count(*) from audit where action = 'hold'") == [(1,)]


def test_a_hold_that_has_nothing_to_retry_says_why(tab: Tab, number: str, database: Database) -> None:
    hold(number)
    question = ask(tab, number, "retry")
    assert question.refusal.startswith("“Customer left a note” has nothing to retry.")
    tab.send(ConfirmState.confirm, form=form_of(question))
    assert open_holds(database) == 1


@pytest.mark.parametrize("form", [{}, {"action": "refund"}, {"action": "release", "subject": "1; drop table holds"}])
def test_a_made_up_form_changes_nothing(tab: Tab, number: str, database: Database, form: dict[str, str]) -> None:
    hold(number)
    answer = tab.send(ConfirmState.confirm, form={"number": number} | form)
    assert answer.texts() != []
    assert open_holds(database) == 1


def test_who_may_only_look_is_offered_no_clicks(sign_in: Any, number: str) -> None:
    hold(number)
    answer = show(Tab(sign_in(Role.QA)), number)
    assert (answer.values("may_act")[-1:], answer.values("may_note")[-1:]) == ([False], [False])


@pytest.mark.parametrize("wrong", ["ORD-20200101-00001", "nope"])
def test_an_order_that_does_not_exist_says_so(tab: Tab, database: Database, wrong: str) -> None:
    assert show(tab, wrong).last("missing").startswith(f"There is no order {wrong.upper()}.")


def test_the_next_order_shows_nothing_of_the_last_one(tab: Tab, number: str) -> None:
    show(tab, number)
    answer = show(tab, "ORD-20200101-00001")
    assert answer.values("ready") == [False]
