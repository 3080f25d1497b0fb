"""The generic channel: the published schema, its example, and every way in which an order can fail to meet it."""

import copy
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backend.domain.intake import NewAddress, NewCustomer, NewDiscount, NewItem, problems
from backend.domain.orders import PaymentMode
from backend.integrations.generic.channel import SCHEMA_FILE, GenericChannel
from backend.ports.calls import InboundMessage, SignatureRefused, UnusablePayload

SECRET = "generic-secret-0123456789abcdef"
NOW = 1_770_000_000
SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))


@pytest.fixture
def channel() -> GenericChannel:
    return GenericChannel(secrets=[SECRET])


@pytest.fixture
def order() -> dict[str, Any]:
    return copy.deepcopy(SCHEMA["examples"][0])


def message(body: bytes | dict[str, Any], **changes: str) -> InboundMessage:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new(SECRET.encode(), f"{NOW}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"x-holdfast-signature": f"t={NOW},v1={digest}", "x-holdfast-event-id": "evt-1"}
    return InboundMessage(headers | {name.replace("_", "-"): value for name, value in changes.items()}, raw, NOW + 5)


def why(channel: GenericChannel, body: bytes | dict[str, Any]) -> list[str]:
    with pytest.raises(UnusablePayload) as caught:
        channel.read(message(body))
    return caught.value.problems


def test_the_schemas_own_example_becomes_an_order(channel: GenericChannel, order: dict[str, Any]) -> None:
    signed = message(order)

    channel.authenticate(signed)
    found = channel.read(signed)

    assert found is not None
    assert problems(found) == []
    assert (found.channel, found.external_id, found.external_number) == ("generic", "8a1f3c", "#1001")
    assert found.placed_at == datetime(2026, 1, 31, 10, 15, tzinfo=UTC)
    assert (found.payment_mode, found.gateway, found.payment_reference) == (PaymentMode.UNPAID, "", "")
    assert found.customer == NewCustomer("42", "Ada Example", "ada@example.com", "+49 30 1234567")
    assert found.billing is None
    assert found.shipping == NewAddress(
        name="Ada Example", line1="Musterstr. 1", city="Berlin", postal_code="10115", country="DE"
    )
    assert found.items == (NewItem("1", "MUG-BLUE", "Blue mug", 2, 1250, 250, 428, 380, True, "0.19"),)
    assert (found.subtotal_minor, found.discount_minor, found.shipping_minor) == (2250, 250, 490)
    assert (found.tax_minor, found.total_minor, found.taxes_included, found.cancelled) == (521, 3261, False, False)


def test_everything_that_may_be_said_is_taken_over(channel: GenericChannel, order: dict[str, Any]) -> None:
    order |= {
        "payment": {"mode": "paid", "gateway": "stripe", "reference": "pi_1"},
        "discounts": [{"code": "SUMMER", "kind": "percentage", "amount_minor": 250}],
        "note": "Ring twice",
        "tags": ["vip"],
        "risk": "high",
        "test": True,
        "wishes": [{"name": "Wrap", "value": "red"}],
        "unknown": {"is": "ignored"},
    }

    found = channel.read(message(order, x_holdfast_topic="orders/cancelled"))

    assert found is not None
    assert (found.payment_mode, found.gateway, found.payment_reference) == (PaymentMode.PAID, "stripe", "pi_1")
    assert found.discounts == (NewDiscount("SUMMER", "percentage", 250),)
    assert (found.note, found.tags, found.risk, found.test) == ("Ring twice", ("vip",), "high", True)
    assert (found.wishes, found.cancelled) == ((("Wrap", "red"),), True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("total_minor", "32.61", "$.total_minor must be a whole number, but it is text."),
        ("total_minor", None, "$.total_minor must be a whole number, but it is null."),
        ("total_minor", -1, "$.total_minor is -1; it must be at least 0."),
        ("total_minor", 10**12 + 1, "$.total_minor is 1000000000001; it must be at most 1000000000000."),
        ("total_minor", True, "$.total_minor must be a whole number, but it is true or false."),
        ("currency", "eur", "$.currency is 'eur'; it must have the form ^[A-Z]{3}$."),
        (
            "currency",
            "XXQ",
            "$.currency: The currency 'XXQ' is unknown. Use an ISO 4217 code in upper case, such as EUR.",
        ),
        ("placed_at", "2026-01-31", "$.placed_at is '2026-01-31'; it must be a valid date-time."),
        ("items", [], "$.items has 0 entries; it must have at least 1."),
        ("payment", {"mode": "paid"}, "$.payment.reference is missing."),
        ("payment", {"mode": "gift"}, "$.payment.mode is 'gift'; it must be one of: paid, authorized, unpaid, terms."),
        ("schema_version", 2, "$.schema_version is 2; this Holdfast knows version 1 only."),
        ("schema_version", "1", "$.schema_version is 1; this Holdfast knows version 1 only."),
        ("schema_version", True, "$.schema_version is True; this Holdfast knows version 1 only."),
    ],
)
def test_a_field_that_breaks_the_schema_is_named(
    channel: GenericChannel, order: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    assert why(channel, order | {field: value}) == [sentence]


@pytest.mark.parametrize("raw", ["19.99", "1999.0", "1e3"])
def test_an_amount_sent_as_a_float_is_refused(channel: GenericChannel, order: dict[str, Any], raw: str) -> None:
    body = json.dumps(order | {"total_minor": "@@"}).replace('"@@"', raw).encode()

    assert why(channel, body) == ["$.total_minor must be a whole number, but it is a number with decimals."]


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_a_required_field_that_is_missing_is_named(channel: GenericChannel, order: dict[str, Any], name: str) -> None:
    del order[name]

    assert why(channel, order) == [f"$.{name} is missing."]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("quantity", 0, "$.items[0].quantity is 0; it must be at least 1."),
        ("quantity", -1, "$.items[0].quantity is -1; it must be at least 1."),
        ("quantity", 10**9, "$.items[0].quantity is 1000000000; it must be at most 1000000."),
        ("unit_price_minor", -5, "$.items[0].unit_price_minor is -5; it must be at least 0."),
        ("name", "", "$.items[0].name has 0 characters; it must have at least 1."),
        ("grams", 0.5, "$.items[0].grams must be a whole number, but it is a number with decimals."),
    ],
)
def test_a_line_that_breaks_the_schema_is_named(
    channel: GenericChannel, order: dict[str, Any], field: str, value: Any, sentence: str
) -> None:
    order["items"][0][field] = value

    assert why(channel, order) == [sentence]


