"""The clock of a held order: whose turn it is, how long we may take, and how we stand. Pure rules; times are aware UTC.

Only time in which it is our turn counts, and of that only business hours. While the customer or a provider has to act
the clock stands still; it goes on where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.business_hours import BusinessHours
from backend.domain.holds import HoldKind


class Turn(StrEnum):
    """Who has to do the next thing."""

    US = "us"
    CUSTOMER = "customer"
    PROVIDER = "provider"


class Bucket(StrEnum):
    OK = "ok"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"
    PAUSED = "paused"


class HoldCategory(StrEnum):
    """Kinds of hold that are as urgent as each other."""

    RISK = "risk"
    PAYMENT = "payment"
    ADDRESS = "address"
    STOCK = "stock"
    WISHES = "wishes"
    DELIVERY = "delivery"
    PROVIDER = "provider"
    CANCELLATION = "cancellation"
    STAFF = "staff"


TARGET_HOURS: dict[HoldCategory, float] = {
    HoldCategory.RISK: 4,
    HoldCategory.PAYMENT: 4,
    HoldCategory.ADDRESS: 8,
    HoldCategory.STOCK: 16,
    HoldCategory.WISHES: 8,
    HoldCategory.DELIVERY: 4,
    HoldCategory.PROVIDER: 8,
    HoldCategory.CANCELLATION: 4,
    HoldCategory.STAFF: 16,
}
"""Business hours in which a hold should be settled, unless the settings say otherwise."""
RISK_SHARE = 0.75
"""So much of the target used up is at risk."""

_K, _C = HoldKind, HoldCategory
CATEGORIES: dict[HoldKind, HoldCategory] = {
    _K.ADDRESS_MISSING: _C.ADDRESS,
    _K.ADDRESS_MALFORMED: _C.ADDRESS,
    _K.ADDRESS_INVALID: _C.ADDRESS,
    _K.COUNTRY_NOT_SERVED: _C.ADDRESS,
    _K.PO_BOX: _C.ADDRESS,
    _K.TAX_ID_MALFORMED: _C.ADDRESS,
    _K.OUT_OF_STOCK: _C.STOCK,
    _K.SKU_UNKNOWN: _C.STOCK,
    _K.SHIPMENT_OUT_OF_STOCK: _C.STOCK,
    _K.PAYMENT_TERMS: _C.PAYMENT,
    _K.PAYMENT_DECLINED: _C.PAYMENT,
    _K.PAYMENT_MISMATCH: _C.PAYMENT,
    _K.PAYMENT_REFUSED: _C.PAYMENT,
    _K.FRAUD_RISK: _C.RISK,
    _K.FRAUD_SUSPECTED: _C.RISK,
    _K.PAYMENT_DISPUTED: _C.RISK,
    _K.OLDER_THAN_RESTORE: _C.RISK,
    _K.OUTCOME_UNKNOWN: _C.RISK,
    _K.CUSTOMER_NOTE: _C.WISHES,
    _K.CUSTOMISATION: _C.WISHES,
    _K.ORDER_AMENDED: _C.WISHES,
    _K.SHIPMENT_NOT_ACCEPTED: _C.DELIVERY,
    _K.DELIVERY_EXCEPTION: _C.DELIVERY,
    _K.CARRIER_FUNDS: _C.PROVIDER,
    _K.PROVIDER_CREDENTIALS: _C.PROVIDER,
    _K.PROVIDER_REFUSED: _C.PROVIDER,
    _K.PROVIDER_UNAVAILABLE: _C.PROVIDER,
    _K.PROVIDER_NOT_CONNECTED: _C.PROVIDER,
    _K.INTERNAL_ERROR: _C.PROVIDER,
    _K.CANCELLED_IN_SHOP: _C.CANCELLATION,
    _K.CANCELLATION_INCOMPLETE: _C.CANCELLATION,
    _K.RETURN_TO_AGREE: _C.CANCELLATION,
    _K.BEING_CANCELLED: _C.CANCELLATION,
    _K.BY_STAFF: _C.STAFF,
}
WHEN_DOWN = frozenset({_K.PROVIDER_UNAVAILABLE})
"""Nothing can be done about these while their provider is known to be down; when it is back, a retry is ours to make."""
BY_ITSELF = frozenset({_K.BEING_CANCELLED})
"""These go on by themselves, with the providers' answers."""
ASKS_CUSTOMER = frozenset(CATEGORIES) - WHEN_DOWN - BY_ITSELF
"""Whatever else it is: once the customer was written to, it is theirs to answer."""


