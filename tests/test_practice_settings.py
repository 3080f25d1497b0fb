"""The failure lab and the sandbox never go together with a real shop: each sign of one stops the start, by name."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from backend.settings import Settings

TOKEN = "hf_lab_0123456789abcdefg"
SANDBOX = {"stripe_api_key": "sk_test_1", "stripe_api_base": "http://127.0.0.1:3090/stripe"}
KEYS = {"encryption_keys": "k", "index_key": "i"}


def made(**given: Any) -> Settings:
    return Settings.model_validate(given)


def test_the_lab_is_closed_unless_a_token_is_set() -> None:
    assert made(**SANDBOX).lab_is_open is False
    assert made(**SANDBOX, lab_token=TOKEN).lab_is_open is True


def test_a_token_alone_opens_nothing_where_the_sandbox_plays_nobody() -> None:
    assert made(lab_token=TOKEN).lab_is_open is False
    assert made(lab_token=TOKEN, stripe_api_base="http://127.0.0.1:3090").lab_is_open is False


@pytest.mark.parametrize(
    ("sign", "sentence"),
    [
        ({"host": "0.0.0.0"}, "HOLDFAST_HOST is not a loopback address"),
        ({"host": "::"}, "HOLDFAST_HOST is not a loopback address"),
        ({"public_url": "https://desk.shop.example"}, "HOLDFAST_PUBLIC_URL leads elsewhere"),
        ({"public_url": "http://127.0.0.1.shop.example"}, "HOLDFAST_PUBLIC_URL leads elsewhere"),
        ({"stripe_api_key": "sk_live_1", "stripe_api_base": "https://api.stripe.com"}, "STRIPE_API_KEY is a live key"),
        ({"stripe_api_base": "https://api.stripe.com"}, "HOLDFAST_STRIPE_API_BASE is not the sandbox's"),
        ({"razorpay_api_key": "rzp_live_1:x"}, "HOLDFAST_RAZORPAY_API_KEY is a live key"),
        ({"easypost_api_key": "EZAK1"}, "HOLDFAST_EASYPOST_API_KEY is a live key"),
        (
            {"shopify_api_key": "x", "shopify_api_base": "https://a.myshopify.com"},
            "SHOPIFY_API_BASE is not the sandbox",
        ),
        ({"shipengine_api_key": "TEST_1"}, "HOLDFAST_SHIPENGINE_API_BASE is not the sandbox's"),
        ({"smtp_url": "smtp://mail.shop.example"}, "HOLDFAST_SMTP_URL is not the sandbox's"),
        ({"erp_config": "erp.json"}, "HOLDFAST_ERP_CONFIG connects an ERP"),
        (
            {"database_url": "postgresql://a:b@db.shop.example/x", **KEYS},
            "HOLDFAST_DATABASE_URL is a database elsewhere",
        ),
        (
            {"database_url": "postgresql://a:b@/x?host=db.shop.example", **KEYS},
            "HOLDFAST_DATABASE_URL is a database elsewhere",
        ),
        ({"lab_token": "short"}, "HOLDFAST_LAB_TOKEN must have at least 24 characters"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_every_sign_of_a_real_shop_stops_the_start_of_a_lab(sign: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made(**{**SANDBOX, "lab_token": TOKEN, **sign})

    assert sentence in str(refused.value)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "here",
    [
        {"host": "localhost"},
        {"host": "::1", "public_url": "http://[::1]:3000"},
        {"public_url": "http://localhost:3000"},
        {"smtp_url": "smtp://127.0.0.1:3025"},
        {"database_url": "postgresql://a:b@127.0.0.1:5432/x", **KEYS},
        {"database_url": "postgresql:///x?host=/run/sockets", **KEYS},
    ],
    ids=str,
)
def test_what_is_on_this_machine_is_practice(here: dict[str, str]) -> None:
    assert made(**{**SANDBOX, "lab_token": TOKEN, **here}).lab_is_open is True


@pytest.mark.parametrize(
    ("provider", "key"),
    [("stripe", "sk_live_1"), ("stripe", "rk_live_1"), ("razorpay", "rzp_live_1:x"), ("easypost", "EZAK1")],
)
def test_a_live_key_is_never_sent_to_the_sandbox(provider: str, key: str) -> None:
    given = {f"{provider}_api_key": key, f"{provider}_api_base": f"http://localhost:3090/{provider}"}

    with pytest.raises(ValidationError, match=f"HOLDFAST_{provider.upper()}_API_KEY is a live key"):
        made(**given)

    assert made(**{**given, f"{provider}_api_base": "https://api.example"}).lab_token == SecretStr("")
