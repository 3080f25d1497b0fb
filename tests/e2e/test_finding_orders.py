"""Finding orders: a search, what cannot be read in it, filters, columns, a view that is kept and shared, and the same as a
file; first among all orders, then among the held ones."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect

from tests.e2e.desk import Desk, arrives, sideways
from tests.product.orders import shopify_order
from tests.product.stack import Stack

WANDA = "wanda.exampleton@mail.example"


def unaddressed(stack: Stack, serial: int, email: str = WANDA) -> str:
    """An order of Wanda's that comes without an address and is held for that; its number."""
    order = shopify_order(serial) | {"shipping_address": None, "email": email}
    order["customer"] |= {"email": email}
    stack.register(order)
    assert stack.deliver(order).json()["verdict"] == "accepted"
    return str(stack.value("select number from orders where external_id = %s", str(order["id"])))


def searched(page: Page, text: str) -> None:
    """Type into the box above the list, and wait until the address says it too."""
    page.get_by_test_id("search").fill(text)


def rows_of(download: Download) -> list[list[str]]:
    """A CSV file that the browser was given, without its headings."""
    content = Path(download.path()).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(content, newline="")))[1:]


def exported(page: Page, name: str) -> list[list[str]]:
    page.get_by_test_id("export").click()
    with page.expect_download() as begun:
        page.get_by_test_id("export-csv").click()
    assert begun.value.suggested_filename.startswith(f"{name}-")
    return rows_of(begun.value)


def keep_as_view(page: Page, name: str, *, shared: bool = False) -> Locator:
    """Keep what is shown; the chip of the new view."""
    page.get_by_test_id("view-save").click()
    dialog = page.get_by_test_id("view-dialog")
    dialog.get_by_test_id("view-name").fill(name)
    if shared:
        dialog.get_by_test_id("view-shared").check()
    dialog.get_by_test_id("view-go").click()
    expect(dialog).to_be_hidden()
    chip = view(page, name)
    expect(chip).to_have_attribute("aria-current", "true")
    return chip


def view(page: Page, name: str) -> Locator:
    return page.get_by_test_id("views").get_by_role("link", name=name)


def share(page: Page) -> None:
    page.get_by_test_id("view-rename").click()
    dialog = page.get_by_test_id("view-dialog")
    dialog.get_by_test_id("view-shared").check()
    dialog.get_by_test_id("view-go").click()
    expect(dialog).to_be_hidden()


def test_finding_filtering_keeping_and_sharing(stack: Stack, page: Page, desk: Desk) -> None:
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
    expect(page.locator("thead th").last).to_have_text("E-mail")
    page.get_by_test_id("column-up-email").click()
    expect(page.locator("thead th").nth(-2)).to_have_text("E-mail")
    page.get_by_test_id("columns").click()
    chip = keep_as_view(page, "Wanda without address")
    expect(chip.get_by_test_id(re.compile("view-count-"))).to_have_text("1")
    expect(page).to_have_url(re.compile(r"view=\d+"))
    address = page.url

    # nobody else sees it, until it is shared; and it is what its address says
    priya = desk.open("priya", viewport={"width": 390, "height": 844})
    priya.goto("/orders")
    expect(priya.get_by_test_id("order-row").first).to_be_visible()
    expect(view(priya, "Wanda without address")).to_have_count(0)
    priya.goto(address)
    expect(priya.get_by_test_id("search-complaints")).to_contain_text("is not shared with you")
    share(page)
    priya.goto(address)
    expect(view(priya, "Wanda without address")).to_have_attribute("aria-current", "true")
    expect(priya.get_by_test_id(f"order-row-{held}")).to_be_visible()
    assert sideways(priya) == 0

    # its count moves when an order does, for whoever looks
    another = unaddressed(stack, 9703)
    for screen in (page, priya):
        expect(view(screen, "Wanda without address").get_by_test_id(re.compile("view-count-"))).to_have_text("2")
        expect(screen.get_by_test_id(f"order-row-{another}")).to_be_visible()

    # a reload shows the same again, and the file has what the screen shows
    page.reload()
    expect(page.get_by_test_id("order-row")).to_have_count(2)
    expect(page.get_by_role("columnheader", name="E-mail")).to_be_visible()
    found = exported(page, "orders")
    assert [row[0] for row in found] == [another, held]
    for row, line in zip(page.get_by_test_id("order-row").all(), found, strict=True):
        for text in (line[0], line[1], line[2]):
            expect(row).to_contain_text(text)


