"""ShipEngine's tracking events: RSA-SHA256 over `<timestamp>.<raw body>`, the key named by its id.

The provider gives its events no id; ours is derived from what the event says, so a repeat is the same event.
"""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.domain.tracking import TrackingStatus
from backend.integrations.reading import at, objects, text
from backend.integrations.shipengine.errors import PROVIDER
from backend.integrations.shipengine.keys import KeySet
from backend.integrations.signatures import TOLERANCE_SECONDS
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from backend.ports.shipping import TrackingEvent

KEY_ID_HEADER = "x-shipengine-rsa-sha256-key-id"
SIGNATURE_HEADER = "x-shipengine-rsa-sha256-signature"
TIME_HEADER = "x-shipengine-timestamp"

_T = TrackingStatus

_STATUSES = {
    "AC": _T.ACCEPTED,
    "IT": _T.IN_TRANSIT,
    "DE": _T.DELIVERED,
    "EX": _T.EXCEPTION,
    "AT": _T.ATTEMPTED,
    "SP": _T.PICKUP,
    "NY": _T.LABEL_CREATED,
    "UN": _T.UNKNOWN,
}
_DETAILS = {
    "OUT_FOR_DELIVERY": _T.OUT_FOR_DELIVERY,
    "RETURN_TO_SENDER": _T.RETURNED,
    "UNDELIVERABLE_RETURNED_TO_SENDER": _T.RETURNED,
    "CANCELLED": _T.CANCELLED,
}
_RESOURCES = ("API_TRACK", "TRACK_EVENT_V2")
_EPOCH = re.compile(r"[0-9]{1,11}")


class ShipEngineTracking:
    """`jwks_url` is where the public keys are, `<api base>/jwks`."""

    name = PROVIDER

    def __init__(
        self, *, jwks_url: str = "https://api.shipengine.com/jwks", transport: httpx.BaseTransport | None = None
    ) -> None:
        self._keys = KeySet(jwks_url, transport)

    def authenticate(self, message: InboundMessage) -> None:
        key_id, signature, moment = (
            message.headers.get(name, "") for name in (KEY_ID_HEADER, SIGNATURE_HEADER, TIME_HEADER)
        )
        if not key_id or not signature or not moment or not moment.isascii():
            raise SignatureRefused("one of the three signature headers is missing")
        signed_at = _signed_at(moment)
        if abs(message.received - signed_at) > TOLERANCE_SECONDS:
            raise SignatureRefused(f"the timestamp is more than {TOLERANCE_SECONDS} seconds off")
        try:
            offered = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raise SignatureRefused("the signature is not base64") from None
        key = self._keys.get(key_id)
        if key is None:
            raise SignatureRefused("the signature names a key that ShipEngine does not publish")
        try:
            key.verify(offered, moment.encode("ascii") + b"." + message.body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise SignatureRefused("the signature does not fit the body") from None

    def read(self, message: InboundMessage) -> TrackingEvent:
        try:
            body = strict_json.read_object(message.body)
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error
        return _event(body, message.received)


def _signed_at(moment: str) -> float:
    """ISO 8601 with a zone, as ShipEngine sends it, or whole seconds since the epoch."""
    if _EPOCH.fullmatch(moment):
        return float(moment)
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise SignatureRefused("the timestamp is not a time") from None
    if parsed.tzinfo is None:
        raise SignatureRefused("the timestamp has no time zone")
    return parsed.timestamp()


def _event(body: dict[str, Any], received: float) -> TrackingEvent:
    data = at(body, "data")
    number, code = text(data, "tracking_number"), text(data, "status_code").upper()
    problems = []
    if text(body, "resource_type") not in _RESOURCES:
        problems.append(f"$.resource_type must be one of: {', '.join(_RESOURCES)}.")
    if not number:
        problems.append("$.data.tracking_number is missing; the parcel cannot be found without it.")
    if code not in _STATUSES:
        problems.append(f"$.data.status_code is {code[:20]!r}; it must be one of: {', '.join(_STATUSES)}.")
    if problems:
        raise UnusablePayload(problems)
    scan = _latest(objects(data, "events"))
    occurred = text(scan, "occurred_at") or text(data, "actual_delivery_date")
    detail = text(data, "status_detail_code")
    identity = hashlib.sha256("\n".join((number, code, detail, occurred)).encode()).hexdigest()
    place = ", ".join(part for part in (text(scan, "city_locality"), text(scan, "country_code")) if part)
    words = (text(data, "exception_description"), text(scan, "description"), text(data, "status_description"))
    return TrackingEvent(
        event_id=identity,
        tracking_number=number,
        status=_DETAILS.get(detail, _STATUSES[code]),
        provider_status=f"{code}/{detail}" if detail else code,
        description=next((word for word in words if word), ""),
        at=_moment(occurred) or datetime.fromtimestamp(received, UTC),
        location=place,
    )


def _latest(scans: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest scan: carriers send them in either order."""
    timed = [
        (moment, -place, scan) for place, scan in enumerate(scans) if (moment := _moment(text(scan, "occurred_at")))
    ]
    return max(timed, key=lambda entry: entry[:2])[2] if timed else {}


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
