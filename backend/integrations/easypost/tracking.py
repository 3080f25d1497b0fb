"""EasyPost's tracker events: `X-Hmac-Signature: hmac-sha256-hex=<hex>` over the raw body.

The secret is brought into Unicode's NFKD form first. The signature carries no time; a repeat has the same event id and
changes nothing.
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.domain.tracking import TrackingStatus
from backend.integrations.easypost.errors import PROVIDER
from backend.integrations.reading import at, objects, text
from backend.integrations.signatures import check_hex
from backend.ports.calls import InboundMessage, UnusablePayload
from backend.ports.shipping import TrackingEvent

SIGNATURE_HEADER = "x-hmac-signature"
PREFIX = "hmac-sha256-hex="

_T = TrackingStatus

_STATUSES = {
    "unknown": _T.UNKNOWN,
    "pre_transit": _T.LABEL_CREATED,
    "in_transit": _T.IN_TRANSIT,
    "out_for_delivery": _T.OUT_FOR_DELIVERY,
    "available_for_pickup": _T.PICKUP,
    "delivered": _T.DELIVERED,
    "return_to_sender": _T.RETURNED,
    "failure": _T.EXCEPTION,
    "error": _T.EXCEPTION,
    "cancelled": _T.CANCELLED,
}


class EasyPostTracking:
    """`webhook_secrets` may hold two while a secret is being changed."""

    name = PROVIDER

    def __init__(self, *, webhook_secrets: Sequence[str]) -> None:
        self._secrets = tuple(unicodedata.normalize("NFKD", secret) for secret in webhook_secrets)

    def authenticate(self, message: InboundMessage) -> None:
        check_hex(message, SIGNATURE_HEADER, self._secrets, prefix=PREFIX)

    def read(self, message: InboundMessage) -> TrackingEvent:
        try:
            body = strict_json.read_object(message.body)
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error
        return _event(body, message.received)


def _event(body: dict[str, Any], received: float) -> TrackingEvent:
    tracker = at(body, "result")
    number, status = text(tracker, "tracking_code"), text(tracker, "status")
    problems = []
    if not text(body, "id"):
        problems.append("$.id is missing; an event without an id cannot be told from its repeats.")
    if not text(body, "description").startswith("tracker."):
        described = text(body, "description")[:40]
        problems.append(f"$.description is {described!r}; only tracker events are of use here.")
    if not number:
        problems.append("$.result.tracking_code is missing; the parcel cannot be found without it.")
    if status not in _STATUSES:
        problems.append(f"$.result.status is {status[:20]!r}; it must be one of: {', '.join(_STATUSES)}.")
    if problems:
        raise UnusablePayload(problems)
    scan = _latest(objects(tracker, "tracking_details"))
    detail = text(tracker, "status_detail")
    place = at(scan, "tracking_location")
    happened = _moment(text(scan, "datetime")) or _moment(text(tracker, "updated_at"))
    return TrackingEvent(
        event_id=text(body, "id"),
        tracking_number=number,
        status=_STATUSES[status],
        provider_status=f"{status}/{detail}" if detail else status,
        description=text(scan, "message") or text(scan, "description"),
        at=happened or datetime.fromtimestamp(received, UTC),
        location=", ".join(part for part in (text(place, "city"), text(place, "country")) if part),
    )


def _latest(scans: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest scan; of two at one moment, the one listed later."""
    timed = [(moment, place, scan) for place, scan in enumerate(scans) if (moment := _moment(text(scan, "datetime")))]
    return max(timed, key=lambda entry: entry[:2])[2] if timed else {}


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
