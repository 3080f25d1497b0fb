"""The quarantine's screens: the list with its filters, one payload with its problems, and the clicks that settle it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from backend import settings, wiring
from backend.domain.permissions import Role
from backend.ports.calls import InboundMessage
from backend.services import inbox
from backend.services.inbox import InboundArea
from dashboard.pages.quarantine.message_state import MessageState
from dashboard.pages.quarantine.state import QuarantineState
from dashboard.shell.guard import REFUSAL
from tests.api import senders
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab


@pytest.fixture
def connected(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOLDFAST_GENERIC_WEBHOOK_SECRET", senders.GENERIC_SECRET)
    settings.current.cache_clear()
    wiring.adapters.cache_clear()
    yield
    wiring.adapters.cache_clear()


def arrives(event: str = "evt-1", **changes: Any) -> str:
    """A message of the generic channel that cannot be used; its id."""
    body = json.dumps(senders.order(**({"total_minor": 1} | changes))).encode()
    message = InboundMessage({"x-holdfast-event-id": event}, body, 1_800_000_000.0)
    assert inbox.take_in(InboundArea.CHANNELS, "generic", message, wiring.adapters()).verdict == "quarantined"
    return event


@pytest.fixture
def path(connected: None, database: Database) -> str:
    """The address of the only message."""
    arrives()
    ((message_id,),) = database.execute("select id from inbox")
    return f"/quarantine/{message_id}"


def form_of(shown: Answer, wish: str, payload: str = "", reason: str = "typo") -> dict[str, str]:
    """What the browser posts."""
    return {
        "message": shown.last("head").id,
        "version": str(shown.last("version")) if shown.values("version") else "0",
        "token": shown.last("token"),
        "wish": wish,
        "payload": payload or shown.last("text"),
        "reason": reason,
    }


def mended(shown: Answer, **changes: Any) -> str:
    return json.dumps({**json.loads(shown.last("text")), "total_minor": senders.order()["total_minor"], **changes})


def left(database: Database) -> list[tuple[Any, ...]]:
    return database.execute("select verdict, decisions, mended from inbox order by received_at, id")


def test_the_list_tells_what_came_why_it_could_not_be_used_and_leads_to_it(tab: Tab, path: str) -> None:
    answer = tab.send(QuarantineState.load, "/quarantine")
    (message,) = answer.last("messages")
    assert (message.source, message.event, message.href) == ("Signed JSON", "evt-1", path)
    assert message.problems[0].sentence.startswith("The total does not add up")
    assert "but the order says €0.01" in message.problems[0].sentence
    assert answer.last("headline") == "1 message"
    assert [(view.label, view.on) for view in answer.last("views")] == [("To decide", True), ("Discarded", False)]


def test_causes_are_counted_and_choosing_one_leaves_its_messages(tab: Tab, connected: None) -> None:
    for event in ("a", "b"):
        arrives(event, total_minor=len(event))
    arrives("c", currency="XQX")
    causes = tab.send(QuarantineState.load, "/quarantine").last("causes")
    assert [choice.number for choice in causes] == ["", "2", "1"]
    chosen = tab.send(QuarantineState.load, causes[2].href)
    (message,) = chosen.last("messages")
    (problem,) = message.problems
    assert (message.event, problem.path) == ("c", "$.currency")
    assert problem.sentence.startswith("The currency “XQX” is unknown.")
    assert causes[2].label.startswith("The currency … is unknown.")
    assert [choice.on for choice in chosen.last("causes")] == [False, False, True]


def test_a_payload_stands_beside_its_problems_each_with_its_line(tab: Tab, path: str) -> None:
    answer = tab.send(MessageState.load, path)
    (flaw,) = answer.last("flaws")
    assert answer.last("text").splitlines()[int(flaw.line) - 1].strip().startswith('"total_minor": 1')
    assert flaw.top == str(int(flaw.line) - 1)
    assert (answer.last("head").stand, answer.last("may_act"), answer.last("open")) == ("In quarantine", True, True)


def test_a_check_shows_what_is_left_stores_nothing_and_leaves_what_was_typed(
    tab: Tab, path: str, database: Database
) -> None:
    shown = tab.send(MessageState.load, path)
    wrong = tab.send(MessageState.settle_message, path, form=form_of(shown, "check", mended(shown, currency="XQX")))
    assert "“XQX”" in wrong.last("flaws")[0].sentence
    fine = tab.send(MessageState.settle_message, path, form=form_of(shown, "check", mended(shown)))
    assert (fine.last("flaws"), len(fine.last("effects")) >= 1) == ([], True)
    assert fine.values("text") == wrong.values("text") == []
    assert left(database) == [("quarantined", 0, False)]


def test_a_mended_payload_is_replayed_once_and_becomes_an_order(tab: Tab, path: str, database: Database) -> None:
    shown = tab.send(MessageState.load, path)
    form = form_of(shown, "replay", mended(shown))
    first = tab.send(MessageState.settle_message, path, form=form)
    assert first.texts()[0] == "The mended message is handled now."
    assert tab.send(MessageState.settle_message, path, form=form).texts() == []
    assert left(database) == [("received", 1, True)]
    ((message_id,),) = database.execute("select id from inbox")
    receipt = inbox.handle(message_id, wiring.adapters())
    assert receipt is not None
    assert receipt.verdict == "accepted"
    after = Tab(tab.session).send(MessageState.load, path)
    assert (after.last("head").order, after.last("head").stand) == (receipt.order_number, "Accepted")
    assert after.last("decisions")[0].startswith("Mended by Sofia Marin, ")
    assert after.last("received") == shown.last("text")


def test_a_payload_with_problems_left_is_not_replayed_and_says_which(tab: Tab, path: str, database: Database) -> None:
    shown = tab.send(MessageState.load, path)
    answer = tab.send(MessageState.settle_message, path, form=form_of(shown, "replay", mended(shown, items=[])))
    assert answer.last("news") == "Nothing was replayed: the message still has problems."
    (flaw,) = answer.last("flaws")
    assert (flaw.sentence, flaw.path) == ("The list of items has 0 entries; it must have at least 1.", "$.items")
    assert left(database) == [("quarantined", 0, False)]


def test_a_message_is_discarded_found_again_and_restored(tab: Tab, path: str, database: Database) -> None:
    shown = tab.send(MessageState.load, path)
    refused = tab.send(MessageState.settle_message, path, form=form_of(shown, "discard", reason=""))
    assert refused.texts()[0].startswith("To discard this message, give a reason")
    tab.send(MessageState.settle_message, path, form=form_of(shown, "discard", reason="a test of the shop"))
    assert left(database) == [("discarded", 1, False)]
    (kept,) = tab.send(QuarantineState.load, "/quarantine?show=discarded").last("messages")
    assert kept.decided.endswith(": “a test of the shop”")
    again = Tab(tab.session).send(MessageState.load, path)
    Tab(tab.session).send(MessageState.settle_message, path, form=form_of(again, "restore"))
    assert left(database) == [("quarantined", 2, False)]


def test_the_second_of_two_people_is_told_who_was_first(tab: Tab, path: str, database: Database, sign_in: Any) -> None:
    colleague = Tab(sign_in(Role.MANAGER, "Mia Brandt"))
    mine, theirs = tab.send(MessageState.load, path), colleague.send(MessageState.load, path)
    colleague.send(MessageState.settle_message, path, form=form_of(theirs, "discard", reason="not ours"))
    told = tab.send(MessageState.settle_message, path, form=form_of(mine, "replay", mended(mine)))
    assert told.texts()[0].startswith("This message was already discarded by Mia Brandt")
    assert left(database) == [("discarded", 1, False)]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.QA])
def test_who_may_only_look_sees_no_customer_and_can_decide_nothing(
    role: Role, path: str, database: Database, sign_in: Any
) -> None:
    looker = Tab(sign_in(role))
    shown = looker.send(MessageState.load, path)
    assert (shown.last("masked"), shown.last("may_act")) == (True, False) if shown.values("may_act") else (True,)
    assert senders.order()["customer"]["name"] not in str(shown.deltas)
    for wish in ("check", "replay", "discard", "restore"):
        assert looker.send(MessageState.settle_message, path, form=form_of(shown, wish)).texts() == [REFUSAL]
    assert looker.send(QuarantineState.replay_all, form={"cause": "x", "token": "t"}).texts() == [REFUSAL]
    assert left(database) == [("quarantined", 0, False)]


def test_an_address_that_names_no_message_says_so(tab: Tab, connected: None) -> None:
    for address in ("/quarantine/nonsense", "/quarantine/00000000-0000-4000-8000-000000000000"):
        answer = tab.send(MessageState.load, address)
        assert answer.last("problem") == "There is no such message in quarantine."
