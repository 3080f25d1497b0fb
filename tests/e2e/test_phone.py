"""On a phone: the queue, an order and its release fit the screen and work with a thumb."""

from playwright.sync_api import expect

from tests.e2e.desk import Desk, held, notice, queue_row, reaches, sideways, status
from tests.product.stack import Stack


def test_a_hold_is_found_read_and_released_on_a_phone(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9201)
    page = desk.open("sofia", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto("/held")
    row = queue_row(page, order)
    expect(row).to_contain_text("Address not deliverable")
    assert sideways(page) == 0
    row.get_by_role("link").tap()
    expect(page.get_by_test_id("order-number")).to_have_text(order.number)
    assert sideways(page) == 0

    page.get_by_test_id("release").tap()
    dialog = page.get_by_test_id("confirm")
    expect(dialog.get_by_test_id("effects")).to_be_visible()
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    dialog.get_by_test_id("confirm-go").tap()

    expect(notice(page, "Released. The order goes on.")).to_be_visible()
    expect(status(page)).to_have_attribute("data-status", "delivered")
    for place in ("My day", "Orders", "Quarantine"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=place).tap()
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        assert sideways(page) == 0, place
    reaches(stack, order, "delivered")
