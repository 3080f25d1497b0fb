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
    REFUND_FAILED = "refund_failed"  # a refund that did not arrive; the amount is what came back to us for it
    DISPUTE_OPENED = "dispute_opened"  # the customer's bank questions so much; no money has moved
    DISPUTE_CLOSED = "dispute_closed"
    CHARGEBACK = "chargeback"  # the bank took the money back
    CHARGEBACK_REVERSED = "chargeback_reversed"  # and gave it to us again


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
    charged_back_minor: int = 0
    failed: bool = False

    @property
    def kept_minor(self) -> int:
        """What came in and was not paid back; a bank may have taken it since."""
        return self.captured_minor - self.refunded_minor

    @property
    def contested_minor(self) -> int:
        """What a bank questions or has taken: none of it may be paid back a second time."""
        return max(self.disputed_minor, self.charged_back_minor)

    @property
    def refundable_minor(self) -> int:
        """What may still be paid back."""
        return max(self.kept_minor - self.contested_minor, 0)

    @property
    def status(self) -> PaymentStatus:
        if self.contested_minor > 0:
            return PaymentStatus.DISPUTED
        if self.captured_minor > 0:
            if self.refunded_minor >= self.captured_minor:
                return PaymentStatus.REFUNDED
            return PaymentStatus.PARTIALLY_REFUNDED if self.refunded_minor else PaymentStatus.PAID
        if self.authorized_minor > 0:
            return PaymentStatus.AUTHORIZED
        return PaymentStatus.FAILED if self.failed else PaymentStatus.UNPAID


_SIGNS: dict[EntryKind, tuple[str, int]] = {
    EntryKind.AUTHORIZED: ("authorized", 1),
    EntryKind.VOIDED: ("authorized", -1),
    EntryKind.CAPTURED: ("captured", 1),
    EntryKind.REFUNDED: ("refunded", 1),
    EntryKind.REFUND_FAILED: ("refunded", -1),
    EntryKind.DISPUTE_OPENED: ("disputed", 1),
    EntryKind.DISPUTE_CLOSED: ("disputed", -1),
    EntryKind.CHARGEBACK: ("charged_back", 1),
    EntryKind.CHARGEBACK_REVERSED: ("charged_back", -1),
}


def balance(entries: Iterable[tuple[EntryKind, int]]) -> Balance:
    """Sum `(kind, amount_minor)` entries; the order in which they were heard of makes no difference."""
    sums = dict.fromkeys(("authorized", "captured", "refunded", "disputed", "charged_back"), 0)
    failed = False
    for kind, amount in entries:
        if kind in _SIGNS:
            name, sign = _SIGNS[kind]
            sums[name] += sign * amount
        failed = failed or kind is EntryKind.FAILED
    return Balance(**{f"{name}_minor": max(total, 0) for name, total in sums.items()}, failed=failed)
