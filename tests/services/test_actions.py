"""The clicks of staff: previewed, explained, done once, and refused when the facts have moved."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from backend.domain.desk import ActionDone
from backend.domain.errors import (
    AlreadyDone,
    InvalidInput,
    NotFound,
    NotPossible,
    OrderNotFound,
    PreviewOutdated,
    ReasonMissing,
)
from backend.domain.holds import HoldKind
from backend.domain.intake import NewCustomer
from backend.domain.permissions import Actor
from backend.services import actions, holds, notes, order_lists, orders
from backend.services.run import in_unit_of_work
from backend.store import orders as store
from backend.store.tables import Order
from tests.conftest import Database
from tests.factories import address, created, new_order
from tests.services.clicking import ANNA, BEN, hold_id, preview, refused, release, state


@pytest.fixture
def held(database: Database) -> Order:
    """An order that a check holds as a risk of fraud."""
    return created(new_order(risk="high"))


def uncounted(sentence: str) -> str:
    """The sentence without its number of seconds."""
    return re.sub(r"\b[0-9]+ s ago", "N s ago", sentence)


def test_a_preview_says_what_will_happen_and_changes_nothing(database: Database, held: Order) -> None:
    before = state(database)
    shown = preview(held, hold_id(database))
    assert (shown.action, shown.number, shown.title) == ("release", held.number, "Risk of fraud")
    assert shown.effects == ("The order goes on as it is.",)
    assert (shown.remaining_holds, shown.needs_reason, shown.refusal) == ((), True, "")
    assert len(shown.token) >= 20
    assert preview(held, hold_id(database)).token != shown.token
    assert state(database) == before


def test_a_release_closes_the_hold_says_who_and_why_and_lets_the_order_go_on(database: Database, held: Order) -> None:
    found = hold_id(database)
    done = release(held, preview(held, found), found, reason="  I called them.  ")
    assert done == ActionDone("Released. The order goes on.")
    assert database.execute("select closed_by, closed_by_name, closed_how, closed_reason from holds") == [
        ("user:1", "Colleague 1", "released", "I called them.")
    ]
    assert database.execute("select state from steps where kind = 'payment.capture'") == [("ready",)]
    assert database.execute("select actor_id, actor_name, actor_role, action, reason, details from audit") == [
        ("user:1", "Colleague 1", "customer_service", "release", "I called them.", {"holds": ["fraud_risk"]})
    ]
    ((text, actor),) = database.execute("select text, actor_name from timeline where kind = 'hold:closed'")
    assert (text, actor) == ("No longer held: Risk of fraud (released). Reason: I called them.", "Colleague 1")


def test_a_double_click_counts_once(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    release(held, shown, found)
    before = state(database)
    assert release(held, shown, found) == ActionDone("This release was already carried out.", repeated=True)
    assert state(database) == before


def test_ten_clicks_of_one_button_at_once_count_once(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    together = threading.Barrier(10)

    def click(_: int) -> ActionDone:
        together.wait(10)
        return release(held, shown, found)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(click, range(10)))

    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 9
    assert database.execute("select count(*) from audit") == [(1,)]
    assert database.execute("select count(*) from timeline where kind = 'hold:closed'") == [(1,)]


def test_of_two_people_who_click_at_once_one_does_it_and_the_other_is_told_who(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = {person.id: preview(held, found, actor=person) for person in (ANNA, BEN)}
    together = threading.Barrier(2)

    def click(person: Actor) -> str:
        together.wait(10)
        try:
            return release(held, shown[person.id], found, actor=person).sentence
        except AlreadyDone as refusal:
            return refusal.sentence

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(click, (ANNA, BEN)))

    ((winner,),) = database.execute("select closed_by_name from holds")
    assert [uncounted(answer) for answer in answers] == [
        "Released. The order goes on.",
        f"“Risk of fraud” was already released by {winner}, N s ago. Nothing was done twice.",
    ]
    assert database.execute("select count(*) from audit") == [(1,)]


def test_a_token_belongs_to_whom_it_was_given(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    release(held, shown, found)
    refusal = refused(database, AlreadyDone, lambda: release(held, shown, found, actor=BEN))
    assert uncounted(refusal.sentence) == "This was already done by Colleague 1, N s ago. Nothing was done twice."


def test_a_token_of_somebody_elses_preview_is_refused(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    refusal = refused(database, NotPossible, lambda: release(held, shown, found, actor=BEN))
    assert refusal.sentence == (
        "This confirmation was shown to somebody else. Look at the order yourself and confirm again."
    )
    assert release(held, shown, found).repeated is False


def test_a_token_counts_for_one_order_and_one_action(database: Database, held: Order) -> None:
    found, other = hold_id(database), created(new_order(risk="high"))
    shown = preview(held, found)
    release(held, shown, found)
    ((second,),) = database.execute("select id from holds where closed_at is null")
    for click in (
        lambda: release(other, shown, second),
        lambda: in_unit_of_work(actions.hold, held.number, actor=ANNA, reason="Because.", token=shown.token),
    ):
        refusal = refused(database, NotPossible, click)
        assert refusal.sentence.startswith("This confirmation was used for another action.")


def test_a_click_without_a_token_is_refused(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = replace(preview(held, found), token="")
    assert refused(database, NotPossible, lambda: release(held, shown, found)).sentence.startswith(
        "This confirmation has"
    )


def test_a_click_on_facts_that_have_moved_is_refused(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    in_unit_of_work(actions.hold, held.number, actor=BEN, reason="Wait for the police.")
    refusal = refused(database, PreviewOutdated, lambda: release(held, shown, found))
    assert uncounted(refusal.sentence) == (
        f"Order {held.number} has changed since you looked at it: Colleague 2 held it N s ago. Nothing was done."
        " Look at it again and decide again."
    )
    fresh = preview(held, found)
    assert fresh.remaining_holds == ("Held by staff",)
    assert release(held, fresh, found).sentence == "Released. 1 other hold(s) remain."
    assert database.execute("select count(*) from steps where kind = 'payment.capture'") == [(0,)]


@pytest.mark.parametrize("reason", ["", "  ", "ok"])
def test_where_money_is_at_stake_a_release_needs_a_reason(database: Database, held: Order, reason: str) -> None:
    found = hold_id(database)
    shown = preview(held, found)
    refusal = refused(database, ReasonMissing, lambda: release(held, shown, found, reason=reason))
    assert refusal.sentence == (
        "To release this hold, give a reason of at least 3 characters; it goes into the order's timeline."
    )


def test_a_harmless_hold_is_released_without_a_reason(database: Database) -> None:
    order = created(new_order(shipping=address(line1="Postfach 1")))
    found = hold_id(database, "po_box")
    shown = preview(order, found)
    assert shown.needs_reason is False
    assert release(order, shown, found, reason="").sentence == "Released. The order goes on."


def test_nothing_chosen_is_nothing_released(database: Database, held: Order) -> None:
    refusal = refused(database, NotPossible, lambda: preview(held))
    assert refusal.sentence == "Choose at least one hold to release."


def test_a_hold_of_another_order_is_not_found(database: Database, held: Order) -> None:
    other = created()
    found = hold_id(database)
    refusal = refused(database, NotFound, lambda: preview(other, found))
    assert refusal.sentence == f"Order {other.number} has no such hold."
    refused(database, OrderNotFound, lambda: in_unit_of_work(actions.preview_release, "ORD-1", [found], actor=ANNA))


def test_a_closed_hold_is_told_with_who_closed_it(database: Database, held: Order) -> None:
    found = hold_id(database)
    stale = preview(held, found, actor=BEN)
    release(held, preview(held, found), found)
    assert preview(held, found).refusal == "This hold was closed by Colleague 1."
    refusal = refused(database, AlreadyDone, lambda: release(held, stale, found, actor=BEN))
    assert refusal.code == "already_done"


def test_what_has_nothing_to_retry_says_what_to_do_instead(database: Database, held: Order) -> None:
    found = hold_id(database)
    shown = in_unit_of_work(actions.preview_retry, held.number, found, actor=ANNA)
    assert shown.refusal == (
        "“Risk of fraud” has nothing to retry. The shop marked this order as risky. Check customer, address and payment, "
        "then release, or cancel it."
    )
    refused(
        database,
        NotPossible,
        lambda: in_unit_of_work(
            actions.retry, held.number, found, actor=ANNA, version=shown.version, token=shown.token
        ),
    )


def test_a_person_can_stop_an_order_with_a_reason_and_only_once(database: Database) -> None:
    order = created()
    refused(database, ReasonMissing, lambda: in_unit_of_work(actions.hold, order.number, actor=ANNA, reason="no"))
    assert in_unit_of_work(actions.hold, order.number, actor=ANNA, reason="Wait for a call.") == ActionDone(
        f"Order {order.number} is held."
    )
    assert database.execute("select kind, source, reason, placed_by from holds") == [
        ("by_staff", "person", "Wait for a call.", "user:1")
    ]
    assert database.execute("select count(*) from steps where kind = 'mail.staff_alert'") == [(0,)]
    refusal = refused(
        database, NotPossible, lambda: in_unit_of_work(actions.hold, order.number, actor=BEN, reason="Me too.")
    )
    assert refusal.sentence == f"Order {order.number} is already held, by Colleague 1: Wait for a call."


def test_a_persons_hold_is_lifted_by_a_person_with_a_reason_and_by_no_check(database: Database) -> None:
    order = created()
    in_unit_of_work(actions.hold, order.number, actor=ANNA, reason="Wait for a call.")
    found = hold_id(database, "by_staff")
    in_unit_of_work(
        lambda session: holds.lift_by_check(session, store.lock(session, order.id), HoldKind.BY_STAFF, "gone")
    )
    assert database.execute("select closed_at from holds") == [(None,)]
    shown = preview(order, found, actor=BEN)
    assert shown.needs_reason is True
    refused(database, ReasonMissing, lambda: release(order, shown, found, actor=BEN, reason=""))
    release(order, shown, found, actor=BEN, reason="They called.")
    assert database.execute("select closed_by, closed_reason from holds") == [("user:2", "They called.")]


def test_a_failed_step_that_holds_its_order_is_retried_from_the_hold_only(database: Database) -> None:
    order = created()
    ((step_id,),) = database.execute("select id from steps")
    shown = in_unit_of_work(actions.preview_retry_step, order.number, step_id, actor=ANNA)
    assert shown.refusal == "Capture payment is ready; there is nothing to retry."
    database.execute("update steps set state = 'parked'")
    shown = in_unit_of_work(actions.preview_retry_step, order.number, step_id, actor=ANNA)
    assert shown.refusal == "This step holds its order: retry it from the hold."
    refused(
        database,
        NotPossible,
        lambda: in_unit_of_work(
            actions.retry_step, order.number, step_id, actor=ANNA, version=shown.version, token=shown.token
        ),
    )
    refused(database, NotFound, lambda: in_unit_of_work(actions.preview_retry_step, order.number, 999, actor=ANNA))


def test_notes_keep_their_words_out_of_the_timeline(database: Database, held: Order) -> None:
    in_unit_of_work(notes.add_note, held.number, "  Mrs Lindenau rang.  ", actor=ANNA)
    (note,) = in_unit_of_work(orders.order_view, held.number, actor=ANNA).notes
    assert (note.author, note.text, note.public) == ("Colleague 1", "Mrs Lindenau rang.", False)
    assert database.execute("select text from timeline where kind = 'note:added'") == [("Colleague 1 left a note.",)]
    for text, words in (("   ", "The note is empty"), ("x" * 5001, "The note has 5001 letters; at most 5000 fit")):
        refusal = refused(
            database, InvalidInput, lambda text=text: in_unit_of_work(notes.add_note, held.number, text, actor=ANNA)
        )
        assert refusal.sentence.startswith(words)


def test_orders_are_found_by_what_people_type(database: Database) -> None:
    order = created()
    other = created(new_order(customer=NewCustomer("c9", "Anna Bell", "anna@bell.example", "")))

    def found(query: str) -> set[str]:
        return {row.number for row in in_unit_of_work(order_lists.order_page, actor=ANNA, query=query).rows}

    for query in (
        order.number,
        order.number.lower(),
        order.external_number,
        "greta",
        "Lind gre",
        "GRETA.lindenau@example.org",
    ):
        assert found(query) == {order.number}, query
    assert found("+49 (30) 5550177") == {order.number}
    assert found("anna@bell.example") == {other.number}
    for query in ("nobody", "%", "_", "'; drop table orders; --", "\\"):
        assert found(query) == set(), query


def test_the_list_is_paged_without_gaps_or_repeats(database: Database) -> None:
    numbers = [created().number for _ in range(7)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = in_unit_of_work(order_lists.order_page, actor=ANNA, size=3, cursor=cursor)
        seen += [row.number for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == numbers[::-1]
    for bad in ("x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~x", "~"):
        refused(database, InvalidInput, lambda bad=bad: in_unit_of_work(order_lists.order_page, actor=ANNA, cursor=bad))
    refused(database, InvalidInput, lambda: in_unit_of_work(order_lists.order_page, actor=ANNA, status="lost"))
