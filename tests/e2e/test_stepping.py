"""Stepping through the queue faster than the server answers: the focus stays with the person, and no key hits another order.

The page is a small one of the same marks, and the test is its server: so an answer can be as late as it likes.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

SCRIPT = Path(__file__).resolve().parents[2] / "assets" / "keys.js"
ROWS = "".join(
    f'<li data-line="true"><a href="/orders/{name}" data-row="{name}" data-testid="{name}">{name}</a></li>'
    for name in "ABCD"
)
PAGE = f"""<!doctype html><html lang="en"><title>Queue</title><main data-cockpit="/held"><ol>{ROWS}</ol>
<section data-pane="true" data-number=""><form data-chooser="true" hidden><input name="number"></form>
<button data-key="l" data-testid="release">Release</button></section></main>
<dialog data-testid="dialog"><button>Cancel</button></dialog></html>"""
SERVER = """() => {
  window.asked = []; window.released = [];
  document.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    window.asked.push(event.target.elements.number.value);
  });
  document.querySelector("[data-key]").addEventListener("click", () => {
    window.released.push(document.querySelector("[data-pane]").dataset.number);
  });
}"""
ANSWER = """(number) => {
  for (const row of document.querySelectorAll("[data-row]")) {
    row.setAttribute("aria-current", String(row.dataset.row === number));
  }
  document.querySelector("[data-pane]").dataset.number = number;
}"""


@pytest.fixture
def queue(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.clock.install(time=0)
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.goto("http://desk.test/held")
    page.evaluate(SERVER)
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    page.clock.pause_at(60_000)
    yield page
    context.close()


def step(page: Page, key: str = "j") -> None:
    """Take a step, and stay long enough for the server to be told."""
    page.keyboard.press(key)
    page.clock.run_for(200)


def asked(page: Page) -> list[str]:
    found: list[str] = page.evaluate("() => window.asked")
    return found


def released(page: Page) -> list[str]:
    found: list[str] = page.evaluate("() => window.released")
    return found


def test_a_late_answer_about_a_row_that_was_left_takes_the_focus_from_nobody(queue: Page) -> None:
    step(queue)
    step(queue)
    assert asked(queue) == ["A", "B"]

    queue.evaluate(ANSWER, "A")
    expect(queue.get_by_test_id("B")).to_be_focused()
    queue.keyboard.press("l")
    assert released(queue) == [], "it waits for the order that it is meant for"
    queue.evaluate(ANSWER, "B")

    expect(queue.get_by_test_id("B")).to_be_focused()
    assert released(queue) == ["B"]
    expect(queue).to_have_url("http://desk.test/held?order=B")


def test_a_key_that_was_meant_for_an_order_is_forgotten_when_the_person_moves_on(queue: Page) -> None:
    step(queue)
    queue.evaluate(ANSWER, "A")
    step(queue)
    queue.keyboard.press("l")
    step(queue)

    for number in ("B", "C"):
        queue.evaluate(ANSWER, number)

    expect(queue.get_by_test_id("C")).to_be_focused()
    assert (asked(queue), released(queue)) == (["A", "B", "C"], [])


def test_the_next_order_takes_the_focus_when_the_dialog_is_closed_that_was_in_its_way(queue: Page) -> None:
    step(queue)
    queue.evaluate(ANSWER, "A")
    queue.evaluate("() => document.querySelector('dialog').showModal()")

    queue.evaluate(ANSWER, "B")
    expect(queue.get_by_test_id("B")).not_to_be_focused()
    queue.keyboard.press("Escape")

    expect(queue.get_by_test_id("B")).to_be_focused()


def test_an_order_that_was_never_answered_for_is_asked_for_again(queue: Page) -> None:
    step(queue)
    queue.get_by_test_id("A").dispatch_event("click", {"detail": 1})
    assert asked(queue) == ["A"], "an answer may still come"
    queue.clock.run_for(10_000)
    queue.get_by_test_id("A").dispatch_event("click", {"detail": 1})
    assert asked(queue) == ["A", "A"]
