"""EasyPost's adapter against the sandbox's own reading of the documents, over real HTTP, with answers that get lost."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.tracking import TrackingStatus
from backend.integrations.easypost.client import EasyPost
from backend.integrations.easypost.tracking import EasyPostTracking
from backend.ports.calls import Call, InboundMessage, NotSent, OutcomeUnknown, Rejected
from backend.ports.shipping import LabelRequest, ParcelItem, PostalAddress
from tests.sandbox.running import SECOND_KEYS, Sandbox, eventually, running

NUMBER = "ORD-20260131-00001"
SHOP = PostalAddress("Despatch", "Lamp Shop", "Road 1", "", "Berlin", "10115", "BE", "DE", "+49301")
ADA = PostalAddress("Ada Example", "", "Musterstr. 1", "", "Potsdam", "14467", "BB", "DE", "+49302")
REQUEST = LabelRequest(
    f"{NUMBER}:shipment.create:1", NUMBER, "61200", ADA, 500, (ParcelItem("MUG", "Blue mug", 2, 250, 1250),), "EUR"
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


@pytest.fixture
def easypost(sandbox: Sandbox) -> EasyPost:
    return EasyPost(api_key=SECOND_KEYS["EASYPOST_API_KEY"], ship_from=SHOP, api_base=f"{sandbox.url}/easypost")


def call(seconds: float = 10) -> Call:
    return Call(REQUEST.reference, clock.monotonic() + seconds)


def count(sandbox: Sandbox, kind: str) -> int:
    return len(sandbox.journal(kind=kind))


def test_a_label_is_bought_tracked_found_and_given_back(sandbox: Sandbox, easypost: EasyPost) -> None:
    tracking = EasyPostTracking(webhook_secrets=[SECOND_KEYS["EASYPOST_WEBHOOK_SECRET"]])

    assert easypost.verify_address(ADA, call()).deliverable
    assert easypost.find_label(REQUEST, call()) is None
    label = easypost.buy_label(REQUEST, call())
    assert easypost.find_label(REQUEST, call()) == label
    assert easypost.buy_label(REQUEST, call()) == label

    def scans() -> list[TrackingStatus]:
        hooks = sandbox.receiver.to("/webhooks/shipping/easypost")
        messages = [InboundMessage(hook.headers, hook.raw, time.time()) for hook in hooks]
        for message in messages:
            tracking.authenticate(message)
        return [scan.status for scan in map(tracking.read, messages) if scan.tracking_number == label.tracking_number]

    eventually(lambda: TrackingStatus.DELIVERED in scans())
    assert TrackingStatus.OUT_FOR_DELIVERY in scans()
    assert (label.carrier, label.service, label.cost_minor, label.cost_currency) == (
        "USPS",
        "GroundAdvantage",
        617,
        "EUR",
    )
    assert sandbox.http.get(label.label_url).content.startswith(b"%PDF-")
    with pytest.raises(Rejected, match="did not take the label back"):
        easypost.void_label(label.reference, call())
    assert count(sandbox, "label.bought") == 1


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut", "accept_then_hang"])
def test_a_label_whose_answer_was_lost_is_found_and_bought_once(
    sandbox: Sandbox, easypost: EasyPost, fault: str
) -> None:
    sandbox.fault("easypost", fault, "buy", times=1)

    with pytest.raises(OutcomeUnknown):
        easypost.buy_label(REQUEST, call(seconds=2))
    found = easypost.find_label(REQUEST, call())

    assert found is not None
    assert easypost.buy_label(REQUEST, call()) == found
    assert count(sandbox, "label.bought") == 1


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_cut"])
def test_a_shipment_whose_answer_was_lost_is_the_one_that_is_bought(
    sandbox: Sandbox, easypost: EasyPost, fault: str
) -> None:
    sandbox.fault("easypost", fault, "shipment", times=1)

    with pytest.raises(NotSent):
        easypost.buy_label(REQUEST, call())
    label = easypost.buy_label(REQUEST, call())

    (made,) = sandbox.journal(kind="shipment.created")
    assert made["object_id"] == label.reference
    assert count(sandbox, "label.bought") == 1


def test_a_twin_that_turns_up_late_does_not_hide_the_label(sandbox: Sandbox, easypost: EasyPost) -> None:
    """The reference leads to the newest shipment: here to one that was accepted after the label was bought."""
    label = easypost.buy_label(REQUEST, call())
    body = {
        "reference": REQUEST.reference,
        "from_address": {"street1": "Road 1", "city": "Berlin", "country": "DE"},
        "to_address": {"street1": "Musterstr. 1", "city": "Potsdam", "country": "DE"},
        "parcel": {"weight": 17.7},
    }
    login = (SECOND_KEYS["EASYPOST_API_KEY"], "")
    sandbox.http.post("/easypost/v2/shipments", json={"shipment": body}, auth=login).raise_for_status()

    assert easypost.find_label(REQUEST, call()) == label
    assert easypost.buy_label(REQUEST, call()) == label
    assert count(sandbox, "label.bought") == 1


@pytest.mark.parametrize(
    ("operation", "fault", "category"),
    [
        ("shipment", "refuse", HoldKind.SHIPMENT_NOT_ACCEPTED),
        ("buy", "refuse", HoldKind.SHIPMENT_NOT_ACCEPTED),
        ("buy", "insufficient_funds", HoldKind.CARRIER_FUNDS),
        ("buy", "out_of_stock", HoldKind.SHIPMENT_OUT_OF_STOCK),
        ("buy", "bad_address", HoldKind.ADDRESS_INVALID),
    ],
)
def test_each_refusal_of_a_label_has_a_category_of_its_own(
    sandbox: Sandbox, easypost: EasyPost, operation: str, fault: str, category: HoldKind
) -> None:
    sandbox.fault("easypost", fault, operation, times=1)

    with pytest.raises(Rejected) as caught:
        easypost.buy_label(REQUEST, call())

    assert caught.value.category is category
    assert easypost.find_label(REQUEST, call()) is None
    assert count(sandbox, "label.bought") == 0


def test_an_address_that_does_not_exist_is_not_deliverable(sandbox: Sandbox, easypost: EasyPost) -> None:
    sandbox.fault("easypost", "bad_address", "validate", times=1)

    verdict = easypost.verify_address(ADA, call())

    assert not verdict.deliverable
    assert verdict.messages[0] == "address: Address not found"


def test_a_label_that_was_not_used_is_given_back(sandbox: Sandbox, easypost: EasyPost) -> None:
    sandbox.fault("easypost", "refuse", "tracking")
    label = easypost.buy_label(REQUEST, call())

    easypost.void_label(label.reference, call())
    easypost.void_label(label.reference, call())

    assert easypost.find_label(REQUEST, call()) is None
    assert count(sandbox, "label.voided") == 1


def test_a_parcel_abroad_is_sold_with_its_customs_form(sandbox: Sandbox, easypost: EasyPost) -> None:
    abroad = replace(REQUEST, ship_to=replace(ADA, country="CH"))

    assert easypost.buy_label(abroad, call()).cost_minor == 1517
