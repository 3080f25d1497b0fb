"""What the terms of a search say an order is like, as conditions on orders: how it stands, when it came, what it is worth."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, exists, not_, or_, type_coerce
from sqlalchemy import false as never
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from backend.domain.errors import InvalidInput
from backend.domain.providers import CHANNELS
from backend.domain.search import HELD, Flag, Term
from backend.domain.search_values import Amounts, Days
from backend.domain.steps import StepKind
from backend.store.distinct import distinct
from backend.store.tables import DeskWork, Hold, Order, Refund, Step

_DAY_OF_GRACE = timedelta(days=1)
"""A shop's clock may run ahead of the carrier's."""

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Asking:
    """Who asks and when: what `today` and `mine` mean. `failing` are the kinds of step whose failure stops nothing."""

    now: datetime
    zone: ZoneInfo
    user_id: int | None = None
    failing: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def condition(session: Session, term: Term, asking: Asking) -> Condition:
    value = term.value
    if isinstance(value, Amounts):
        return _amounts(session, value)
    if isinstance(value, Days):
        return _DAYS[term.operator](*_moments(value, asking))
    if isinstance(value, str):
        return type_coerce(Order.tags, ARRAY(Text)).contains([value])
    if term.operator == "status":
        return or_(*[held() if code == HELD else col(Order.status) == code for code in value])
    if term.operator == "cause":
        return held(value)
    if term.operator == "cluster":
        return _held_by(col(Hold.cluster).in_(value))
    if term.operator == "channel":
        _known_channels(session, value)
    if term.operator == "is":
        return or_(*[_FLAGS[code](asking) for code in value])
    met: Condition = _COLUMNS[term.operator].in_(value)
    return met


_COLUMNS: dict[str, Any] = {
    "payment": col(Order.payment_status),
    "shipping": col(Order.shipping_status),
    "channel": col(Order.channel),
    "currency": col(Order.currency),
}


def held(kinds: Iterable[str] = ()) -> Condition:
    """A hold is open, of one of these kinds where any are named."""
    return _held_by(*([col(Hold.kind).in_(sorted(kinds))] if kinds else []))


def _held_by(*which: Condition) -> Condition:
    return col(Order.id).in_(select(Hold.order_id).where(col(Hold.closed_at).is_(None), *which))


def _known_channels(session: Session, codes: tuple[str, ...]) -> None:
    """Raises `InvalidInput` for a channel that never sent an order and that we do not know either."""
    known = sorted({*CHANNELS, *distinct(session, "orders", "channel")})
    if unknown := [code for code in codes if code not in known]:
        said = ",".join(codes)
        raise InvalidInput([f"In “channel:{said}”: “{unknown[0]}” is not a channel. There are {', '.join(known)}."])


def _amounts(session: Session, amounts: Amounts) -> Condition:
    """Per currency, since one minor unit is not worth the same number everywhere; only currencies that there are."""
    found = []
    for currency in [amounts.currency] if amounts.currency else distinct(session, "orders", "currency"):
        low, high = amounts.minor_bounds(currency)
        ends = [col(Order.total_minor) >= low] if low is not None else []
        ends += [col(Order.total_minor) <= high] if high is not None else []
        found.append(and_(col(Order.currency) == currency, *ends))
    return or_(never(), *found)


def _moments(days: Days, asking: Asking) -> tuple[datetime | None, datetime | None]:
    """From the first moment on, until before the last."""
    first, last = days.between(asking.today)
    begins = datetime.combine(first, time.min, asking.zone) if first else None
    ends = datetime.combine(last + timedelta(days=1), time.min, asking.zone) if last else None
    return begins, ends


def _placed(begins: datetime | None, ends: datetime | None) -> Condition:
    return _within(col(Order.placed_at), begins, ends)


def _delivered(begins: datetime | None, ends: datetime | None) -> Condition:
    """Nothing is delivered before it was placed: that bounds the part of the list which has to be read."""
    earlier = [col(Order.placed_at) < ends + _DAY_OF_GRACE] if ends else []
    return and_(_within(col(Order.delivered_at), begins, ends), *earlier)


_DAYS = {"created": _placed, "delivered": _delivered}


def _within(column: Any, begins: datetime | None, ends: datetime | None) -> Condition:
    return and_(column.is_not(None), *([column >= begins] if begins else []), *([column < ends] if ends else []))


def _mine(asking: Asking) -> Condition:
    return never() if asking.user_id is None else _at_work(_owned(asking), col(DeskWork.assignee_id) == asking.user_id)


def _unassigned(asking: Asking) -> Condition:
    return _at_work(or_(col(DeskWork.assignee_id).is_(None), not_(_owned(asking))))


def _snoozed(asking: Asking) -> Condition:
    return _at_work(col(DeskWork.snoozed_at).is_not(None))


def _owned(asking: Asking) -> Condition:
    """It is somebody's for good, or their claim has not run out."""
    return or_(col(DeskWork.claim_until).is_(None), col(DeskWork.claim_until) > asking.now)


