"""What else a day brings: a message that cannot be used, a note, an invoice, money back, an order called off."""

from playwright.sync_api import Page, expect

from tests.e2e.desk import arrives, effects, keep_parcel_back, notice, open_order, reaches, status
from tests.product.orders import shopify_order
from tests.product.stack import Stack
from tests.waiting import until


def test_a_message_whose_sums_do_not_add_up_appears_in_quarantine_with_the_reason(stack: Stack, page: Page) -> None:
    page.goto("/quarantine")
    expect(page.get_by_test_id("me")).to_contain_text("Sofia Marin")
    wrong = shopify_order(9401) | {"total_price": "999.00"}

    answer = stack.deliver(wrong, event_id="sums-9401")

    assert answer.json()["verdict"] == "quarantined"
    row = page.get_by_test_id("quarantine-row").filter(has_text="sums-9401")
    expect(row).to_contain_text("The total does not add up: lines after discount €214.00 + shipping €4.90")
    expect(row).to_contain_text("but the order says €999.00")
    expect(page.get_by_test_id("count-quarantine")).to_be_visible()
    assert stack.value("select count(*) from orders where external_id = %s", str(wrong["id"])) == 0


def test_a_note_is_left_and_the_invoice_opens(stack: Stack, page: Page) -> None:
    order = arrives(stack, 9402)
    reaches(stack, order, "delivered")
    open_order(page, order)
    expect(page).to_have_title(f"{order.number} · Holdfast")
    page.get_by_test_id("note-text").fill("Called back, all is well.")
    page.get_by_test_id("add-note").click()
    expect(notice(page, "Note added.")).to_be_visible()
    expect(page.get_by_test_id("notes")).to_contain_text("Called back, all is well.")
    expect(page.get_by_test_id("note-text")).to_be_empty()

    page.get_by_test_id("tab-documents").click()
    expect(page.get_by_test_id("paper")).to_contain_text("INV-")
    page.get_by_test_id("open-document").click()
    link = page.get_by_test_id("document")
    answer = page.request.get(str(link.get_attribute("href")))

    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''INV-")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_part_is_paid_back_by_line_after_a_look_at_what_it_comes_to(stack: Stack, page: Page) -> None:
    order = arrives(stack, 9403)
    reaches(stack, order, "delivered")
    open_order(page, order)
    page.get_by_test_id("refund").click()
    dialog = page.get_by_role("dialog", name=f"Refund order {order.number}")
    expect(dialog.get_by_test_id("effects")).to_contain_text("€218.90 is paid back")
    dialog.get_by_test_id("way-amount").check()
    expect(dialog.get_by_test_id("missing")).to_have_text("Type the amount to pay back, in EUR.")
    dialog.get_by_test_id("refund-amount").fill("300")
    expect(dialog.get_by_test_id("refusal")).to_contain_text("€300.00 is more than the €218.90")
    expect(dialog.get_by_test_id("confirm-go")).to_have_count(0)
    dialog.get_by_test_id("way-lines").check()
    dialog.get_by_test_id("pieces-2").fill("1")
    dialog.get_by_test_id("shipping").check()
    expect(dialog.get_by_test_id("effects")).to_contain_text("€17.40 is paid back")
    expect(dialog.get_by_test_id("effects")).to_contain_text("€201.50 may still be paid back afterwards.")
    dialog.get_by_test_id("reason").fill("mug came broken")

    dialog.get_by_test_id("confirm-go").click()

    expect(notice(page, "€17.40 is being paid back.")).to_be_visible()
    page.get_by_test_id("tab-items").click()
    expect(page.get_by_test_id("refunds")).to_contain_text("Paid back")
    expect(page.get_by_test_id("refunds")).to_contain_text("mug came broken")
    expect(page.get_by_test_id("payment-status")).to_have_text("Partly refunded")
    expect(page.get_by_test_id("balance")).to_contain_text("€201.50")
    paid_back = [entry["amount_minor"] for entry in stack.journal(order=order.shop_id, kind="payment.refunded")]
    assert paid_back == [1740]


def test_a_packed_order_is_called_off_and_everything_is_settled_without_a_reload(stack: Stack, page: Page) -> None:
    keep_parcel_back(stack, 9404)
    order = arrives(stack, 9404)
    reaches(stack, order, "processing")
    until(lambda: effects(stack, order, "label.bought") == {"label.bought": 1}, what="the label is bought")
    open_order(page, order)
    page.get_by_test_id("cancel-order").click()
    dialog = page.get_by_role("dialog", name=f"Cancel order {order.number}")
    shown = dialog.get_by_test_id("effects")
    expect(shown).to_contain_text("The shipping label is voided.")
    expect(shown).to_contain_text("€218.90 is paid back.")
    expect(shown).to_contain_text("The goods go back to stock.")
    dialog.get_by_test_id("restock").uncheck()
    expect(shown).to_contain_text("Stock stays as it is.")
    dialog.get_by_test_id("restock").check()
    expect(shown).to_contain_text("The goods go back to stock.")
    dialog.get_by_test_id("reason").fill("customer changed his mind")

    dialog.get_by_test_id("confirm-go").click()

    expect(notice(page, f"Order {order.number} is being cancelled.")).to_be_visible()
    expect(status(page)).to_have_attribute("data-status", "refunded")
    expect(page.get_by_test_id("hold")).to_have_count(0)
    expect(page.get_by_test_id("payment-status")).to_have_text("Refunded")
    expect(page.get_by_test_id("cancel-order")).to_have_count(0)
    assert effects(stack, order, "label.voided", "payment.refunded", "label.bought") == {
        "label.voided": 1, "payment.refunded": 1, "label.bought": 1,
    }  # fmt: skip
