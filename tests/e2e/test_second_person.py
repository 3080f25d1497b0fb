"""Two people at two desks: what one of them must not do alone the other sees at once, and decides."""

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives, effects, keep_parcel_back, notice, open_holds, open_order, reaches
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


def ask_for_a_refund(page: Page) -> None:
    """All of it, which is more than one person may pay back."""
    page.get_by_test_id("refund").click()
    dialog = page.get_by_test_id("refund-dialog")
    expect(dialog.get_by_test_id("effects")).to_contain_text("of one order that you may pay back alone.")
    expect(dialog.get_by_test_id("effects")).to_contain_text("Until then nothing happens.")
    dialog.get_by_test_id("reason").fill("All three leak.")
    expect(dialog.get_by_test_id("confirm-go")).to_have_text("Ask a second person")
    dialog.get_by_test_id("confirm-go").click()
    expect(notice(page, "A second person was asked")).to_be_visible()
    expect(page.get_by_test_id("waiting-approval")).to_contain_text("Sofia Marin")


def test_money_above_the_limit_is_paid_back_once_when_a_second_person_agrees(stack: Stack, desk: Desk) -> None:
    order = arrives(stack, 9453, lines=(("TENT-2P-GRN", "189.00", 3),))
    reaches(stack, order, "delivered")
    sofia, tom, priya, beside = desk.open("sofia"), desk.open("tom"), desk.open("priya"), desk.open("priya")
    for page in (tom, priya, beside):
        page.goto("/review")
        expect(page.get_by_test_id("review-headline")).to_have_text(NOBODY)
    open_order(sofia, order)

    ask_for_a_refund(sofia)

    # All see it at once. Only another one, of a role that may, is asked to decide.
    asked = priya.get_by_test_id("review-to-decide").get_by_test_id("review-row").filter(has_text=order.number)
    expect(asked).to_contain_text("All three leak.")
    expect(asked).to_contain_text("€571.90")
    sofia.goto("/review")
    looks = {"review-mine": sofia, "review-others": tom}
    for part, page in looks.items():
        row = page.get_by_test_id(part).get_by_test_id("review-row").filter(has_text=order.number)
        row.get_by_test_id("review-open").click()
        dialog = page.get_by_test_id("review-dialog")
        expect(dialog.get_by_test_id("effects")).to_contain_text("is paid back")
        expect(dialog.get_by_test_id("approve")).to_have_count(0)
        dialog.get_by_test_id("cancel").click()
        expect(dialog).to_be_hidden()
    assert effects(stack, order, "payment.refunded") == {"payment.refunded": 0}

    # Approved with a double click, and again in another tab that had it open: it is paid back once.
    for page in (priya, beside):
        page.get_by_test_id("review-row").filter(has_text=order.number).get_by_test_id("review-open").click()
        expect(page.get_by_test_id("approve")).to_be_visible()
    priya.get_by_test_id("approve").dblclick()
    expect(priya.get_by_test_id("review-dialog")).to_be_hidden()
    expect(priya.get_by_test_id("review-headline")).to_have_text(NOBODY)
    beside.get_by_test_id("approve").click()
    expect(notice(beside, "already approved by Priya Nair")).to_be_visible()
    expect(sofia.get_by_test_id("review-decided")).to_contain_text(order.number)

    sofia.goto(f"/orders/{order.number}?tab=items")
    expect(sofia.get_by_test_id("refunds")).to_contain_text("Paid back")
    expect(sofia.get_by_test_id("refunds")).to_contain_text("All three leak.")
    expect(sofia.get_by_test_id("payment-status")).to_have_text("Refunded")
    expect(sofia.get_by_test_id("waiting-approval")).to_have_count(0)
    paid_back = [entry["amount_minor"] for entry in stack.journal(order=order.shop_id, kind="payment.refunded")]
    assert paid_back == [57190]
