"""A morning at the held queue by keyboard alone: moving, deciding, selecting, finding; and nothing moves by itself."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.desk import Arrival, held, notice, on_its_page, open_holds, queue_row, reaches, walk_to
from tests.product.stack import Stack
from tests.waiting import until

REFUSED = ("shipengine", "label", "refuse")


def beside(page: Page) -> Locator:
    return page.get_by_test_id("pane")


def rest(row: Locator) -> None:
    """Wait until everything above the row has come and it has its place."""
    seen: list[object] = []

    def rests() -> bool:
        seen.append(row.bounding_box())
        return len(seen) > 20 and all(box == seen[-1] for box in seen[-20:])

    until(rests, within=30, what="the page has come to rest")


def confirm(page: Page, reason: str) -> None:
    """From the way out, where the focus starts, back to the reason and on to the click."""
    dialog = page.get_by_test_id("confirm")
    expect(dialog.get_by_test_id("cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_test_id("reason")).to_be_focused()
    page.keyboard.type(reason)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_a_morning_at_the_queue_without_a_mouse(stack: Stack, page: Page) -> None:
    first, second, third = held(stack, 9601, *REFUSED), held(stack, 9602), held(stack, 9603)
    page.goto("/held")
    for order in (first, second, third):
        expect(queue_row(page, order)).to_be_visible()
    expect(beside(page)).to_contain_text("Choose an order")

    # Moving chooses, and what is beside the list and in the address follows.
    walk_to(page, second)
    expect(beside(page)).to_have_attribute("data-number", second.number)
    expect(beside(page).get_by_test_id("hold")).to_contain_text("Address not deliverable")
    expect(page).to_have_url(re.compile(f"order={second.number}"))
    page.reload()
    expect(beside(page)).to_have_attribute("data-number", second.number)
    page.keyboard.press("k")
    expect(beside(page)).to_have_attribute("data-number", first.number)

    # A key that follows a step at once is meant for the order that was stepped to.
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(page.get_by_role("dialog", name="Release: Address not deliverable")).to_be_visible()
    confirm(page, "jk: the customer confirmed it")
    expect(notice(page, "Released. The order goes on.")).to_be_visible()
    assert open_holds(stack, second) == 0

    # The next order is there.
    expect(beside(page)).to_have_attribute("data-number", third.number)
    expect(page.get_by_test_id(f"held-row-{third.number}")).to_be_focused()
    reaches(stack, second, "delivered")

    # Keys are shown, and none works while somebody types.
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_contain_text("Ask the provider")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("keys")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("xjkl?")
    expect(page.get_by_test_id("find")).to_have_value("xjkl?")
    page.keyboard.press("Escape")
    expect(beside(page)).to_have_attribute("data-number", third.number)
    expect(page.get_by_test_id("selection")).to_be_hidden()

    # It is given to somebody by its first letters: here to herself.
    expect(beside(page).get_by_test_id("assign")).to_be_visible()
    page.keyboard.press("g")
    given = page.get_by_test_id("assign-dialog")
    expect(given.get_by_test_id("cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(given.get_by_test_id("assign-person")).to_be_focused()
    page.keyboard.type("Me")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(given).to_be_hidden()
    expect(beside(page).get_by_test_id("whose")).to_contain_text("You")

    # Selecting, by hand and all that fit.
    page.keyboard.press("x")
    expect(page.get_by_test_id("selected")).to_have_text("1 order selected")
    page.keyboard.press("x")
    expect(page.get_by_test_id("selection")).to_be_hidden()

    # The palette finds orders, pages and what can be done.
    page.keyboard.press("Control+k")
    page.keyboard.type(first.number)
    expect(page.get_by_test_id("palette-order")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("release")
    expect(page.get_by_test_id("palette-l")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Release: Address not deliverable")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("confirm")).to_be_hidden()
    assert open_holds(stack, third) == 1

    page.keyboard.press("Control+k")
    page.keyboard.type("quaran")
    expect(page.get_by_role("option", name="Quarantine")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
    page.go_back()

    # Enter opens the order's own page; back is where one was.
    walk_to(page, third)
    page.keyboard.press("Enter")
    on_its_page(page, third)
    page.go_back()
    expect(beside(page)).to_have_attribute("data-number", third.number)


def test_what_colleagues_and_workers_do_meanwhile_moves_no_row(stack: Stack, page: Page) -> None:
    mine, other = held(stack, 9611), held(stack, 9612)
    page.goto("/held?dir=desc")
    walk_to(page, mine)
    row = queue_row(page, mine)
    expect(beside(page)).to_have_attribute("data-number", mine.number)
    expect(beside(page).get_by_test_id("hold")).to_be_visible()
    expect(page.get_by_test_id("views")).to_be_visible()
    rest(row)
    before = row.bounding_box()

    newer = held(stack, 9613)

    expect(queue_row(page, newer)).to_be_visible()
    expect(page.get_by_test_id("news")).to_have_text("1 new")
    assert row.bounding_box() == pytest.approx(before, abs=0.5)
    close(stack, other)
    expect(queue_row(page, other)).to_contain_text("No longer held")
    assert row.bounding_box() == pytest.approx(before, abs=0.5)
    close(stack, mine)
    expect(row).to_contain_text("No longer held")
    expect(beside(page).get_by_test_id("hold")).to_have_count(0)
    assert row.bounding_box() == pytest.approx(before, abs=0.5)
    expect(page.get_by_test_id(f"held-row-{mine.number}")).to_be_focused()

    # Each row leaves when the person moves on from it.
    page.keyboard.press("k")
    expect(beside(page)).to_have_attribute("data-number", other.number)
    expect(row).to_have_count(0)
    page.keyboard.press("k")
    expect(beside(page)).to_have_attribute("data-number", newer.number)
    expect(queue_row(page, other)).to_have_count(0)
    expect(page.get_by_test_id("news")).to_have_count(0)


def close(stack: Stack, order: Arrival) -> None:
    """A colleague releases it elsewhere."""
    ((hold_id,),) = stack.rows(
        "select holds.id from holds join orders on orders.id = order_id where number = %s and holds.closed_at is null",
        order.number,
    )
    answer = stack.click(order.number, "release", {"hold_ids": [hold_id]})
    assert answer.status_code == 200, answer.text
    until(lambda: open_holds(stack, order) == 0, what=f"{order.name} is released")
