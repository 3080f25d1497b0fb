"""All of one cause at once: previewed, one order first, stopped where it fails, resumed, and the failed one done anew."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, effects, held, notice, reaches, walk_to
from tests.product.stack import Stack

EMPTY = ("shipengine", "label", "insufficient_funds")


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
