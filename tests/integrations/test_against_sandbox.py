"""The adapters against the sandbox: an independent reading of the same documents, over real HTTP and SMTP.

What our own scripted answers cannot show is seen here: that two who read the providers' documents apart understand
each other, that a webhook's signature fits, and that a lost answer is found again.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.intake import problems
from backend.domain.orders import PaymentMode
from backend.domain.tracking import TrackingStatus
from backend.integrations.invoiceninja.client import InvoiceNinja
from backend.integrations.shipengine.client import ShipEngine
from backend.integrations.shipengine.tracking import ShipEngineTracking
from backend.integrations.shopify.channel import ShopifyChannel
from backend.integrations.shopify.fulfilment import ShopifyFulfilment
from backend.integrations.shopify.gateway import ShopifyGateway
from backend.integrations.smtp.mailer import SmtpMailer
from backend.integrations.stripe.client import StripeGateway
from backend.integrations.stripe.events import StripeEvents
from backend.ports.calls import Call, InboundMessage, OutcomeUnknown, Rejected
from backend.ports.channels import FulfilmentUpdate
from backend.ports.invoicing import InvoiceLine, InvoiceRequest, Party
from backend.ports.notifications import Mail
from backend.ports.payments import PaymentEventKind, PaymentOrder, RefundOrder
from backend.ports.shipping import LabelRequest, ParcelItem, PostalAddress
from tests.sandbox.running import KEYS, Hook, Sandbox, eventually, running

NUMBER = "ORD-20260131-00001"
SHOP = PostalAddress("Despatch", "Lamp Shop", "Road 1", "", "Berlin", "10115", "BE", "DE", "+49301")
ADA = PostalAddress("Ada Example", "", "Musterstr. 1", "", "Potsdam", "14467", "BB", "DE", "+49302")
LABEL = LabelRequest(
    f"{NUMBER}:shipment.create:1", NUMBER, "61200", ADA, 500, (ParcelItem("MUG", "Blue mug", 2, 250, 1250),), "EUR"
)
PARTY = Party("Ada Example", "ada@example.com", "Musterstr. 1", "", "Berlin", "10115", "", "DE")
INVOICE = InvoiceRequest(
    number="2026-00001",
    date=date(2026, 1, 31),
    order_number=NUMBER,
    channel_order="61200",
    currency="EUR",
    lines=(InvoiceLine("MUG", "Blue mug", 2, 1250, 250, 428, "VAT", "0.19"),),
    shipping_minor=490,
    tax_minor=521,
    total_minor=3261,
    taxes_included=False,
    customer=PARTY,
)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home: Path = tmp_path_factory.mktemp("sandbox")
    with running(home) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: Sandbox) -> Sandbox:
    process.http.delete("/control/faults").raise_for_status()
    process.http.post("/control/reset").raise_for_status()
    process.receiver.hooks.clear()
    return process


def call(key: str, seconds: float = 10) -> Call:
    return Call(key, clock.monotonic() + seconds)


def inbound(hook: Hook) -> InboundMessage:
    return InboundMessage(hook.headers, hook.raw, time.time())


def stripe(sandbox: Sandbox) -> StripeGateway:
    page = f"{sandbox.url}/stripe/pay?intent={{id}}&secret={{client_secret}}"
    return StripeGateway(api_key=KEYS["STRIPE_API_KEY"], pay_url_template=page, api_base=f"{sandbox.url}/stripe")


def ship_engine(sandbox: Sandbox) -> ShipEngine:
    return ShipEngine(
        api_key=KEYS["SHIPENGINE_API_KEY"],
        carrier_id="se-100001",
        service_code="ups_ground",
        ship_from=SHOP,
        api_base=f"{sandbox.url}/shipengine",
    )


def invoice_ninja(sandbox: Sandbox) -> InvoiceNinja:
    return InvoiceNinja(api_token=KEYS["INVOICENINJA_API_KEY"], api_base=f"{sandbox.url}/invoiceninja")


def test_a_payment_is_asked_for_paid_told_and_paid_back(sandbox: Sandbox) -> None:
    gateway, events = stripe(sandbox), StripeEvents(webhook_secrets=[KEYS["STRIPE_WEBHOOK_SECRET"]])
    order = PaymentOrder(NUMBER, "generic", "61200", 4200, "EUR")
    asked_for = gateway.request_payment(order, call(f"{NUMBER}:payment.request:1"))
    eventually(lambda: sandbox.receiver.events("payment_intent.succeeded"))

    paid = replace(order, reference=asked_for.reference)
    (captured,) = gateway.verify(paid, call("v"))
    found = gateway.find_payment_request(order, call(f"{NUMBER}:payment.request:1"))
    hooks = [inbound(hook) for hook in sandbox.receiver.to("/webhooks/payments/stripe")]
    for hook in hooks:
        events.authenticate(hook)
    told = next(event for event in map(events.read, hooks) if event.kind is PaymentEventKind.CAPTURED)
    refund = RefundOrder(NUMBER, "61200", asked_for.reference, 1000, "EUR", "broken")
    done = gateway.refund(refund, call(f"{NUMBER}:payment.refund/1:1"))

    assert (captured.reference, captured.amount_minor, captured.currency) == (asked_for.reference, 4200, "EUR")
    assert found is not None
    assert found.reference == asked_for.reference
    assert (told.reference, told.order_number, told.amount_minor) == (asked_for.reference, NUMBER, 4200)
    assert gateway.find_refund(refund, call(f"{NUMBER}:payment.refund/1:1")) == done
    assert gateway.find_refund(refund, call("another key")) is None


def test_a_payment_request_whose_answer_was_lost_is_repeated_under_its_key(sandbox: Sandbox) -> None:
    order = PaymentOrder(NUMBER, "generic", "61200", 4200, "EUR")
    sandbox.fault("stripe", "accept_then_cut", "intent", times=1)

    with pytest.raises(OutcomeUnknown):
        stripe(sandbox).request_payment(order, call("key-1"))
    found = stripe(sandbox).find_payment_request(order, call("key-1"))
    again = stripe(sandbox).request_payment(order, call("key-1"))

    assert found is not None
    assert again.reference == found.reference


def test_an_order_of_the_shop_is_read_captured_and_fulfilled(sandbox: Sandbox) -> None:
    channel = ShopifyChannel(webhook_secrets=[KEYS["SHOPIFY_WEBHOOK_SECRET"]])
    token, base = KEYS["SHOPIFY_API_KEY"], f"{sandbox.url}/shopify"
    gateway = ShopifyGateway(access_token=token, api_base=base)
    receiver = ShopifyFulfilment(access_token=token, api_base=base)
    placed = sandbox.placed(status="authorized")

    def delivery() -> InboundMessage | None:
        hooks = map(inbound, sandbox.receiver.to("/webhooks/channels/shopify"))
        return next((hook for hook in hooks if str(placed["id"]).encode() in hook.body), None)

    hook = eventually(delivery)
    assert hook is not None
    channel.authenticate(hook)
    order = channel.read(hook)
    assert order is not None
    assert problems(order) == []
    assert order.payment_mode is PaymentMode.AUTHORIZED
    payment = PaymentOrder(NUMBER, "shopify", order.external_id, order.total_minor, order.currency)
    update = FulfilmentUpdate(NUMBER, order.external_id, "1Z999", "https://t.example/1Z999", "ups")

    assert gateway.verify(payment, call("v")) == []
    captured = gateway.capture(payment, call("c"))
    assert gateway.capture(payment, call("c")) == captured
    assert gateway.find_capture(payment, call("c")) == captured
    assert receiver.find_fulfilment(update, call("f")) is None
    told = receiver.tell_fulfilment(update, call("f"))
    assert receiver.find_fulfilment(update, call("f")) == told
    assert receiver.tell_fulfilment(update, call("f")) == told


def test_every_order_of_the_shop_meets_our_schema_and_adds_up(sandbox: Sandbox) -> None:
    channel = ShopifyChannel(webhook_secrets=[KEYS["SHOPIFY_WEBHOOK_SECRET"]])
    sandbox.place(40)
    eventually(lambda: len(sandbox.receiver.to("/webhooks/channels/shopify")) >= 40)

    orders = [channel.read(inbound(hook)) for hook in sandbox.receiver.to("/webhooks/channels/shopify")]

    assert len(orders) >= 40
    assert [problems(order) for order in orders if order is not None] == [[]] * len(orders)


def test_an_invoice_is_issued_once_found_and_fetched(sandbox: Sandbox) -> None:
    system = invoice_ninja(sandbox)

    assert system.find(INVOICE, call("i")) is None
    issued = system.issue(INVOICE, call("i"))
    assert (issued.number, issued.total_minor, issued.currency) == ("2026-00001", 3261, "EUR")
    assert system.issue(INVOICE, call("i")) == issued
    assert system.find(INVOICE, call("i")) == issued
    fetched, document = system.fetch(issued.reference, call("i"))
    assert fetched == issued
    assert document.content.startswith(b"%PDF-")
    with pytest.raises(Rejected, match=f"belongs to {NUMBER}"):
        system.issue(replace(INVOICE, order_number="ORD-20260131-00002"), call("j"))


def test_an_invoice_whose_answer_was_lost_is_found(sandbox: Sandbox) -> None:
    sandbox.fault("invoiceninja", "accept_then_500", "invoice", times=1)

    with pytest.raises(OutcomeUnknown):
        invoice_ninja(sandbox).issue(INVOICE, call("i"))

    found = invoice_ninja(sandbox).find(INVOICE, call("i"))
    assert found is not None
    assert found.total_minor == 3261


def test_a_label_is_bought_tracked_and_found(sandbox: Sandbox) -> None:
    engine = ship_engine(sandbox)
    tracking = ShipEngineTracking(jwks_url=f"{sandbox.url}/shipengine/jwks")

    assert engine.verify_address(ADA, call("a")).deliverable
    assert engine.find_label(LABEL, call("l")) is None
    label = engine.buy_label(LABEL, call("l"))
    assert engine.find_label(LABEL, call("l")) == label

    def scans() -> list[TrackingStatus]:
        hooks = [inbound(hook) for hook in sandbox.receiver.to("/webhooks/shipping/shipengine")]
        for hook in hooks:
            tracking.authenticate(hook)
        return [event.status for event in map(tracking.read, hooks) if event.tracking_number == label.tracking_number]

    eventually(lambda: TrackingStatus.DELIVERED in scans())
    assert TrackingStatus.ACCEPTED in scans()


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        ("refuse", HoldKind.SHIPMENT_NOT_ACCEPTED),
        ("insufficient_funds", HoldKind.CARRIER_FUNDS),
        ("out_of_stock", HoldKind.SHIPMENT_OUT_OF_STOCK),
        ("bad_address", HoldKind.ADDRESS_INVALID),
    ],
)
def test_each_refusal_of_a_label_has_a_category_of_its_own(sandbox: Sandbox, fault: str, category: HoldKind) -> None:
    sandbox.fault("shipengine", fault, "label", times=1)

    with pytest.raises(Rejected) as caught:
        ship_engine(sandbox).buy_label(LABEL, call("l"))

    assert caught.value.category is category
    assert ship_engine(sandbox).find_label(LABEL, call("l")) is None


def test_an_address_that_does_not_exist_is_not_deliverable(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "bad_address", "validate", times=1)

    verdict = ship_engine(sandbox).verify_address(ADA, call("a"))

    assert not verdict.deliverable
    assert len(verdict.messages) == 1


def test_a_label_whose_answer_hangs_is_found_afterwards(sandbox: Sandbox) -> None:
    sandbox.fault("shipengine", "accept_then_hang", "label", times=1)

    with pytest.raises(OutcomeUnknown):
        ship_engine(sandbox).buy_label(LABEL, call("l", seconds=1))

    found = ship_engine(sandbox).find_label(LABEL, call("l"))
    assert found is not None
    assert found.tracking_number


def test_a_mail_arrives(sandbox: Sandbox) -> None:
    mailer = SmtpMailer(url=f"smtp://127.0.0.1:{sandbox.smtp_port}", sender="shop@holdfast.example")

    mailer.send(Mail("m-1@holdfast.example", "ada@example.com", "Hello", "Text", "<p>Text</p>", NUMBER), call("m"))

    (kept,) = sandbox.http.get("/control/mails").json()["mails"]
    assert (kept["to"], kept["subject"], kept["order"]) == (["ada@example.com"], "Hello", NUMBER)
    assert kept["message_id"] == "<m-1@holdfast.example>"
