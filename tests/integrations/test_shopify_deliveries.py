"""Shopify's deliveries: whose they are, told apart by their id, signed with a secret of the shop."""

import pytest

from backend.integrations.shopify.channel import ShopifyChannel
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload
from tests.integrations.shopify_shop import SECRET, message


@pytest.fixture
def channel() -> ShopifyChannel:
    return ShopifyChannel(webhook_secrets=[SECRET])


def test_a_delivery_is_told_apart_by_its_id(channel: ShopifyChannel) -> None:
    inbound = channel.identify(message(b"{}"))

    assert (inbound.event_id, inbound.topic) == ("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "orders/create")


@pytest.mark.parametrize("header", ["x_shopify_webhook_id", "x_shopify_topic"])
@pytest.mark.parametrize("value", ["", "x" * 256])
def test_a_delivery_without_id_or_topic_is_unusable(channel: ShopifyChannel, header: str, value: str) -> None:
    with pytest.raises(UnusablePayload, match="is missing or too long"):
        channel.identify(message(b"{}", **{header: value}))


def test_the_signature_fits_the_raw_bytes_only(channel: ShopifyChannel) -> None:
    signed = message(b'{"id": 1}')

    channel.authenticate(signed)
    for body in (b'{"id":1}', b'{"id": 2}', b'{"id": 1}\n', b""):
        with pytest.raises(SignatureRefused):
            channel.authenticate(InboundMessage(signed.headers, body, signed.received))


@pytest.mark.parametrize("value", ["", "not base64!", "ééé", "AAAA", "d29yZA==, d29yZA=="])
def test_an_odd_signature_is_refused(channel: ShopifyChannel, value: str) -> None:
    with pytest.raises(SignatureRefused):
        channel.authenticate(message(b"{}", x_shopify_hmac_sha256=value))


def test_either_secret_signs_while_it_is_changed() -> None:
    signed = message(b"{}")

    ShopifyChannel(webhook_secrets=["new-secret", SECRET]).authenticate(signed)
    with pytest.raises(SignatureRefused):
        ShopifyChannel(webhook_secrets=["new-secret"]).authenticate(signed)
    with pytest.raises(SignatureRefused):
        ShopifyChannel(webhook_secrets=[""]).authenticate(signed)


def test_another_shop_is_refused_where_the_shop_is_known() -> None:
    ShopifyChannel(webhook_secrets=[SECRET], shop_domain="Lamps.myshopify.com").authenticate(message(b"{}"))
    with pytest.raises(SignatureRefused, match="another shop"):
        ShopifyChannel(webhook_secrets=[SECRET], shop_domain="other.myshopify.com").authenticate(message(b"{}"))
