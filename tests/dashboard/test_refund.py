"""The refund and cancel dialogs: what is chosen, what is shown before the click, and what the click does."""

from typing import Any

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.errors import InvalidInput
from backend.domain.payments import EntryKind
from backend.domain.permissions import Role
from backend.domain.preferences import Preferences
from backend.domain.refunds import RefundWish
from backend.services.run import in_unit_of_work
from backend.store import orders, payments
from dashboard.components.viewer import show_for
from dashboard.pages.order.confirm import MOVED, ConfirmState
from dashboard.pages.order.refund import CHANGED, RefundState, amount_of, wish_of
from dashboard.pages.order.state import OrderState
from dashboard.shell.guard import REFUSAL
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab


@pytest.fixture
def paid(database: Database) -> str:
    """An order of 104.70 EUR, two lanterns of 49.90 and 4.90 for shipping, of which everything was captured."""
    factories.stocked("LNT-STR-BRS", 100)
    number = factories.created().number

    def capture(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        now = clock.now()
        payments.record(
            session, order, EntryKind.CAPTURED,
            amount_minor=10470, currency="EUR", provider="stripe", reference="pi_1", at=now, now=now,
        )  # fmt: skip

    in_unit_of_work(capture)
    return number


def begin(tab: Tab, number: str, **chosen: str) -> Any:
    """Open the dialog, change what is named, and return the last question."""
    question = tab.send(RefundState.ask_refund, number=number).last("question")
    for name, value in chosen.items():
        question = tab.send(RefundState.choose, name=name.replace("_", "-"), value=value).last("question")
    return question


def form_of(question: Any, reason: str = "came broken", **chosen: str) -> dict[str, str]:
    carried = {name: str(getattr(question, name)) for name in ("number", "currency", "version", "token")}
    return carried | {"reason": reason} | {name.replace("_", "-"): value for name, value in chosen.items()}


def decided(database: Database) -> list[tuple[Any, ...]]:
    return database.execute("select amount_minor, lines, shipping_minor, restock, reason from refunds order by id")


def test_it_opens_on_everything_and_says_what_that_is(tab: Tab, paid: str, database: Database) -> None:
    question = begin(tab, paid)
    assert (question.number, question.currency, question.left, question.refusal) == (paid, "EUR", "€104.70", "")
    assert question.effects[0] == "€104.70 is paid back the way it was paid."
    assert [(line.field, line.name, line.price, line.most) for line in question.lines] == [
        ("pieces-1", "Storm Lantern - Brass", "€99.80", 2)
    ]
    assert [line.back for line in question.lines] == ["back-1"]
    assert question.shipping == "€4.90"
    assert decided(database) == []


def test_a_full_refund_is_decided_once_however_often_it_is_clicked(tab: Tab, paid: str, database: Database) -> None:
    form = form_of(begin(tab, paid, restock="on"), way="full", restock="on")
    first = tab.send(RefundState.pay_back, form=form)
    assert (first.last("open"), first.texts()[0]) == (False, "€104.70 is being paid back.")
    again = tab.send(RefundState.pay_back, form=form)
    assert again.texts() == []
    assert decided(database) == [(10470, [], 0, True, "came broken")]


def test_lines_and_shipping_are_previewed_as_they_are_chosen(tab: Tab, paid: str, database: Database) -> None:
    question = begin(tab, paid, way="lines", pieces_1="1", shipping="on")
    assert question.effects[:2] == [
        "€54.80 is paid back the way it was paid.",
        "€49.90 may still be paid back afterwards.",
    ]
    tab.send(RefundState.pay_back, form=form_of(question, way="lines", pieces_1="1", shipping="on"))
    assert decided(database) == [(5480, [{"position": 1, "quantity": 1, "restock": 0}], 490, False, "came broken")]


def test_the_order_page_tells_what_is_on_its_way_back(tab: Tab, paid: str) -> None:
    question = begin(tab, paid, way="amount", amount="12,50")
    tab.send(RefundState.pay_back, form=form_of(question, way="amount", amount="12,50"))
    answer = tab.send(OrderState.load, f"/orders/{paid}?tab=items")
    (refund,) = answer.last("refunds")
    assert (refund.amount, refund.state, refund.reason) == ("€12.50", "On its way back", "came broken")
    assert [(line.label, line.amount) for line in answer.last("balance")] == [
        ("Captured", "€104.70"),
        ("Refunded", "€0.00"),
        ("On its way back", "-€12.50"),
        ("May still be refunded", "€92.20"),
    ]


def test_each_line_says_for_itself_whether_its_goods_go_back_to_stock(tab: Tab, paid: str, database: Database) -> None:
    question = begin(tab, paid, way="lines", pieces_1="2", back_1="on")
    assert question.effects[2] == "2 of 2 pieces go back to stock."
    tab.send(RefundState.pay_back, form=form_of(question, way="lines", pieces_1="2", back_1="on"))
    assert decided(database) == [(9980, [{"position": 1, "quantity": 2, "restock": 2}], 0, True, "came broken")]
    again = begin(tab, paid)
    assert [line.most for line in again.lines] == [0]


def test_an_open_dialog_says_that_the_order_has_changed_and_keeps_what_was_read(
    tab: Tab, paid: str, sign_in: Any
) -> None:
    question = begin(tab, paid)
    assert tab.send(RefundState.renew).values("news") == []
    finn = Tab(sign_in(Role.FINANCE, "Finn Adler"))
    finn.send(RefundState.pay_back, form=form_of(begin(finn, paid, way="amount", amount="4"), way="amount", amount="4"))
    renewed = tab.send(RefundState.renew)
    assert renewed.last("news") == MOVED
    now = renewed.last("question")
    assert (now.version, now.token, now.effects) == (question.version, question.token, question.effects)


def test_a_dialog_about_one_order_does_not_stay_open_over_another(tab: Tab, paid: str) -> None:
    other = factories.created().number
    tab.send(OrderState.load, f"/orders/{paid}")
    tab.send(RefundState.ask_refund, number=paid)
    assert tab.send(OrderState.load, f"/orders/{paid}").values("open") == []
    assert tab.send(OrderState.load, f"/orders/{other}").values("open") == [False]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"way": "amount", "amount": "ten"}, "The amount 'ten' is not a plain decimal such as 19.99."),
        ({"way": "amount", "amount": "1.999"}, "The amount 1.999 has more decimals than EUR has (2)."),
        ({"way": "amount", "amount": "104.71"}, "€104.71 is more than the €104.70 that may still be paid back."),
        ({"way": "amount", "amount": "-1"}, "The refund comes to nothing. Choose an amount above zero."),
        ({"way": "lines", "pieces_1": "3"}, "Line 1 has 2 pieces; 3 cannot be paid back."),
        ({"way": "lines", "pieces_1": "1.5"}, "“1.5” is not a number of pieces. Use a whole number."),
        ({"way": "all of it"}, "Choose one: everything, an amount, or lines and shipping."),
    ],
)
def test_what_cannot_be_paid_back_is_explained_and_nothing_happens(
    tab: Tab, paid: str, database: Database, chosen: dict[str, str], sentence: str
) -> None:
    question = begin(tab, paid, **chosen)
    assert question.refusal == sentence
    tab.send(RefundState.pay_back, form=form_of(question, **chosen))
    assert decided(database) == []


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("amount", "Type the amount to pay back, in EUR."),
        ("lines", "Choose how many pieces of which line are paid back, or the shipping, or both."),
    ],
)
def test_what_is_still_to_be_chosen_is_said_and_is_no_refusal(
    tab: Tab, paid: str, database: Database, way: str, sentence: str
) -> None:
    question = begin(tab, paid, way=way)
    assert (question.missing, question.refusal, question.effects) == (sentence, "", [])
    tab.send(RefundState.pay_back, form=form_of(question, way=way))
    assert decided(database) == []


