"""Payment facts derived from append-only entries; amounts are minor units of the order's currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"


class PaymentStatus(StrEnum):
    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Balance:
    """What happened to an order's money so far, in minor units; all amounts are zero or more."""

    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    failed: bool = False

    @property
    def refundable_minor(self) -> int:
        """What may still be paid back."""
        return self.captured_minor - self.refunded_minor

    @property
    def status(self) -> PaymentStatus:
        if self.disputed_minor > 0:
            return PaymentStatus.DISPUTED
        if self.captured_minor > 0:
            if self.refunded_minor >= self.captured_minor:
                return PaymentStatus.REFUNDED
            return PaymentStatus.PARTIALLY_REFUNDED if self.refunded_minor else PaymentStatus.PAID
        if self.authorized_minor > 0:
            return PaymentStatus.AUTHORIZED
        return PaymentStatus.FAILED if self.failed else PaymentStatus.UNPAID


def balance(entries: Iterable[tuple[EntryKind, int]]) -> Balance:
    """Sum `(kind, amount_minor)` entries in the order they were recorded."""
    authorized = captured = refunded = disputed = 0
    failed = False
    for kind, amount in entries:
        match kind:
            case EntryKind.AUTHORIZED:
                authorized += amount
            case EntryKind.VOIDED:
                authorized -= amount
            case EntryKind.CAPTURED:
                captured += amount
            case EntryKind.REFUNDED:
                refunded += amount
            case EntryKind.CHARGEBACK:
                disputed += amount
            case EntryKind.CHARGEBACK_REVERSED:
                disputed -= amount
            case EntryKind.FAILED:
                failed = True
    return Balance(max(authorized, 0), captured, refunded, max(disputed, 0), failed)
