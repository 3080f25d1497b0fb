"""What nobody expected: the person is shown a reference, the log has it, and nothing else of it reaches the browser."""

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.desk import Desk
from tests.product.stack import Stack
from tests.waiting import until

REFERENCE = re.compile("[0-9a-f]{8}")


def logged(stack: Stack, reference: str) -> str:
    """What the web process wrote under the reference, and after it."""
    until(lambda: reference in stack.log("serve"), what=f"{reference} is in the log")
    return stack.log("serve").partition(reference)[2]


def test_a_failure_of_ours_is_told_by_its_reference_and_nothing_of_it_leaks(stack: Stack, page: Page) -> None:
    page.goto("/")
    expect(page.get_by_test_id("me")).to_contain_text("Sofia Marin")
    stack.rows("alter table inbox_counters rename to mislaid")
    try:
        page.goto("/quarantine")
        trouble = page.get_by_test_id("trouble")
        expect(trouble).to_contain_text("Something went wrong on our side. Tell an administrator this reference: ")
        found = REFERENCE.search(trouble.inner_text())
        assert found
        shown = page.locator("body").inner_text().lower()
    finally:
        stack.rows("alter table mislaid rename to inbox_counters")

    assert "UndefinedTable" in logged(stack, found[0])
    assert [word for word in ("psycopg", "inbox_counters", "traceback", "sqlalche", "undefined") if word in shown] == []
    # Something may have changed since, and the page have read anew: then there is nothing to try again.
    page.evaluate("() => document.querySelector('[data-testid=trouble] a')?.click()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
    expect(page.get_by_test_id("trouble")).to_have_count(0)


def test_a_page_that_the_browser_cannot_draw_says_so_with_a_reference(stack: Stack, desk: Desk) -> None:
    page = desk.open("sofia")
    spoiling = [True]

    def spoil(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda said: socket.send(_spoilt(said) if spoiling else said))

    page.route_web_socket(re.compile("/_event"), spoil)
    page.goto("/bulk")
    broken = page.get_by_test_id("broken")
    expect(broken).to_contain_text("This page could not be shown")
    expect(broken.get_by_test_id("reference")).to_have_text(REFERENCE)
    reference = broken.get_by_test_id("reference").inner_text()

    assert "TypeError" in logged(stack, reference)
    assert "/bulk" in stack.log("serve")
    assert "TypeError" not in page.locator("body").inner_text()
    assert any("TypeError" in complaint for complaint in desk.complaints)
    desk.complaints.clear()
    spoiling.clear()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bulk runs")


def _spoilt(said: str | bytes) -> str | bytes:
    """A list that never was one."""
    return re.sub(r'"runs_rx_state_":\[.*?\](?=[,}])', '"runs_rx_state_":null', said) if isinstance(said, str) else said
