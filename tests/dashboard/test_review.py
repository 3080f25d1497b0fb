"""What takes two people, on screen: the click that only asks, the queue, the decision, and what the order's page says."""

from collections.abc import Callable
from typing import Any

import pytest

from backend import settings
from backend.domain.permissions import Role
from dashboard.pages.order.confirm import ASKS, ConfirmState
from dashboard.pages.order.refund import RefundState
from dashboard.pages.order.state import OrderState
from dashboard.pages.review.state import ReviewState
from dashboard.shell.guard import REFUSAL
from dashboard.shell.navigation import FrameState
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab

SignIn = Callable[..., str]


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person pays back 50 EUR of an order alone."""
    monkeypatch.setenv("HOLDFAST_REFUND_LIMIT", "50")
    settings.current.cache_clear()


@pytest.fixture
def number(database: Database) -> str:
    """An order of 104.70 EUR, all captured."""
    factories.stocked("LNT-STR-BRS", 100)
    return factories.paid().number


@pytest.fixture
def priya(sign_in: SignIn) -> Tab:
    return Tab(sign_in(Role.MANAGER, "Priya Nair"))


def ask_for_refund(tab: Tab, number: str) -> Answer:
    question = tab.send(RefundState.ask_refund, number=number).last("question")
    assert question.asks
    carried = {name: str(getattr(question, name)) for name in ("number", "currency", "version", "token")}
    return tab.send(RefundState.pay_back, form=carried | {"reason": "came broken", "way": "full"})


def queue(tab: Tab) -> Answer:
    return tab.send(ReviewState.load, "/review")


def look(tab: Tab) -> Any:
    """Open the first request that waits for whoever looks, or that they asked themselves."""
    shown = queue(tab)
    rows = [row for name in ("to_decide", "mine", "others") for found in shown.values(name) for row in found]
    return tab.send(ReviewState.look, approval_id=rows[0].id).last("opened")


def form(opened: Any, decision: str, reason: str = "") -> dict[str, str]:
    carried = {name: str(getattr(opened, name)) for name in ("id", "version", "token")}
    return carried | {"decision": decision, "reason": reason}


def refunds(database: Database) -> list[tuple[Any, ...]]:
    return database.execute("select amount_minor, reason from refunds")


def test_the_click_says_that_it_only_asks_and_the_queue_shows_it_to_both(
    tab: Tab, priya: Tab, number: str, database: Database
) -> None:
    told = ask_for_refund(tab, number)
    assert told.texts()[0] == "A second person was asked: finance, a manager or an administrator decides in Review."
    assert refunds(database) == []
    (mine,) = queue(tab).last("mine")
    assert (mine.what, mine.amount, mine.number, mine.reason, mine.verb) == (
        "Refund", "€104.70", number, "came broken", "Withdraw",
    )  # fmt: skip
    shown = queue(priya)
    (row,) = shown.last("to_decide")
    assert shown.last("headline") == "1 request for you to decide"
    assert (row.by, row.verb, row.ends) == ("Sofia Marin (Customer service)", "Decide", "expires in 2 d 23 h")
    assert priya.send(FrameState.load).last("reviews") == "1"
    assert tab.send(FrameState.load).values("reviews") in ([], [""])


def test_the_orders_page_says_what_waits_and_who_asked(tab: Tab, priya: Tab, number: str) -> None:
    ask_for_refund(tab, number)
    (waiting,) = priya.send(OrderState.load, f"/orders/{number}").last("waiting")
    assert (waiting.what, waiting.amount, waiting.by, waiting.verb) == (
        "Refund", "€104.70", "Sofia Marin (Customer service)", "Decide",
    )  # fmt: skip


def test_the_second_person_sees_what_will_happen_and_approves(
    tab: Tab, priya: Tab, number: str, database: Database
) -> None:
    ask_for_refund(tab, number)
    opened = look(priya)
    assert (opened.what, opened.refusal, opened.may_approve, opened.may_withdraw) == (
        "Refund · €104.70",
        "",
        True,
        False,
    )
    assert opened.effects[0] == "€104.70 is paid back the way it was paid."
    answer = priya.send(ReviewState.decide, form=form(opened, "approve"))
    assert answer.texts()[0] == "Approved. €104.70 is being paid back."
    assert answer.last("open") is False
    (done,) = answer.last("decided")
    assert (done.state, done.by) == ("Approved", "asked by Sofia Marin, approved by Priya Nair")
    assert refunds(database) == [(10470, "came broken")]
    again = priya.send(ReviewState.decide, form=form(opened, "approve"))
    assert again.texts() == []
    assert len(refunds(database)) == 1


def test_who_asked_may_withdraw_but_never_approve(tab: Tab, number: str, database: Database) -> None:
    ask_for_refund(tab, number)
    opened = look(tab)
    assert (opened.may_approve, opened.may_decline, opened.may_withdraw, opened.refusal) == (False, False, True, "")
    forced = tab.send(ReviewState.decide, form=form(opened, "approve")).texts()
    assert forced[0].startswith("The role Customer service may not decide refunds that others asked for.")
    assert tab.send(ReviewState.decide, form=form(opened, "withdraw")).texts()[0] == "Withdrawn. Nothing was done."
    assert refunds(database) == []


def test_declining_wants_a_reason_and_who_asked_sees_it(tab: Tab, priya: Tab, number: str, database: Database) -> None:
    ask_for_refund(tab, number)
    opened = look(priya)
    assert priya.send(ReviewState.begin_to_decline).last("declining") is True
    assert "give a reason" in priya.send(ReviewState.decide, form=form(opened, "decline")).texts()[0]
    priya.send(ReviewState.decide, form=form(opened, "decline", "Ask the carrier first."))
    (done,) = queue(tab).last("decided")
    assert (done.state, done.reason) == ("Declined", "Ask the carrier first.")
    assert refunds(database) == []


def test_what_moved_meanwhile_is_shown_anew_before_anything_happens(
    tab: Tab, priya: Tab, number: str, database: Database
) -> None:
    ask_for_refund(tab, number)
    opened = look(priya)
    question = tab.send(ConfirmState.ask_stop, number=number).last("question")
    stop = {"action": "hold", "number": number, "reason": "wait for the photo", "token": question.token}
    tab.send(ConfirmState.confirm, form=stop)
    answer = priya.send(ReviewState.decide, form=form(opened, "approve"))
    assert "Sofia Marin held it" in answer.last("news")
    assert answer.last("opened").remaining == ["Held by staff"]
    assert refunds(database) == []
    priya.send(ReviewState.decide, form=form(answer.last("opened"), "approve"))
    assert len(refunds(database)) == 1


def test_the_one_who_comes_second_is_told_by_whom_it_was_decided(
    tab: Tab, priya: Tab, sign_in: SignIn, number: str, database: Database
) -> None:
    ask_for_refund(tab, number)
    ada = Tab(sign_in(Role.ADMIN, "Ada Lindqvist"))
    first, second = look(priya), look(ada)
    priya.send(ReviewState.decide, form=form(first, "approve"))
    answer = ada.send(ReviewState.decide, form=form(second, "approve"))
    assert answer.texts()[0].startswith("This was already approved by Priya Nair")
    assert len(refunds(database)) == 1


def test_an_order_held_for_suspected_fraud_asks_a_second_person_to_release_it(
    tab: Tab, priya: Tab, number: str, database: Database
) -> None:
    question = tab.send(ConfirmState.ask_stop, number=number).last("question")
    stop = {"action": "hold", "number": number, "reason": "three cards", "token": question.token, "fraud": "on"}
    tab.send(ConfirmState.confirm, form=stop)
    (hold,) = tab.send(OrderState.load, f"/orders/{number}").last("holds")
    assert hold.title == "Fraud suspected"
    question = tab.send(ConfirmState.ask_hold, action="release", number=number, hold_id=hold.id).last("question")
    assert question.verb == ASKS
    names = ("action", "number", "subject", "version", "token")
    release = {name: str(getattr(question, name)) for name in names} | {"reason": "spoke to her"}
    assert tab.send(ConfirmState.confirm, form=release).texts()[0].startswith("A second person was asked")
    assert database.execute("select closed_at from holds") == [(None,)]
    priya.send(ReviewState.decide, form=form(look(priya), "approve"))
    assert database.execute("select closed_by_name from holds") == [("Sofia Marin and Priya Nair",)]


def test_qa_looks_and_decides_nothing(tab: Tab, sign_in: SignIn, number: str, database: Database) -> None:
    ask_for_refund(tab, number)
    tom = Tab(sign_in(Role.QA, "Tom Okafor"))
    opened = look(tom)
    (row,) = queue(Tab(tom.session)).last("others")
    assert row.verb == "View"
    assert (opened.may_approve, opened.may_decline, opened.may_withdraw) == (False, False, False)
    assert tom.send(ReviewState.decide, form=form(opened, "approve")).texts()[0] == REFUSAL
    assert refunds(database) == []
