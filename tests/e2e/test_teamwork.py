"""Two colleagues share a held order: each sees the other, what is said and who has it, and nothing is done twice."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, held, notice, open_order, sideways
from tests.product.stack import Stack


def note(page: Page, words: str, kind: str = "internal") -> None:
    page.get_by_test_id("note-text").fill(words)
    page.get_by_test_id("note-kind").select_option(kind)
    page.get_by_test_id("add-note").click()
    expect(notice(page, "Note added.").last).to_be_visible()


@pytest.mark.timeout(300)
def test_two_colleagues_share_a_held_order(stack: Stack, desk: Desk) -> None:
    stack.rows("update desk_notices set read_at = now() where read_at is null")  # what other stories told them
    order = held(stack, 9251)
    sofia, priya = desk.open("sofia"), desk.open("priya", viewport={"width": 390, "height": 844})

    # each sees that the other is there
    open_order(sofia, order)
    open_order(priya, order)
    expect(sofia.get_by_test_id("also-here")).to_have_text("Priya Nair looks at it now")
    expect(priya.get_by_test_id("also-here")).to_have_text("Sofia Marin looks at it now")
    expect(sofia.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("Our turn")
    assert sideways(priya) == 0

    # one claims it, the other sees so and takes it over; the first is told
    sofia.keyboard.press("m")
    expect(sofia.get_by_test_id("whose")).to_contain_text("You")
    expect(priya.get_by_test_id("whose")).to_contain_text("Sofia Marin")
    expect(priya.get_by_test_id("claim")).to_have_count(0)
    priya.get_by_test_id("assign").click()
    dialog = priya.get_by_test_id("assign-dialog")
    expect(dialog.get_by_test_id("assign-person")).to_contain_text("Me: Priya Nair")
    dialog.get_by_test_id("confirm-go").click()
    expect(dialog).to_be_hidden()
    expect(priya.get_by_test_id("whose")).to_contain_text("You")
    expect(sofia.get_by_test_id("whose")).to_contain_text("Priya Nair")
    expect(sofia.get_by_test_id("unread")).to_contain_text("1")

    # she leaves, which the other sees, and is mentioned in a note, which she is told
    priya.goto("/orders")
    expect(sofia.get_by_test_id("also-here")).to_have_count(0)
    sofia.get_by_test_id("note-text").press_sequentially("Is the street right, @pri")
    expect(sofia.get_by_test_id("mention-choices")).to_contain_text("Priya Nair")
    sofia.keyboard.press("Enter")
    expect(sofia.get_by_test_id("note-text")).to_have_value("Is the street right, @Priya Nair ")
    sofia.get_by_test_id("add-note").click()
    expect(sofia.get_by_test_id("note").first.locator("mark")).to_have_text("@Priya Nair")
    expect(priya.get_by_test_id("unread")).to_contain_text("1")
    priya.get_by_test_id("bell").click()
    priya.get_by_test_id("notice-line").first.click()
    expect(priya.get_by_test_id("order-number")).to_have_text(order.number)
    expect(priya.get_by_test_id("unread")).to_have_count(0)
    expect(priya.get_by_test_id("note").first).to_contain_text("Is the street right, @Priya Nair")
    expect(priya.get_by_test_id("edit-note")).to_have_count(0)

    # a note of one's own is changed, and says what it said before
    sofia.get_by_test_id("edit-note").click()
    sofia.get_by_test_id("edit-text").fill("Is the house number right, @Priya Nair")
    sofia.get_by_test_id("save-note").click()
    expect(priya.get_by_test_id("note").first).to_contain_text("Is the house number right")
    priya.get_by_test_id("note-earlier").click()
    expect(priya.get_by_test_id("note").first).to_contain_text("Is the street right")

    # it is put away until the customer answers, and comes back by itself when they have
    note(priya, "Which house number is it?", "public")
    expect(sofia.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("Customer's turn")
    priya.get_by_test_id("snooze").click()
    priya.get_by_test_id("snooze-answer").check()
    priya.get_by_test_id("snooze-dialog").get_by_test_id("confirm-go").click()
    expect(sofia.get_by_test_id("snoozed")).to_contain_text("until the customer answers")
    expect(sofia.get_by_test_id("team").get_by_test_id("due")).to_contain_text("stopped")
    note(sofia, "Number 14.", "customer")
    expect(priya.get_by_test_id("woken")).to_have_text("Snooze ended: there is a new note")
    expect(priya.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("Our turn")
    expect(priya.get_by_test_id("unread")).to_contain_text("1")
    expect(priya.get_by_test_id("timeline")).to_contain_text("Back in the queue: there is a new note.")

    # everything she was told is on a page of its own, to be ticked off and taken up again
    priya.get_by_test_id("bell").click()
    priya.get_by_test_id("all-notices-link").click()
    expect(priya.get_by_test_id("notices-headline")).to_have_text("1 unread notice")
    assert sideways(priya) == 0
    newest = priya.get_by_test_id("told").first
    expect(newest).to_contain_text(f"{order.number} is back: there is a new note")
    newest.get_by_test_id("mark").click()
    expect(priya.get_by_test_id("notices-headline")).to_have_text("You have read everything")
    expect(priya.get_by_test_id("unread")).to_have_count(0)
    priya.get_by_role("link", name="Unread").click()
    expect(priya.get_by_test_id("empty")).to_contain_text("Nothing unread")
    priya.get_by_role("link", name="All", exact=True).click()
    newest.get_by_test_id("mark").click()
    expect(priya.get_by_test_id("unread")).to_contain_text("1")
    newest.get_by_test_id("told-link").click()
    expect(priya.get_by_test_id("order-number")).to_have_text(order.number)
