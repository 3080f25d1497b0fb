"""Bulk runs on the screen: the question before one, its progress, and what became of every order."""

import base64
from collections.abc import Callable

import pytest

from backend.domain.permissions import Role
from backend.services import bulk_previews, bulk_turns
from dashboard.pages.bulk.asking import BulkAskState, proposed
from dashboard.pages.bulk.state import BulkRunState, BulkState, RunQuery
from dashboard.shell import guard, live
from dashboard.shell.navigation import FrameState
from tests.bulk_runs import REASON, on_terms
from tests.conftest import Database
from tests.dashboard.conftest import Answer, Tab

EVERYTHING = {"action": "", "numbers": [], "kind": "payment_terms", "cluster": ""}


def ask(tab: Tab) -> Answer:
    return tab.send(BulkAskState.ask_orders, "/held?kind=payment_terms", **EVERYTHING)


def begin(tab: Tab) -> str:
    question = ask(tab).last("question")
    tab.send(BulkAskState.start_run, form={"run": question.run, "token": question.token, "reason": REASON})
    return str(question.run)


def run_on(run: str) -> None:
    while bulk_turns.take_turn(int(run)):
        pass


def test_the_question_says_what_would_be_done_to_how_many_and_what_is_at_stake(tab: Tab, database: Database) -> None:
    on_terms(3)
    answer = ask(tab)
    question = answer.last("question")
    assert (answer.last("open"), answer.values("looking")[-2:], answer.last("action")) == (
        True,
        [True, False],
        "release",
    )
    assert (question.title, question.words) == ("Release: 3 orders", "all held for “To be paid later”")
    assert [(line.text, line.orders) for line in question.effects] == [
        ("The order goes on without money received.", "3")
    ]
    assert (question.money, question.verb, question.needs_reason) == ("€165", "Release 3 orders", True)
    assert (question.left_out, question.refusal) == ("", "")
    assert database.execute("select count(*) from holds where closed_at is not null") == [(0,)]


def test_another_action_is_previewed_anew_and_what_it_cannot_do_is_told(tab: Tab, database: Database) -> None:
    on_terms(2)
    ask(tab)
    question = tab.send(BulkAskState.choose_action, action="retry").last("question")
    assert question.left_out == "2 orders are left out"
    assert question.refused[0].text.startswith("“To be paid later” has nothing to retry.")
    assert question.refusal.endswith("Nothing was changed.")


def test_what_an_action_lacks_is_asked_for_before_anything_is_previewed(tab: Tab, database: Database) -> None:
    on_terms(2)
    ask(tab)
    answer = tab.send(BulkAskState.choose_action, action="assign")
    assert (answer.last("question").missing, answer.last("question").run) == ("Choose to whom.", "")
    (sofia,) = answer.last("people")
    question = tab.send(BulkAskState.choose_option, name="to", value=sofia.value).last("question")
    assert [(line.text, line.orders) for line in question.effects] == [("Assigned to Sofia Marin.", "2")]
    assert question.verb == "Assign 2 orders"
    answer = tab.send(BulkAskState.choose_action, action="snooze")
    assert answer.last("moments")[0].label == "Until the customer answers or a colleague writes a note"
    question = tab.send(BulkAskState.choose_option, name="until", value="week").last("question")
    assert (question.verb, question.asks_reason) == ("Snooze 2 orders", False)


def test_selected_orders_are_asked_about_by_their_numbers(tab: Tab, database: Database) -> None:
    numbers = on_terms(3)
    payload = {"action": "release", "numbers": numbers[:2], "kind": "", "cluster": ""}
    question = tab.send(BulkAskState.ask_orders, "/held", **payload).last("question")
    assert (question.title, question.words) == ("Release: 2 orders", "2 selected")


def test_a_whole_list_is_named_by_its_filter_and_what_no_list_sends_names_nothing(tab: Tab, database: Database) -> None:
    on_terms(2)
    ((cluster,),) = database.execute("select distinct cluster from holds")
    whole = {"action": "", "numbers": [], "kind": "", "cluster": cluster}
    answer = tab.send(BulkAskState.ask_orders, "/held", **whole)
    assert (answer.last("action"), answer.last("question").words) == ("release", "all held for “To be paid later”")
    everything = tab.send(BulkAskState.ask_orders, "/held", **(whole | {"cluster": ""})).last("question")
    assert everything.words == "all held orders"
    odd = tab.send(BulkAskState.ask_orders, "/held", **(whole | {"cluster": "", "numbers": {}})).last("question")
    assert odd.refusal == "Choose orders, or a cause whose orders are all meant."


