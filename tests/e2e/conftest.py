"""One running product and one browser for all stories; everybody signs in once and brings the cookie along."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.desk import Colleague, Desk
from tests.nursery import Nursery
from tests.product.stack import Stack, running

QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
COLLEAGUES = {
    "sofia": Colleague("Sofia Marin", "sofia@shop.test", "customer_service"),
    "priya": Colleague("Priya Nair", "priya@shop.test", "manager"),
    "tom": Colleague("Tom Okafor", "tom@shop.test", "qa"),
}
PATIENCE_MS = 40_000
"""A page says in a fraction of this what it has to say; a busy machine may take longer."""


LONGEST_STORY = 300
"""Seconds; a tenth of it on a machine that has nothing else to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that want the machine for themselves come before the product that all others share is started.

    The first of those waits until it is started, and a machine may be slow.
    """
    items.sort(key=lambda item: "stack" in getattr(item, "fixturenames", ()))
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LONGEST_STORY))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that `HOLDFAST_TEST_CHROMIUM` names, or Playwright's own."""
    alone = ("--no-sandbox",) if os.geteuid() == 0 else ()
    named = os.environ.get("HOLDFAST_TEST_CHROMIUM")
    place = {"executable_path": named} if named else {}
    return {**browser_type_launch_args, **place, "args": [*QUIET, *alone]}


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def stack(run_folder: Path, nursery: Nursery) -> Iterator[Stack]:
    """The product with one worker; parcels take seconds, so that their way can be watched."""
    folder = Path(tempfile.mkdtemp(dir=run_folder, prefix="e2e-"))
    with running(folder, nursery, workers=1, threads=4, pace=0.12, deadline=3) as product:
        for colleague in COLLEAGUES.values():
            add_colleague(product, colleague)
        yield product


def add_colleague(stack: Stack, who: Colleague) -> None:
    told = ("--email", who.email, "--role", who.role, "--name", who.name)
    stack.holdfast("user", "add", "--password-stdin", *told, given=f"{who.password}\n")


@pytest.fixture(scope="session")
def cookies(stack: Stack, browser: Browser) -> dict[str, Any]:
    """Everybody's session, opened through the sign-in page."""
    found: dict[str, Any] = {}
    for name, who in COLLEAGUES.items():
        context = browser.new_context(base_url=stack.url)
        page = context.new_page()
        page.goto("/sign-in")
        who.sign_in(page)
        expect(page).to_have_url(f"{stack.url}/")
        found[name] = context.storage_state()
        context.close()
    return found


@pytest.fixture
def desk(stack: Stack, browser: Browser, cookies: dict[str, Any]) -> Iterator[Desk]:
    """Opens pages as whoever is named, and sees at the end that none of them complained in its console."""
    contexts: list[BrowserContext] = []

    def new_context(who: str, **more: Any) -> BrowserContext:
        wanted = {"base_url": stack.url, "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | more
        context = browser.new_context(**wanted, storage_state=cookies.get(who))
        contexts.append(context)
        return context

    opened = Desk(new_context)
    yield opened
    for context in contexts:
        context.close()
    assert opened.complaints == []


@pytest.fixture
def page(desk: Desk) -> Page:
    """A page of Sofia, customer service, at a desk's width."""
    return desk.open("sofia")
