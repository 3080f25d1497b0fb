"""A delivery of Shopify as its tests send it, signed with the shop's secret."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from backend.integrations.shopify.channel import ShopifyChannel
from backend.ports.calls import InboundMessage, UnusablePayload

SECRET = "shpss_0123456789abcdef01234567"


def message(body: bytes | dict[str, Any], topic: str = "orders/create", **headers: str) -> InboundMessage:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    sent = {
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-shop-domain": "lamps.myshopify.com",
        "x-shopify-hmac-sha256": signature,
    }
    return InboundMessage(
        sent | {name.replace("_", "-"): value for name, value in headers.items()}, raw, 1_770_000_000.0
    )


def why(channel: ShopifyChannel, body: bytes | dict[str, Any]) -> list[str]:
    with pytest.raises(UnusablePayload) as caught:
        channel.read(message(body))
    return caught.value.problems
