"""What is kept of an exchange: no secret and no personal datum comes through, at any depth, in any kind of body."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from backend import clock
from backend.domain.masking import DOTS, MAX_BODY, Masker, described
from backend.integrations.http import ProviderClient
from backend.ports.calls import Call, Exchange, Rejected
from tests.integrations.conftest import Serve
from tests.integrations.server import Reply

CANARIES = {
    "name": "Canary Nameson",
    "first_name": "Canaryfirst",
    "email": "canary@bird.example",
    "phone": "+49 170 0000001",
    "address_line1": "Canarystreet 17",
    "address1": "Canarylane 18",
    "line2": "Canaryfloor 19",
    "company_name": "Canary Traders",
    "client_secret": "pi_1_secret_canary",
    "api_key": "canary_key_123",
    "Authorization": "Bearer canary_token_123",
    "X-Shopify-Access-Token": "shpat_canary_123",
    "signature": "canary_signature_123",
    "password": "canary_password_123",
    "link": "https://x.example/canary_link",
}


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_no_canary_comes_through_at_any_depth(depth: int) -> None:
    body: Any = {**CANARIES, "id": "pi_1", "amount": 4200}
    for _ in range(depth):
        body = {"data": [{"object": body}]}

    shown = json.dumps(Masker().body(body))

    assert "anary" not in shown
    assert "pi_1" in shown
    assert "4200" in shown


def test_no_canary_comes_through_a_form() -> None:
    pairs = [(f"shipping[{name}]", value) for name, value in CANARIES.items()]

    shown = Masker().form([*pairs, ("metadata[order_ref]", "ORD-20260131-00001")])

    assert set(shown.values()) == {DOTS, "ORD-20260131-00001"}


def test_a_postal_code_keeps_its_beginning() -> None:
    assert Masker().body({"postal_code": "14467", "zip": "40202"}) == {"postal_code": f"14{DOTS}", "zip": f"40{DOTS}"}


def test_the_name_of_a_thing_is_no_personal_name() -> None:
    body = {"items": [{"name": "Blue mug", "sku": "MUG"}], "ship_to": {"name": "Ada Example"}}

    assert Masker().body(body) == {"items": [{"name": "Blue mug", "sku": "MUG"}], "ship_to": {"name": DOTS}}


def test_an_error_text_that_repeats_a_masked_value_does_not_give_it_away() -> None:
    masker = Masker(["sk_live_canary"])
    masker.body({"ship_to": {"name": "Canary Nameson", "address_line1": "Canarystreet 17"}})

    shown = masker.body({"message": "Canarystreet 17 (Canary Nameson, a@b.example) refused for sk_live_canary"})

    assert shown == {"message": f"{DOTS} ({DOTS}, {DOTS}) refused for {DOTS}"}


def test_secrets_in_the_query_of_a_url_are_masked() -> None:
    masker = Masker()

    assert masker.url("http://x/api?email=a%40b.example&per_page=5") == f"http://x/api?email={DOTS}&per_page=5"
    assert masker.text("see https://x/pay?intent=pi_1&client_secret=abc&x=1") == (
        f"see https://x/pay?intent=pi_1&client_secret={DOTS}&x=1"
    )


def test_empty_values_and_numbers_stay_readable() -> None:
    body = {"email": "", "phone": None, "amount": Decimal("19.90"), "test": False, "count": 3}

    assert Masker().body(body) == {"email": "", "phone": None, "amount": "19.90", "test": False, "count": 3}


def test_a_body_is_cut_at_sixteen_thousand_characters() -> None:
    shown = Masker().body({"data": ["word " * 10 for _ in range(1000)]})

    assert isinstance(shown, str)
    assert len(shown) == MAX_BODY + 1
    assert shown.endswith("…")


def test_half_a_secret_at_the_cut_is_not_shown() -> None:
    text = "x " * (MAX_BODY // 2 - 5) + "canary@bird.example"

    assert "canary" not in Masker().text(text)


def test_a_huge_text_is_masked_quickly() -> None:
    started = time.process_time()

    Masker(["secret"]).body({"text": "a" * 8_000_000})

    assert time.process_time() - started < 1.0


def test_a_binary_body_is_only_described() -> None:
    assert described(b"x" * 12345, "application/pdf; charset=binary") == "<application/pdf, 12,345 bytes>"


def exchange(serve: Serve, reply: Reply, **sent: Any) -> Exchange:
    call = Call("k", clock.monotonic() + 5)
    client = ProviderClient("acme", serve(reply).base, headers={"API-Key": "canary_key"}, secrets=["canary_key"])
    expect = "binary" if reply.media_type == "application/pdf" else "json"
    try:
        client.request(call, "POST", "/v1/canaries", expect=expect, **sent)  # type: ignore[arg-type]
    except Rejected:
        assert reply.status == 422
    (recorded,) = call.exchanges
    return recorded


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"to": CANARIES, "echo": "canary_key"}),
        Reply(422, {"errors": [{"message": "Canary Nameson of Canarystreet 17, canary@bird.example, key canary_key"}]}),
        Reply(422, b"<p>Canary Nameson of Canarystreet 17</p>", media_type="text/html"),
    ],
    ids=["echo", "error", "page"],
)
def test_an_exchange_over_http_carries_no_canary(serve: Serve, reply: Reply) -> None:
    recorded = exchange(serve, reply, json={"ship_to": CANARIES}, params=[("email", "canary@bird.example")])

    assert "anary" not in repr(recorded).replace("/v1/canaries", "")
    assert recorded.url.endswith(f"/v1/canaries?email={DOTS}")
    assert (recorded.method, recorded.status) == ("POST", reply.status)


def test_a_pdf_is_noted_by_its_size(serve: Serve) -> None:
    recorded = exchange(serve, Reply(200, b"%PDF-1.7 canary", media_type="application/pdf"))

    assert recorded.response == "<application/pdf, 15 bytes>"


def test_a_decimal_goes_out_as_an_exact_number(serve: Serve) -> None:
    call = Call("k", clock.monotonic() + 5)
    server = serve(Reply(200, {}))

    ProviderClient("acme", server.base, headers={}).request(
        call, "POST", "/x", json={"cost": Decimal("-12.50"), "big": Decimal("9999999999.99"), "text": "\ue000x\ue000"}
    )

    assert server.asked[0].body == '{"cost": -12.50, "big": 9999999999.99, "text": "\ue000x\ue000"}'.encode()


def test_the_original_of_an_exchange_has_personal_data_and_still_no_secret(serve: Serve) -> None:
    said = {"ship_to": {"name": "Canary Nameson", "email": "canary@bird.example", "postal_code": "10119"}}
    reply = Reply(200, {"ship_to": said["ship_to"], "client_secret": "cs_canary", "echo": "canary_key"})

    recorded = exchange(serve, reply, json=said)

    assert recorded.original is not None
    assert recorded.original.request == said
    assert recorded.original.response == {
        "ship_to": said["ship_to"], "client_secret": DOTS, "echo": DOTS,
    }  # fmt: skip
    assert "original" not in recorded.masked()


def test_where_nothing_personal_is_said_there_is_no_original(serve: Serve) -> None:
    assert exchange(serve, Reply(200, {"id": "pi_1", "amount": 100}), json={"amount": 100}).original is None


def test_what_is_named_personal_is_masked_in_the_record_alone(serve: Serve) -> None:
    recorded = exchange(serve, Reply(200, {"memo": "for Nameson"}), json={"party": "Nameson"}, personal=["Nameson"])

    assert (recorded.request, recorded.response) == ({"party": DOTS}, {"memo": f"for {DOTS}"})
    assert recorded.original is not None
    assert recorded.original.request == {"party": "Nameson"}