def test_the_held_queue_is_searched_kept_shared_and_exported(stack: Stack, page: Page, desk: Desk) -> None:
    held, other = unaddressed(stack, 9711), unaddressed(stack, 9712)
    free = unaddressed(stack, 9713, email="elsewhere@mail.example")
    page.goto("/held")
    expect(page.get_by_test_id(f"held-row-{free}")).to_be_visible()

    # one box: what is found is in the rows, the headline and the selection
    searched(page, "channel:ebay")
    expect(page.get_by_test_id("search-complaints")).to_contain_text(
        "“ebay” is not a channel. There are generic, shopify"
    )
    searched(page, f"{WANDA} amount:>1 number:{held[:6]}")  # the year's century: the day may end meanwhile
    expect(page.get_by_test_id(f"held-row-{held}")).to_be_visible()
    expect(page.get_by_test_id(f"held-row-{free}")).to_have_count(0)
    expect(page.get_by_test_id("held-total")).to_have_text(re.compile(r"^\d+ of \d+ orders$"))
    shown = page.get_by_test_id("held-row").count()
    expect(page.get_by_test_id("held-filtered")).to_have_text(f"{shown} orders")
    page.get_by_test_id(f"pick-{held}").click()
    page.get_by_test_id("select-all").click()
    expect(page.get_by_test_id("selected")).to_have_text(f"All {shown} orders that match")
    page.get_by_test_id("clear-selection").click()

    # j and k walk what was found; the order stands beside it
    page.get_by_test_id("held-total").click()
    page.keyboard.press("j")
    expect(page.get_by_test_id("pane")).to_have_attribute("data-number", re.compile("^ORD-"))

    # columns: one less, and another order of them
    page.get_by_test_id("columns").click()
    page.get_by_test_id("column-advice").uncheck()
    expect(page.locator(".at-advice").first).to_be_hidden()
    page.get_by_test_id("column-placed").check()
    expect(page.locator(".at-placed").first).to_be_visible()
    page.get_by_test_id("column-up-number").click()
    expect(page.get_by_test_id("column-up-customer")).to_be_visible()
    page.get_by_test_id("columns").click()

    # a view of the queue opens the queue, for the colleague on the phone too, and its count moves
    chip = keep_as_view(page, "Wanda is held", shared=True)
    expect(chip.get_by_test_id(re.compile("view-count-"))).to_have_text(str(shown))
    expect(chip).to_be_in_viewport(ratio=1)
    expect(page).to_have_url(re.compile(r"/held\?view=\d+$"))
    priya = desk.open("priya", viewport={"width": 390, "height": 844})
    priya.goto("/held")
    view(priya, "Wanda is held").click()
    expect(priya).to_have_url(page.url)
    expect(priya.get_by_test_id("held-row")).to_have_count(shown)
    assert sideways(priya) == 0
    unaddressed(stack, 9714)
    for screen in (page, priya):
        expect(view(screen, "Wanda is held").get_by_test_id(re.compile("view-count-"))).to_have_text(str(shown + 1))
        expect(screen.get_by_test_id("held-row")).to_have_count(shown + 1)

    # reload, and the file has what the screen shows
    page.reload()
    expect(page.get_by_test_id("held-row")).to_have_count(shown + 1)
    found = exported(page, "held")
    assert {held, other} < {row[0] for row in found} | {row[1] for row in found}
    for row, line in zip(page.get_by_test_id("held-row").all(), found, strict=True):
        expect(row).to_contain_text(line[0])
        expect(row).to_contain_text(line[1])
