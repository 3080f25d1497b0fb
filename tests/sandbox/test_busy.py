"""Busy and broken providers: 429 and 503 with Retry-After, 500, each in the provider's own words, and nothing done."""

from typing import Any

import httpx
import pytest

from tests.sandbox.running import ADMIN, NINJA, SHIP, SHOPIFY, STRIPE, Sandbox, reference

READS = {
    "stripe": ("/stripe/v1/payment_intents", STRIPE),
    "shopify": (f"{ADMIN}/orders.json", SHOPIFY),
    "invoiceninja": ("/invoiceninja/api/v1/invoices", NINJA),
    "shipengine": ("/shipengine/v1/carriers", SHIP),
}


def ask(sandbox: Sandbox, provider: str) -> httpx.Response:
    path, headers = READS[provider]
    return sandbox.http.get(path, headers=headers)


@pytest.mark.parametrize("provider", READS)
@pytest.mark.parametrize(("fault", "status"), [("rate_limit", 429), ("unavailable", 503)])
def test_a_busy_provider_says_how_long_to_wait(sandbox: Sandbox, provider: str, fault: str, status: int) -> None:
    sandbox.fault(provider, fault, times=1, delay_seconds=3)

    busy, after = ask(sandbox, provider), ask(sandbox, provider)

    assert (busy.status_code, busy.headers["retry-after"]) == (status, "3")
    assert isinstance(busy.json(), dict)
    assert after.status_code == 200


@pytest.mark.parametrize("provider", READS)
def test_a_broken_provider_answers_500_and_then_works_again(sandbox: Sandbox, provider: str) -> None:
    sandbox.fault(provider, "error_5xx", times=3)

    assert [ask(sandbox, provider).status_code for _ in range(4)] == [500, 500, 500, 200]


@pytest.mark.parametrize("provider", READS)
def test_a_cut_connection_gives_no_answer_at_all(sandbox: Sandbox, provider: str) -> None:
    sandbox.fault(provider, "connection_cut", times=1)

    with pytest.raises(httpx.TransportError):
        ask(sandbox, provider)
    assert ask(sandbox, provider).status_code == 200


def test_the_rate_limit_is_in_stripes_words(sandbox: Sandbox) -> None:
    documented: Any = reference("stripe/errors.json")["429"]
    sandbox.fault("stripe", "rate_limit", times=1)

    assert ask(sandbox, "stripe").json() == documented