def _at_work(*met: Condition) -> Condition:
    return col(Order.id).in_(select(DeskWork.order_id).where(col(DeskWork.held), *met))


def _overdue(asking: Asking) -> Condition:
    return _at_work(col(DeskWork.snoozed_at).is_(None), col(DeskWork.due_at) <= asking.now)


def _back(asking: Asking) -> Condition:
    return _at_work(col(DeskWork.woken_at).is_not(None), col(DeskWork.woken_at) >= _midnight(asking))


def _midnight(asking: Asking) -> datetime:
    return datetime.combine(asking.today, time.min, asking.zone)


def _stopped(asking: Asking) -> Condition:
    return col(Order.id).in_(select(Hold.order_id).where(col(Hold.placed_at) >= _midnight(asking)))


def _cleared(asking: Asking) -> Condition:
    closed = (col(Hold.closed_at).is_not(None), col(Hold.closed_at) >= _midnight(asking))
    return col(Order.id).in_(select(Hold.order_id).where(*closed))


def _unsent(asking: Asking) -> Condition:
    """A document or message ended without success and was not run again."""
    return _given_up(asking.failing)


def _uncredited(asking: Asking) -> Condition:
    return _given_up([StepKind.CREDIT_NOTE_ISSUE, StepKind.CREDIT_NOTE_STORE, StepKind.CREDIT_NOTE_SEND])


def _unrefunded(asking: Asking) -> Condition:
    """Its step was given up, or the bank sent the money back later; and nobody has refunded it once more since."""
    again = aliased(Refund)
    repeated = exists().where(col(again.order_id) == col(Refund.order_id), col(again.id) > col(Refund.id))
    returned = select(Refund.order_id).where(col(Refund.state) == "failed", ~repeated)
    return or_(_given_up([StepKind.PAYMENT_REFUND]), col(Order.id).in_(returned))


def _given_up(kinds: Iterable[str]) -> Condition:
    """A step of these kinds ended without success, and was not run again."""
    newer = aliased(Step)
    again = exists().where(
        and_(
            col(newer.order_id) == col(Step.order_id),
            col(newer.kind) == col(Step.kind),
            col(newer.subject) == col(Step.subject),
            col(newer.generation) > col(Step.generation),
            col(newer.generation) > 1,  # which follows, and lets the small index of those be read
        )
    )
    failed = select(Step.order_id).where(col(Step.state) == "parked", col(Step.kind).in_(sorted(kinds)), ~again)
    return col(Order.id).in_(failed)


_FLAGS: dict[str, Callable[[Asking], Condition]] = {
    Flag.MINE: _mine,
    Flag.UNASSIGNED: _unassigned,
    Flag.SNOOZED: _snoozed,
    Flag.OVERDUE: _overdue,
    Flag.BACK: _back,
    Flag.UNSENT: _unsent,
    Flag.UNREFUNDED: _unrefunded,
    Flag.UNCREDITED: _uncredited,
    Flag.STOPPED: _stopped,
    Flag.CLEARED: _cleared,
    Flag.TEST: lambda asking: and_(col(Order.test)),
}
