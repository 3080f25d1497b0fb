"""EasyPost's tracker events: authentic only with a signature over the raw bytes, and read into our words."""

import hashlib
import hmac
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.domain.tracking import TrackingStatus as Status
from backend.integrations.easypost.tracking import EasyPostTracking
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from tests.integrations.shared import reference

SECRET = "sécret"
NOW = 1_770_000_000.0


def signed(body: bytes, secret: str = SECRET) -> InboundMessage:
    key = unicodedata.normalize("NFKD", secret).encode()
    digest = hmac.new(key, body, hashlib.sha256).hexdigest()
    return InboundMessage({"x-hmac-signature": f"hmac-sha256-hex={digest}"}, body, NOW)


def scan(moment: str, message: str, city: str | None = "EDISON") -> dict[str, Any]:
    return {"datetime": moment, "message": message, "tracking_location": {"city": city, "country": "US"}}


def event(**changes: Any) -> bytes:
    tracker = {
        "id": "trk_1",
        "tracking_code": "9400",
        "status": "in_transit",
        "status_detail": "arrived_at_facility",
        "updated_at": "2026-01-31T10:00:00Z",
        "tracking_details": [scan("2026-01-30T09:00:00Z", "Picked up"), scan("2026-01-31T09:00:00Z", "Arrived")],
    }
    body = {"id": "evt_1", "object": "Event", "description": "tracker.updated"}
    return json.dumps(body | {"result": tracker | changes}).encode()


@pytest.fixture
def tracking() -> EasyPostTracking:
    return EasyPostTracking(webhook_secrets=[SECRET])


def test_the_vendors_own_signature_is_accepted() -> None:
    golden = next(row for row in json.loads(reference("golden_signatures.json")) if row["provider"] == "easypost")
    body = reference(golden["body"])
    tracking = EasyPostTracking(webhook_secrets=[golden["secret"]])

    tracking.authenticate(InboundMessage({"x-hmac-signature": golden["value"]}, body, NOW))
    with pytest.raises(SignatureRefused):
        tracking.authenticate(InboundMessage({"x-hmac-signature": golden["value"]}, body + b" ", NOW))


def test_a_secret_in_either_form_of_its_accents_is_the_same(tracking: EasyPostTracking) -> None:
    composed, taken_apart = (unicodedata.normalize(form, SECRET) for form in ("NFC", "NFD"))

    assert composed != taken_apart
    EasyPostTracking(webhook_secrets=[composed]).authenticate(signed(b"{}", taken_apart))
    EasyPostTracking(webhook_secrets=[taken_apart]).authenticate(signed(b"{}", composed))


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: good.removeprefix("hmac-sha256-hex="),
        lambda good: good.replace("sha256", "sha1"),
        lambda good: good.upper(),
        lambda good: good + "0",
        lambda good: good[:-1],
        lambda good: "hmac-sha256-hex=" + "0" * 64,
        lambda good: good[:-1] + "é",
    ],
)
def test_a_signature_that_is_not_exactly_it_is_refused(tracking: EasyPostTracking, change: Any) -> None:
    good = signed(b"{}").headers["x-hmac-signature"]

    assert change(good) != good
    with pytest.raises(SignatureRefused):
        tracking.authenticate(InboundMessage({"x-hmac-signature": change(good)}, b"{}", NOW))


def test_both_secrets_are_good_while_one_replaces_the_other() -> None:
    both = EasyPostTracking(webhook_secrets=["new", SECRET])

    both.authenticate(signed(b"{}"))
    both.authenticate(signed(b"{}", "new"))
    with pytest.raises(SignatureRefused):
        EasyPostTracking(webhook_secrets=["new"]).authenticate(signed(b"{}"))


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(secrets: list[str]) -> None:
    with pytest.raises(SignatureRefused):
        EasyPostTracking(webhook_secrets=secrets).authenticate(signed(b"{}", ""))


def test_a_scan_is_the_newest_one_whatever_their_order(tracking: EasyPostTracking) -> None:
    details = [scan("2026-01-31T09:00:00Z", "Arrived"), scan("2026-01-30T09:00:00Z", "Picked up", "ORLANDO")]

    found = tracking.read(signed(event(tracking_details=details)))

    assert (found.event_id, found.tracking_number) == ("evt_1", "9400")
    assert (found.status, found.provider_status) == (Status.IN_TRANSIT, "in_transit/arrived_at_facility")
    assert (found.description, found.location) == ("Arrived", "EDISON, US")
    assert found.at == datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("unknown", Status.UNKNOWN),
        ("pre_transit", Status.LABEL_CREATED),
        ("in_transit", Status.IN_TRANSIT),
        ("out_for_delivery", Status.OUT_FOR_DELIVERY),
        ("available_for_pickup", Status.PICKUP),
        ("delivered", Status.DELIVERED),
        ("return_to_sender", Status.RETURNED),
        ("failure", Status.EXCEPTION),
        ("error", Status.EXCEPTION),
        ("cancelled", Status.CANCELLED),
    ],
)
def test_each_status_has_a_word_of_ours(tracking: EasyPostTracking, status: str, expected: Status) -> None:
    assert tracking.read(signed(event(status=status))).status is expected


def test_without_a_scan_the_trackers_own_time_counts(tracking: EasyPostTracking) -> None:
    found = tracking.read(signed(event(tracking_details=[], status="pre_transit")))

    assert (found.at, found.description, found.location) == (datetime(2026, 1, 31, 10, tzinfo=UTC), "", "")


def test_without_any_time_the_moment_of_arrival_counts(tracking: EasyPostTracking) -> None:
    found = tracking.read(signed(event(tracking_details=[{"datetime": "soon"}], updated_at=None)))

    assert found.at == datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"not json", "The body is not JSON"),
        (b"[]", "must be a JSON object"),
        (event(tracking_code=None), r"\$\.result\.tracking_code is missing"),
        (event(status="teleported"), r"\$\.result\.status is 'teleported'; it must be one of: unknown"),
        (event().replace(b"evt_1", b""), r"\$\.id is missing"),
        (event().replace(b"tracker.updated", b"batch.created"), "only tracker events are of use here"),
        (json.dumps({"id": "evt_1", "description": "tracker.updated"}).encode(), "tracking_code is missing"),
    ],
)
def test_an_event_that_makes_no_sense_is_unusable(tracking: EasyPostTracking, body: bytes, problem: str) -> None:
    with pytest.raises(UnusablePayload, match=problem):
        tracking.read(signed(body))


def test_the_reference_event_is_read(tracking: EasyPostTracking) -> None:
    found = tracking.read(signed(reference("easypost/webhooks/tracker.updated.json")))

    assert (found.event_id, found.tracking_number, found.status) == ("evt_1", "1", Status.IN_TRANSIT)
    assert (found.description, found.location) == ("Arrived at FedEx location", "EDISON, US")
    assert found.at == datetime(2024, 8, 2, 18, 50, tzinfo=UTC)
