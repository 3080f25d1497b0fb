"""The door: wrong passwords, the pause after too many, and a session that ends in every tab."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import COLLEAGUES, add_colleague
from tests.e2e.desk import PASSWORD, Colleague, Desk, held, notice, open_order
from tests.product.stack import Stack
from tests.waiting import until


def test_a_wrong_password_is_refused_without_saying_what_was_wrong_and_too_many_end_in_a_pause(desk: Desk) -> None:
    page = desk.open()
    page.goto("/sign-in")
    nobody = Colleague("Nobody", "nobody@shop.test", "admin")
    sofia = COLLEAGUES["sofia"]
    problem = page.get_by_test_id("sign-in-problem")

    said = []
    for who in (sofia, nobody):
        who.sign_in(page, "not the password at all")
        expect(page.get_by_test_id("email")).to_have_value(who.email)
        said.append(problem.inner_text())
    assert said[0] == said[1]
    expect(page).to_have_url(re.compile("/sign-in$"))

    for _ in range(4):
        nobody.sign_in(page, "not the password at all")
    nobody.sign_in(page, "not the password at all")
    expect(problem).to_contain_text("Too many")
    assert [cookie["name"] for cookie in page.context.cookies()] == ["holdfast_zone"]
    sofia.sign_in(page)
    expect(page.get_by_test_id("me")).to_contain_text("Sofia Marin")


def test_signing_out_ends_the_other_tab_too_and_what_it_tries_then_does_nothing(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9101)
    first = desk.open()
    first.goto("/sign-in")
    COLLEAGUES["priya"].sign_in(first)
    expect(first.get_by_test_id("me")).to_contain_text("Priya Nair")
    second = desk.another_tab(first.context)
    open_order(second, order)
    second.get_by_test_id("release").click()
    expect(second.get_by_test_id("confirm-go")).to_be_visible()

    first.get_by_test_id("sign-out").first.click()

    expect(first).to_have_url(re.compile("/sign-in$"))
    ended = second.get_by_role("dialog", name="You have been signed out")
    expect(ended).to_be_visible()
    second.locator("[data-testid=confirm] form").evaluate("form => form.requestSubmit()")
    ended.get_by_test_id("sign-in-again").click()
    expect(second).to_have_url(f"{stack.url}/sign-in?next=/orders/{order.number}")
    closed = "select count(*) from holds join orders on orders.id = order_id where number = %s and holds.closed_at is not null"
    assert stack.value(closed, order.number) == 0


def test_a_session_ends_with_a_new_password_after_half_an_hour_of_nothing_and_after_its_day(
    stack: Stack, desk: Desk
) -> None:
    nora = Colleague("Nora Falk", "nora@shop.test", "customer_service")
    add_colleague(stack, nora)
    here, elsewhere = desk.open(), desk.open()
    for page in (here, elsewhere):
        page.goto("/sign-in")
        nora.sign_in(page)
        expect(page.get_by_test_id("me")).to_contain_text("Nora Falk")
    elsewhere.goto("/held?dir=desc")
    expect(elsewhere.get_by_test_id("me")).to_contain_text("Nora Falk")
    here.goto("/settings")
    here.get_by_test_id("old-password").focus()
    here.keyboard.type(PASSWORD)
    here.keyboard.press("Tab")
    here.keyboard.type(f"{PASSWORD} again")
    here.keyboard.press("Enter")
    expect(notice(here, "Your password is changed. 1 other session ended.")).to_be_visible()

    ended = elsewhere.get_by_role("dialog", name="You have been signed out")
    expect(ended).to_be_visible()
    ended.get_by_test_id("sign-in-again").click()
    nora.sign_in(elsewhere)
    expect(elsewhere.get_by_test_id("sign-in-problem")).to_be_visible()
    nora.sign_in(elsewhere, f"{PASSWORD} again")
    expect(elsewhere).to_have_url(f"{stack.url}/held?dir=desc")
    expect(elsewhere.get_by_test_id("me")).to_contain_text("Nora Falk")

    of_nora = "where user_id = (select id from users where email = 'nora@shop.test')"
    for moved in ("last_seen_at = now() - interval '31 minutes'", "expires_at = now()"):
        stack.rows(f"update sessions set {moved} {of_nora}")
        until(lambda: here.request.get("/held", max_redirects=0).status == 303, what=f"it ended for {moved}")
        here.goto("/orders")
        expect(here).to_have_url(f"{stack.url}/sign-in?next=/orders")
        nora.sign_in(here, f"{PASSWORD} again")
        expect(here).to_have_url(f"{stack.url}/orders")
        expect(here.get_by_test_id("me")).to_contain_text("Nora Falk")


def test_who_may_only_look_sees_everything_and_no_button_that_acts(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9102)
    page = desk.open("tom")
    open_order(page, order)
    expect(page.get_by_test_id("hold")).to_contain_text("Address not deliverable")
    page.get_by_test_id("tab-attempts").click()
    expect(page.get_by_test_id("steps")).to_contain_text("Verify address")
    acting = [
        "retry",
        "release",
        "hold-order",
        "cancel-order",
        "refund",
        "run-again",
        "add-note",
        "note-text",
        "reveal",
    ]
    assert {name: page.get_by_test_id(name).count() for name in acting} == dict.fromkeys(acting, 0)
