"""What each adapter declares of each of its calls, against what its provider is known to give."""

import math
from typing import Any

import pytest

from backend import settings, wiring
from backend.domain.retries import Guarantees
from backend.domain.steps import RULES, Port, StepKind
from backend.ports.registry import Adapters

DAY = 24 * 3600.0
ADDRESS = (
    '{"name": "Warehouse", "address_line1": "Hafenstr. 1", "city_locality": "Hamburg", "postal_code": "20457", '
    '"country_code": "DE", "phone": "+49 40 1"}'
)
READ, KEY, ASK, BOTH, MESSAGE_ID = "read", "key", "ask", "key and ask", "message id"
FACTS: dict[str, dict[str, str]] = {
    # keys for 24 h at least, errors included; found by metadata
    "stripe": {"payment.verify": READ, "*": BOTH},
    # a key for refunds only, and not said for how long: every doubt is asked
    "razorpay": {
        "payment.verify": READ,
        "payment.void": READ,
        "*": ASK,
    },  # it cannot be told to let go, so it is only read
    # no keys; the order's own transactions and fulfilments are read
    "shopify": {"payment.verify": READ, "payment.request": READ, "*": ASK},
    # our number is unique there, and found exactly
    "invoiceninja": {"invoice.store": READ, "credit_note.store": READ, "*": ASK},
    # no keys; "get by our reference". A void of a voided label is no second one
    "shipengine": {"shipment.verify_address": READ, "shipment.void": READ, "*": ASK},
    "easypost": {"shipment.verify_address": READ, "shipment.void": READ, "*": ASK},
    "smtp": {"*": MESSAGE_ID},
}


def kind_of(given: Guarantees) -> str:
    if given.key_seconds == math.inf:
        return READ
    if not given.key_binds:
        return MESSAGE_ID
    return {(True, True): BOTH, (True, False): KEY, (False, True): ASK}.get(
        (given.key_seconds is not None, given.can_ask), "neither"
    )


def connected(monkeypatch: pytest.MonkeyPatch, **chosen: str) -> Adapters:
    values = {
        "STRIPE_API_KEY": "sk",
        "RAZORPAY_API_KEY": "id:secret",
        "SHOPIFY_API_KEY": "shpat",
        "SHOPIFY_API_BASE": "https://shop.example",
        "INVOICENINJA_API_KEY": "token",
        "SHIPENGINE_API_KEY": "TEST",
        "EASYPOST_API_KEY": "EZ",
        "SHIPENGINE_CARRIER_ID": "se-1",
        "SHIPENGINE_SERVICE_CODE": "parcel",
        "SHIPENGINE_SHIP_FROM": ADDRESS,
        "SMTP_URL": "smtp://localhost:25",
        "PAYMENT_GATEWAY": "stripe",
        "SHIPPING_PROVIDER": "shipengine",
        **chosen,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    settings.current.cache_clear()
    return wiring.build(settings.current())


def adapters_of(port: Port, adapters: Adapters) -> list[Any]:
    match port:
        case Port.PAYMENTS:
            return list(adapters.gateways.values())
        case Port.INVOICING:
            return [adapters.invoicing]
        case Port.SHIPPING:
            return [adapters.shipping]
        case Port.CHANNEL:
            return list(adapters.fulfilment_receivers.values())
    return [adapters.mailer]


@pytest.mark.parametrize("carrier", ["shipengine", "easypost"])
@pytest.mark.parametrize("kind", StepKind)
def test_every_adapter_declares_for_every_step_what_its_provider_gives(
    monkeypatch: pytest.MonkeyPatch, kind: StepKind, carrier: str
) -> None:
    found = adapters_of(RULES[kind].port, connected(monkeypatch, SHIPPING_PROVIDER=carrier))
    assert found
    for adapter in found:
        facts, given = FACTS[adapter.name], adapter.guarantees(kind)
        assert (adapter.name, kind_of(given)) == (adapter.name, facts.get(str(kind), facts["*"]))
        if given.can_ask:
            assert 0 < given.answer_lag <= 120
        if adapter.name == "stripe" and given.key_seconds != math.inf:
            assert (given.key_seconds, given.caches_errors) == (DAY, True)