def test_another_way_of_paying_back_begins_afresh(tab: Tab, paid: str) -> None:
    begin(tab, paid, way="lines", pieces_1="2", shipping="on")
    for way in ("full", "lines"):
        question = tab.send(RefundState.choose, name="way", value=way).last("question")
    assert question.missing.startswith("Choose how many pieces")


def test_a_form_that_is_not_the_one_previewed_is_previewed_instead(tab: Tab, paid: str, database: Database) -> None:
    question = begin(tab, paid, way="amount", amount="5")
    answer = tab.send(RefundState.pay_back, form=form_of(question, way="amount", amount="50"))
    assert answer.last("news") == CHANGED
    renewed = answer.last("question")
    assert renewed.effects[0] == "€50.00 is paid back the way it was paid."
    assert decided(database) == []
    tab.send(RefundState.pay_back, form=form_of(renewed, way="amount", amount="50"))
    assert [row[0] for row in decided(database)] == [5000]


def test_a_refund_without_a_reason_is_refused(tab: Tab, paid: str, database: Database) -> None:
    question = begin(tab, paid)
    answer = tab.send(RefundState.pay_back, form=form_of(question, reason=" ", way="full"))
    assert "give a reason" in answer.texts()[0]
    assert decided(database) == []


def test_facts_that_moved_refuse_the_refund_say_who_moved_them_and_preview_it_anew(
    tab: Tab, paid: str, database: Database, sign_in: Any
) -> None:
    question = begin(tab, paid)
    finn = Tab(sign_in(Role.FINANCE, "Finn Adler"))
    finn.send(RefundState.pay_back, form=form_of(begin(finn, paid, way="amount", amount="4"), way="amount", amount="4"))
    answer = tab.send(RefundState.pay_back, form=form_of(question, way="full"))
    assert "it: Finn Adler decided a refund of €4.00" in answer.last("news")
    assert [row[0] for row in decided(database)] == [400]
    renewed = answer.last("question")
    assert renewed.effects[0] == "€100.70 is paid back the way it was paid."
    tab.send(RefundState.pay_back, form=form_of(renewed, way="full"))
    assert [row[0] for row in decided(database)] == [400, 10070]
    assert begin(tab, paid).refusal == (
        "Nothing can be paid back: all of it is paid back or on its way back, as decided by Finn Adler and Sofia Marin."
    )


