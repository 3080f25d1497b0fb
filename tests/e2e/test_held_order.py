"""The main job: an order is stopped, a person reads why, one click mends it, and it goes its way; no page is reloaded."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import COLLEAGUES
from tests.e2e.desk import (
    Desk,
    arrives,
    at_rest,
    effects,
    focused,
    held,
    notice,
    on_its_page,
    open_holds,
    open_order,
    queue_row,
    reaches,
    status,
    walk_to,
)
from tests.product.stack import Stack


def test_a_held_order_appears_live_is_mended_with_one_click_and_is_seen_to_arrive(stack: Stack, desk: Desk) -> None:
    page = desk.open()
    page.goto("/held")
    expect(page).to_have_url(f"{stack.url}/sign-in?next=/held")
    COLLEAGUES["sofia"].sign_in(page)
    expect(page).to_have_url(f"{stack.url}/held")
    expect(page.get_by_text("Nothing is held").or_(page.get_by_test_id("held-total"))).to_be_visible()
    page.evaluate("() => { window.neverReloaded = true; }")

    order = arrives(stack, 9001, ("shipengine", "label", "refuse"))

    row = queue_row(page, order)
    expect(row).to_contain_text("Carrier refused the parcel")
    expect(row).to_contain_text("Jörg Kühn9001")
    expect(row).to_contain_text("€218.90")
    expect(row).to_contain_text("correct what it names (weight, address), or retry")
    row.click()
    expect(page.get_by_test_id("pane")).to_have_attribute("data-number", order.number)
    page.get_by_test_id("open-page").click()
    on_its_page(page, order)
    at_rest(stack, order)
    hold = page.get_by_test_id("hold")
    expect(hold.get_by_role("heading")).to_have_text("Carrier refused the parcel")
    expect(hold).to_contain_text("ShipEngine")
    expect(hold.get_by_test_id("hold-reason")).not_to_be_empty()
    hold.get_by_test_id("retry").click()
    dialog = page.get_by_role("dialog", name="Retry: Carrier refused the parcel")
    expect(dialog.get_by_test_id("effects")).to_contain_text("a new request is sent; the refused one had no effect.")
    dialog.get_by_test_id("confirm-go").click()
    expect(dialog).to_be_hidden()
    expect(notice(page, "runs again.")).to_be_visible()
    expect(hold).to_have_count(0)
    expect(status(page)).to_have_attribute("data-status", "delivered")
    expect(page.get_by_test_id("shipping-status")).to_have_text("Delivered")
    assert page.evaluate("() => window.neverReloaded") is True
    reaches(stack, order, "delivered")
    assert effects(stack, order, "label.bought", "payment.captured") == {"label.bought": 1, "payment.captured": 1}


def test_a_hold_is_released_with_the_keyboard_alone(stack: Stack, page: Page) -> None:
    above, mine = held(stack, 9004), held(stack, 9002)
    page.goto("/held")
    walk_to(page, mine)
    page.keyboard.press("k")
    expect(page.get_by_test_id(f"held-row-{above.number}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_test_id(f"held-row-{mine.number}")).to_be_focused()
    page.keyboard.press("Enter")
    on_its_page(page, mine)
    expect(page.get_by_test_id("team")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page) == "release":
            break
    expect(page.get_by_test_id("release")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_test_id("confirm")
    expect(dialog.get_by_test_id("cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("release")).to_be_focused()
    assert open_holds(stack, mine) == 1

    page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_test_id("reason")).to_be_focused()
    page.keyboard.type("customer confirmed the address")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_test_id("confirm-go")).to_be_focused()
    page.keyboard.press("Enter")
    expect(notice(page, "Released. The order goes on.")).to_be_visible()
    expect(status(page)).to_have_attribute("data-status", "delivered")
    expect(page.get_by_test_id("timeline")).to_contain_text("customer confirmed the address")


def test_of_two_people_who_release_the_same_hold_the_second_is_told_by_whom(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9003)
    sofia, priya = desk.open("sofia"), desk.open("priya")
    for page in (sofia, priya):
        open_order(page, order)
        page.get_by_test_id("release").click()
        expect(page.get_by_test_id("effects")).to_contain_text("The address is taken as it is")

    sofia.get_by_test_id("confirm-go").click()
    expect(notice(sofia, "Released. The order goes on.")).to_be_visible()
    expect(priya.get_by_test_id("hold")).to_have_count(0)
    priya.get_by_test_id("confirm-go").click()
    expect(notice(priya, "Sofia Marin")).to_be_visible()
    expect(priya.get_by_test_id("confirm")).to_be_hidden()

    reaches(stack, order, "delivered")
    assert effects(stack, order, "label.bought", "payment.captured", "fulfilment.created") == {
        "label.bought": 1, "payment.captured": 1, "fulfilment.created": 1,
    }  # fmt: skip
    released = "select count(*) from audit join orders on orders.id = order_id where action = 'release' and number = %s"
    assert stack.value(released, order.number) == 1