def test_a_double_click_starts_one_run_and_leads_to_its_page(tab: Tab, database: Database) -> None:
    on_terms(1)
    question = ask(tab).last("question")
    form = {"run": question.run, "token": question.token, "reason": REASON}
    first = tab.send(BulkAskState.start_run, form=form)
    second = tab.send(BulkAskState.start_run, form=form)
    assert first.redirects() == second.redirects() == [f"/bulk/{question.run}"]
    assert first.texts() == [f"Bulk run {question.run} has started: one order first."]
    assert second.texts() == []
    assert database.execute("select count(*) from bulk_runs where state = 'running'") == [(1,)]


def test_what_the_preview_did_not_come_to_is_said(
    tab: Tab, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_previews, "LOOKING_SECONDS", 0.0)
    on_terms(3)
    question = ask(tab).last("question")
    assert question.unseen == (
        "This preview looked at the first 1, one by one. Each of the other 2 is looked at when its turn comes, and left"
        " out where this cannot be done with it."
    )
    assert (question.title, question.acting, question.money) == ("Release: 3 orders", "3 orders", "€165")


def test_a_form_that_says_something_else_than_was_previewed_is_previewed_instead(tab: Tab, database: Database) -> None:
    on_terms(2)
    ask(tab)
    tab.send(BulkAskState.choose_action, action="snooze")
    question = tab.send(BulkAskState.choose_option, name="until", value="week").last("question")
    form = {"run": question.run, "token": question.token, "until": "answer"}

    first = tab.send(BulkAskState.start_run, form=form)

    assert first.texts() == ["You changed what is to be done. Look at what will happen now, and confirm once more."]
    assert first.redirects() == []
    assert database.execute("select count(*) from bulk_runs where state <> 'draft'") == [(0,)]
    again = first.last("question")
    assert "until the customer answers" in again.effects[0].text
    second = tab.send(BulkAskState.start_run, form=form | {"run": again.run, "token": again.token})
    assert second.redirects() == [f"/bulk/{again.run}"]


def test_without_its_reason_nothing_starts(tab: Tab, database: Database) -> None:
    on_terms(1)
    question = ask(tab).last("question")
    answer = tab.send(BulkAskState.start_run, form={"run": question.run, "token": question.token, "reason": ""})
    assert "give a reason" in answer.texts()[0]
    assert database.execute("select state from bulk_runs") == [("draft",)]


def test_the_page_of_a_run_shows_how_far_it_is_and_what_became_of_every_order(tab: Tab, database: Database) -> None:
    numbers = on_terms(3)
    run = begin(tab)
    bulk_turns.take_turn(int(run))
    answer = tab.send(BulkRunState.load, f"/bulk/{run}")
    card = answer.last("card")
    assert (card.title, card.state, card.done, card.by) == ("Release, 3 orders", "Under way", "33%", "Sofia Marin")
    assert answer.last("wave").startswith("Wave 2 of 3: ten more")
    assert (answer.last("may_pause"), answer.last("may_stop")) == (True, True)
    assert [(row.number, row.word) for row in answer.last("rows")] == [
        (numbers[0], "Done"),
        (numbers[1], "Untouched"),
        (numbers[2], "Untouched"),
    ]
    untouched = tab.send(BulkRunState.load, f"/bulk/{run}?show=waiting")
    assert [row.number for row in untouched.last("rows")] == numbers[1:]
    assert {tile.word: tile.orders for tile in untouched.last("tiles")} == {"All": "3", "Done": "1", "Untouched": "2"}


