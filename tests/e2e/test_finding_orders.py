"""Finding orders: a search, filters, a view that is kept, columns, and the file with exactly what the screen shows."""

import csv
import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives
from tests.product.orders import shopify_order
from tests.product.stack import Stack
from tests.waiting import until

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


def numbers(page: Page) -> list[str]:
    return [link.inner_text() for link in page.locator(".orders-list .row-link").all()]


def downloaded(page: Page, kind: str, folder: Path) -> bytes:
    page.get_by_test_id("export").click()
    with page.expect_download() as begun:
        page.get_by_test_id(f"export-{kind}").click()
    path = folder / f"orders.{kind}"
    begun.value.save_as(path)
    page.get_by_test_id("export").click()
    return path.read_bytes()


def test_finding_filtering_keeping_and_exporting(stack: Stack, desk: Desk, page: Page, tmp_path: Path) -> None:
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
    expect(chip.locator(".count")).to_have_text("1")

    # the address alone opens it again, for a colleague too, whose count follows what happens
    page.reload()
    expect(page.get_by_test_id("search")).to_have_value(re.compile(r"^status:held wanda"))
    expect(page.get_by_test_id("order-row")).to_have_count(1)
    colleague = desk.open("priya", viewport={"width": 390, "height": 844})
    colleague.goto(page.url)
    expect(colleague.get_by_test_id(f"order-row-{held}")).to_be_visible()
    second = unaddressed(stack, 9703)
    expect(colleague.get_by_test_id(f"order-row-{second}")).to_be_visible()
    expect(chip.locator(".count")).to_have_text("2")

    # the files say what the screen says
    expect(page.get_by_test_id("order-row")).to_have_count(2)
    shown = numbers(page)
    rows = list(csv.reader(io.StringIO(downloaded(page, "csv", tmp_path).decode())))
    assert [row[0] for row in rows] == ["Order", *shown]
    assert rows[0] == [
        "Order", "Customer", "E-mail", "Status", "Held", "Payment", "Shipping", "Total", "Currency", "Placed"
    ]  # fmt: skip
    assert [row[2] for row in rows[1:]] == [WANDA] * 2
    assert {row[8] for row in rows[1:]} == {"EUR"}
    with zipfile.ZipFile(io.BytesIO(downloaded(page, "xlsx", tmp_path))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert all(number in sheet for number in shown)
    until(lambda: stack.value("select count(*) from audit where action = 'export_ended'") == 2)
    assert stack.value("select details ->> 'rows' from audit where action = 'export_ended' limit 1") == "2"

    # and it goes again
    page.get_by_test_id("view-delete").click()
    page.get_by_test_id("view-dialog").get_by_test_id("view-go").click()
    expect(page).to_have_url(f"{stack.url}/orders")
    expect(page.get_by_test_id("views")).not_to_contain_text("Wanda without address")