def test_more_problems_than_anyone_reads_are_cut_short(channel: GenericChannel, order: dict[str, Any]) -> None:
    order["items"] = [{} for _ in range(50)]

    found = why(channel, order)

    assert len(found) == 21
    assert found[-1] == "There are more problems; mend these first."


def test_ten_thousand_and_one_lines_are_too_many(channel: GenericChannel, order: dict[str, Any]) -> None:
    order["items"] = order["items"] * 10_001

    assert why(channel, order) == ["$.items has 10001 entries; it must have at most 10000."]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a":1,"a":2}', b"\xff", b""])
def test_a_body_that_is_no_clear_json_is_unusable(channel: GenericChannel, body: bytes) -> None:
    assert len(why(channel, body)) == 1


@pytest.mark.parametrize("event_id", ["", " ", "a b", "é", "x" * 256])
def test_a_delivery_without_a_usable_id_is_unusable(channel: GenericChannel, event_id: str) -> None:
    with pytest.raises(UnusablePayload, match="X-Holdfast-Event-Id"):
        channel.identify(message(b"{}", x_holdfast_event_id=event_id))


def test_a_delivery_is_about_a_new_order_unless_it_says_otherwise(channel: GenericChannel) -> None:
    assert channel.identify(message(b"{}")).topic == "orders/create"
    assert channel.identify(message(b"{}", x_holdfast_topic="orders/updated")).topic == "orders/updated"
    with pytest.raises(UnusablePayload, match="X-Holdfast-Topic is 'orders/eaten'"):
        channel.read(message(b"{}", x_holdfast_topic="orders/eaten"))


def test_the_signature_binds_time_and_raw_body(channel: GenericChannel, order: dict[str, Any]) -> None:
    signed = message(order)

    channel.authenticate(signed)
    for changed in (
        InboundMessage(signed.headers, signed.body + b" ", signed.received),
        InboundMessage(signed.headers, signed.body, signed.received + 301),
        InboundMessage(signed.headers, signed.body, signed.received - 310),
        InboundMessage({}, signed.body, signed.received),
        message(order, x_holdfast_signature=signed.headers["x-holdfast-signature"].replace(f"t={NOW}", f"t={NOW + 1}")),
    ):
        with pytest.raises(SignatureRefused):
            channel.authenticate(changed)
    with pytest.raises(SignatureRefused):
        GenericChannel(secrets=["another"]).authenticate(signed)
    GenericChannel(secrets=["another", SECRET]).authenticate(signed)


def test_the_schema_is_valid_and_every_field_is_explained() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    unexplained = [
        name for name, field in SCHEMA["properties"].items() if "description" not in field and "$ref" not in field
    ]

    assert unexplained == []
    assert all("title" in field or "$ref" in field for field in SCHEMA["properties"].values())
