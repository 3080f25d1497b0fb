"""What happened to an order's money, from its entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.payments import Balance, EntryKind, PaymentStatus, balance

_K, _P = EntryKind, PaymentStatus
ENTRIES = st.lists(st.tuples(st.sampled_from(EntryKind), st.integers(0, 10**9)), max_size=20)


@pytest.mark.parametrize(
    ("entries", "expected", "status", "refundable"),
    [
        ([], Balance(), _P.UNPAID, 0),
        ([(_K.FAILED, 0)], Balance(failed=True), _P.FAILED, 0),
        ([(_K.AUTHORIZED, 500)], Balance(authorized_minor=500), _P.AUTHORIZED, 0),
        ([(_K.AUTHORIZED, 500), (_K.FAILED, 0)], Balance(authorized_minor=500, failed=True), _P.AUTHORIZED, 0),
        ([(_K.AUTHORIZED, 500), (_K.VOIDED, 500)], Balance(), _P.UNPAID, 0),
        ([(_K.VOIDED, 500)], Balance(), _P.UNPAID, 0),
        ([(_K.CAPTURED, 300), (_K.CAPTURED, 200)], Balance(captured_minor=500), _P.PAID, 500),
        ([(_K.FAILED, 0), (_K.CAPTURED, 500)], Balance(captured_minor=500, failed=True), _P.PAID, 500),
        (
            [(_K.CAPTURED, 500), (_K.REFUNDED, 120)],
            Balance(captured_minor=500, refunded_minor=120),
            _P.PARTIALLY_REFUNDED,
            380,
        ),
        ([(_K.CAPTURED, 500), (_K.REFUNDED, 500)], Balance(captured_minor=500, refunded_minor=500), _P.REFUNDED, 0),
        (
            [(_K.CAPTURED, 500), (_K.CHARGEBACK, 500)],
            Balance(captured_minor=500, charged_back_minor=500),
            _P.DISPUTED,
            0,
        ),
        (
            [(_K.CAPTURED, 500), (_K.DISPUTE_OPENED, 200)],
            Balance(captured_minor=500, disputed_minor=200),
            _P.DISPUTED,
            300,
        ),
        (
            [(_K.CAPTURED, 500), (_K.DISPUTE_OPENED, 200), (_K.CHARGEBACK, 200)],
            Balance(captured_minor=500, disputed_minor=200, charged_back_minor=200),
            _P.DISPUTED,
            300,
        ),
        (
            [(_K.CAPTURED, 500), (_K.DISPUTE_OPENED, 200), (_K.CHARGEBACK, 200), (_K.DISPUTE_CLOSED, 200)],
            Balance(captured_minor=500, charged_back_minor=200),
            _P.DISPUTED,
            300,
        ),
        (
            [(_K.CAPTURED, 500), (_K.DISPUTE_OPENED, 500), (_K.DISPUTE_CLOSED, 500)],
            Balance(captured_minor=500),
            _P.PAID,
            500,
        ),
        (
            [(_K.CAPTURED, 500), (_K.REFUNDED, 120), (_K.REFUND_FAILED, 120)],
            Balance(captured_minor=500),
            _P.PAID,
            500,
        ),
        (
            [(_K.CAPTURED, 500), (_K.CHARGEBACK, 500), (_K.CHARGEBACK_REVERSED, 500)],
            Balance(captured_minor=500),
            _P.PAID,
            500,
        ),
    ],
)
def test_entries_add_up_to_a_balance_and_a_status(
    entries: list[tuple[EntryKind, int]], expected: Balance, status: PaymentStatus, refundable: int
) -> None:
    found = balance(entries)
    assert found == expected
    assert found.status is status
    assert found.refundable_minor == refundable


@given(ENTRIES)
def test_sums_are_exact_and_never_negative(entries: list[tuple[EntryKind, int]]) -> None:
    found = balance(entries)
    assert found.captured_minor == sum(amount for kind, amount in entries if kind is _K.CAPTURED)
    back = sum(amount for kind, amount in entries if kind is _K.REFUNDED)
    assert found.refunded_minor == max(back - sum(amount for kind, amount in entries if kind is _K.REFUND_FAILED), 0)
    assert found.authorized_minor >= 0
    assert found.disputed_minor >= 0
    assert found.charged_back_minor >= 0
    assert found.kept_minor == found.captured_minor - found.refunded_minor
    assert found.refundable_minor == max(found.kept_minor - max(found.disputed_minor, found.charged_back_minor), 0)


@given(ENTRIES)
def test_the_order_in_which_news_comes_makes_no_difference(entries: list[tuple[EntryKind, int]]) -> None:
    assert balance(reversed(entries)) == balance(entries)


@given(ENTRIES)
def test_an_order_without_a_capture_is_never_shown_as_paid(entries: list[tuple[EntryKind, int]]) -> None:
    without = [entry for entry in entries if entry[0] is not _K.CAPTURED]
    assert balance(without).status not in (_P.PAID, _P.PARTIALLY_REFUNDED, _P.REFUNDED)