def test_of_two_who_cancel_the_second_is_told_who_was_first(
    tab: Tab, paid: str, database: Database, sign_in: Any
) -> None:
    mine = cancel(tab, paid)
    mia = Tab(sign_in(Role.MANAGER, "Mia Brandt"))
    mia.send(ConfirmState.confirm, form=cancel_form(cancel(mia, paid)))
    answer = tab.send(ConfirmState.confirm, form=cancel_form(mine))
    assert "it: Mia Brandt began to cancel it" in answer.last("news")
    assert answer.last("question").refusal == "Mia Brandt is cancelling this order already."
    assert database.execute("select count(*) from holds where kind = 'being_cancelled'") == [(1,)]


def test_nothing_captured_means_no_button_and_a_refusal(tab: Tab, database: Database) -> None:
    number = factories.created().number
    assert tab.send(OrderState.load, f"/orders/{number}").last("head").refundable is False
    assert begin(tab, number).refusal.startswith("Nothing can be paid back")


@pytest.mark.parametrize(
    ("role", "refunds", "cancels"),
    [(Role.CUSTOMER_SERVICE, True, True), (Role.FINANCE, True, False), (Role.QA, False, False)],
)
def test_buttons_show_to_whom_they_belong(sign_in: Any, paid: str, role: Role, refunds: bool, cancels: bool) -> None:
    tab = Tab(sign_in(role))
    answer = tab.send(OrderState.load, f"/orders/{paid}")
    head = answer.last("head")
    assert (head.refundable, head.cancellable) == (True, True)
    shown = [(answer.values(name)[-1:] or [False])[0] for name in ("may_refund", "may_note")]
    assert shown == [refunds, cancels]
    refused = [
        REFUSAL in tab.send(handler, **payload).texts()
        for handler, payload in (
            (RefundState.ask_refund, {"number": paid}),
            (ConfirmState.ask_cancel, {"number": paid, "restock": True}),
        )
    ]
    assert refused == [not refunds, not cancels]


def cancel(tab: Tab, number: str, restock: bool = True) -> Any:
    return tab.send(ConfirmState.ask_cancel, number=number, restock=restock).last("question")


def cancel_form(question: Any, **more: str) -> dict[str, str]:
    names = ("action", "number", "subject", "version", "token")
    return {name: str(getattr(question, name)) for name in names} | {"reason": "changed her mind"} | more


def test_a_cancellation_says_what_it_sets_in_motion_and_shows_how_far_it_is(
    tab: Tab, paid: str, database: Database
) -> None:
    question = cancel(tab, paid)
    assert question.title == f"Cancel order {paid}"
    assert question.effects == [
        "Whatever has not begun is stopped.",
        "€104.70 is paid back.",
        "The goods go back to stock.",
        "The customer is told by mail.",
    ]
    answer = tab.send(ConfirmState.confirm, form=cancel_form(question, restock="on"))
    assert (answer.last("open"), answer.texts()[0]) == (False, f"Order {paid} is being cancelled.")
    shown = tab.send(OrderState.load, f"/orders/{paid}")
    (hold,) = shown.last("holds")
    assert hold.title == "Being cancelled"
    assert [(stage.label, stage.state) for stage in hold.stages] == [
        ("Stop what has not begun", "Done"),
        ("Void the shipping label", "Not needed"),
        ("Void the authorization", "Not needed"),
        ("Pay the money back", "Running"),
        ("Issue the credit note", "Not needed"),
        ("Give the goods back to stock", "To come"),
        ("Agree the parcel's return", "Not needed"),
        ("Tell the customer", "To come"),
        ("Mark the order as cancelled", "To come"),
    ]
    assert shown.last("head").cancellable is False
    again = tab.send(ConfirmState.confirm, form=cancel_form(question, restock="on"))
    assert again.texts() == []
    assert database.execute("select count(*) from holds where kind = 'being_cancelled'") == [(1,)]


