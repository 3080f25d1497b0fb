"""Webhooks are signed exactly as the providers document it, and repeated until they are taken."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from backend.sandbox import clock
from backend.sandbox.shipengine.signing import Signer
from backend.sandbox.shopify.webhooks import sign as shopify_sign
from backend.sandbox.stripe.ledger import sign as stripe_sign
from tests.sandbox.running import KEYS, PROVIDERS, STRIPE, Hook, Sandbox, eventually, reference

ORDERS = "/webhooks/channels/shopify"


def test_the_stripe_signature_equals_the_golden_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    (golden,) = [vector for vector in reference("golden_signatures.json") if vector["provider"] == "stripe"]
    monkeypatch.setattr(clock, "unix_seconds", lambda: 1_700_000_000)

    signed = stripe_sign(golden["secret"], (PROVIDERS / golden["body"]).read_bytes())

    assert signed == {golden["header"]: golden["value"]}


def test_the_shopify_signature_follows_the_golden_vector_of_the_same_formula() -> None:
    (golden,) = [vector for vector in reference("golden_signatures.json") if vector["provider"] == "woocommerce"]

    signed = shopify_sign(golden["secret"], (PROVIDERS / golden["body"]).read_bytes())

    assert signed == {"X-Shopify-Hmac-Sha256": golden["value"]}


def test_the_shipengine_signature_verifies_with_the_published_key_and_with_nothing_else(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    headers = signer.sign(b'{"a":1}')

    _verify(signer.jwks, headers, b'{"a":1}')
    with pytest.raises(InvalidSignature):
        _verify(signer.jwks, headers, b'{"a":2}')
    assert Signer(tmp_path).key_id == signer.key_id
    assert (tmp_path / "shipengine-webhook-key.pem").stat().st_mode & 0o077 == 0


def test_a_placed_order_arrives_with_shopifys_headers_and_a_valid_signature(sandbox: Sandbox) -> None:
    (placed,) = sandbox.place()

    (hook,) = eventually(lambda: sandbox.receiver.to(ORDERS))

    assert hook.body["id"] == placed["id"]
    assert hook.headers["x-shopify-topic"] == "orders/create"
    assert hook.headers["x-shopify-api-version"] == "2025-01"
    assert hook.headers["x-shopify-shop-domain"].endswith(".myshopify.com")
    assert hook.headers["x-shopify-hmac-sha256"] == _hmac_base64(KEYS["SHOPIFY_WEBHOOK_SECRET"], hook.raw)
    triggered = datetime.fromisoformat(hook.headers["x-shopify-triggered-at"])
    assert abs((datetime.now(UTC) - triggered).total_seconds()) < 60
    assert hook.headers["x-shopify-webhook-id"] != hook.headers["x-shopify-event-id"]


def test_an_order_is_sent_again_with_the_same_webhook_id_until_it_is_taken(sandbox: Sandbox) -> None:
    sandbox.receiver.answers[:] = [500, 429, 302]

    sandbox.place()
    hooks = eventually(lambda: len(found := sandbox.receiver.to(ORDERS)) == 4 and found)

    assert isinstance(hooks, list)
    assert len({hook.headers["x-shopify-webhook-id"] for hook in hooks}) == 1
    assert len({hook.raw for hook in hooks}) == 1
    eventually(lambda: sandbox.http.get("/control/agenda").json()["waiting"] == {})
    outcomes = [entry["outcome"] for entry in sandbox.http.get("/control/deliveries").json()["deliveries"]]
    assert outcomes == ["will retry", "will retry", "will retry", "delivered"]


def test_any_body_can_be_sent_signed_even_one_that_is_no_order(sandbox: Sandbox) -> None:
    sandbox.http.post("/control/shop/send", json={"order": "{not json"}).raise_for_status()
    sandbox.http.post("/control/shop/send", json={"order": {"id": 9}, "topic": "orders/updated"}).raise_for_status()

    hooks = eventually(lambda: len(found := sandbox.receiver.to(ORDERS)) == 2 and found)

    assert isinstance(hooks, list)
    assert {hook.raw for hook in hooks} == {b"{not json", b'{"id":9}'}
    for hook in hooks:
        assert hook.headers["x-shopify-hmac-sha256"] == _hmac_base64(KEYS["SHOPIFY_WEBHOOK_SECRET"], hook.raw)


def test_stripes_events_arrive_with_a_fresh_valid_signature(sandbox: Sandbox) -> None:
    data = {"amount": "500", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
    sandbox.http.post("/stripe/v1/payment_intents", data=data, headers=STRIPE).raise_for_status()

    hooks = eventually(lambda: sandbox.receiver.to("/webhooks/payments/stripe"))

    documented = reference("stripe/events/payment_intent.succeeded.json")
    for hook in hooks:
        stamp, digest = (part.partition("=")[2] for part in hook.headers["stripe-signature"].split(","))
        signed = hmac.new(KEYS["STRIPE_WEBHOOK_SECRET"].encode(), f"{stamp}.".encode() + hook.raw, hashlib.sha256)
        assert digest == signed.hexdigest()
        assert abs(int(stamp) - datetime.now(UTC).timestamp()) < 60
        assert set(hook.body) == set(documented)


def _verify(jwks: dict[str, list[dict[str, str]]], headers: dict[str, str], raw: bytes) -> None:
    (key,) = [k for k in jwks["keys"] if k["kid"] == headers["x-shipengine-rsa-sha256-key-id"]]
    modulus, exponent = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big") for name in ("n", "e"))
    stamp = headers["x-shipengine-timestamp"]
    datetime.fromisoformat(stamp)
    rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
        base64.b64decode(headers["x-shipengine-rsa-sha256-signature"]),
        f"{stamp}.".encode() + raw,
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def verify_tracking(sandbox: Sandbox, hook: Hook) -> None:
    """Assert that a tracking webhook is signed with the key that the sandbox publishes."""
    _verify(sandbox.http.get("/shipengine/jwks").json(), hook.headers, hook.raw)


def _hmac_base64(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
