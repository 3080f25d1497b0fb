"""`make shots`: a picture of every page, light and dark, at the width of a desk and of a phone, to look at hard.

It starts a demo of its own in a throw-away folder, or looks at a running one (`--base http://127.0.0.1:3000`), and
writes to `shots/`, which git ignores. What is looked at stands in `shot_scenes.py`. A demo of its own is, at the end,
told that it was restored from a backup, for what is on every page while nothing is sent.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright
from playwright.sync_api import Error as BrowserError

from backend.domain.demo import SIGN_INS
from backend.domain.permissions import Role
from scripts.run_tests import ROOT, find_browser, install_browser
from scripts.shot_scenes import FOLLOWED, OPENED, PAGES, TABS, Opened

FOLDER = ROOT / "shots"
SIZES = ((1440, 900), (390, 844))
THEMES = ("light", "dark")
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
WAIT_SECONDS = 600.0
HOLDFAST = (sys.executable, "-m", "backend.cli")
QUIET_MS = 900
"""After something was pressed: what it opens has come, and stands still."""

ROLES = (Role.CUSTOMER_SERVICE, Role.FINANCE, Role.MANAGER, Role.QA)
"""Whose first page is looked at beside the administrator's."""


def main() -> None:
    wish = _arguments()
    FOLDER.mkdir(exist_ok=True)
    with _demo(wish.base) as (base, own), sync_playwright() as playwright:
        alone = ("--no-sandbox",) if os.geteuid() == 0 else ()
        browser = playwright.chromium.launch(executable_path=find_browser() or install_browser(), args=[*QUIET, *alone])
        looks = [(width, height, theme) for width, height in SIZES for theme in THEMES]
        taken = sum(_walk(browser, base, *look) for look in looks)
        if own:
            subprocess.run([*HOLDFAST, "restored", "--reason", "the disk failed"], cwd=ROOT, env=own, check=True)
            taken += sum(_paused(browser, base, *look) for look in looks)
        browser.close()
    _say(f"{taken} pictures are in {FOLDER.relative_to(ROOT)}/.")


def _walk(browser: Browser, base: str, width: int, height: int, theme: str) -> int:
    """Every page at one size in one theme; how many pictures that gave."""
    look = f"{width}-{theme}"
    taken = 0
    for role in (Role.ADMIN, *ROLES):
        page = _page(browser, base, width, height, theme)
        if role is Role.ADMIN:
            page.goto("/sign-in")
            _shoot(page, f"sign-in-{look}")
            taken += 1
        _sign_in(page, role)
        taken += _everything(page, look) if role is Role.ADMIN else _first_page(page, role, look)
        page.context.close()
    _say(f"{look}: {taken}")
    return taken


def _paused(browser: Browser, base: str, width: int, height: int, theme: str) -> int:
    """What a restored backup puts on every page, and the question that ends it."""
    page = _page(browser, base, width, height, theme)
    _sign_in(page, Role.ADMIN)
    page.get_by_test_id("sending-paused").wait_for()
    _shoot(page, f"paused-{width}-{theme}")
    page.get_by_test_id("go-on-sending").click()
    page.get_by_test_id("confirm-sending").wait_for()
    _shoot(page, f"paused-go-{width}-{theme}")
    page.context.close()
    return 2


def _page(browser: Browser, base: str, width: int, height: int, theme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        base_url=base,
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    return page


def _everything(page: Page, look: str) -> int:
    for name, address in PAGES.items():
        page.goto(address)
        _shoot(page, f"{name}-{look}")
    taken = len(PAGES)
    for name, (address, link) in FOLLOWED.items():
        if not _followed(page, name, address, link):
            continue
        _shoot(page, f"{name}-{look}")
        taken += 1
        if name == "order-delivered":
            taken += _tabs(page, look)
    return taken + sum(_opened(page, name, scene, look) for name, scene in OPENED.items()) + _offline(page, look)


def _followed(page: Page, name: str, address: str, link: str) -> bool:
    """Go where the first such link of a page leads; False where there is none."""
    page.goto(address)
    _settle(page)
    if not page.locator(link).count():
        _say(f"  {name}: nothing to follow on {address}")
        return False
    page.goto(str(page.locator(link).first.get_attribute("href")))
    _settle(page)
    return True


def _opened(page: Page, name: str, scene: Opened, look: str) -> int:
    if scene.link:
        if not _followed(page, name, scene.address, scene.link):
            return 0
    else:
        page.goto(scene.address)
        _settle(page)
    try:
        for pressed in scene.pressed:
            _press(page, pressed)
    except BrowserError:
        _say(f"  {name}: {pressed} is not there to be pressed")  # narrow screens have no keys, some orders no refund
        return 0
    _shoot(page, f"{name}-{look}")
    return 1


def _press(page: Page, what: str) -> None:
    kind, _, value = what.rpartition(":")
    if kind == "key":
        page.keyboard.press(value)
    elif kind == "text":
        page.keyboard.type(value)
    else:
        page.get_by_test_id(what).first.click(timeout=5_000)
    page.wait_for_timeout(QUIET_MS)


def _offline(page: Page, look: str) -> int:
    """What stands on a page while the connection is lost."""
    page.goto("/held")
    _settle(page)
    page.context.set_offline(True)
    page.get_by_test_id("offline").wait_for(timeout=60_000)
    _shoot(page, f"offline-{look}")
    page.context.set_offline(False)
    return 1


def _tabs(page: Page, look: str) -> int:
    for tab in TABS:
        page.get_by_test_id(f"tab-{tab}").click()
        _shoot(page, f"order-{tab}-{look}")
    return len(TABS)


def _first_page(page: Page, role: Role, look: str) -> int:
    page.goto("/")
    _shoot(page, f"home-{role.replace('_', '-')}-{look}")
    return 1


def _sign_in(page: Page, role: Role) -> None:
    who = next(one for one in SIGN_INS if one.role is role)
    page.goto("/sign-in")
    page.get_by_role("button", name=f"Sign in as {who.name}").click()
    page.wait_for_url("**/")


def _shoot(page: Page, name: str) -> None:
    _settle(page)
    page.screenshot(path=FOLDER / f"{name}.png")


def _settle(page: Page) -> None:
    """Until the page has said what it has to say: its heading is there and no skeleton is left."""
    page.locator("h1").first.wait_for()
    try:
        page.get_by_test_id("skeleton").first.wait_for(state="detached", timeout=15_000)
    except TimeoutError:
        _say(f"  {page.url}: still loading after 15 s")
    page.evaluate("document.fonts.ready")


@contextmanager
def _demo(base: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The address to look at, and the environment of the demo of our own that is started where no address was given."""
    if base:
        yield base, {}
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="holdfast-shots-") as folder:
        environment = {**os.environ, "HOLDFAST_HOME": folder, "HOLDFAST_PORT": str(port)}
        command = [*HOLDFAST, "up", "--demo", "--sandbox"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait_for(f"http://127.0.0.1:{port}/health/ready", process)
            yield f"http://127.0.0.1:{port}", environment
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    pause = 0.5
    for _ in range(int(WAIT_SECONDS / pause)):
        try:
            if httpx.get(address, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            continue
        sys.exit("The demo ended before it was ready; `make run` says why.")
    sys.exit(f"The demo was not ready within {WAIT_SECONDS:.0f} s.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make shots", description=__doc__)
    parser.add_argument("--base", default="", help="the address of a running demo, instead of starting one")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for


if __name__ == "__main__":
    main()
