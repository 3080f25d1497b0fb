"""On a phone: the queue, an order, many orders and a message fit the screen and work with a thumb, whatever stands in them."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard import dashboard
from tests.e2e.desk import Arrival, Desk, held, is_held, notice, on_its_page, queue_row, reaches, sideways, status
from tests.product.orders import shopify_order
from tests.product.stack import Stack

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
UNBROKEN = "Wolfeschlegelsteinhausenbergerdorff"
TABS = ("timeline", "items", "payments", "documents", "parcels", "attempts", "customer")
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 4).map(each => `${each.tagName}.${each.className}: ${each.textContent.slice(0, 40)}`)"""


def fits(dialog: Locator) -> None:
    """The dialog lies within the screen."""
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 844


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than its window, where something does."""
    return page.evaluate(TOO_WIDE) or ["?"] if sideways(page) else []


def outsized(stack: Stack) -> Arrival:
    """A held order with names that no line can hold, and a sum of seven figures."""
    lines = (("TENT-2P-GRN", "987654.32", 3), ("MUG-ENAMEL", "12.50", 2))
    order = shopify_order(9211, lines=lines)
    person = {"first_name": "Maximiliane", "last_name": UNBROKEN, "name": f"Maximiliane {UNBROKEN}"}
    order["customer"] |= {"first_name": "Maximiliane", "last_name": UNBROKEN, "email": f"{UNBROKEN}@{UNBROKEN}.example"}
    order["email"] = order["customer"]["email"]
    for kind in ("billing_address", "shipping_address"):
        order[kind] |= {**person, "address1": f"{UNBROKEN}straße 12345", "company": f"{UNBROKEN} & {UNBROKEN} GmbH"}
    order["line_items"][0] |= {"title": f"{UNBROKEN}-Zelt", "name": f"{UNBROKEN}-Zelt, tannengrün, für zwei Personen"}
    stack.register(order)
    fault = {"provider": "shipengine", "operation": "validate", "fault": "bad_address", "order": str(order["id"])}
    stack.fault(**fault, times=1)
    assert stack.deliver(order).json()["verdict"] == "accepted"
    number = stack.value("select number from orders where external_id = %s", str(order["id"]))
    arrival = Arrival(order, number)
    is_held(stack, arrival)
    stack.api("POST", f"/admin/orders/{number}/notes", json={"text": f"Ask {UNBROKEN * 3}."}).raise_for_status()
    return arrival


def run_of(stack: Stack, order: Arrival) -> int:
    """A bulk run in which the order is given to Sofia."""
    wanted = {"action": "assign", "numbers": [order.number], "person": "sofia@shop.test"}
    shown = stack.api("POST", "/admin/bulk", json=wanted).json()
    stack.api("POST", f"/admin/bulk/{shown['run_id']}/start", json={"token": shown["token"]}).raise_for_status()
    return int(shown["run_id"])


def test_a_hold_is_found_read_and_released_on_a_phone(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9201)
    page = desk.open("sofia", **PHONE)
    page.goto("/held")
    row = queue_row(page, order)
    expect(row).to_contain_text("Address not deliverable")
    row.get_by_role("link").tap()
    on_its_page(page, order)
    page.get_by_test_id("release").tap()
    dialog = page.get_by_test_id("confirm")
    expect(dialog.get_by_test_id("effects")).to_be_visible()
    fits(dialog)
    dialog.get_by_test_id("confirm-go").tap()

    expect(notice(page, "Released. The order goes on.")).to_be_visible()
    expect(status(page)).to_have_attribute("data-status", "delivered")
    for place, address in (("My day", "/"), ("Orders", "/orders"), ("Quarantine", "/quarantine")):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=place).tap()
        expect(page).to_have_url(f"{stack.url}{address}")
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    reaches(stack, order, "delivered")


def test_all_of_one_cause_and_a_message_are_settled_on_a_phone(stack: Stack, desk: Desk) -> None:
    cause = ("shipengine", "label", "insufficient_funds")
    orders = [held(stack, serial, *cause) for serial in (9221, 9222)]
    stack.deliver(shopify_order(9223) | {"total_price": "999.00"}, event_id="sums-9223")
    page = desk.open("sofia", **PHONE)
    page.goto("/held?kind=carrier_funds")
    page.get_by_test_id("bulk-cause").tap()
    dialog = page.get_by_test_id("bulk-dialog")
    expect(dialog.get_by_role("heading", name="Retry: 2 orders")).to_be_visible()
    fits(dialog)
    dialog.get_by_test_id("bulk-action-snooze").tap()
    dialog.get_by_test_id("bulk-until").select_option("answer")
    expect(dialog.get_by_test_id("bulk-effects")).to_contain_text("until the customer answers")
    dialog.get_by_test_id("bulk-action-retry").tap()
    expect(dialog.get_by_test_id("bulk-effects")).to_contain_text("a new request is sent")
    dialog.get_by_test_id("confirm-go").tap()
    expect(page.get_by_test_id("bulk-state")).to_contain_text("Finished")
    assert too_wide(page) == []
    for order in orders:
        reaches(stack, order, "delivered")

    page.goto("/quarantine")
    page.get_by_test_id("quarantine-row").filter(has_text="sums-9223").get_by_test_id("open-message").tap()
    expect(page.get_by_test_id("flaw")).to_contain_text("but the order says €999.00")
    page.get_by_test_id("mend-reason").fill("an order of the shop's own tests")
    page.get_by_test_id("mend-discard").tap()
    expect(page.get_by_test_id("message-stand")).to_have_text("Discarded")
    expect(page.get_by_test_id("decisions")).to_contain_text("an order of the shop's own tests")
    assert stack.value("select verdict from inbox where event_id = 'sums-9223'") == "discarded"


@pytest.mark.timeout(300)
def test_no_page_scrolls_sideways_whatever_stands_in_it(stack: Stack, desk: Desk) -> None:
    order = outsized(stack)
    run = run_of(stack, order)
    wrong = shopify_order(9212) | {"total_price": "1.00"}
    wrong["customer"]["last_name"] = UNBROKEN * 3
    stack.deliver(wrong, event_id=f"sums-{UNBROKEN}-{UNBROKEN}")
    message = stack.value("select id from inbox where event_id like %s", f"sums-{UNBROKEN}%")
    page = desk.open("sofia", **PHONE)
    places = [each.ROUTE for each in dashboard.PAGES if "[" not in each.ROUTE]
    places += [f"/orders/{order.number}?tab={tab}" for tab in TABS]
    places += [f"/bulk/{run}", f"/quarantine/{message}", f"/held?order={order.number}", f"/orders?q={order.number}"]
    places += ["/orders/ORD-19990101-00001", "/nowhere"]

    found = {}
    for place in places:
        page.goto(place)
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        found[place] = too_wide(page)

    assert {place: wide for place, wide in found.items() if wide} == {}
    page.evaluate("() => { document.querySelector('main').style.minWidth = '700px' }")
    assert too_wide(page) != [], "what is too wide is found"
