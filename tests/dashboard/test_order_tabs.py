"""The tabs of the order page: which is open, what is sent of it, how its path and its timeline read, who may reveal what."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.domain.history import Happening, Trying
from backend.domain.order_page import Move, OrderHead, Tab, TimelineTab
from backend.domain.permissions import Role
from backend.domain.timeline import Weight
from backend.ports.calls import Exchange, Original
from backend.services.run import in_unit_of_work
from backend.store import originals
from dashboard.pages.order import present, present_history
from dashboard.pages.order.present_tabs import EMPTY
from dashboard.pages.order.reveal import RevealState
from dashboard.pages.order.state import OrderState
from dashboard.shell import live
from dashboard.shell.guard import REFUSAL
from tests import factories
from tests.conftest import Database
from tests.dashboard.conftest import Answer
from tests.dashboard.conftest import Tab as BrowserTab

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def number(database: Database) -> str:
    factories.stocked("LNT-STR-BRS", 100)
    return factories.created().number


def show(tab: BrowserTab, number: str, query: str = "") -> Answer:
    return tab.send(OrderState.load, f"/orders/{number}{query}")


def head(status: str, *reached: str, held: bool = False) -> OrderHead:
    """An order's head that reached these statuses an hour apart."""
    moves = tuple(Move(each, NOW + timedelta(hours=at)) for at, each in enumerate(("pending", *reached)))
    return OrderHead(
        id=1, number="ORD-20260131-00001", external_number="#1", shop_url="", channel="generic", status=status,
        payment_status="paid", shipping_status="unshipped", version=1, currency="EUR", total_minor=100,
        open_to_refund_minor=0, customer="Greta", note="", tags=(), placed_at=NOW, created_at=NOW, moves=moves,
        holds=(None,) if held else (), closed_holds=(), cancellation=(),  # type: ignore[arg-type]
    )  # fmt: skip


AHEAD = "Processing ahead, Shipped ahead, Delivered ahead"


@pytest.mark.parametrize(
    ("given", "stops"),
    [
        (head("confirmed", "confirmed"), f"Pending done 12:00, Confirmed here 13:00, {AHEAD}"),
        (head("confirmed", "confirmed", held=True), f"Pending done 12:00, Confirmed held 13:00, {AHEAD}"),
        (
            head("delivered", "confirmed", "delivered"),
            "Pending done 12:00, Confirmed done 13:00, Processing skipped, Shipped skipped, Delivered done 14:00",
        ),
        (
            head("cancelled", "confirmed", "cancelled"),
            "Pending done 12:00, Confirmed done 13:00, Cancelled ended 14:00",
        ),
        (head("refunded", "cancelled", "refunded"), "Pending done 12:00, Cancelled ended 13:00, Refunded ended 14:00"),
    ],
)
def test_the_path_says_how_far_it_came_when_and_where_it_ended(given: OrderHead, stops: str) -> None:
    shown = [f"{stop.label} {stop.state} {stop.at.rpartition(' ')[2]}".strip() for stop in present.path(given)]
    assert ", ".join(shown) == stops


def line(**more: Any) -> Happening:
    given: dict[str, Any] = {
        "id": "1", "at": NOW, "kind": "step:failed", "weight": Weight.ROUTINE, "actor_kind": "system",
        "actor_id": "system", "actor": "Holdfast", "text": "It failed.",
    }  # fmt: skip
    return Happening(**(given | more))


@pytest.mark.parametrize(
    ("kind", "actor_id", "source", "words"),
    [
        ("staff", "user:7", "person", "Colleague"),
        ("staff", "token:3", "program", "Program"),
        ("system", "system", "machine", "Machine"),
        ("provider", "provider:stripe", "provider", "Provider"),
        ("customer", "customer", "customer", "Customer"),
    ],
)
def test_who_did_it_is_told_by_shape_and_word(kind: str, actor_id: str, source: str, words: str) -> None:
    tab = TimelineTab((line(actor_kind=kind, actor_id=actor_id),), 0, False)
    (entry,) = present_history.lines(tab, NOW)
    assert (entry.source, entry.source_word) == (source, words)


