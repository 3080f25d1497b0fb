"""One order in full: its tabs by keyboard and by address, its invoice in the page, personal data on request, all live."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives, held, notice, open_order, reaches, sideways
from tests.product.stack import Stack


def chosen(page: Page, name: str) -> None:
    """The tab is open, and the address says so."""
    expect(page.get_by_test_id(f"tab-{name}")).to_have_attribute("aria-selected", "true")


def test_an_order_is_read_tab_by_tab_with_the_keyboard_and_stays_current(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9651, "shipengine", "label", "refuse")
    page = desk.open("sofia")
    open_order(page, order)
    page.evaluate("() => { window.neverReloaded = true; }")
    page.get_by_test_id("tab-timeline").focus()
    for name in ("items", "payments", "documents"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_test_id(f"tab-{name}")).to_be_focused()
        chosen(page, name)
        expect(page).to_have_url(f"{stack.url}/orders/{order.number}?tab={name}")
    page.keyboard.press("End")
    chosen(page, "customer")
    expect(page.get_by_test_id("customer")).not_to_be_empty()
    page.keyboard.press("Home")
    chosen(page, "timeline")
    expect(page).to_have_url(f"{stack.url}/orders/{order.number}")

    page.get_by_test_id("tab-parcels").click()
    expect(page.get_by_text("No label has been bought yet.")).to_be_visible()
    page.get_by_test_id("retry").click()
    page.get_by_test_id("confirm-go").click()
    expect(notice(page, "runs again.")).to_be_visible()
    expect(page.get_by_test_id("confirm")).to_be_hidden()
    expect(page.get_by_test_id("parcel")).to_have_count(1)
    expect(page.get_by_test_id("tracking")).to_be_visible()
    expect(page.get_by_test_id("status-path")).to_have_attribute("data-status", "delivered")
    assert page.evaluate("() => window.neverReloaded") is True


def test_the_invoice_is_read_in_the_page_and_a_link_leads_to_the_tab(stack: Stack, page: Page) -> None:
    order = arrives(stack, 9652)
    reaches(stack, order, "delivered")
    page.goto(f"/orders/{order.number}?tab=documents")
    chosen(page, "documents")
    page.get_by_test_id("open-document").click()
    with page.expect_download() as waiting:
        page.get_by_test_id("download").click()
    assert waiting.value.suggested_filename.startswith("INV-")
    expect(page.get_by_test_id("pdf")).to_be_visible()
    said = page.request.get(str(page.get_by_test_id("pdf").get_attribute("src")))
    assert said.body().startswith(b"%PDF-")
    assert said.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in said.headers["content-security-policy"]


def test_personal_data_is_shown_for_a_reason_for_this_view_and_is_written_down(stack: Stack, desk: Desk) -> None:
    order = arrives(stack, 9653)
    reaches(stack, order, "delivered")
    page = desk.open("sofia", viewport={"width": 390, "height": 844})
    page.goto(f"/orders/{order.number}?tab=attempts")
    page.get_by_test_id("step").filter(has_text="Buy shipping label").click()
    attempt = page.get_by_test_id("attempt")
    expect(attempt).not_to_contain_text("Jörg Kühn")
    page.get_by_test_id("reveal").click()
    dialog = page.get_by_test_id("reveal-dialog")
    expect(dialog.get_by_test_id("cancel")).to_be_focused()
    dialog.get_by_test_id("reason").fill("the carrier asks for the street")
    dialog.get_by_test_id("confirm-go").click()
    expect(dialog).to_be_hidden()
    expect(attempt).to_contain_text("Jörg Kühn")
    assert sideways(page) == 0

    page.get_by_test_id("tab-timeline").click()
    expect(page.get_by_test_id("timeline")).to_contain_text("the carrier asks for the street")
    page.get_by_test_id("tab-attempts").click()
    page.get_by_test_id("step").filter(has_text="Buy shipping label").click()
    expect(attempt).to_be_visible()
    expect(attempt).not_to_contain_text("Jörg Kühn")
    asked = "select reason from audit join orders on orders.id = order_id where action = 'reveal' and number = %s"
    assert stack.value(asked, order.number) == "the carrier asks for the street"


def test_an_order_that_is_not_there_is_said_in_words_with_a_way_on(page: Page) -> None:
    page.goto("/orders/ORD-19990101-00001")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such order")
    expect(page.get_by_test_id("no-order")).to_contain_text("There is no order ORD-19990101-00001.")
    page.get_by_test_id("to-orders").click()
    expect(page).to_have_url(re.compile(r"/orders$"))
