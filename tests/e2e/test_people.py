"""Who is signed in: an administrator follows the figure of the first page, and signs a colleague out who sees why."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import add_colleague
from tests.e2e.desk import Colleague, Desk, notice
from tests.e2e.test_accessibility import findings
from tests.product.stack import Stack


def test_an_administrator_finds_a_forgotten_session_and_ends_it(stack: Stack, desk: Desk) -> None:
    ada, ruth = Colleague("Ada Klein", "ada@shop.test", "admin"), Colleague("Ruth Abara", "ruth@shop.test", "finance")
    for each in (ada, ruth):
        add_colleague(stack, each)
    forgotten = desk.open()
    forgotten.goto("/sign-in")
    ruth.sign_in(forgotten)
    expect(forgotten.get_by_test_id("me")).to_contain_text("Ruth Abara")
    page = desk.open(bypass_csp=True, viewport={"width": 390, "height": 844})
    page.goto("/sign-in")
    ada.sign_in(page)

    page.get_by_test_id("own-people").get_by_role("link").click()

    hers = page.get_by_test_id("people-row").filter(has_text="Ruth Abara")
    expect(hers).to_contain_text("Finance")
    expect(hers).to_contain_text("127.0.0.…")
    own = page.get_by_test_id("people-row").filter(has_text="you, here")
    expect(own).to_contain_text("Ada Klein")
    expect(own.get_by_test_id("end-for")).to_have_count(0)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    hers.get_by_test_id("end-for").click()
    dialog = page.get_by_test_id("end-session-dialog")
    expect(dialog).to_contain_text("End the session of Ruth Abara?")
    dialog.get_by_test_id("reason").fill("left the laptop on a train")
    dialog.get_by_test_id("confirm-go").click()

    expect(notice(page, "Ruth Abara is signed out there")).to_be_visible()
    expect(hers).to_have_count(0)
    expect(forgotten.get_by_role("dialog", name="You have been signed out")).to_be_visible()
    forgotten.get_by_test_id("sign-in-again").click()
    expect(forgotten).to_have_url(re.compile("/sign-in(\\?|$)"))
    assert stack.value("select reason from audit where action = 'end_session_of'") == "left the laptop on a train"
