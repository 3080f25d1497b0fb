"""Times and numbers are each person's own, wherever they stand, and nobody else's."""

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, held, open_order, queue_row
from tests.product.stack import Stack

TOKYO_AHEAD = 9


def hour(page: Page) -> int:
    """The hour of the newest entry of the timeline, as it is shown."""
    return int(page.get_by_test_id("timeline").locator("time").first.inner_text().split(":")[0][-2:])


def test_times_and_numbers_are_each_persons_own(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9851)
    tom, sofia = desk.open("tom", timezone_id="UTC"), desk.open("sofia", timezone_id="UTC")
    tom.goto("/settings")
    try:
        tom.get_by_test_id("prefer-zone").select_option("Asia/Tokyo")
        tom.get_by_test_id("prefer-numbers").select_option("de-DE")
        expect(tom.get_by_test_id("sample")).to_contain_text("1.234.567,89")

        for page, amount in ((tom, "218,90"), (sofia, "218.90")):
            page.goto("/held")
            expect(queue_row(page, order)).to_contain_text(amount)
            page.goto(f"/orders?q={order.number}")
            expect(page.get_by_test_id("order-row")).to_have_count(1)
            expect(page.get_by_test_id("order-row")).to_contain_text(amount)
            open_order(page, order)
            expect(page.get_by_test_id("order-number")).to_be_visible()
            expect(page.get_by_role("main")).to_contain_text(amount)
            expect(page.get_by_test_id("timeline").locator("time").first).to_be_visible()
        expect(tom.locator("header .zone")).to_contain_text("Tokyo")
        expect(sofia.locator("header .zone")).not_to_contain_text("Tokyo")
        assert (hour(tom) - hour(sofia)) % 24 == TOKYO_AHEAD
    finally:
        tom.goto("/settings")
        tom.get_by_test_id("prefer-zone").select_option("")
        tom.get_by_test_id("prefer-numbers").select_option("en-GB")
        expect(tom.get_by_test_id("sample")).to_contain_text("1,234,567.89")