@pytest.mark.parametrize(
    ("trying", "words"),
    [
        (Trying(2, 5, NOW + timedelta(seconds=40), running=False, in_doubt=False), "attempt 2 of 5, next try in 40 s"),
        (Trying(3, 5, None, running=True, in_doubt=False), "attempt 3 of 5, running now"),
        (Trying(1, 8, None, running=False, in_doubt=True), "attempt 1 of 8, it may or may not have happened"),
    ],
)
def test_a_step_that_is_tried_again_says_which_try_it_is_and_when_the_next_one_comes(
    trying: Trying, words: str
) -> None:
    (entry,) = present_history.lines(TimelineTab((line(trying=trying),), 0, False), NOW)
    assert entry.trying == words
    assert entry.left == ("40" if "next try" in words else "")


def test_only_the_open_tab_is_sent_and_the_last_one_is_forgotten(tab: BrowserTab, number: str) -> None:
    first = show(tab, number)
    assert first.last("timeline") != []
    other = {
        name: value for each, values in EMPTY.items() if each is not Tab.TIMELINE for name, value in values.items()
    }
    assert {name: (first.values(name) or [value])[-1] for name, value in other.items()} == other
    second = tab.send(OrderState.choose_tab, f"/orders/{number}?tab=items", tab="items")
    assert (second.last("tab"), second.last("timeline")) == ("items", [])
    assert [item.sku for item in second.last("items")] == ["LNT-STR-BRS"]


def test_the_address_says_which_tab_is_open_and_what_is_picked(tab: BrowserTab, number: str) -> None:
    assert show(tab, number, "?tab=customer").last("contact").name == "Greta Lindenau"
    picked = show(BrowserTab(tab.session), number, "?show=notes")
    assert picked.last("show") == "notes"
    assert picked.values("timeline")[-1:] in ([], [[]])
    nonsense = show(BrowserTab(tab.session), number, "?tab=nowhere&show=nothing")
    assert nonsense.last("timeline") != []


def test_a_tab_or_a_kind_that_does_not_exist_opens_nothing(tab: BrowserTab, number: str) -> None:
    show(tab, number)
    assert tab.send(OrderState.choose_tab, tab="secrets").values("tab") == []
    assert tab.send(OrderState.pick, show="secrets").values("show") == []


def test_another_page_shows_one_order_after_the_other_on_the_tab_of_the_address(tab: BrowserTab, number: str) -> None:
    second = factories.created().number
    first = tab.send(OrderState.show_order, "/held?tab=items", number=number)
    assert (first.last("head").number, first.last("ready"), len(first.last("items"))) == (number, True, 1)
    then = tab.send(OrderState.show_order, "/held?tab=items", number=second)
    assert then.last("head").number == second
    none = tab.send(OrderState.show_order, "/held", number="")
    assert none.last("ready") is False


