"""ShipEngine's tracking events: signed with a published key, told apart by what they say, read into our words."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from backend import clock
from backend.domain.tracking import TrackingStatus
from backend.integrations.shipengine.tracking import ShipEngineTracking
from backend.ports.calls import CannotVerify, InboundMessage, SignatureRefused, UnusablePayload
from tests.integrations.conftest import Serve
from tests.integrations.server import Reply, ScriptedServer

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
MOMENT = "2026-02-02T02:40:00Z"
NOW = 1_770_000_000.0


def _number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}


def signed(body: bytes, *, key: rsa.RSAPrivateKey = KEY, kid: str = "k1", moment: str = MOMENT) -> InboundMessage:
    signature = key.sign(moment.encode() + b"." + body, PKCS1v15(), SHA256())
    headers = {
        "x-shipengine-rsa-sha256-key-id": kid,
        "x-shipengine-rsa-sha256-signature": base64.b64encode(signature).decode(),
        "x-shipengine-timestamp": moment,
    }
    return InboundMessage(headers, body, NOW)


def event(**data: Any) -> bytes:
    body = {
        "tracking_number": "1Z2345",
        "status_code": "IT",
        "status_detail_code": "IN_TRANSIT",
        "status_description": "In Transit",
        "events": [
            {"occurred_at": "2026-02-01T10:00:00Z", "description": "Left the hub", "city_locality": "HALLE"},
            {
                "occurred_at": "2026-02-02T02:00:00Z",
                "description": "Arrived",
                "city_locality": "BERLIN",
                "country_code": "DE",
            },
        ],
    }
    return json.dumps({"resource_url": "https://x", "resource_type": "API_TRACK", "data": body | data}).encode()


@pytest.fixture
def published(serve: Serve) -> ScriptedServer:
    return serve(Reply(200, {"keys": [jwk(KEY, "k1")]}))


@pytest.fixture
def tracking(published: ScriptedServer) -> ShipEngineTracking:
    return ShipEngineTracking(jwks_url=f"{published.base}/jwks")


def test_an_event_signed_with_a_published_key_is_authentic(
    tracking: ShipEngineTracking, published: ScriptedServer
) -> None:
    for _ in range(3):
        tracking.authenticate(signed(event()))

    assert [asked.path for asked in published.asked] == ["/jwks"]


def test_the_time_may_be_in_seconds_too(tracking: ShipEngineTracking) -> None:
    tracking.authenticate(signed(event(), moment="1770000010"))


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-02T02:34:59Z",
        "2026-02-02T02:45:01Z",
        "2026-02-02T02:40:00",
        "yesterday",
        "NaN",
        "-1770000000",
        "+1770000000",
        "1770000000.0",
        "9" * 20,
        "١٧٧٠٠٠٠٠٠٠",
    ],
)
def test_a_time_that_is_odd_or_stale_is_refused(tracking: ShipEngineTracking, moment: str) -> None:
    with pytest.raises(SignatureRefused):
        tracking.authenticate(signed(event(), moment=moment))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: InboundMessage(good.headers, good.body + b" ", good.received),
        lambda good: InboundMessage(good.headers | {"x-shipengine-timestamp": "2026-02-02T02:40:01Z"}, good.body, NOW),
        lambda good: InboundMessage(good.headers | {"x-shipengine-rsa-sha256-signature": "AAAA"}, good.body, NOW),
        lambda good: InboundMessage(good.headers | {"x-shipengine-rsa-sha256-signature": "!!"}, good.body, NOW),
        lambda good: InboundMessage(good.headers | {"x-shipengine-rsa-sha256-signature": "é"}, good.body, NOW),
        lambda good: InboundMessage(good.headers | {"x-shipengine-rsa-sha256-key-id": "k2"}, good.body, NOW),
        lambda good: signed(good.body, key=OTHER),
        *[
            lambda good, name=name: InboundMessage(good.headers | {name: ""}, good.body, NOW)
            for name in (
                "x-shipengine-rsa-sha256-key-id",
                "x-shipengine-rsa-sha256-signature",
                "x-shipengine-timestamp",
            )
        ],
    ],
)
def test_anything_else_than_what_was_signed_is_refused(
    tracking: ShipEngineTracking, spoil: Callable[[InboundMessage], InboundMessage]
) -> None:
    with pytest.raises(SignatureRefused):
        tracking.authenticate(spoil(signed(event())))


def test_a_new_key_is_fetched_but_at_most_once_a_minute(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(Reply(200, {"keys": [jwk(KEY, "k1")]}), Reply(200, {"keys": [jwk(OTHER, "k2")]}))
    tracking = ShipEngineTracking(jwks_url=f"{server.base}/jwks")
    late = {"by": 0.0}
    real = clock.monotonic
    monkeypatch.setattr("backend.clock.monotonic", lambda: real() + late["by"])
    tracking.authenticate(signed(event()))

    for _ in range(5):
        with pytest.raises(SignatureRefused):
            tracking.authenticate(signed(event(), key=OTHER, kid="k2"))
    assert len(server.asked) == 1
    late["by"] = 61.0
    tracking.authenticate(signed(event(), key=OTHER, kid="k2"))

    assert len(server.asked) == 2


def test_keys_that_cannot_be_fetched_put_messages_off_but_keep_the_known_ones(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(Reply(200, {"keys": [jwk(KEY, "k1")]}), Reply(500))
    tracking = ShipEngineTracking(jwks_url=f"{server.base}/jwks")
    late = {"by": 0.0}
    real = clock.monotonic
    monkeypatch.setattr("backend.clock.monotonic", lambda: real() + late["by"])
    tracking.authenticate(signed(event()))
    late["by"] = 61.0

    with pytest.raises(CannotVerify):
        tracking.authenticate(signed(event(), key=OTHER, kid="k2"))
    tracking.authenticate(signed(event()))


def test_a_key_too_small_to_be_trusted_is_not_used(serve: Serve) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    server = serve(Reply(200, {"keys": [jwk(small, "k1"), {"kty": "RSA", "kid": "k2", "n": "!", "e": "AQAB"}, "odd"]}))

    for kid in ("k1", "k2"):
        with pytest.raises(SignatureRefused, match="does not publish"):
            ShipEngineTracking(jwks_url=f"{server.base}/jwks").authenticate(signed(event(), key=small, kid=kid))


@pytest.mark.parametrize(
    ("code", "detail", "status"),
    [
        ("UN", None, TrackingStatus.UNKNOWN),
        ("NY", None, TrackingStatus.LABEL_CREATED),
        ("AC", "PICKED_UP", TrackingStatus.ACCEPTED),
        ("IT", "IN_TRANSIT", TrackingStatus.IN_TRANSIT),
        ("IT", "OUT_FOR_DELIVERY", TrackingStatus.OUT_FOR_DELIVERY),
        ("AT", None, TrackingStatus.ATTEMPTED),
        ("SP", "DELIVERED_TO_PICKUP_POINT", TrackingStatus.PICKUP),
        ("DE", "DELIVERED", TrackingStatus.DELIVERED),
        ("EX", "PARCEL_LOST", TrackingStatus.EXCEPTION),
        ("EX", "RETURN_TO_SENDER", TrackingStatus.RETURNED),
        ("EX", "CANCELLED", TrackingStatus.CANCELLED),
        ("it", None, TrackingStatus.IN_TRANSIT),
    ],
)
def test_the_carriers_code_becomes_our_status(
    tracking: ShipEngineTracking, code: str, detail: str | None, status: TrackingStatus
) -> None:
    found = tracking.read(signed(event(status_code=code, status_detail_code=detail)))

    assert found.status is status
    assert found.provider_status == (f"{code.upper()}/{detail}" if detail else code.upper())


def test_the_newest_scan_tells_where_and_when(tracking: ShipEngineTracking) -> None:
    found = tracking.read(signed(event()))

    assert found.at == datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
    assert (found.tracking_number, found.description, found.location) == ("1Z2345", "Arrived", "BERLIN, DE")


def test_without_scans_the_time_of_receipt_stands_in(tracking: ShipEngineTracking) -> None:
    found = tracking.read(signed(event(events=[])))

    assert found.at == datetime.fromtimestamp(NOW, UTC)
    assert found.description == "In Transit"


def test_a_repeat_is_the_same_event_and_news_is_another(tracking: ShipEngineTracking) -> None:
    first, repeat = tracking.read(signed(event())), tracking.read(signed(event(), moment="2026-02-02T02:41:00Z"))
    others = [
        tracking.read(signed(event(status_code="DE"))),
        tracking.read(signed(event(tracking_number="1Z2346"))),
        tracking.read(signed(event(events=[]))),
    ]

    assert first.event_id == repeat.event_id
    assert len({first.event_id, *(other.event_id for other in others)}) == 4


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", r"\$\.resource_type must be one of: API_TRACK, TRACK_EVENT_V2\."),
        (event(tracking_number=""), r"\$\.data\.tracking_number is missing"),
        (event(status_code="ZZ"), r"\$\.data\.status_code is 'ZZ'"),
        (event(status_code=None), r"\$\.data\.status_code is ''"),
        (b"nope", "not JSON"),
    ],
)
def test_an_event_that_makes_no_sense_is_unusable(tracking: ShipEngineTracking, body: bytes, problem: str) -> None:
    with pytest.raises(UnusablePayload, match=problem):
        tracking.read(signed(body))