def test_the_choice_for_the_goods_is_previewed_and_counts_as_it_stands_in_the_form(
    tab: Tab, paid: str, database: Database
) -> None:
    opened = tab.send(ConfirmState.ask_cancel, number=paid, restock=True).last("asked")
    asked = tab.send(ConfirmState.choose_restock, number=paid, restock=False)
    question = asked.last("question")
    assert "Stock stays as it is." in question.effects
    assert asked.values("asked") in ([], [opened])
    tab.send(ConfirmState.confirm, form=cancel_form(question))
    assert database.execute("select facts from holds where kind = 'being_cancelled'") == [({"restock": False},)]


def test_an_order_that_arrived_cannot_be_cancelled_and_is_not_offered_it(
    tab: Tab, paid: str, database: Database
) -> None:
    database.execute("update orders set status = 'delivered'")
    answer: Answer = tab.send(OrderState.load, f"/orders/{paid}")
    assert answer.last("head").cancellable is False
    assert cancel(tab, paid).refusal.startswith("An order that is delivered cannot be cancelled.")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.5", "EUR", 1250), ("12,50", "EUR", 1250), (" 1 200 ", "JPY", 1200), ("0.001", "KWD", 1)],
)
def test_an_amount_is_read_as_people_type_it(text: str, currency: str, minor: int) -> None:
    assert amount_of(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("1.284,90", 128490), ("12,5", 1250), ("1.000", 100000), ("12.50", 1250), ("1 200", 120000)]
)
def test_an_amount_is_read_in_the_format_of_who_types(text: str, minor: int) -> None:
    show_for(Preferences(numbers="de-DE"))
    try:
        assert amount_of(text, "EUR") == minor
    finally:
        show_for(None)


@pytest.mark.parametrize(("text", "currency"), [("1,000", "EUR"), ("1,5", "JPY"), ("1e3", "EUR"), ("٣", "EUR")])
def test_an_amount_that_could_mean_two_things_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput):
        amount_of(text, currency)


def test_only_what_belongs_to_the_chosen_way_counts() -> None:
    everything = {"way": "amount", "amount": "5", "pieces-1": "2", "shipping": "on", "restock": "on"}
    assert wish_of(everything, "EUR") == RefundWish(amount_minor=500)
    assert wish_of(everything | {"way": "full"}, "EUR") == RefundWish(full=True, restock=True)
    assert wish_of(everything | {"way": "lines"}, "EUR") == RefundWish(lines={1: 2}, shipping=True, restock=True)
    back = {"way": "lines", "pieces-1": "2", "pieces-2": "1", "back-2": "on", "back-3": "on"}
    assert wish_of(back, "EUR") == RefundWish(lines={1: 2, 2: 1}, restocked={2: 1})


@pytest.mark.parametrize(
    ("in_doubt", "state", "problem"),
    [
        (
            False,
            "Failed",
            "The bank refused it. Nothing was paid back. Mend the cause, then retry it in the hold above.",
        ),
        (
            True,
            "Not known whether it went back",
            "The bank refused it. Retry it in the hold above: the provider is asked first, and nothing is paid twice.",
        ),
    ],
)
def test_a_refund_that_does_not_get_on_says_so_and_what_to_do(
    tab: Tab, paid: str, database: Database, in_doubt: bool, state: str, problem: str
) -> None:
    tab.send(RefundState.pay_back, form=form_of(begin(tab, paid), way="full"))
    under_way = tab.send(OrderState.load, f"/orders/{paid}?tab=items")
    assert [(card.state, card.problem) for card in under_way.last("refunds")] == [("On its way back", "")]

    database.execute(
        "update steps set state = 'parked', error = 'The bank refused it.', in_doubt = %s where kind = 'payment.refund'",
        (in_doubt,),
    )
    stuck = tab.send(OrderState.load, f"/orders/{paid}?tab=items")

    assert [(card.state, card.problem) for card in stuck.last("refunds")] == [(state, problem)]
    lines = {line.label: line.amount for line in stuck.last("balance")}
    assert (lines.get("On its way back"), lines["Did not go back yet"]) == (None, "-€104.70")
    database.execute("update refunds set state = 'failed'")
    failed = tab.send(OrderState.load, f"/orders/{paid}?tab=payments")
    assert failed.last("refunds")[0].problem == "The bank refused it."
    assert [line.label for line in failed.last("balance")] == ["Captured", "Refunded", "May still be refunded"]


def test_a_part_of_a_cancellation_that_failed_says_why(tab: Tab, paid: str, database: Database) -> None:
    question = cancel(tab, paid)
    tab.send(ConfirmState.confirm, form=cancel_form(question, restock="on"))
    database.execute(
        "update steps set state = 'parked', error = 'The bank refused it.' where kind = 'payment.refund'",
    )

    (hold,) = tab.send(OrderState.load, f"/orders/{paid}").last("holds")

    (refund,) = [stage for stage in hold.stages if stage.label == "Pay the money back"]
    assert (refund.state, refund.mood, refund.detail) == ("Failed", "bad", "The bank refused it.")
