"""Which holds have the same cause."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.clusters import LONGEST_LABEL, cluster_of, normalised, telling
from backend.domain.holds import HoldKind, HoldSource


def key(reason: str, kind: HoldKind = HoldKind.PAYMENT_DECLINED, provider: str = "stripe") -> str:
    return cluster_of(kind, provider, reason).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Card 4242 refused at 10:30.", "Card 1881 refused at 11:45."),
        ("No place “Berlin” here", "No place “Paris” here"),
        ("LNT-STR-BRS: 2 ordered, 1 free.", "MUG-ENAMEL: 12 ordered, 0 free. LNT-STR-BRS: 2 ordered, 1 free."),
        ("Stripe reports 218.90 EUR for an order of 1,220.00 EUR.", "Stripe reports €9 for an order of JPY 1200."),
        ("No label for Jörg Kühn, 1Z999AA10123456784", "No label for Anna Bell, 1Z111BB10123456784"),
        ("Payment pi_3Nabc12 was lost on 2026-01-31T10:00:00Z", "Payment ch_9 was lost on 31.1.2026"),
        ("  The bank\nsaid no. ", "the bank said NO."),
    ],
)
def test_what_differs_from_order_to_order_makes_no_other_cause(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_kind_provider_and_words_tell_causes_apart() -> None:
    assert key("A") != key("B")
    assert key("A") != key("A", provider="shopify")
    assert key("A") != key("A", HoldKind.PAYMENT_REFUSED)
    assert key("The server answered 422: no.") != key("The server answered 503: no.")
    assert key("For DE, the postcode is not valid.") != key("For FR, the postcode is not valid.")


@pytest.mark.parametrize(
    ("message", "label"),
    [
        ("Card 4242 refused at 10:30.", "Card … refused at …."),
        ("The customer's bank disputes €218.90 of this order.", "The customer's bank disputes … of this order."),
        ("Invoice Ninja answered 422: no such client", "Invoice Ninja answered 422: no such client"),
        ("HTTP 500 from https://erp.test/x?y=1", "HTTP 500 from …"),
        ("The shop rates the risk of fraud as high.", "The shop rates the risk of fraud as high."),
        ("A-1: 2 ordered, 1 free. B-2: 3 ordered, 0 free.", "… ordered, … free."),
    ],
)
def test_a_label_reads_as_a_sentence_with_gaps(message: str, label: str) -> None:
    assert normalised(message, keep=("Invoice Ninja",)) == label


def test_what_people_wrote_is_no_label_and_no_cause_of_its_own() -> None:
    one = cluster_of(HoldKind.BY_STAFF, "", "Mrs Bell rang.", HoldSource.PERSON)
    other = cluster_of(HoldKind.BY_STAFF, "", "Wait until Monday.", HoldSource.PERSON)
    assert one == other
    assert one.label == ""


def test_a_key_fits_an_address() -> None:
    kind, _, digest = key("Ünïcode & “quotes” / 100 %").partition(".")
    assert (kind, len(digest), digest.isalnum()) == ("payment_declined", 10, True)


@given(st.text(max_size=400))
def test_any_message_has_a_short_label_without_numbers_but_those_of_answers(message: str) -> None:
    label = normalised(message)
    assert len(label) <= LONGEST_LABEL
    assert not re.search("[0-9]", re.sub(r"(HTTP|answered|status|code) [1-5][0-9]{2}", "", label))


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("The carrier cannot deliver to this address: ….", "The carrier cannot deliver to this address: …."),
        ("Card … refused for ….", "Card … refused for …."),
        ("… ordered, … free.", ""),
        ("…", ""),
        ("", ""),
    ],
)
def test_a_label_of_which_next_to_nothing_is_left_is_not_shown(label: str, shown: str) -> None:
    assert telling(label) == shown
