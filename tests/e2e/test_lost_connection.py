"""The web process goes and comes back: the page says so, is right again by itself, and replays no click."""

import re

from playwright.sync_api import expect

from tests.e2e.desk import Desk, held, open_holds, open_order, queue_row, walk_to
from tests.product.stack import Stack
from tests.waiting import until


def test_a_lost_connection_is_told_mends_itself_and_a_click_made_meanwhile_is_not_replayed(
    stack: Stack, desk: Desk
) -> None:
    order = held(stack, 9301)
    queue, page = desk.open("sofia"), desk.open("sofia")
    queue.goto("/held")
    expect(queue_row(queue, order)).to_be_visible()
    walk_to(queue, order)
    queue.keyboard.press("l")
    open_order(page, order)
    page.get_by_test_id("release").click()
    for each in (queue, page):
        expect(each.get_by_test_id("effects")).to_be_visible()

    stack.kill_web()
    try:
        for each in (queue, page):
            expect(each.get_by_test_id("offline")).to_contain_text("Connection lost")
            each.get_by_test_id("confirm-go").click()
    finally:
        stack.start_web()

    for each in (queue, page):
        expect(each.get_by_test_id("offline")).to_have_count(0, timeout=60_000)
    newer = held(stack, 9302)
    expect(queue_row(queue, newer)).to_be_visible()
    expect(queue_row(queue, order)).to_be_visible()
    expect(page.get_by_test_id("order-number")).to_have_text(order.number)
    for each in (queue, page):
        expect(each.get_by_test_id("confirm")).to_be_hidden()
    # Whatever the page sent when it was back has been answered once it answers this.
    page.get_by_test_id("routine").click()
    expect(page.get_by_test_id("routine")).to_have_text(re.compile("Hide"))
    assert open_holds(stack, order) == 1
    stack.click(order.number, "release", {"hold_ids": [_hold(stack, order.number)]})
    until(lambda: open_holds(stack, order) == 0, what="the order can still be released")
    expect(page.get_by_test_id("hold")).to_have_count(0)


def _hold(stack: Stack, number: str) -> int:
    return int(stack.api("GET", f"/admin/orders/{number}/holds").json()[0]["id"])
