"""Two people at two desks: what one of them must not do alone the other sees at once, and decides."""

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives, keep_parcel_back, notice, open_holds, open_order, reaches
from tests.product.stack import Stack

NOBODY = "Nothing for you to decide"


def hold_for_fraud(page: Page) -> None:
    page.get_by_test_id("hold-order").click()
    page.get_by_test_id("fraud").check()
    page.get_by_test_id("reason").fill("Three cards in a day.")
    page.get_by_test_id("confirm-go").click()
    expect(page.get_by_test_id("hold")).to_contain_text("Fraud suspected")


def ask_for_release(page: Page) -> None:
    page.get_by_test_id("hold").get_by_test_id("release").click()
    expect(page.get_by_test_id("effects")).to_contain_text("two people release that")
    page.get_by_test_id("confirm").get_by_test_id("reason").fill("Spoke to her, the card is hers.")
    page.get_by_test_id("confirm-go").click()
    expect(notice(page, "A second person was asked")).to_be_visible()


def test_an_order_held_for_suspected_fraud_goes_on_when_a_second_person_agrees(stack: Stack, desk: Desk) -> None:
    keep_parcel_back(stack, 9451)
    order = arrives(stack, 9451)
    reaches(stack, order, "processing")
    sofia, priya = desk.open("sofia"), desk.open("priya")
    priya.goto("/review")
    expect(priya.get_by_test_id("review-headline")).to_have_text(NOBODY)
    open_order(sofia, order)

    hold_for_fraud(sofia)
    ask_for_release(sofia)

    expect(sofia.get_by_test_id("waiting-approval")).to_contain_text("Sofia Marin")
    assert open_holds(stack, order) == 1
    row = priya.get_by_test_id("review-to-decide").get_by_test_id("review-row").filter(has_text=order.number)
    expect(row).to_contain_text("Spoke to her, the card is hers.")
    row.get_by_test_id("review-open").click()
    dialog = priya.get_by_test_id("review-dialog")
    expect(dialog.get_by_test_id("effects")).to_contain_text("The order goes on as it is.")
    dialog.get_by_test_id("approve").click()

    expect(notice(priya, "Approved. Released.")).to_be_visible()
    expect(priya.get_by_test_id("review-headline")).to_have_text(NOBODY)
    expect(sofia.get_by_test_id("hold")).to_have_count(0)
    expect(sofia.get_by_test_id("waiting-approval")).to_have_count(0)
    assert open_holds(stack, order) == 0


def test_who_asked_can_only_take_it_back(stack: Stack, desk: Desk) -> None:
    keep_parcel_back(stack, 9452)
    order = arrives(stack, 9452)
    reaches(stack, order, "processing")
    priya = desk.open("priya")
    open_order(priya, order)
    hold_for_fraud(priya)
    ask_for_release(priya)

    priya.goto("/review")
    row = priya.get_by_test_id("review-mine").get_by_test_id("review-row").filter(has_text=order.number)
    row.get_by_test_id("review-open").click()
    dialog = priya.get_by_test_id("review-dialog")
    expect(dialog.get_by_test_id("withdraw")).to_be_visible()
    expect(dialog.get_by_test_id("approve")).to_have_count(0)
    dialog.get_by_test_id("withdraw").click()

    expect(notice(priya, "Withdrawn. Nothing was done.")).to_be_visible()
    expect(row).to_have_count(0)
    assert open_holds(stack, order) == 1
