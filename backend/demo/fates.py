"""What becomes of an order beyond the ordinary: which trouble it meets, and whether anybody has mended it yet."""

import random
from dataclasses import dataclass
from itertools import accumulate

from backend.domain.holds import HoldKind

INVOICE_REFUSED = "invoice_refused"
MAIL_REFUSED = "mail_refused"
CANCELLED = "cancelled"
REFUNDED = "refunded"
PARTLY_REFUNDED = "partly_refunded"

_K = HoldKind

# Share of all orders of an ordinary year, in tenths of a percent.
_HISTORY: dict[str, float] = {
    _K.PAYMENT_TERMS: 11,
    _K.PAYMENT_DECLINED: 8,
    _K.ADDRESS_INVALID: 9,
    _K.PO_BOX: 3,
    _K.ADDRESS_MALFORMED: 3,
    _K.ADDRESS_MISSING: 0.5,
    _K.COUNTRY_NOT_SERVED: 1,
    _K.OUT_OF_STOCK: 4,
    _K.FRAUD_RISK: 3,
    _K.CUSTOMER_NOTE: 2,
    _K.CUSTOMISATION: 1,
    _K.ORDER_AMENDED: 1.5,
    _K.CANCELLED_IN_SHOP: 1,
    _K.PAYMENT_MISMATCH: 1,
    _K.PAYMENT_REFUSED: 1,
    _K.SHIPMENT_NOT_ACCEPTED: 5,
    _K.SHIPMENT_OUT_OF_STOCK: 4,
    _K.CARRIER_FUNDS: 1.5,
    _K.PROVIDER_CREDENTIALS: 0.5,
    _K.PROVIDER_REFUSED: 1.5,
    _K.PROVIDER_UNAVAILABLE: 2.5,
    _K.PROVIDER_NOT_CONNECTED: 0.3,
    _K.OUTCOME_UNKNOWN: 2,
    _K.INTERNAL_ERROR: 0.3,
    _K.PAYMENT_DISPUTED: 0.5,
    _K.DELIVERY_EXCEPTION: 7,
    _K.BY_STAFF: 3.5,
    _K.BEING_CANCELLED: 2,
    INVOICE_REFUSED: 7,
    MAIL_REFUSED: 2,
    CANCELLED: 5,
    REFUNDED: 16,
    PARTLY_REFUNDED: 9,
}
_NAMES = tuple(_HISTORY)
_SHARES = tuple(accumulate(_HISTORY.values()))

# How often each cause is met among open holds; every kind of the catalogue comes at least once.
_OPEN: dict[HoldKind, int] = {
    _K.PAYMENT_DECLINED: 6,
    _K.ADDRESS_INVALID: 5,
    _K.PAYMENT_TERMS: 4,
    _K.OUT_OF_STOCK: 4,
    _K.SHIPMENT_NOT_ACCEPTED: 4,
    _K.DELIVERY_EXCEPTION: 3,
    _K.FRAUD_RISK: 3,
    _K.SHIPMENT_OUT_OF_STOCK: 3,
    _K.SKU_UNKNOWN: 3,
    _K.TAX_ID_MALFORMED: 2,
    _K.PO_BOX: 2,
    _K.ADDRESS_MALFORMED: 2,
    _K.PROVIDER_UNAVAILABLE: 2,
    _K.OUTCOME_UNKNOWN: 2,
    _K.BY_STAFF: 2,
    _K.CARRIER_FUNDS: 2,
}

NEVER_MET = frozenset({_K.OLDER_THAN_RESTORE})
"""The demo's database was never restored from a backup."""
CREDITED = frozenset({REFUNDED, PARTLY_REFUNDED, str(_K.BEING_CANCELLED)})


@dataclass(frozen=True)
class Fate:
    """`name` is a hold kind or one of the words above; empty for an order that meets no trouble. `open`: not mended."""

    name: str = ""
    open: bool = False


SMOOTH = Fate()


def draw(dice: random.Random, *, refunds: bool) -> Fate:
    """The fate of one order of the past; young orders are not refunded yet."""
    chance = dice.random() * 1000
    if chance >= _SHARES[-1]:
        return SMOOTH
    name = next(name for name, edge in zip(_NAMES, _SHARES, strict=True) if chance < edge)
    return SMOOTH if name in CREDITED and not refunds else Fate(str(name))


def open_kinds(count: int) -> list[HoldKind]:
    """`count` causes of open holds: every kind once before any comes again, the common ones more often after that."""
    once = sorted((kind for kind in HoldKind if kind not in NEVER_MET), key=lambda kind: -_OPEN.get(kind, 1))
    more = [kind for kind, often in _OPEN.items() for _ in range(often - 1)]
    rest = [more[index % len(more)] for index in range(max(count - len(once), 0))]
    return [*once, *rest][:count]
