"""Mending: a bad address is corrected on the held order and the parcel goes out; a payload that failed becomes an order."""

import json

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk, arrives, effects, held, is_held, keep_parcel_back, notice, open_order, reaches
from tests.product.orders import shopify_order
from tests.product.stack import Stack
from tests.waiting import until


def test_a_bad_address_is_corrected_where_it_stands_checked_by_the_carrier_and_shipped(
    stack: Stack, page: Page
) -> None:
    keep_parcel_back(stack, 9751)
    order = held(stack, 9751)
    open_order(page, order)
    hold = page.get_by_test_id("hold")
    expect(hold).to_contain_text("Address not deliverable")
    hold.get_by_test_id("fix-shipping_address").click()
    dialog = page.get_by_role("dialog", name="Fix address: Address not deliverable")
    street = dialog.get_by_label("Street and number")
    expect(street).not_to_have_value("")

    dialog.get_by_label("Postcode").fill("1")
    shown = dialog.get_by_test_id("effects")
    expect(shown).to_contain_text(
        "The order is then held: Address does not look right. For DE, the postcode is not valid."
    )

    # Typed in one go and sent at once: not a letter is lost, and what was not shown yet is shown before it is done.
    for field, text in ((street, "Torstraße 141"), (dialog.get_by_label("Postcode"), "10119")):
        field.press("Control+a")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    corrected = notice(page, "Delivery address corrected. The order goes on.")
    look = dialog.get_by_text("Look at what will happen now, and confirm once more.")
    expect(look.or_(corrected)).to_be_visible()
    if look.is_visible():  # Enter was faster than the pause after typing
        expect(shown).to_contain_text("Delivery address: Street and number and postcode changed")
        expect(shown).to_contain_text("ShipEngine is asked about the new address")
        expect(shown).not_to_contain_text("The order is then held")
        page.keyboard.press("Enter")

    expect(corrected).to_be_visible()
    expect(page.get_by_test_id("hold")).to_have_count(0)
    reaches(stack, order, "processing")
    until(lambda: effects(stack, order, "label.bought") == {"label.bought": 1}, what="the label is bought")
    expect(page.get_by_text("Delivery address corrected: ").first).to_be_visible()
    expect(page.get_by_text("Torstraße 141").first).to_be_visible()


def test_a_tax_number_and_a_weight_are_corrected_one_after_the_other_and_only_what_failed_runs_again(
    stack: Stack, page: Page
) -> None:
    keep_parcel_back(stack, 9753)
    wrong = {"note_attributes": [{"name": "VAT number", "value": "DE12"}]}
    order = arrives(stack, 9753, ("shipengine", "label", "refuse"), more=wrong)
    is_held(stack, order)
    open_order(page, order)
    hold = page.get_by_test_id("hold")
    expect(hold).to_contain_text("Tax number does not look right")
    hold.get_by_test_id("fix-tax_id").click()
    dialog = page.get_by_test_id("fix-dialog")
    number = dialog.get_by_label("Tax number")
    expect(number).to_have_value("DE12")

    # What the rule that held it does not pass is said beside the field, and not done.
    number.fill("DE99")
    expect(dialog.get_by_test_id("field-tax_id")).to_contain_text("does not have the form of DE")
    number.fill("DE136695976")
    expect(dialog.get_by_test_id("field-tax_id")).not_to_contain_text("does not have the form of DE")
    expect(dialog.get_by_test_id("effects")).to_be_visible()
    dialog.get_by_test_id("reason").fill("She sent it again.")
    dialog.get_by_test_id("confirm-go").click()
    expect(notice(page, "Tax number corrected. The order goes on.")).to_be_visible()

    # The carrier refuses the parcel: it weighs more than the shop says.
    expect(hold).to_contain_text("Carrier refused the parcel")
    is_held(stack, order)
    captured = effects(stack, order, "payment.captured", "label.bought")
    assert captured == {"payment.captured": 1, "label.bought": 0}
    hold.get_by_test_id("fix-weight").click()
    grams = dialog.get_by_role("textbox").first
    expect(grams).to_have_value("400")
    grams.fill("2600")
    expect(dialog.get_by_test_id("effects")).to_be_visible()
    dialog.get_by_test_id("confirm-go").click()
    expect(notice(page, "Weight corrected. The order goes on.")).to_be_visible()

    expect(hold).to_have_count(0)
    reaches(stack, order, "processing")
    assert effects(stack, order, "payment.captured", "label.bought") == {"payment.captured": 1, "label.bought": 1}
    expect(page.get_by_test_id("timeline")).to_contain_text("Tax number corrected: ")
    expect(page.get_by_test_id("timeline")).to_contain_text("She sent it again.")
    expect(page.get_by_test_id("timeline")).to_contain_text("2600")


def test_a_payload_that_failed_is_mended_beside_its_problems_and_becomes_one_order(stack: Stack, desk: Desk) -> None:
    wrong = shopify_order(9752) | {"total_price": "999.00"}
    right = str(shopify_order(9752)["total_price"])
    stack.register(wrong | {"total_price": right})
    assert stack.deliver(wrong, event_id="sums-9752").json()["verdict"] == "quarantined"
    page, colleague = desk.open("sofia"), desk.open("priya")
    for each in (page, colleague):
        each.goto("/quarantine")
        row = each.get_by_test_id("quarantine-row").filter(has_text="sums-9752")
        row.get_by_test_id("open-message").click()
        expect(each.get_by_test_id("message-stand")).to_have_text("In quarantine")

    flaw = page.get_by_test_id("flaw")
    expect(flaw).to_contain_text("but the order says €999.00")
    flaw.click()
    chosen = page.evaluate(
        "() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd) }"
    )
    assert chosen.strip() == '"total_price": "999.00",'
    payload = page.get_by_test_id("payload")
    mended = json.dumps({**json.loads(payload.input_value()), "total_price": right}, indent=2)
    payload.fill(mended)
    page.get_by_test_id("mend-check").click()
    expect(page.get_by_test_id("payload-fine")).to_contain_text("is created: ")
    assert stack.value("select count(*) from orders where external_id = %s", str(wrong["id"])) == 0
    page.get_by_test_id("mend-reason").fill("the shop's total was a typo")
    page.get_by_test_id("mend-replay").dblclick()

    expect(page.get_by_test_id("message-stand")).to_have_text("Accepted")
    number = stack.value("select number from orders where external_id = %s", str(wrong["id"]))
    expect(page.get_by_test_id("message-order")).to_have_text(number)
    expect(page.get_by_test_id("decisions")).to_contain_text("Mended by Sofia Marin")
    expect(colleague.get_by_test_id("message-stand")).to_have_text("Accepted")
    expect(colleague.get_by_test_id("mend-replay")).to_have_count(0)
    assert stack.value("select count(*) from orders where external_id = %s", str(wrong["id"])) == 1
    page.get_by_test_id("message-order").click()
    expect(page.get_by_test_id("order-number")).to_have_text(number)
