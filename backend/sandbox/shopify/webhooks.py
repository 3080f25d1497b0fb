"""The shop's webhooks to Holdfast: `orders/create` with Shopify's headers and signature."""

import base64
import hashlib
import hmac

from backend.sandbox import clock
from backend.sandbox.store import Document
from backend.sandbox.world import World

PATH = "/webhooks/channels/shopify"
SHOP_DOMAIN = "tidewater-supply.myshopify.com"
API_VERSION = "2025-01"


def sign(secret: str, raw: bytes) -> dict[str, str]:
    """X-Shopify-Hmac-Sha256: base64 of the HMAC-SHA256 over the raw body."""
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode()}


def send(
    world: World,
    order: Document | str,
    *,
    topic: str = "orders/create",
    delay_seconds: float = 0.0,
    webhook_id: str | None = None,
) -> str:
    """Queue a webhook; every retry carries the same X-Shopify-Webhook-Id. Returns that id."""
    webhook_id = webhook_id or world.ids.uuid("shop_webhook")
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP_DOMAIN,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": world.ids.uuid("shop_event"),
        "X-Shopify-Triggered-At": clock.iso_millis(),
    }
    world.delivery.post("shopify", PATH, order, topic=topic, headers=headers, delay_seconds=delay_seconds)
    return webhook_id
