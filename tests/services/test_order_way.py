"""The way of an order from the shop's webhook to delivered, by itself: every fact on the way, exactly."""

from dataclasses import replace

import httpx

from backend.domain.desk import OrderView
from backend.domain.orders import PaymentMode
from backend.domain.queue import Wish
from backend.domain.timeline import Weight
from backend.services import actions, documents, queue
from backend.services.run import in_unit_of_work
from backend.store.personal import UNREADABLE
from backend.store.tables import Order
from tests.factories import created, new_order, stocked
from tests.shop import shopify_line
from tests.world import STAFF_ADDRESS, World

CUSTOMER = "greta.lindenau@example.org"
MAILS = [
    (CUSTOMER, "Your order {name} is confirmed"),
    (STAFF_ADDRESS, "{number} confirmed"),
    (CUSTOMER, "Invoice INV-000001 for your order {name}"),
    (CUSTOMER, "Your order {name} is on its way"),
    (CUSTOMER, "Your order {name} has been delivered"),
]
ON_THE_ROAD = {"address.validated": 1, "label.bought": 1, "fulfilment.created": 1}
INVOICED = {"invoice.created": 1, "invoice.sent": 1}


def steps_of(view: OrderView) -> dict[str, tuple[str, int]]:
    return {step.kind: (step.state, step.attempts) for step in view.steps}


def money_of(view: OrderView) -> list[tuple[str, int, str, str]]:
    return [(entry.kind, entry.amount_minor, entry.currency, entry.provider) for entry in view.payments]


def milestones(view: OrderView) -> list[str]:
    return [entry.text for entry in reversed(view.timeline) if entry.weight == Weight.MILESTONE]


def subjects(world: World) -> list[tuple[str, str]]:
    return [(mail["to"][0], mail["subject"]) for mail in world.mails()]


def expected_mails(view: OrderView) -> list[tuple[str, str]]:
    return [(to, subject.format(name=view.external_number, number=view.number)) for to, subject in MAILS]


def moves(view: OrderView) -> list[str]:
    return [entry.data["to"] for entry in reversed(view.timeline) if entry.kind == "order:moved"]


