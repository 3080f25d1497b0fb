"""Settings become adapters: a provider without its key is off, and where two could do it, one must be chosen."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend import wiring
from backend.domain.errors import ConfigurationError
from backend.settings import Settings
from tests.integrations.erp_worlds import ninja_config

WAREHOUSE = json.dumps(
    {
        "name": "Despatch",
        "address_line1": "Road 1",
        "city_locality": "Berlin",
        "postal_code": "10115",
        "country_code": "DE",
    }
)
STRIPE = {"stripe_api_key": "sk_test", "stripe_webhook_secret": "whsec"}
RAZORPAY = {"razorpay_api_key": "rzp_test:secret", "razorpay_webhook_secret": "old,new"}
SHIPENGINE = {"shipengine_api_key": "TEST_1", "shipengine_ship_from": WAREHOUSE}
EASYPOST = {"easypost_api_key": "EZTK", "easypost_webhook_secret": "s", "easypost_ship_from": WAREHOUSE}
NINJA = {"invoiceninja_api_key": "token"}


@pytest.fixture
def erp(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "erp.json"
    file.write_text(json.dumps(ninja_config("https://erp.example")), "utf-8")
    return {"erp_config": str(file), "erp_api_key": "secret"}


def settings(**given: Any) -> Settings:
    return Settings.model_validate(given)


def test_without_any_key_nothing_is_connected() -> None:
    adapters = wiring.build(settings())

    assert (adapters.gateways, adapters.default_gateway, adapters.payment_events) == ({}, "", {})
    assert (adapters.invoicing, adapters.shipping, adapters.tracking_events) == (None, None, {})


def test_the_only_one_that_is_configured_is_taken(erp: dict[str, str]) -> None:
    adapters = wiring.build(settings(**RAZORPAY, **EASYPOST, **erp))

    assert (list(adapters.gateways), adapters.default_gateway) == (["razorpay"], "razorpay")
    assert (list(adapters.payment_events), list(adapters.tracking_events)) == (["razorpay"], ["easypost"])
    assert adapters.shipping is not None
    assert adapters.invoicing is not None
    assert (adapters.shipping.name, adapters.invoicing.name) == ("easypost", "erp")


def test_a_shop_that_takes_money_itself_is_not_asked_to_request_payments() -> None:
    adapters = wiring.build(settings(shopify_api_key="shpat", shopify_api_base="https://a.example", **STRIPE))

    assert (set(adapters.gateways), adapters.default_gateway) == ({"stripe", "shopify"}, "stripe")


@pytest.mark.parametrize(
    ("both", "setting"),
    [
        (STRIPE | RAZORPAY, "HOLDFAST_PAYMENT_GATEWAY must say which one is meant: stripe or razorpay"),
        (SHIPENGINE | EASYPOST, "HOLDFAST_SHIPPING_PROVIDER must say which one is meant: shipengine or easypost"),
        (NINJA | {"erp_config": "x"}, "HOLDFAST_INVOICING_SYSTEM must say which one is meant: invoiceninja or erp"),
    ],
)
def test_of_two_that_are_configured_one_must_be_chosen(both: dict[str, str], setting: str) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        wiring.build(settings(**both))


def test_the_chosen_one_is_taken_and_the_other_gateway_stays_for_its_orders(erp: dict[str, str]) -> None:
    both = STRIPE | RAZORPAY | SHIPENGINE | EASYPOST | NINJA | erp
    chosen = {"payment_gateway": "razorpay", "shipping_provider": "easypost", "invoicing_system": "invoiceninja"}
    adapters = wiring.build(settings(**both, **chosen))

    assert (set(adapters.gateways), adapters.default_gateway) == ({"stripe", "razorpay"}, "razorpay")
    assert set(adapters.tracking_events) == {"shipengine", "easypost"}
    assert adapters.shipping is not None
    assert adapters.invoicing is not None
    assert (adapters.shipping.name, adapters.invoicing.name) == ("easypost", "invoiceninja")


def test_one_that_is_chosen_but_not_configured_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="PAYMENT_GATEWAY is 'razorpay', but Razorpay is not configured"):
        wiring.build(settings(**STRIPE, payment_gateway="razorpay"))


def test_the_warehouse_of_shipengine_serves_easypost_too() -> None:
    given = {"easypost_api_key": "EZTK", "shipengine_ship_from": WAREHOUSE}

    assert wiring.build(settings(**given)).shipping is not None
    with pytest.raises(ConfigurationError, match="HOLDFAST_EASYPOST_SHIP_FROM must be the warehouse's address"):
        wiring.build(settings(easypost_api_key="EZTK"))


def test_a_configuration_that_cannot_work_stops_the_start(erp: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="names the secret 'secret'"):
        wiring.build(settings(erp_config=erp["erp_config"]))
