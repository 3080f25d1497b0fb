"""The checks on a new order: each finds its own trouble, says so without personal data, and leaves the rest alone."""

import csv
from pathlib import Path

import pytest

from backend.domain.checks import address_problem, findings
from backend.domain.holds import HoldKind
from backend.domain.intake import NewAddress, NewOrder
from backend.domain.orders import PaymentMode
from backend.settings import CHECK_NAMES
from tests.factories import address, digital, item, new_order

ALL = frozenset(CHECK_NAMES)
REAL_ADDRESSES = Path(__file__).resolve().parents[3] / "shared" / "data" / "addresses"


def found(order: NewOrder, enabled: frozenset[str] = ALL, countries: frozenset[str] = frozenset()) -> dict[str, str]:
    return {str(finding.kind): finding.reason for finding in findings(order, enabled=enabled, countries=countries)}


def test_a_good_order_meets_no_check() -> None:
    assert found(new_order()) == {}


def test_an_order_to_ship_without_an_address_is_held() -> None:
    assert found(new_order(shipping=None)) == {"address_missing": "The order came with no delivery address."}


def test_an_address_without_a_country_is_as_good_as_none() -> None:
    assert found(new_order(shipping=address(country=""))) == {
        "address_missing": "The order came with a delivery address without a country."
    }


def test_an_order_with_nothing_to_ship_needs_no_address() -> None:
    assert found(new_order(digital(), shipping=None, billing=None)) == {}


def test_one_line_to_ship_is_enough_to_need_an_address() -> None:
    assert set(found(new_order(digital(), item(), shipping=None))) == {"address_missing"}


def test_a_country_that_is_not_served_is_named() -> None:
    order = new_order(shipping=address(country="CH", postal_code="8001", city="Zürich"))
    assert found(order, countries=frozenset({"DE", "AT"})) == {
        "country_not_served": "The parcel would go to CH, which is not served."
    }
    assert found(order, countries=frozenset({"CH"})) == {}
    assert found(order, countries=frozenset()) == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"postal_code": "1011"}, "For DE, the postcode is not valid."),
        ({"postal_code": ""}, "For DE, the postcode is missing."),
        ({"city": ""}, "For DE, the city is missing."),
        ({"line1": ""}, "For DE, the street is missing."),
        ({"line1": "", "postal_code": "ABCDE"}, "For DE, the postcode is not valid and the street is missing."),
        ({"country": "US", "postal_code": "94103", "province": ""}, "For US, the state or province is missing."),
        ({"country": "US", "postal_code": "9410", "province": "CA"}, "For US, the postcode is not valid."),
        ({"country": "GB", "postal_code": "12345", "city": "London"}, "For GB, the postcode is not valid."),
        ({"country": "CA", "postal_code": "12345", "province": "ON"}, "For CA, the postcode is not valid."),
        ({"country": "NL", "postal_code": "1012"}, "For NL, the postcode is not valid."),
        ({"country": "XX"}, "For XX, the country is not valid."),
    ],
)
def test_an_address_that_breaks_its_countrys_rules_is_told_field_by_field(changes: dict[str, str], reason: str) -> None:
    told = address_problem(address(**changes))
    assert sorted(told.removeprefix("For ")[4:-1].split(" and ")) == sorted(
        reason.removeprefix("For ")[4:-1].split(" and ")
    )
    assert told[:6] == reason[:6]


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "US", "postal_code": "94103", "province": "CA", "city": "San Francisco"},
        {"country": "US", "postal_code": "94103-1234", "province": "CA", "city": "San Francisco"},
        {"country": "GB", "postal_code": "SW1A 1AA", "city": "London"},
        {"country": "IE", "postal_code": "", "city": "Dublin"},
        {"country": "HK", "postal_code": "", "city": "Kowloon", "province": ""},
        {"country": "AE", "postal_code": "", "city": "Dubai", "province": ""},
        {"country": "JP", "postal_code": "150-0002", "city": "Shibuya-ku", "province": ""},
        {"country": "CN", "postal_code": "100000", "city": "Beijing Shi", "province": ""},
        {"country": "NL", "postal_code": "1012 AB", "city": "Amsterdam"},
        {"country": "BR", "postal_code": "01310-100", "city": "São Paulo", "province": ""},
        {"country": "CH", "postal_code": "8001", "city": "Zürich", "province": "Zürich"},
    ],
)
def test_addresses_in_the_ways_of_many_countries_pass(changes: dict[str, str]) -> None:
    assert address_problem(address(**changes)) == ""


def test_what_is_told_of_an_address_names_nobody() -> None:
    secret = address(name="Zaphod Canarius", line1="Canary Lane 42", postal_code="??", city="Canaryville")
    told = address_problem(secret)
    assert told == "For DE, the postcode is not valid."
    assert "anar" not in told