def test_an_authorized_order_is_captured_invoiced_shipped_and_delivered_with_nobody_touching_it(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    stocked("MUG-ENM-WHT", 1)
    order = world.place()

    world.settle()

    view = world.view()
    assert (view.status, view.payment_status, view.shipping_status, view.held) == (
        "delivered", "paid", "delivered", False,
    )  # fmt: skip
    assert (view.external_id, view.external_number, view.channel) == (str(order["id"]), order["name"], "shopify")
    assert (view.subtotal_minor, view.shipping_minor, view.tax_minor, view.total_minor) == (11430, 490, 0, 11920)
    assert money_of(view) == [("authorized", 11920, "EUR", "shopify"), ("captured", 11920, "EUR", "shopify")]
    assert (view.captured_minor, view.refunded_minor, view.refundable_minor) == (11920, 0, 11920)
    kinds = (
        "payment.capture invoice.issue invoice.store invoice.send shipment.verify_address shipment.create "
        "channel.update mail.confirmation mail.staff_confirmation mail.shipped mail.delivered"
    )
    assert steps_of(view) == dict.fromkeys(kinds.split(), ("done", 1))
    assert moves(view) == ["confirmed", "processing", "shipped", "delivered"]
    assert world.effects() == {"payment.captured": 1, **INVOICED, **ON_THE_ROAD}
    assert sorted(subjects(world)) == sorted(expected_mails(view))


def test_the_outside_was_told_the_same_amounts_and_our_references(world: World) -> None:
    order = world.place()
    world.settle()
    view = world.view()
    (capture,) = world.journal("payment.captured")
    assert (capture["external_order"], capture["amount_minor"], capture["currency"]) == (str(order["id"]), 11920, "EUR")
    (invoice,) = world.journal("invoice.created")
    assert (invoice["amount_minor"], invoice["currency"]) == (11920, "EUR")
    (label,) = world.journal("label.bought")
    assert label["reference"] == f"{view.number}:shipment.create:1"
    (document,) = view.documents
    assert (document.number, document.total_minor, document.currency, document.stored) == (
        "INV-000001", 11920, "EUR", True,
    )  # fmt: skip
    assert document.sent_at is not None
    stored = in_unit_of_work(documents.document_pdf, document.id, actor=world.actor)
    assert stored.content.startswith(b"%PDF-")
    assert (stored.filename, stored.media_type) == ("INV-000001.pdf", "application/pdf")
    (mail,) = [mail for mail in world.mails() if mail["attachments"]]
    assert mail["attachments"] == ["INV-000001.pdf"]
    (parcel,) = view.parcels
    scans = [scan[1] for scan in parcel.scans if scan[1] != "attempted"]  # the carrier does not always meet somebody
    assert scans == ["delivered", "in_transit", "accepted"]
    assert parcel.tracking_number in next(m["plain"] for m in world.mails() if "on its way" in m["subject"])


def test_the_timeline_tells_the_story_and_folds_the_noise_away(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.place()
    world.settle()
    view = world.view()
    (parcel,), (document,) = view.parcels, view.documents
    assert milestones(view) == [
        f"Order {view.external_number} received from Shopify: 2 lines, 119.20 EUR, authorized.",
        "119.20 EUR received through Shopify.",
        "Payment is settled: the order is confirmed.",
        f"Invoice INV-000001 of {document.date:%-d %B %Y} stored, 119.20 EUR.",
        f"Label bought from UPS for 10.10 EUR; tracking number {parcel.tracking_number}.",
        "The label is bought: the order is being packed.",
        "The carrier has the parcel: the order is shipped.",
        "The parcel is delivered.",
    ]
    routine = [entry.text for entry in view.timeline if entry.weight == Weight.ROUTINE]
    assert "2 items reserved." in routine
    assert "2 items taken from stock." in routine
    assert not [entry for entry in view.timeline if entry.weight == Weight.PROBLEM]
    for entry in view.timeline:
        for secret in ("Greta", "Lindenau", "Torstraße", CUSTOMER, "5550177"):
            assert secret not in entry.text + str(entry.data)


def test_what_was_said_to_providers_is_kept_without_names_and_keys(world: World) -> None:
    world.place()
    world.settle()
    kept = str(world.database.execute("select exchanges from attempts"))
    assert "/shipengine/v1/labels" in kept
    secrets = [value for name, value in world.outside.environment.items() if name.endswith(("_KEY", "_SECRET"))]
    for secret in ("Greta", "Lindenau", "Torstra", CUSTOMER, "5550177", *secrets):
        assert secret not in kept


def test_stock_is_reserved_when_the_order_comes_and_gone_when_the_carrier_has_it(world: World) -> None:
    stocked("LNT-STR-BRS", 7)
    world.keep_parcels_back()
    world.place()
    world.settle()
    shelf = "select sku, on_hand, reserved from inventory"
    assert world.view().status == "processing"
    assert world.database.execute(shelf) == [("LNT-STR-BRS", 7, 2)]
    world.heal()
    world.scan(world.view().parcels[0].tracking_number, "AC")
    world.settle()
    assert world.view().status == "shipped"
    assert world.database.execute(shelf) == [("LNT-STR-BRS", 5, 0)]
    assert world.database.execute("select cause, on_hand_change, reserved_change from stock_movements order by id") == [
        ("counted", 7, 0),
        ("reserved", 0, 2),
        ("shipped", -2, -2),
    ]
    assert [item.reservation for item in world.view().items] == ["consumed", ""]


def test_an_order_paid_in_the_shop_is_verified_there_and_never_charged(world: World) -> None:
    world.place(status="paid")
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status) == ("delivered", "paid")
    assert money_of(view) == [("captured", 11920, "EUR", "shopify")]
    assert steps_of(view)["payment.verify"] == ("done", 1)
    assert world.effects() == {**INVOICED, **ON_THE_ROAD}


def test_an_unpaid_order_sends_a_link_waits_for_the_webhook_and_goes_on(world: World) -> None:
    world.place(status="pending")
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status) == ("delivered", "paid")
    assert money_of(view) == [("captured", 11920, "EUR", "stripe")]
    assert view.payments[0].reference.startswith("pi_")
    assert steps_of(view)["payment.request"] == ("done", 1)
    assert world.effects() == {"payment_intent.created": 1, "payment.captured": 1, **INVOICED, **ON_THE_ROAD}
    (link,) = [mail for mail in world.mails() if mail["subject"] == f"Please pay your order {view.external_number}"]
    assert f"{world.outside.practice.url}/stripe/pay/{view.payments[0].reference}" in link["plain"]
    assert sorted(subjects(world)) == sorted([*expected_mails(view), (CUSTOMER, link["subject"])])


