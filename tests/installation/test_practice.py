"""The sandbox plays what nobody has configured, under secrets that stay the same."""

import stat

import pytest
from pydantic import ValidationError

from backend.installation.home import Home
from backend.installation.practice import SECRETS, Practice
from backend.settings import Settings


def test_every_provider_that_nobody_has_configured_is_played(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)

    values = practice.settings_for_holdfast(Settings())

    assert {name: value for name, value in values.items() if "_API_BASE" in name} == {
        "HOLDFAST_STRIPE_API_BASE": "http://127.0.0.1:3090/stripe",
        "HOLDFAST_INVOICENINJA_API_BASE": "http://127.0.0.1:3090/invoiceninja",
        "HOLDFAST_SHIPENGINE_API_BASE": "http://127.0.0.1:3090/shipengine",
        "HOLDFAST_SHOPIFY_API_BASE": "http://127.0.0.1:3090/shopify",
    }
    assert values["HOLDFAST_SMTP_URL"] == "smtp://127.0.0.1:3025"
    assert {name.removeprefix("HOLDFAST_").lower() for name in values} <= set(Settings.model_fields)


def test_a_second_provider_is_played_for_whoever_chose_it(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)
    plain = practice.settings_for_holdfast(Settings())
    chosen = practice.settings_for_holdfast(Settings(payment_gateway="razorpay", shipping_provider="easypost"))

    assert {name for name in set(chosen) - set(plain) if name.endswith(("_BASE", "_URL"))} == {
        "HOLDFAST_RAZORPAY_API_BASE",
        "HOLDFAST_RAZORPAY_PAY_URL",
        "HOLDFAST_EASYPOST_API_BASE",
    }
    assert chosen["HOLDFAST_RAZORPAY_API_KEY"] == practice.secrets["razorpay_api_key"]
    assert {name.removeprefix("HOLDFAST_").lower() for name in chosen} <= set(Settings.model_fields)


def test_a_provider_with_a_key_stays_the_real_one(home: Home) -> None:
    given = Settings(stripe_api_key="sk_live_1", smtp_url="smtp://mail.shop.test", generic_webhook_secret="real")

    values = Practice.at(home, 3090, 3025).settings_for_holdfast(given)

    assert [name for name in values if "STRIPE" in name or "SMTP" in name or "GENERIC" in name] == []
    assert "HOLDFAST_SHOPIFY_API_KEY" in values


def test_the_sandbox_signs_with_the_secret_that_holdfast_really_checks(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)
    given = Settings(shopify_webhook_secret="newest,older")

    told = practice.own_environment(given, orders_per_minute=2)

    assert told["SANDBOX_SHOPIFY_WEBHOOK_SECRET"] == "newest"
    assert told["SANDBOX_STRIPE_WEBHOOK_SECRET"] == practice.secrets["stripe_webhook_secret"]
    assert told["SANDBOX_ORDERS_PER_MINUTE"] == "2"
    assert told["SANDBOX_HOLDFAST_URL"] == "http://127.0.0.1:3000"


def test_the_sandbox_is_given_the_labs_token_unless_holdfast_is_reached_from_elsewhere(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)
    behind_a_proxy = Settings(public_url="https://desk.shop.example")

    (token,) = practice.lab_settings().values()
    assert practice.own_environment(Settings(), orders_per_minute=0)["SANDBOX_LAB_TOKEN"] == token
    assert "SANDBOX_LAB_TOKEN" not in practice.own_environment(behind_a_proxy, orders_per_minute=0)


def test_the_lab_opens_beside_the_sandbox_and_stays_closed_beside_anything_real(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)
    values = practice.settings_for_holdfast(Settings()) | practice.lab_settings()
    played = {name.removeprefix("HOLDFAST_").lower(): value for name, value in values.items()}

    assert Settings.model_validate(played).lab_is_open is True
    with pytest.raises(ValidationError, match="HOLDFAST_HOST is not a loopback address"):
        Settings.model_validate(played | {"host": "0.0.0.0"})


def test_secrets_are_random_private_and_kept(home: Home) -> None:
    practice = Practice.at(home, 3090, 3025)

    assert Practice.at(home, 4000, 4001).secrets == practice.secrets
    assert len({value[-32:] for value in practice.secrets.values()}) == len(SECRETS)
    assert stat.S_IMODE((home.sandbox / "secrets.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "{}"])
def test_damaged_secrets_are_made_anew(home: Home, content: str) -> None:
    before = Practice.at(home, 3090, 3025).secrets
    (home.sandbox / "secrets.json").write_text(content)

    after = Practice.at(home, 3090, 3025).secrets

    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