@pytest.mark.parametrize(
    "line",
    [
        "PO Box 123",
        "P.O. Box 9",
        "p.o.box 9",
        "P O Box 77",
        "Post Office Box 1",
        "POBox 5",
        "Postfach 10 20 30",
        "Boîte postale 55",
        "Boite Postale 55",
        "BP 123",
        "B.P. 42",
        "Apartado 99",
        "Apartado de Correos 12",
        "Postbus 2000",
        "Casella Postale 1",
        "Postboks 17",
        "Postlåda 3",
        "GPO Box 2890",
        "Locked Bag 5",
        "c/o Firm, PO Box 8",
        "Box 12",
        "Box # 209",
        "Box# 63",
        "box no. 7",
    ],
)
def test_a_post_office_box_is_seen_in_many_languages_and_in_both_lines(line: str) -> None:
    for changes in ({"line1": line}, {"line2": line}):
        assert found(new_order(shipping=address(**changes))) == {"po_box": "The delivery address is a post office box."}


@pytest.mark.parametrize(
    "line",
    [
        "Boxhagener Straße 12",
        "Box Hill Road 5",
        "1 Boxwood Lane",
        "Pobožná 3",
        "Postweg 1",
        "Postfachweg 4",
        "Rue de la Poste 2",
        "BPost Lane 1",
        "12 Oboe Box Hill",
        "Apartadero 4",
        "Unit 5, Post Office Road",
    ],
)
def test_a_street_that_only_sounds_like_a_box_passes(line: str) -> None:
    assert "po_box" not in found(new_order(shipping=address(line1=line)))


@pytest.mark.skipif(not REAL_ADDRESSES.exists(), reason="the collection of real addresses is not at hand")
def test_boxes_in_real_addresses_are_found() -> None:
    with (REAL_ADDRESSES / "incomplete_and_boxes_real.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    boxes = [row["raw"] for row in rows if row["kind"] == "po_box"]
    others = [row["raw"] for row in rows if "box" not in row["kind"]]
    missed = [raw for raw in boxes if "po_box" not in found(new_order(shipping=address(line1=raw)))]
    wrong = [raw for raw in others if "po_box" in found(new_order(shipping=address(line1=raw)))]
    assert (len(boxes), len(others)) == (2, 17)
    assert (missed, wrong) == ([], [])


def test_payment_on_terms_is_held_and_names_the_way() -> None:
    assert found(new_order(payment_mode=PaymentMode.TERMS, gateway="cash on delivery")) == {
        "payment_terms": "The shop says that this order is to be paid later (cash on delivery)."
    }
    assert found(new_order(payment_mode=PaymentMode.TERMS)) == {
        "payment_terms": "The shop says that this order is to be paid later."
    }


@pytest.mark.parametrize(
    ("risk", "held"), [("high", True), ("cancel", True), ("medium", False), ("low", False), ("", False)]
)
def test_only_a_high_risk_of_fraud_holds(risk: str, held: bool) -> None:
    assert ("fraud_risk" in found(new_order(risk=risk))) is held


def test_notes_and_wishes_hold_where_the_shop_wants_it_without_repeating_them() -> None:
    order = new_order(item(wishes=(("Engraving", "For Zaphod"),)), item(external_id="2"), note="Ring Zaphod twice")
    assert found(order) == {
        "customer_note": "The customer left a note with the order.",
        "customisation": "1 of 2 items carry a wish.",
    }


@pytest.mark.parametrize("name", sorted(ALL - {"stock", "sku"}))
def test_a_check_that_is_switched_off_finds_nothing(name: str) -> None:
    trouble = new_order(
        item(wishes=(("Engraving", "X"),)),
        shipping=address(line1="PO Box 1", postal_code="??"),
        payment_mode=PaymentMode.TERMS,
        risk="high",
        note="x",
        tax_id="DE1",
    )
    served = frozenset({"AT"})
    kinds = {
        "address": HoldKind.ADDRESS_MALFORMED,
        "country": HoldKind.COUNTRY_NOT_SERVED,
        "po_box": HoldKind.PO_BOX,
        "payment": HoldKind.PAYMENT_TERMS,
        "fraud": HoldKind.FRAUD_RISK,
        "note": HoldKind.CUSTOMER_NOTE,
        "customisation": HoldKind.CUSTOMISATION,
        "tax_id": HoldKind.TAX_ID_MALFORMED,
    }
    everything = set(found(trouble, countries=served))
    assert everything == {str(kind) for kind in kinds.values()}
    assert set(found(trouble, ALL - {name}, served)) == everything - {str(kinds[name])}


def test_an_empty_address_is_told_as_such() -> None:
    assert set(found(new_order(shipping=NewAddress(name="", country="DE")))) == {"address_malformed"}