def test_an_unpaid_order_waits_for_its_customer_as_long_as_it_takes(world: World) -> None:
    world.fault("stripe", "decline", "pay")
    world.place(status="pending")
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status, view.held) == ("pending", "failed", False)
    assert steps_of(view)["payment.request"] == ("waiting", 1)
    assert [entry.kind for entry in view.payments] == ["failed"]
    assert "payment.captured" not in world.effects()
    world.heal()
    intent = world.database.execute("select payment_reference from orders")[0][0]
    paid = httpx.post(f"{world.outside.practice.url}/stripe/pay/{intent}", data={"card": "pm_card_visa"})
    assert paid.status_code == 303
    world.settle()
    assert world.view().status == "delivered"
    assert world.effects()["payment.captured"] == 1


def test_goods_that_need_no_shipping_are_delivered_when_paid_and_invoiced(world: World) -> None:
    world.place(
        line_items=[shopify_line("GIFT", "Gift card", 5000, requires_shipping=False)],
        shipping_lines=[],
        shipping_address=None,
        subtotal_price="50.00",
        total_price="50.00",
    )
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status, view.shipping_status) == ("delivered", "paid", "not_needed")
    assert moves(view) == ["confirmed", "delivered"]
    assert milestones(view)[-1] == "Paid and invoiced, nothing to ship: the order is complete."
    assert world.effects() == {"payment.captured": 1, **INVOICED}
    assert view.parcels == ()
    assert len(subjects(world)) == 3


def test_goods_without_shipping_are_complete_when_no_invoicing_system_is_connected(
    world: World,
) -> None:
    world.adapters = replace(world.adapters, invoicing=None)
    world.place(
        line_items=[shopify_line("GIFT", "Gift card", 5000, requires_shipping=False)],
        shipping_lines=[],
        shipping_address=None,
        subtotal_price="50.00",
        total_price="50.00",
    )
    world.settle()
    view = world.view()
    assert (view.status, view.documents) == ("delivered", ())
    assert steps_of(view)["invoice.issue"] == ("done", 1)


def test_an_order_on_terms_goes_on_without_money_once_a_person_has_agreed(world: World) -> None:
    world.place(status="pending", payment_gateway_names=["Cash on Delivery (COD)"])
    world.settle()
    view = world.view()
    (hold,) = view.holds
    assert (view.status, hold.kind) == ("pending", "payment_terms")
    assert world.effects() == {}
    preview = in_unit_of_work(actions.preview_release, view.number, [hold.id], actor=world.actor)
    in_unit_of_work(
        actions.release, view.number, [hold.id],
        actor=world.actor, version=preview.version, token=preview.token, reason="A customer of twenty years.",
    )  # fmt: skip
    world.settle()
    view = world.view()
    assert (view.status, view.payment_status, view.payments) == ("delivered", "unpaid", ())
    assert world.effects() == {**INVOICED, **ON_THE_ROAD}
    assert not [mail for mail in world.mails() if "have your payment" in mail["plain"] or "is paid" in mail["plain"]]


