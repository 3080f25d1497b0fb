"""What each hold offers to correct, and what a correction must meet."""

import pytest

from backend.domain import checks, fix_rules
from backend.domain.checks import Finding
from backend.domain.fixes import CARRIED_BY, LABELS, MENDS, MUST_PASS, OFFERED, RECHECKED, SUBJECTS, Fix, leads
from backend.domain.holds import CATALOGUE, HoldAction, HoldKind
from tests.factories import address

EVERYWHERE: frozenset[str] = frozenset()
ALL = frozenset({"address", "country", "po_box"})


def test_what_may_be_corrected_is_decided_on_for_every_kind_of_hold() -> None:
    assert set(OFFERED) == set(HoldKind)


def test_every_fix_has_a_button_a_subject_and_the_checks_that_are_made_again() -> None:
    assert set(LABELS) == set(SUBJECTS) == set(RECHECKED) == set(Fix)


def test_a_fix_that_lets_a_step_run_again_is_offered_on_its_hold_which_a_retry_helps_too() -> None:
    for kind, fixes in MENDS.items():
        assert fixes <= set(OFFERED[kind])
        assert HoldAction.RETRY in CATALOGUE[kind].actions


def test_a_hold_closed_by_its_check_offers_the_fix_that_has_it_made_again() -> None:
    for fix, kinds in RECHECKED.items():
        for kind in kinds:
            assert fix in OFFERED[kind], (fix, kind)


def test_what_must_pass_is_checked_again() -> None:
    rechecked = frozenset().union(*RECHECKED.values())
    for kind, needed in MUST_PASS.items():
        assert needed <= rechecked, kind


def test_nothing_is_corrected_where_it_is_not_known_what_happened() -> None:
    assert OFFERED[HoldKind.OUTCOME_UNKNOWN] == OFFERED[HoldKind.BEING_CANCELLED] == ()


def test_only_the_carriers_steps_carry_what_can_be_corrected() -> None:
    assert {str(kind) for kind in CARRIED_BY} == {"shipment.verify_address", "shipment.create"}


def test_each_wrong_field_of_an_address_has_its_sentence() -> None:
    assert checks.address_errors(address(postal_code="1011")) == {
        "postal_code": "The postcode is not valid. In DE it looks like 26133."
    }
    assert checks.address_errors(address(line1="", city="")) == {
        "line1": "The street is missing.",
        "city": "The city is missing.",
    }
    assert checks.address_errors(address(country="ZZ")) == {"country": "The country is not valid."}
    assert checks.address_errors(address()) == {}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"line1": "Postfach 12 34"}, {"line1": "This is a post office box. Give a street and number."}),
        ({"country": "CH", "postal_code": "8001"}, {}),
        ({"country": ""}, {"country": "The country is missing."}),
    ],
)
def test_a_finding_that_must_not_be_stands_beside_its_field(changes: dict[str, str], errors: dict[str, str]) -> None:
    given = address(**changes)
    found = list(checks.address_findings(given, enabled=ALL, countries=frozenset({"DE"})))
    must_pass = MUST_PASS[HoldKind.PO_BOX]
    assert fix_rules.address_errors(given, found, must_pass) == errors


def test_a_country_that_is_not_served_is_said_beside_the_country() -> None:
    finding = Finding(HoldKind.COUNTRY_NOT_SERVED, "The parcel would go to CH, which is not served.")
    given = address(country="CH", postal_code="8001")
    errors = fix_rules.address_errors(given, [finding], frozenset({HoldKind.COUNTRY_NOT_SERVED}))
    assert errors == {"country": "We do not deliver to CH."}


@pytest.mark.parametrize("typed", ["0", "-5", "1.5", "", "12 kg", "٣", "1000001", "9" * 30])
def test_a_weight_is_a_whole_number_of_grams(typed: str) -> None:
    assert fix_rules.grams_error(typed) == "Give whole grams, from 1 to 1000000."


def test_a_good_weight_has_no_error() -> None:
    assert fix_rules.grams_error("980") == ""


def test_contacts_are_judged_one_by_one() -> None:
    errors = fix_rules.contact_errors({"email": "greta@", "phone": "+4912345678901234567"}, "DE")
    assert errors["email"].startswith("This is not an e-mail address: ")
    assert errors["phone"] == "This phone number is too long or too short for its country."
    assert fix_rules.contact_errors({"email": "greta@example.org", "phone": "030 5550177"}, "DE") == {}
    assert fix_rules.contact_errors({"email": "", "phone": ""}, "") == {}


@pytest.mark.parametrize("value", ["a\x00b", "a\x1bb", "a\ud800"])
def test_what_is_no_text_is_refused(value: str) -> None:
    assert fix_rules.text_error(value) == "This contains characters that are not text."


def test_a_value_is_stored_on_one_line_without_margins() -> None:
    assert fix_rules.cleaned("  Torstraße\n 140 ") == "Torstraße 140"
    assert fix_rules.text_error("x" * 201) == "This is longer than 200 characters."


@pytest.mark.parametrize(
    ("kind", "fix", "first"),
    [
        (HoldKind.ADDRESS_INVALID, Fix.SHIPPING_ADDRESS, True),
        (HoldKind.SKU_UNKNOWN, Fix.SKU, True),
        (HoldKind.OUT_OF_STOCK, Fix.SKU, False),
        (HoldKind.SHIPMENT_OUT_OF_STOCK, Fix.SKU, False),
        (HoldKind.BY_STAFF, Fix.SHIPPING_ADDRESS, False),
    ],
)
def test_a_fix_is_offered_first_only_where_the_hold_waits_for_it(kind: HoldKind, fix: Fix, first: bool) -> None:
    assert leads(kind, fix) is first
