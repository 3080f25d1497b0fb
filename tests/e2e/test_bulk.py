"""All of one cause at once: previewed, one order first, stopped where it fails, resumed, and the failed one done anew."""

import csv
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives, effects, held, is_held, notice, reaches, walk_to
from tests.product.stack import Stack, picture
from tests.waiting import until

EMPTY = ("shipengine", "label", "insufficient_funds")
SOLD_OUT = ("shipengine", "label", "out_of_stock")


def test_orders_of_one_cause_are_retried_together_and_a_failure_leaves_the_rest_untouched(
    stack: Stack, desk: Desk
) -> None:
    orders = [held(stack, serial, *EMPTY) for serial in (9351, 9352, 9353)]
    stack.fault(provider="shipengine", operation="label", fault="insufficient_funds", order=orders[0].shop_id, times=1)
    page = desk.open("sofia")
    page.goto("/held?kind=carrier_funds")
    page.get_by_test_id("bulk-cause").click()
    dialog = page.get_by_test_id("bulk-dialog")
    expect(dialog.get_by_role("heading", name="Retry: 3 orders")).to_be_visible()
    expect(dialog.get_by_test_id("bulk-effects")).to_contain_text(
        "a new request is sent; the refused one had no effect."
    )
    expect(dialog.get_by_test_id("bulk-money")).to_have_text("€657")
    dialog.get_by_test_id("bulk-action-release").click()
    expect(dialog.get_by_test_id("refusal")).to_contain_text("Nothing was changed.")
    dialog.get_by_test_id("bulk-action-retry").click()
    expect(dialog.get_by_test_id("bulk-effects")).to_be_visible()
    dialog.get_by_test_id("bulk-reason").fill("The account is topped up.")
    dialog.get_by_test_id("confirm-go").dblclick()

    why = page.get_by_test_id("bulk-why")
    expect(why).to_contain_text(f"Stopped at the first failure. 2 orders are untouched. {orders[0].number}")
    expect(page.get_by_test_id("bulk-state")).to_contain_text("Stopped")
    assert [effects(stack, order, "label.bought")["label.bought"] for order in orders] == [0, 0, 0]
    page.reload()
    page.get_by_test_id("bulk-resume").click()
    expect(page.get_by_test_id("bulk-state")).to_contain_text("Finished")
    expect(page.get_by_test_id("bulk-results")).to_contain_text("Buy shipping label: done.")
    page.get_by_test_id("bulk-show-failed").click()
    expect(page.get_by_test_id("bulk-result")).to_have_count(1)
    expect(page.get_by_test_id("bulk-result")).to_contain_text(orders[0].number)

    page.get_by_test_id("bulk-again").click()
    expect(dialog.get_by_role("heading", name="Retry: 1 order")).to_be_visible()
    dialog.get_by_test_id("confirm-go").click()
    expect(notice(page, "has finished.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("bulk-export").click()
    assert orders[0].number in download.value.path().read_text()
    for order in orders:
        reaches(stack, order, "delivered")
        assert effects(stack, order, "label.bought", "payment.captured") == {"label.bought": 1, "payment.captured": 1}
    page.goto("/bulk")
    expect(page.get_by_test_id("bulk-runs")).to_contain_text("Finished")
    page.goto(f"/orders/{orders[1].number}")
    expect(page.get_by_test_id("timeline")).to_contain_text("Sofia Marin (bulk run ")
    expect(page.get_by_test_id("timeline")).to_contain_text("The account is topped up.")


def test_some_are_selected_and_released_together_without_a_mouse(stack: Stack, page: Page) -> None:
    first, second, other = held(stack, 9361), held(stack, 9362), held(stack, 9363)
    page.goto("/held")
    for order in (first, second):
        walk_to(page, order)
        page.keyboard.press("x")
    expect(page.get_by_test_id("selected")).to_have_text("2 orders selected")
    page.keyboard.press("b")
    dialog = page.get_by_test_id("bulk-dialog")
    expect(dialog.get_by_test_id("cancel")).to_be_focused()
    dialog.get_by_test_id("bulk-action-release").press("Enter")
    expect(dialog.get_by_role("heading", name="Release: 2 orders")).to_be_visible()
    expect(dialog.get_by_test_id("confirm-go")).to_be_enabled()
    dialog.get_by_test_id("bulk-reason").focus()
    page.keyboard.type("Both called back.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/bulk/[0-9]+$"))
    expect(page.get_by_test_id("bulk-state")).to_contain_text("Finished")
    expect(page.get_by_test_id("bulk-result")).to_have_count(2)
    for order in (first, second):
        reaches(stack, order, "delivered")
    reasons = stack.rows("select distinct closed_reason from holds where closed_reason like 'Both%'")
    assert reasons == [("Both called back.",)]
    assert stack.value("select status from orders where number = %s", other.number) != "delivered"


@pytest.mark.timeout(300)
def test_all_of_a_cause_are_done_once_each_although_everything_is_killed_in_the_middle(
    stack: Stack, desk: Desk
) -> None:
    orders = [arrives(stack, serial, SOLD_OUT) for serial in range(9371, 9384)]
    for order in orders:
        is_held(stack, order)
    for order in orders[1:]:
        stack.fault(
            provider="shipengine", operation="label", fault="slow", order=order.shop_id, times=1, delay_seconds=1.5
        )
    page = desk.open("sofia")
    page.goto("/held?kind=shipment_out_of_stock")
    page.get_by_test_id("bulk-cause").click()
    dialog = page.get_by_test_id("bulk-dialog")
    expect(dialog.get_by_role("heading", name="Retry: 13 orders")).to_be_visible()
    dialog.get_by_test_id("confirm-go").click()
    expect(page).to_have_url(re.compile("/bulk/[0-9]+$"))
    run = int(page.url.rpartition("/")[2])

    # One went first and well, the ten after it are under way: now both processes go without a word.
    in_state = "select count(*) from bulk_members where run_id = %s and state = %s"
    until(
        lambda: stack.value(in_state, run, "done") and stack.value(in_state, run, "acted"),
        what="the second wave is under way",
        otherwise=lambda: picture(stack),
    )
    stack.end_worker(0, signal.SIGKILL)
    stack.kill_web()
    try:
        expect(page.get_by_test_id("offline")).to_contain_text("Connection lost")
        assert stack.value(in_state, run, "waiting") > 0
    finally:
        stack.start_worker()
        stack.start_web()

    # It goes on by itself, and says of every order what became of it.
    expect(page.get_by_test_id("offline")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("bulk-state")).to_contain_text("Finished", timeout=90_000)
    expect(page.get_by_test_id("bulk-result")).to_have_count(13)
    with page.expect_download() as download:
        page.get_by_test_id("bulk-export").click()
    lines = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))[1:]
    assert sorted(line[0] for line in lines) == sorted(order.number for order in orders)
    assert {line[1] for line in lines} == {"done"}
    for order in orders:
        reaches(stack, order, "delivered")
        assert effects(stack, order, "label.bought", "payment.captured") == {"label.bought": 1, "payment.captured": 1}