def test_an_order_that_costs_nothing_needs_no_payment(world: World) -> None:
    order = new_order(shipping_minor=0, payment_mode=PaymentMode.UNPAID)
    free = tuple(replace(line, unit_price_minor=0) for line in order.items)
    created(replace(order, items=free, subtotal_minor=0, total_minor=0))
    world.settle()
    view = world.view()
    assert (view.status, view.payments, view.total_minor) == ("delivered", (), 0)
    assert "payment_intent.created" not in world.effects()


def test_tax_on_top_and_a_discount_come_through_to_the_cent(world: World) -> None:
    world.place(
        line_items=[
            shopify_line("A", "Anchor", 3333, 3, off_minor=1000, tax_lines=[{"price": "8.18", "rate": 0.0909}]),
            shopify_line("B", "Buoy", 1, 1),
        ],
        taxes_included=False,
        subtotal_price="90.00",
        total_discounts="10.00",
        total_tax="8.18",
        total_price="103.08",
        discount_codes=[{"code": "HARBOUR5", "amount": "10.00", "type": "fixed_amount"}],
    )
    world.settle()
    view = world.view()
    assert view.status == "delivered"
    assert (view.subtotal_minor, view.discount_minor, view.shipping_minor, view.tax_minor, view.total_minor) == (
        9000, 1000, 490, 818, 10308,
    )  # fmt: skip
    assert [(i.unit_price_minor, i.quantity, i.discount_minor, i.tax_minor, i.total_minor) for i in view.items] == [
        (3333, 3, 1000, 818, 8999),
        (1, 1, 0, 0, 1),
    ]
    assert view.discounts == (("HARBOUR5", 1000),)
    assert [
        entry["amount_minor"] for entry in world.journal("payment.captured") + world.journal("invoice.created")
    ] == [
        10308,
        10308,
    ]


def test_an_order_in_a_currency_without_cents_keeps_its_amounts(world: World) -> None:
    line = shopify_line("A", "Anchor", 0) | {"price": "4500"}
    world.place(
        line_items=[line], currency="JPY", subtotal_price="4500", total_price="5200", total_discounts="0",
        total_tax="0", shipping_lines=[{"title": "Standard", "price": "700"}],
    )  # fmt: skip
    world.settle()
    view = world.view()
    assert (view.status, view.currency, view.total_minor, view.captured_minor) == ("delivered", "JPY", 5200, 5200)
    (invoice,) = world.journal("invoice.created")
    assert (invoice["amount_minor"], invoice["currency"]) == (5200, "JPY")


def test_many_orders_side_by_side_each_get_one_of_everything(world: World) -> None:
    for _ in range(5):
        world.place()
    world.settle(60)
    assert [world.view(number).status for number in world.numbers()] == ["delivered"] * 5
    assert world.effects() == {kind: 5 for kind in ("payment.captured", *INVOICED, *ON_THE_ROAD)}
    assert world.database.execute("select number from invoices order by 1") == [(f"INV-00000{n}",) for n in range(1, 6)]


def test_an_order_is_frozen_with_the_prices_it_came_with(world: World) -> None:
    order: Order = created(new_order())
    ((engine, rule, prices),) = world.database.execute(
        "select engine_version, rule_hash, prices from pricing_snapshots"
    )
    assert engine == "holdfast-intake/1"
    assert len(rule) == 64
    assert prices["total_minor"] == order.total_minor
    assert prices["lines"] == [
        {"sku": "LNT-STR-BRS", "quantity": 2, "unit_price_minor": 4990, "discount_minor": 0, "tax_minor": 0, "tax_rate": ""}
    ]  # fmt: skip


def test_a_name_that_cannot_be_opened_does_not_take_the_page_down(world: World) -> None:
    world.fault("shopify", "decline", "capture", times=1)
    world.place()
    world.settle()
    world.database.execute("update customers set name = email")

    view = world.view()
    page = in_unit_of_work(queue.held_page, Wish(), actor=world.actor)

    assert view.customer == UNREADABLE
    assert view.email == CUSTOMER
    assert [row.customer for row in page.rows] == [UNREADABLE]