def test_a_run_is_paused_resumed_and_stopped_from_its_page(tab: Tab, database: Database) -> None:
    on_terms(3)
    run = begin(tab)
    tab.send(BulkRunState.load, f"/bulk/{run}")
    paused = tab.send(BulkRunState.pause_run, f"/bulk/{run}", run_id=run)
    assert (paused.last("card").state, paused.last("may_resume")) == ("Paused", True)
    resumed = tab.send(BulkRunState.resume_run, f"/bulk/{run}", run_id=run)
    assert resumed.last("card").state == "Under way"
    stopped = tab.send(BulkRunState.stop_run, f"/bulk/{run}", run_id=run)
    assert stopped.texts() == [f"Bulk run {run} has stopped. 3 orders are untouched."]
    assert stopped.last("card").why == "Stopped by Sofia Marin. 3 orders are untouched."


def test_who_started_a_run_is_told_on_any_page_when_it_ends(tab: Tab, database: Database) -> None:
    on_terms(2)
    run = begin(tab)
    assert tab.send(FrameState.load, "/orders").last("bulk") == "1"
    run_on(run)
    live.hub.publish_everything()
    answer = tab.follow(FrameState.follow, "/orders", until=lambda seen: bool(seen.texts()))
    assert answer.texts() == [f"Bulk run {run} has finished."]
    assert answer.last("bulk") == ""


def test_an_open_page_of_a_run_goes_along_with_it(tab: Tab, database: Database) -> None:
    on_terms(2)
    run = begin(tab)
    tab.send(BulkRunState.load, f"/bulk/{run}")
    run_on(run)
    finished = lambda seen: any(card.state == "Finished" for card in seen.values("card"))  # noqa: E731
    assert tab.follow(BulkRunState.follow, f"/bulk/{run}", until=finished).last("card").counted == "2 done"


def test_the_list_has_every_run_that_was_started(tab: Tab, database: Database) -> None:
    on_terms(1)
    assert tab.send(BulkState.load, "/bulk").last("ready") is True
    ask(tab)
    run = begin(tab)
    run_on(run)
    (card,) = tab.send(BulkState.load, "/bulk").last("runs")
    assert (card.id, card.state, card.counted, card.done) == (run, "Finished", "1 done", "100%")


def test_the_results_are_sent_as_a_file(tab: Tab, database: Database) -> None:
    (number,) = on_terms(1)
    run = begin(tab)
    run_on(run)
    tab.send(BulkRunState.load, f"/bulk/{run}")
    answer = tab.send(BulkRunState.export, f"/bulk/{run}", run_id=run)
    (sent,) = [event for event in answer.events if event.name == "_download"]
    assert sent.payload["filename"] == f"bulk-run-{run}.csv"
    table = base64.b64decode(sent.payload["url"].partition("base64,")[2]).decode()
    assert table.splitlines()[1].startswith(f"{number},done,The order went on.,54.90,EUR,")


def test_who_may_only_look_can_start_nothing(database: Database, sign_in: Callable[..., str]) -> None:
    on_terms(1)
    watcher = Tab(sign_in(Role.QA, "Tom Okafor"))
    for handler, payload in (
        (BulkAskState.ask_orders, EVERYTHING),
        (BulkAskState.start_run, {"form": {"run": "1", "token": "x", "reason": REASON}}),
        (BulkRunState.stop_run, {"run_id": "1"}),
    ):
        assert watcher.send(handler, **payload).texts() == [guard.REFUSAL]
    assert database.execute("select count(*) from bulk_runs") == [(0,)]


@pytest.mark.parametrize(
    ("path", "parameters", "query"),
    [
        ("/bulk/7", {}, RunQuery(7)),
        ("/bulk/7/", {"show": "failed", "page": "2"}, RunQuery(7, "failed", 2)),
        ("/bulk/0", {"show": "'; drop table bulk_runs"}, RunQuery()),
        ("/bulk/x", {"page": "-1"}, RunQuery()),
    ],
)
def test_an_address_is_believed_only_where_it_makes_sense(
    path: str, parameters: dict[str, str], query: RunQuery
) -> None:
    assert RunQuery.of(path, parameters) == query


def test_what_is_proposed_helps_against_the_cause() -> None:
    causes = ("carrier_funds", "outcome_unknown", "fraud_risk", "")
    assert [proposed(kind) for kind in causes] == ["retry", "ask", "release", "retry"]
