"""One order for its page: the head, and of the tabs only the one that is open; what each tab says, and what it costs."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from backend import clock
from backend.domain.desk import MoneySum
from backend.domain.errors import InvalidInput, NotAllowed, OrderNotFound
from backend.domain.history import Show
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.order_page import (
    AttemptsTab,
    CustomerTab,
    DocumentsTab,
    ItemsTab,
    Look,
    OrderShown,
    ParcelsTab,
    PaymentsTab,
    Tab,
    TimelineTab,
)
from backend.domain.payments import EntryKind
from backend.domain.permissions import SYSTEM, Actor, ActorKind, provider_actor
from backend.domain.timeline import TimelineKind, Weight
from backend.services import holds
from backend.services.order_page import order_shown
from backend.services.run import in_unit_of_work
from backend.store import orders, payments, timeline
from tests import factories
from tests.conftest import Database
from tests.statements import sent

ANNA = factories.staff()


@pytest.fixture
def number(database: Database) -> str:
    factories.stocked("LNT-STR-BRS", 100)
    return factories.created().number


def shown(number: str, tab: Tab, **look: object) -> OrderShown:
    return in_unit_of_work(order_shown, number, tab, Look(**look), actor=ANNA)  # type: ignore[arg-type]


def happened(number: str, kind: TimelineKind, text: str, *, actor: Actor = SYSTEM, **more: object) -> None:
    def write(session: Session) -> None:
        order = orders.by_number(session, number)
        timeline.add(session, order.id, kind, text, actor=actor, at=clock.now(), **more)  # type: ignore[arg-type]

    in_unit_of_work(write)


def captured(number: str, amount: int) -> None:
    def record(session: Session) -> None:
        order = orders.lock_by_number(session, number)
        now = clock.now()
        payments.record(
            session, order, EntryKind.CAPTURED,
            amount_minor=amount, currency="EUR", provider="stripe", reference=f"pi_{number}", at=now, now=now,
        )  # fmt: skip

    in_unit_of_work(record)


def test_the_head_says_where_the_order_is_and_when_it_got_there(number: str) -> None:
    happened(number, TimelineKind.STATUS_CHANGED, "Confirmed.", data={"from": "pending", "to": "confirmed"})
    head = shown(number, Tab.ITEMS).head
    assert [move.status for move in head.moves] == ["pending", "confirmed"]
    assert head.moves[0].at == head.created_at
    assert (head.held, head.open_to_refund_minor, head.cancellation) == (False, 0, ())


@pytest.mark.parametrize(
    ("tab", "content"),
    [
        (Tab.TIMELINE, TimelineTab),
        (Tab.ITEMS, ItemsTab),
        (Tab.PAYMENTS, PaymentsTab),
        (Tab.DOCUMENTS, DocumentsTab),
        (Tab.PARCELS, ParcelsTab),
        (Tab.ATTEMPTS, AttemptsTab),
        (Tab.CUSTOMER, CustomerTab),
    ],
)
def test_a_tab_costs_the_same_few_statements_however_much_is_in_it(number: str, tab: Tab, content: type) -> None:
    with sent() as few:
        assert isinstance(shown(number, tab).content, content)
    for kind in (HoldKind.PO_BOX, HoldKind.CUSTOMER_NOTE):
        in_unit_of_work(
            lambda session, kind=kind: holds.place(
                session, orders.lock_by_number(session, number), kind, "Because.", source=HoldSource.CHECK
            )
        )
    for serial in range(30):
        happened(number, TimelineKind.NOTE_ADDED, f"Note {serial}.", actor=ANNA, weight=Weight.MILESTONE)
        factories.created(factories.new_order(customer=factories.customer(external_id=f"again-{serial}")))
    with sent() as many:
        shown(number, tab)
    assert len(many) <= len(few)
    assert len(few) <= 18


def test_who_may_not_see_orders_sees_none(number: str) -> None:
    nobody = Actor(ActorKind.STAFF, "user:9", "Nobody")
    with pytest.raises(NotAllowed):
        in_unit_of_work(order_shown, number, Tab.TIMELINE, Look(), actor=nobody)


def test_an_absent_order_is_said_to_be_absent(database: Database) -> None:
    with pytest.raises(OrderNotFound):
        shown("ORD-20200101-00001", Tab.TIMELINE)


@pytest.mark.parametrize(
    ("show", "texts"),
    [
        (Show.EVERYTHING, ["Looked odd.", "A scan.", "Called her.", "Paid.", "The bank said so."]),
        (Show.PEOPLE, ["Called her."]),
        (Show.MACHINE, ["Looked odd.", "Paid."]),
        (Show.MONEY, ["Paid."]),
        (Show.PARCELS, ["A scan."]),
        (Show.NOTES, ["Called her."]),
        (Show.WEBHOOKS, ["A scan.", "The bank said so."]),
    ],
)
def test_the_timeline_shows_what_is_picked(number: str, show: Show, texts: list[str]) -> None:
    loud = Weight.MILESTONE
    stripe = provider_actor("stripe")
    happened(number, TimelineKind.WEBHOOK_IGNORED, "The bank said so.", actor=stripe, weight=loud)
    happened(number, TimelineKind.PAYMENT_RECORDED, "Paid.", weight=loud)
    happened(number, TimelineKind.NOTE_ADDED, "Called her.", actor=ANNA, weight=loud)
    happened(number, TimelineKind.TRACKING, "A scan.", actor=provider_actor("shipengine"), weight=loud)
    happened(number, TimelineKind.HOLD_OPENED, "Looked odd.", weight=Weight.PROBLEM)
    content = shown(number, Tab.TIMELINE, show=show).content
    assert isinstance(content, TimelineTab)
    told = [line.text for line in content.lines if line.kind != TimelineKind.ORDER_RECEIVED]
    assert told == texts


def test_routine_is_folded_away_but_a_step_that_is_tried_again_is_not(number: str, database: Database) -> None:
    ((step_id,),) = database.execute(
        "update steps set attempts = 2, allowed = 5, due_at = clock_timestamp() + interval '40 seconds' "
        "where kind = 'payment.capture' returning id"
    )
    for serial in (1, 2):
        happened(number, TimelineKind.STEP_FAILED, f"Try {serial} failed.", step_id=step_id)
    happened(number, TimelineKind.STOCK_RESERVED, "Two set aside.")
    content = shown(number, Tab.TIMELINE).content
    assert isinstance(content, TimelineTab)
    line = next(line for line in content.lines if line.step_id == step_id)
    assert (line.text, [each.text for each in line.earlier][:1]) == ("Try 2 failed.", ["Try 1 failed."])
    assert line.trying is not None
    assert (line.trying.attempts, line.trying.allowed, line.trying.in_doubt) == (2, 5, False)
    assert line.trying.next_try_at is not None
    assert line.trying.next_try_at - clock.now() > timedelta(seconds=20)
    assert "Two set aside." not in [line.text for line in content.lines]
    everything = shown(number, Tab.TIMELINE, routine=True).content
    assert isinstance(everything, TimelineTab)
    assert "Two set aside." in [line.text for line in everything.lines]
    assert content.routine_count > 0


def test_a_long_timeline_comes_a_part_at_a_time(number: str) -> None:
    for serial in range(12):
        happened(number, TimelineKind.NOTE_ADDED, f"Note {serial}.", actor=ANNA, weight=Weight.MILESTONE)
    first = shown(number, Tab.TIMELINE, lines=5).content
    assert isinstance(first, TimelineTab)
    assert ([line.text for line in first.lines], first.more) == ([f"Note {n}." for n in (11, 10, 9, 8, 7)], True)
    rest = shown(number, Tab.TIMELINE, lines=50).content
    assert isinstance(rest, TimelineTab)
    assert rest.more is False


def test_an_edit_is_told_as_old_and_new(number: str) -> None:
    edited = {"changes": [{"what": "Weight of LNT-STR-BRS", "old": "0 g", "new": "980 g"}]}
    happened(number, TimelineKind.ORDER_AMENDED, "Mended.", actor=ANNA, weight=Weight.MILESTONE, data=edited)
    content = shown(number, Tab.TIMELINE).content
    assert isinstance(content, TimelineTab)
    (change,) = content.lines[0].changes
    assert (change.what, change.old, change.new) == ("Weight of LNT-STR-BRS", "0 g", "980 g")


def test_webhooks_that_came_twice_are_told_and_the_plain_ones_where_they_are_asked_for(
    number: str, database: Database
) -> None:
    for event_id, duplicates in (("evt_1", 0), ("evt_2", 2)):
        database.execute(
            "insert into inbox (id, area, provider, event_id, topic, headers, body_bytes, body_hash, verdict, problems, "
            "parked_for, order_id, duplicates, failures, due_at, received_at) select gen_random_uuid(), 'payments', "
            "'stripe', %s, 'charge.captured', '{}', 0, '', 'accepted', '[]', '', id, %s, 0, now(), now() from orders",
            (event_id, duplicates),
        )
    content = shown(number, Tab.TIMELINE).content
    assert isinstance(content, TimelineTab)
    assert [line.text for line in content.lines if line.webhook] == [
        "Stripe sent “charge.captured”: taken in. It came 2 more times; the repeats changed nothing."
    ]
    asked_for = shown(number, Tab.TIMELINE, show=Show.WEBHOOKS).content
    assert isinstance(asked_for, TimelineTab)
    assert len([line for line in asked_for.lines if line.webhook]) == 2


def test_the_items_tell_what_was_paid_back_of_them_and_what_is_on_its_way(number: str, database: Database) -> None:
    captured(number, 10470)
    for state, quantity in (("succeeded", 1), ("requested", 1), ("failed", 2)):
        database.execute(
            "insert into refunds (order_id, key, amount_minor, currency, shipping_minor, lines, reason, restock, state, "
            "requested_by, requested_at, reference) select id, %s, 100, 'EUR', 0, "
            "jsonb_build_array(jsonb_build_object('position', 1, 'quantity', %s::int)), 'r', false, %s, 'user:1', now(), '' "
            "from orders",
            (state, quantity, state),
        )
    content = shown(number, Tab.ITEMS).content
    assert isinstance(content, ItemsTab)
    (line,) = content.lines
    assert (line.item.sku, line.item.quantity, line.refunded, line.returning) == ("LNT-STR-BRS", 2, 1, 1)
    assert (content.captured_minor, content.refundable_minor, content.doubts) == (10470, 10470, ())
    assert content.snapshot is not None
    assert content.snapshot.rule_hash != ""


def test_money_in_doubt_is_named_with_its_amount(number: str, database: Database) -> None:
    database.execute("update steps set in_doubt = true, attempts = 1 where kind = 'payment.capture'")
    content = shown(number, Tab.ITEMS).content
    assert isinstance(content, ItemsTab)
    assert [(doubt.label, doubt.amount_minor) for doubt in content.doubts] == [("Capture payment", 10470)]


def test_the_customer_is_one_person_across_channels_and_their_orders_come_in_pages(number: str) -> None:
    for serial in range(22):
        other = factories.created(factories.new_order(customer=factories.customer(external_id=f"guest-{serial}")))
        if serial == 0:
            captured(other.number, 5000)
    stranger = factories.customer(external_id="other", email="someone.else@example.org", phone="")
    factories.created(factories.new_order(customer=stranger))
    first = shown(number, Tab.CUSTOMER).content
    assert isinstance(first, CustomerTab)
    assert (first.orders, first.held, first.returned, first.spent) == (23, 0, 0, (MoneySum("EUR", 5000),))
    assert (len(first.others), number in [other.number for other in first.others]) == (20, False)
    second = shown(number, Tab.CUSTOMER, cursor=first.next_cursor).content
    assert isinstance(second, CustomerTab)
    assert (len(second.others), second.next_cursor) == (2, "")
    assert {other.number for other in first.others} & {other.number for other in second.others} == set()


@pytest.mark.parametrize("cursor", ["x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~-1", "a~b~c"])
def test_a_place_that_we_did_not_give_out_is_refused(number: str, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        shown(number, Tab.CUSTOMER, cursor=cursor)


def test_only_the_opened_step_brings_its_attempts(number: str, database: Database) -> None:
    ((step_id,),) = database.execute("select id from steps where kind = 'payment.capture'")
    database.execute(
        "insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges) "
        "values (%s, 1, 1, 'w1', false, now(), 'ok', '', '[]')",
        (step_id,),
    )
    folded, opened, foreign = (shown(number, Tab.ATTEMPTS, step_id=each).content for each in (0, step_id, 10**9))
    assert isinstance(folded, AttemptsTab)
    assert isinstance(opened, AttemptsTab)
    assert isinstance(foreign, AttemptsTab)
    assert (folded.tries, foreign.tries, foreign.opened) == ((), (), 0)
    assert [(one.number, one.worker, one.kept_until) for one in opened.tries] == [(1, "w1", None)]


def test_opening_an_order_is_two_statements(number: str) -> None:
    happened(number, TimelineKind.NOTE_ADDED, "Anna left a note.", actor=ANNA, weight=Weight.MILESTONE)
    with sent() as statements:
        opened = shown(number, Tab.TIMELINE, routine=True)
    assert len(statements) == 2
    assert isinstance(opened.content, TimelineTab)
    assert opened.content.lines[0].text == "Anna left a note."
