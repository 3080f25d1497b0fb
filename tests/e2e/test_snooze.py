"""An order is put away until something happens, not until a guessed hour: it comes back by itself when that has come."""

from playwright.sync_api import Page, expect

from tests.e2e.desk import (
    Arrival,
    Desk,
    arrives,
    at_rest,
    held,
    is_held,
    notice,
    open_order,
    queue_row,
    reaches,
    walk_to,
)
from tests.product.orders import shopify_order
from tests.product.stack import Stack, picture
from tests.waiting import until


def put_away(page: Page, until_what: str) -> None:
    """Choose in the dialog that is open."""
    dialog = page.get_by_test_id("snooze-dialog")
    dialog.get_by_test_id(f"snooze-{until_what}").check()
    dialog.get_by_test_id("confirm-go").click()
    expect(dialog).to_be_hidden()


def unpaid(stack: Stack, serial: int) -> Arrival:
    """The customer pays later, which we hear of when the clock is moved: an order that waits for its money."""
    late = {"provider": "stripe", "operation": "webhook", "fault": "webhook_late", "delay_seconds": 3_000}
    stack.fault(**late, order=str(shopify_order(serial)["id"]), times=None)
    order = arrives(stack, serial, financial_status="pending")
    asked = (
        "select count(*) from steps join orders on orders.id = order_id "
        "where number = %s and kind = 'payment.request' and steps.state = 'waiting'"
    )
    until(lambda: stack.value(asked, order.number) == 1, what="the customer is asked", otherwise=lambda: picture(stack))
    at_rest(stack, order)
    return order


def the_money_comes(stack: Stack, order: Arrival) -> None:
    """What was kept back is told, as often as the customer's provider has something to tell."""
    paid = "select count(*) from payment_entries join orders on orders.id = order_id where number = %s and kind = 'captured'"

    def told() -> bool:
        form = {"step": "1h", "order": order.shop_id}
        stack.http.post(f"{stack.sandbox}/lab/clock", data=form, follow_redirects=True).raise_for_status()
        return bool(stack.value(paid, order.number))

    until(told, every=0.5, what="the money is there", otherwise=lambda: picture(stack))


def test_an_order_is_put_away_until_its_payment_arrives_and_is_back_in_the_queue_then(stack: Stack, desk: Desk) -> None:
    order, next_one = unpaid(stack, 9551), held(stack, 9552)
    sofia, priya = desk.open("sofia"), desk.open("priya")
    open_order(sofia, order)
    sofia.get_by_test_id("hold-order").click()
    sofia.get_by_test_id("reason").fill("She wants to pay first.")
    sofia.get_by_test_id("confirm-go").click()
    expect(sofia.get_by_test_id("hold")).to_be_visible()
    is_held(stack, order)
    open_order(priya, order)

    # From the queue, by keyboard: it is gone from there, for everybody, and the next one is there.
    sofia.goto("/held")
    walk_to(sofia, order)
    expect(sofia.get_by_test_id("pane")).to_have_attribute("data-number", order.number)
    expect(sofia.get_by_test_id("pane").get_by_test_id("snooze")).to_be_visible()
    sofia.keyboard.press("s")
    put_away(sofia, "payment")
    expect(notice(sofia, "is out of the queue and comes back by itself.")).to_be_visible()
    expect(sofia.get_by_test_id("pane")).to_have_attribute("data-number", next_one.number)
    expect(queue_row(sofia, order)).to_have_count(0)
    expect(priya.get_by_test_id("snoozed")).to_contain_text("until a payment arrives")
    expect(priya.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("Customer's turn")

    the_money_comes(stack, order)

    expect(queue_row(sofia, order)).to_be_visible()
    expect(priya.get_by_test_id("woken")).to_have_text("Snooze ended: payment arrived")
    expect(priya.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("Our turn")
    expect(priya.get_by_test_id("payment-status")).to_have_text("Paid")
    expect(priya.get_by_test_id("timeline")).to_contain_text("Back in the queue: payment arrived.")


def test_an_order_is_put_away_until_its_provider_answers_again(stack: Stack, desk: Desk) -> None:
    order = held(stack, 9553, "shipengine", "label", "refuse")
    page = desk.open("sofia")
    down = stack.fault(provider="shipengine", operation="validate", fault="error_5xx", times=None)
    try:
        others = [arrives(stack, serial) for serial in range(9554, 9560)]
        known = "select count(*) from breakers where provider = 'shipengine' and state <> 'closed'"
        until(lambda: stack.value(known) == 1, what="it is known to be down", otherwise=lambda: picture(stack))
        open_order(page, order)
        page.get_by_test_id("snooze").click()
        put_away(page, "provider")
        expect(page.get_by_test_id("snoozed")).to_contain_text("until ShipEngine answers again")
        expect(page.get_by_test_id("team").get_by_test_id("turn")).to_contain_text("ShipEngine's turn")
    finally:
        stack.heal(down)

    expect(page.get_by_test_id("woken")).to_have_text("Snooze ended: ShipEngine answers again")
    expect(page.get_by_test_id("hold")).to_contain_text("Carrier refused the parcel")
    for other in others:
        reaches(stack, other, "delivered")