@dataclass(frozen=True)
class OpenHold:
    """What the clock must know of an open hold."""

    kind: HoldKind
    provider: str
    placed_at: datetime


@dataclass(frozen=True)
class Waiting:
    """Whose turn it is, and which provider is waited for, where one is."""

    turn: Turn
    provider: str = ""


@dataclass(frozen=True)
class Reading:
    """How the clock stands: due and risk are empty while it does."""

    due_at: datetime | None
    risk_at: datetime | None


def whose_turn(holds: Sequence[OpenHold], *, down: frozenset[str], asked_customer: bool) -> Waiting:
    """Whose turn the facts say it is: ours as soon as one hold is. `down` are the providers known not to answer;
    `asked_customer`: the customer was written to and has not answered."""
    turns = [_turn_of(hold, down, asked_customer) for hold in holds]
    for turn in (Turn.US, Turn.CUSTOMER, Turn.PROVIDER):
        for waiting in turns:
            if waiting.turn is turn:
                return waiting
    return Waiting(Turn.US)


def _turn_of(hold: OpenHold, down: frozenset[str], asked_customer: bool) -> Waiting:
    if hold.kind in WHEN_DOWN and hold.provider in down:
        return Waiting(Turn.PROVIDER, hold.provider)
    if hold.kind in BY_ITSELF:
        return Waiting(Turn.PROVIDER)
    return Waiting(Turn.CUSTOMER if asked_customer and hold.kind in ASKS_CUSTOMER else Turn.US)


def target_seconds(kinds: Sequence[HoldKind], hours: Mapping[str, float]) -> int:
    """The shortest target among these kinds. `hours` are the settings' own, by kind or category."""
    return min((_target(kind, hours) for kind in kinds), default=0)


def _target(kind: HoldKind, hours: Mapping[str, float]) -> int:
    category = CATEGORIES[kind]
    return round(3600 * hours.get(kind, hours.get(category, TARGET_HOURS[category])))


def spent(calendar: BusinessHours, turn: Turn, turn_at: datetime, spent_before: int, now: datetime) -> int:
    """Business seconds used up until now."""
    return spent_before + (calendar.seconds(turn_at, now) if turn is Turn.US else 0)


def reading(calendar: BusinessHours, turn: Turn, turn_at: datetime, spent_before: int, target: int) -> Reading:
    """When a clock that has run for `spent_before` before this turn reaches its target."""
    if turn is not Turn.US:
        return Reading(None, None)
    return Reading(
        calendar.after(turn_at, target - spent_before),
        calendar.after(turn_at, round(target * RISK_SHARE) - spent_before),
    )


def bucket(due_at: datetime | None, risk_at: datetime | None, now: datetime) -> Bucket:
    """How we stand."""
    if due_at is None or risk_at is None:
        return Bucket.PAUSED
    if now >= due_at:
        return Bucket.OVERDUE
    return Bucket.AT_RISK if now >= risk_at else Bucket.OK


def read_targets(text: str) -> dict[str, float]:
    """Targets as settings write them, in business hours by kind or category: `payment=2,out_of_stock=24`.

    Raises `ValueError` with a sentence that says what is wrong.
    """
    found: dict[str, float] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, _, value = (side.strip() for side in part.partition("="))
        if name not in set(HoldKind) | set(HoldCategory):
            raise ValueError(f"{name!r} is neither a kind of hold nor one of {', '.join(HoldCategory)}")
        try:
            hours = float(value)
        except ValueError as error:
            raise ValueError(f"{part!r} gives no number of hours; write {name}=8") from error
        if not 0 < hours <= 1000:
            raise ValueError(f"{part!r} must lie between 0 and 1000 hours")
        found[name] = hours
    return found
