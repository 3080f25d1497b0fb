"""Finding orders: a search, what cannot be read in it, filters, columns, and a view that is kept."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.desk import arrives
from tests.product.orders import shopify_order
from tests.product.stack import Stack

WANDA = "wanda.exampleton@mail.example"


def unaddressed(stack: Stack, serial: int) -> str:
    """An order of Wanda's that comes without an address and is held for that; its number."""
    order = shopify_order(serial) | {"shipping_address": None, "email": WANDA}
    order["customer"] |= {"email": WANDA}
    stack.register(order)
    assert stack.deliver(order).json()["verdict"] == "accepted"
    return str(stack.value("select number from orders where external_id = %s", str(order["id"])))


def searched(page: Page, text: str) -> None:
    """Type into the box above the list, and wait until the address says it too."""
    page.get_by_test_id("search").fill(text)


def test_finding_filtering_and_keeping(stack: Stack, page: Page) -> None:
    held = unaddressed(stack, 9701)
    free = arrives(stack, 9702).number
    page.goto("/orders")
    expect(page.get_by_test_id(f"order-row-{free}")).to_be_visible()

    # found by what a customer says on the telephone
    searched(page, WANDA)
    expect(page.get_by_test_id("order-row")).to_have_count(1)
    expect(page.get_by_test_id(f"order-row-{held}")).to_be_visible()
    expect(page.get_by_test_id("orders-count")).to_have_text("1")
    searched(page, free[-8:])
    expect(page.get_by_test_id(f"order-row-{free}")).to_be_visible()
    expect(page.get_by_test_id("order-row")).to_have_count(1)

    # what cannot be read is said, and nothing else happens
    searched(page, "status:hold")
    expect(page.get_by_test_id("search-complaints")).to_contain_text(
        "“hold” is not one of them. Allowed: held, pending,"
    )
    searched(page, f"status:held {WANDA}")
    expect(page).to_have_url(re.compile(r"q=status%3Aheld"))
    expect(page.get_by_test_id("search-complaints")).to_be_empty()

    # the filters say the same as the box, and write it
    page.get_by_test_id("filters").click()
    expect(page.get_by_test_id("filter-status")).to_have_value("held")
    page.get_by_test_id("filter-cause").select_option("address_missing")
    expect(page.get_by_test_id("search")).to_have_value(f"status:held {WANDA} cause:address_missing")
    page.get_by_test_id("filter-amount-from").fill("1")
    page.get_by_test_id("filter-amount-from").press("Tab")
    expect(page.get_by_test_id("search")).to_have_value(re.compile(r"amount:>=1$"))
    page.get_by_test_id("filters").click()
    expect(page.get_by_test_id("order-row")).to_have_count(1)

    # columns, kept together with the search as a view
    page.get_by_test_id("columns").click()
    page.get_by_test_id("column-email").check()
    expect(page.get_by_role("columnheader", name="E-mail")).to_be_visible()
    page.get_by_test_id("columns").click()
    page.get_by_test_id("view-save").click()
    dialog = page.get_by_test_id("view-dialog")
    dialog.get_by_test_id("view-name").fill("Wanda without address")
    dialog.get_by_test_id("view-shared").check()
    dialog.get_by_test_id("view-go").click()
    expect(dialog).to_be_hidden()
    chip = page.get_by_test_id("views").get_by_role("link", name="Wanda without address")
    expect(chip).to_have_attribute("aria-current", "true")
