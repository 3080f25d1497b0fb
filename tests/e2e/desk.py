"""Words for the stories: colleagues, their pages, and the orders that reach the shop."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.product.orders import shopify_order
from tests.product.stack import Stack, picture
from tests.waiting import until

PASSWORD = "amber lantern over quiet water"
_LOST = ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "WebSocket connection", "Failed to load resource")


@dataclass(frozen=True)
class Colleague:
    name: str
    email: str
    role: str
    password: str = PASSWORD

    def sign_in(self, page: Page, password: str = "") -> None:
        """Fill in the sign-in page, wherever it was come from."""
        page.get_by_test_id("email").fill(self.email)
        page.get_by_test_id("password").fill(password or self.password)
        with page.expect_navigation():  # what is looked at next is the answer, not the form that was sent
            page.get_by_test_id("sign-in").click()


class Desk:
    """Pages of several people. `complaints` gathers errors of their consoles, those of a lost connection apart."""

    def __init__(self, new_context: Callable[..., BrowserContext]) -> None:
        self._new_context = new_context
        self.complaints: list[str] = []

    def open(self, who: str = "", **context: Any) -> Page:
        """A page in a browser of its own, signed in as `who`; nobody when that is empty."""
        return self.another_tab(self._new_context(who, **context))

    def another_tab(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in _LOST):
            self.complaints.append(message.text)


@dataclass(frozen=True)
class Arrival:
    """An order that came in: the shop's payload and our number."""

    payload: dict[str, Any]
    number: str

    @property
    def shop_id(self) -> str:
        return str(self.payload["id"])

    @property
    def name(self) -> str:
        return str(self.payload["name"])


def arrives(
    stack: Stack, serial: int, *faults: tuple[str, str, str], more: dict[str, Any] | None = None, **details: Any
) -> Arrival:
    """The shop sends an order; each fault (provider, operation, what goes wrong) strikes it once. `more` of its payload."""
    order = shopify_order(serial, **details) | (more or {})
    known = stack.value("select count(*) from orders where external_id = %s", str(order["id"]))
    assert not known, f"{order['name']} belongs to another story: choose another number"
    stack.register(order)
    for provider, operation, fault in faults:
        stack.fault(provider=provider, operation=operation, fault=fault, order=str(order["id"]), times=1)
    answer = stack.deliver(order)
    assert answer.json()["verdict"] == "accepted", answer.text
    return Arrival(order, stack.value("select number from orders where external_id = %s", str(order["id"])))


def keep_parcel_back(stack: Stack, serial: int) -> None:
    """The carrier never gets hold of this order's parcel; to be said before the order arrives."""
    identity = str(shopify_order(serial)["id"])
    stack.fault(provider="shipengine", operation="tracking", fault="refuse", order=identity, times=None)


def held(stack: Stack, serial: int, *fault: str, **details: Any) -> Arrival:
    """An order that arrived and was stopped by a fault, `shipengine validate bad_address` unless told otherwise."""
    provider, operation, kind = fault or ("shipengine", "validate", "bad_address")
    order = arrives(stack, serial, (provider, operation, kind), **details)
    is_held(stack, order)
    return order


def is_held(stack: Stack, order: Arrival) -> None:
    """Wait until it is held, and nothing goes on beside the hold."""
    until(
        lambda: open_holds(stack, order),
        what=f"{order.name} is held",
        otherwise=lambda: picture(stack),
    )
    at_rest(stack, order)


def at_rest(stack: Stack, order: Arrival) -> None:
    """Wait until nothing is done for the order by itself: what is previewed now is still so when it is confirmed."""
    under_way = (
        "select count(*) from steps join orders on orders.id = order_id "
        "where number = %s and steps.state in ('ready', 'running')"
    )
    until(
        lambda: stack.value(under_way, order.number) == 0,
        what=f"{order.name} is at rest",
        otherwise=lambda: picture(stack),
    )


def open_holds(stack: Stack, order: Arrival) -> int:
    statement = (
        "select count(*) from holds join orders on orders.id = order_id where number = %s and holds.closed_at is null"
    )
    return int(stack.value(statement, order.number))


def reaches(stack: Stack, order: Arrival, status: str) -> None:
    """Wait until the order has got so far, and everything is done that belongs to it."""
    until(
        lambda: stack.value("select status from orders where number = %s", order.number) == status,
        what=f"{order.name} is {status}",
        otherwise=lambda: picture(stack),
    )
    at_rest(stack, order)


def effects(stack: Stack, order: Arrival, *kinds: str) -> dict[str, int]:
    """How often each kind of thing happened outside for an order."""
    happened = [entry["kind"] for entry in stack.journal(order=order.shop_id)]
    return {kind: happened.count(kind) for kind in kinds}


def queue_row(page: Page, order: Arrival) -> Locator:
    return page.get_by_test_id("held-row").filter(has=page.get_by_test_id(f"held-row-{order.number}"))


def open_order(page: Page, order: Arrival) -> None:
    page.goto(f"/orders/{order.number}")
    on_its_page(page, order)


def on_its_page(page: Page, order: Arrival) -> None:
    """Wait for the order's own page. The queue shows the same order beside it, under the same names, until it is gone."""
    expect(page).to_have_url(re.compile(f"/orders/{order.number}([?]|$)"))
    expect(page.get_by_role("heading", level=1)).to_have_text(order.number)


def status(page: Page) -> Locator:
    """The order's path; its `data-status` is the status."""
    return page.get_by_test_id("status-path")


def notice(page: Page, words: str) -> Locator:
    return page.get_by_test_id("notice").filter(has_text=words)


def focused(page: Page) -> str:
    """The `data-testid` of what has the focus."""
    found: str = page.evaluate("() => document.activeElement?.dataset?.testid ?? ''")
    return found


def walk_to(page: Page, order: Arrival) -> None:
    """Press j until the row of this order has the focus."""
    expect(queue_row(page, order)).to_be_visible()
    for _ in range(60):
        if focused(page) == f"held-row-{order.number}":
            expect(page.get_by_test_id(f"held-row-{order.number}")).to_be_focused()
            return
        page.keyboard.press("j")
    raise AssertionError(f"{order.number} is not in the queue")


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))
