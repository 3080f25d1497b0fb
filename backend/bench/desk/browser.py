"""Clicks measured where people feel them: from the event in a real browser to the change in the page.

Everything is done and watched inside the page itself, so no time of ours is in the figures.
"""

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.bench.desk.site import Site
from backend.bench.desk.wish import Sample, Wish
from backend.bench.site import Invalid

ABSENT = (
    "The desk is measured in a real browser, through Playwright, which is not installed. Install it with "
    "`pip install playwright` and `playwright install chromium`, or name a Chromium of your own with --chromium."
)
_WIDTH, _HEIGHT = 1440, 900
_PATIENCE_MS, _REST_MS = 20_000, 80
_QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")

_PROBE = """
async ({act, watch, limit}) => {
  const read = () => {
    const found = watch.selector === ":focus" ? document.activeElement : document.querySelector(watch.selector);
    if (!found) return null;
    return watch.attribute ? found.getAttribute(watch.attribute) : found.textContent;
  };
  const before = read();
  const done = () => {
    const now = read();
    if (!now) return false;
    if (watch.begins !== undefined) return now.startsWith(watch.begins);
    return watch.equals === undefined ? now !== before : now === watch.equals;
  };
  const node = act.selector ? document.querySelector(act.selector) : document.activeElement || document.body;
  if (!node) throw new Error(`there is no ${act.selector} on the page`);
  const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  return await new Promise((resolve, reject) => {
    let began = 0, timer = 0;
    const look = () => {
      if (!done()) return false;
      observer.disconnect();
      clearTimeout(timer);
      resolve(performance.now() - began);
      return true;
    };
    const observer = new MutationObserver(look);
    observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
    timer = setTimeout(() => { observer.disconnect(); reject(new Error("nothing changed")); }, limit);
    began = performance.now();
    if (act.kind === "click") node.click();
    if (act.kind === "key") node.dispatchEvent(new KeyboardEvent("keydown", {key: act.key, bubbles: true, cancelable: true}));
    if (act.kind === "submit") {
      setter.call(node, act.text);
      node.dispatchEvent(new Event("input", {bubbles: true}));
      node.form.requestSubmit();
    }
    look();
  });
}
"""


@dataclass(frozen=True)
class Watch:
    """What must change, or become `equals`, or begin so: the text of the first element found, or one of its attributes."""

    selector: str
    attribute: str | None = None
    equals: str | None = None
    begins: str | None = None

    def as_json(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value is not None}


class Tab:
    """One page of the dashboard in the browser."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self._url = page, url

    def open(self, path: str, ready: str) -> None:
        """Load a page anew, and wait until `ready` is there."""
        self.page.goto(f"{self._url}{path}")
        self.wait_for(ready)

    def is_there(self, selector: str) -> bool:
        return bool(self.page.query_selector(selector))

    def count(self, selector: str) -> int:
        return len(self.page.query_selector_all(selector))

    def attribute(self, selector: str, name: str) -> str:
        found = self.page.query_selector(selector)
        return str(found.get_attribute(name) or "") if found else ""

    def focus(self, selector: str) -> None:
        self.page.focus(selector)

    def wait_for(self, selector: str) -> None:
        try:
            self.page.wait_for_selector(selector, timeout=_PATIENCE_MS)
        except Exception as error:
            raise Invalid(f"{self.page.url} does not show {selector}.") from error

    def settle(self) -> None:
        """Let what follows a click by itself (pictures, live updates) come to rest."""
        self.page.wait_for_timeout(_REST_MS)

    def click(self, selector: str, watch: Watch) -> float:
        return self._measured({"kind": "click", "selector": selector}, watch)

    def key(self, key: str, watch: Watch) -> float:
        return self._measured({"kind": "key", "key": key}, watch)

    def submit(self, selector: str, text: str, watch: Watch) -> float:
        """Write into a field and send its form."""
        return self._measured({"kind": "submit", "selector": selector, "text": text}, watch)

    def _measured(self, act: dict[str, str], watch: Watch) -> float:
        wanted = {"act": act, "watch": watch.as_json(), "limit": _PATIENCE_MS}
        try:
            return float(self.page.evaluate(_PROBE, wanted))
        except Exception as error:
            shown = str(error).partition("\n")[0]
            raise Invalid(f"{act['kind']} on {self.page.url} did not end well: {shown}") from error


def must_be_there() -> None:
    """Raises `Invalid` with what to install."""
    if importlib.util.find_spec("playwright") is None:
        raise Invalid(ABSENT)


@contextmanager
def opened(site: Site, chromium: Path | None) -> Iterator[Tab]:
    """A browser with one tab, signed in."""
    must_be_there()
    playwright: Any = importlib.import_module("playwright.sync_api")
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=chromium, args=[*_QUIET, *alone])
        except playwright.Error as error:
            raise Invalid(f"{ABSENT} It says: {str(error).partition(chr(10))[0]}") from error
        try:
            context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT}, reduced_motion="reduce")
            host = urlsplit(site.url).hostname
            cookie = {"name": "holdfast_session", "value": site.cookie, "domain": host, "path": "/"}
            context.add_cookies([cookie])
            yield Tab(context.new_page(), site.url)
        finally:
            browser.close()


def measure(wish: Wish, site: Site, tour: Callable[[Tab, int], list[Sample]]) -> list[Sample]:
    """Every click of the tour, `wish.rounds` times."""
    with opened(site, wish.chromium) as tab:
        return tour(tab, wish.rounds)
