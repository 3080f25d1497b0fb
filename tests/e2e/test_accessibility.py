"""Every page, light and dark, without a serious finding of axe."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard import dashboard
from tests.e2e.desk import Arrival, Desk, held, open_order
from tests.product.orders import shopify_order
from tests.product.stack import Stack

GRAVE = ("serious", "critical")
PAGES = [page.ROUTE for page in dashboard.PAGES if "[" not in page.ROUTE]


@pytest.fixture(scope="module")
def order(stack: Stack) -> Arrival:
    """A held order, beside which something lies in quarantine."""
    stack.deliver(shopify_order(9501) | {"total_price": "1.00"})
    return held(stack, 9502)


def findings(page: Page) -> list[dict[str, Any]]:
    """What axe holds against the page as it is: rule, gravity, the elements and what is wrong with them."""
    found = Axe().run(page).response["violations"]
    return [
        {
            "rule": violation["id"],
            "impact": violation["impact"],
            "nodes": [(node["target"], node["failureSummary"]) for node in violation["nodes"]],
        }
        for violation in found
        if violation["impact"] in GRAVE
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_keeps_anybody_out(desk: Desk, order: Arrival, theme: str) -> None:
    page = desk.open("sofia", bypass_csp=True, color_scheme=theme)
    found: dict[str, list[dict[str, Any]]] = {}
    for path in (*PAGES, "/held?kind=address_invalid", "/nowhere"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        expect(page.locator("html")).to_have_class(theme)
        found[path] = findings(page)
    open_order(page, order)
    page.get_by_test_id("routine").click()
    expect(page.get_by_test_id("routine")).to_have_text("Hide routine")
    found["order"] = findings(page)
    for tab in (
        ("items", "documents", "customer", "attempts") if theme == "light" else ("payments", "parcels", "attempts")
    ):
        page.get_by_test_id(f"tab-{tab}").click()
        expect(page.get_by_role("tabpanel")).to_have_accessible_name(page.get_by_test_id(f"tab-{tab}").inner_text())
        if tab == "attempts":
            page.get_by_test_id("step").first.click()
            expect(page.get_by_test_id("attempts")).to_be_visible()
        found[tab] = findings(page)
    shared = ("assign", "assign-dialog") if theme == "light" else ("snooze", "snooze-dialog")
    asking = (("release", "confirm"), ("cancel-order", "confirm"), ("fix-shipping_address", "fix-dialog"), shared)
    for opener, dialog in (*asking, ("refund", "refund-dialog")):
        page.get_by_test_id(opener).click()
        expect(page.get_by_test_id(dialog)).to_be_visible()
        if opener == "refund":
            page.get_by_test_id("way-lines").check()
            expect(page.get_by_test_id("missing")).to_be_visible()
        found[opener] = findings(page)
        page.get_by_test_id(dialog).get_by_test_id("cancel").click()
        expect(page.get_by_test_id(dialog)).to_be_hidden()
    page.goto("/held?kind=address_invalid")
    page.get_by_test_id("bulk-cause").click()
    expect(page.get_by_test_id("bulk-dialog").get_by_test_id("bulk-effects")).to_be_visible()
    found["bulk"] = findings(page)
    door = desk.open("", bypass_csp=True, color_scheme=theme)
    door.goto("/sign-in")
    found["sign-in"] = findings(door)

    assert {place: grave for place, grave in found.items() if grave} == {}
