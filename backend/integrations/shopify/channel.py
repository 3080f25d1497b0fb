"""The sales channel Shopify, inbound: signed webhooks with whole orders in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend.domain import strict_json
from backend.domain.errors import InvalidInput
from backend.domain.intake import NewOrder
from backend.integrations.schema import SchemaCheck
from backend.integrations.shopify.normalise import CHANNEL, normalise
from backend.integrations.signatures import check_base64
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from backend.ports.channels import InboundOrder

SIGNATURE_HEADER = "x-shopify-hmac-sha256"
ORDER_TOPICS = frozenset({"create", "updated", "paid", "edited", "cancelled", "fulfilled", "partially_fulfilled"})

_MAX_HEADER = 255


class ShopifyChannel:
    """`webhook_secrets` may hold two while a secret is being changed; `shop_domain`, where set, must be the sender."""

    name = CHANNEL

    def __init__(self, *, webhook_secrets: Sequence[str], shop_domain: str = "") -> None:
        self._secrets = tuple(webhook_secrets)
        self._shop_domain = shop_domain.lower()
        self._schema = SchemaCheck(Path(__file__).with_name("schema.json"))

    def authenticate(self, message: InboundMessage) -> None:
        check_base64(message, SIGNATURE_HEADER, self._secrets)
        if self._shop_domain and message.headers.get("x-shopify-shop-domain", "").lower() != self._shop_domain:
            raise SignatureRefused("the message comes from another shop")

    def identify(self, message: InboundMessage) -> InboundOrder:
        event_id = message.headers.get("x-shopify-webhook-id", "").strip()
        topic = message.headers.get("x-shopify-topic", "").strip()
        missing = [
            f"The header {name} is missing or too long."
            for name, value in (("X-Shopify-Webhook-Id", event_id), ("X-Shopify-Topic", topic))
            if not 0 < len(value) <= _MAX_HEADER
        ]
        if missing:
            raise UnusablePayload(missing)
        return InboundOrder(event_id, topic)

    def read(self, message: InboundMessage) -> NewOrder | None:
        """The order; None for topics that carry none."""
        topic = self.identify(message).topic
        area, _, what = topic.partition("/")
        if area != "orders" or what not in ORDER_TOPICS:
            return None
        try:
            order = _bare(strict_json.read_object(message.body))
        except InvalidInput as error:
            raise UnusablePayload(error.problems) from error
        problems = self._schema.problems(order)
        if problems:
            raise UnusablePayload(problems)
        return normalise(order, cancelled=what == "cancelled")


def _bare(body: dict[str, Any]) -> dict[str, Any]:
    """Webhooks carry the bare order; the REST API's answer, which people replay by hand, wraps it."""
    wrapped = body.get("order")
    return wrapped if isinstance(wrapped, dict) and len(body) == 1 else body