def test_what_another_page_shows_is_followed_from_order_to_order(
    tab: BrowserTab, number: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PUSH_PAUSE_SECONDS", 0.0)
    tab.send(OrderState.show_order, "/held", number=number)
    seen: list[str] = []

    def twice(so_far: Answer) -> bool:
        """Change the order once more after its first change was heard of."""
        seen[:] = [head.external for head in so_far.values("head")]
        if seen[-1:] == ["#new"]:
            change("#newer")
        return seen[-1:] == ["#newer"]

    def change(external: str) -> None:
        database.execute("update orders set version = version + 1, external_number = %s", (external,))
        ((order_id,),) = database.execute("select id from orders")
        live.hub.publish({live.ALL, str(order_id)})

    change("#new")
    tab.follow(OrderState.follow, "/held", twice)
    assert seen == ["#new", "#newer"]


SAID = {"method": "POST", "url": "https://pay.test/", "status": 200, "response": "ok", "duration_ms": 5}
MASKED, PLAIN = {"name": "•••"}, {"name": "Greta Lindenau"}


def test_who_follows_before_it_is_known_which_order_is_shown_hears_of_it(
    tab: BrowserTab, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(live.hub, "nudge", nudged.append)
    show(tab, number)
    show(tab, number)
    assert nudged == [live.tab_topic("tab")]


def kept_attempt(database: Database) -> tuple[int, int]:
    """An attempt of the capture with its original; returns the ids of step and attempt."""
    ((step_id,),) = database.execute("select id from steps where kind = 'payment.capture'")
    ((attempt_id,),) = database.execute(
        "insert into attempts (step_id, fence, number, worker, asked_first, started_at, outcome, error, exchanges) "
        "values (%s, 1, 1, 'w1', false, now(), 'ok', '', %s) returning id",
        (step_id, json.dumps([SAID | {"request": MASKED}])),
    )
    original = Original(SAID["url"], PLAIN, SAID["response"])
    kept = originals.to_keep([Exchange(**SAID, request=MASKED, original=original)])
    assert kept is not None
    database.execute(
        "insert into attempt_originals (id, step_id, fence, exchanges, kept_until) "
        "values (%s, %s, 1, %s, now() + interval '1 day')",
        (kept.id, step_id, kept.sealed.blob),
    )
    return step_id, attempt_id


def test_personal_data_is_shown_for_a_reason_until_the_tab_is_left(
    tab: BrowserTab, number: str, database: Database
) -> None:
    step_id, attempt_id = kept_attempt(database)
    show(tab, number, "?tab=attempts")
    opened = tab.send(OrderState.open_step, f"/orders/{number}?tab=attempts", step_id=step_id).last("steps")
    (attempt,) = next(step for step in opened if step.open).tries
    assert (attempt.revealable, attempt.revealed, "Greta" in attempt.exchanges[0].request) == (True, False, False)

    tab.send(RevealState.ask_reveal, number=number, attempt=attempt_id)
    refused = tab.send(RevealState.reveal, form={"reason": " "})
    assert refused.last("news").startswith("To see personal data, give a reason")
    assert database.execute("select count(*) from audit where action = 'reveal'") == [(0,)]

    shown = tab.send(RevealState.reveal, form={"reason": "customer asks what we sent"})
    (attempt,) = next(step for step in shown.last("steps") if step.open).tries
    assert (attempt.revealed, "Greta Lindenau" in attempt.exchanges[0].request) == (True, True)
    assert database.execute("select action, reason, actor_name from audit where action = 'reveal'") == [
        ("reveal", "customer asks what we sent", "Sofia Marin")
    ]
    ((text,),) = database.execute("select text from timeline where kind = 'personal_data:shown'")
    assert text == ("Looked at the personal data in “Capture payment”, attempt 1. Reason: customer asks what we sent")

    tab.send(OrderState.choose_tab, tab="items")
    tab.send(OrderState.choose_tab, tab="attempts")
    again = tab.send(OrderState.open_step, step_id=step_id).last("steps")
    assert "Greta" not in str(again)


def test_who_may_only_look_reveals_nothing(sign_in: Any, number: str, database: Database) -> None:
    _, attempt_id = kept_attempt(database)
    tab = BrowserTab(sign_in(Role.QA))
    assert REFUSAL in tab.send(RevealState.ask_reveal, number=number, attempt=attempt_id).texts()
    answer = tab.send(RevealState.reveal, form={"reason": "curious"})
    assert "Greta Lindenau" not in str(answer.deltas)
    assert database.execute("select count(*) from audit where action = 'reveal'") == [(0,)]


def test_what_is_no_longer_kept_is_said_to_be_gone(tab: BrowserTab, number: str, database: Database) -> None:
    _, attempt_id = kept_attempt(database)
    database.execute("update attempt_originals set kept_until = now() - interval '1 minute'")
    in_unit_of_work(originals.forget_old)
    tab.send(RevealState.ask_reveal, number=number, attempt=attempt_id)
    answer = tab.send(RevealState.reveal, form={"reason": "too late"})
    assert answer.last("news").startswith("What was said with personal data is not kept any more")
    assert database.execute("select count(*) from audit where action = 'reveal'") == [(0,)]
