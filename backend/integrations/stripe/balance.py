"""Stripe's balance transactions in our words: every movement on the account, with its fee and what caused it."""

from datetime import datetime
from typing import Any

from backend.domain.errors import InvalidInput
from backend.integrations.http import Form
from backend.integrations.reading import at, text, whole
from backend.integrations.stripe.amounts import from_stripe
from backend.integrations.stripe.errors import PROVIDER
from backend.integrations.stripe.payloads import when
from backend.ports.calls import OutcomeUnknown
from backend.ports.payments import BalanceKind, BalanceRow

_K = BalanceKind
_KINDS = {
    "charge": _K.PAYMENT,
    "payment": _K.PAYMENT,
    "refund": _K.REFUND,
    "payment_refund": _K.REFUND,
    "refund_failure": _K.REFUND_FAILED,
    "payment_failure_refund": _K.REFUND_FAILED,
    "payout": _K.PAYOUT,
    "payout_cancel": _K.PAYOUT,
    "payout_failure": _K.PAYOUT,
    "stripe_fee": _K.FEE,
}
_CATEGORIES = {"dispute": _K.CHARGEBACK, "dispute_reversal": _K.CHARGEBACK_REVERSED, "fee": _K.FEE}


def filters(since: datetime | None, until: datetime | None, payout: str) -> Form:
    """The query of a list of movements; the objects behind them come along."""
    asked = [("expand[]", "data.source")]
    asked += [("payout", payout)] if payout else []
    asked += [("created[gte]", str(int(since.timestamp())))] if since else []
    asked += [("created[lt]", str(int(until.timestamp())))] if until else []
    return asked


def row(transaction: dict[str, Any]) -> BalanceRow:
    """One movement; raises `OutcomeUnknown` for one that cannot be counted."""
    currency, moment = text(transaction, "currency").upper(), when(whole(transaction, "created"))
    sums = [whole(transaction, name) for name in ("amount", "fee", "net")]
    try:
        amount, fee, net = (from_stripe(part, currency) for part in sums if part is not None)
    except (InvalidInput, ValueError) as error:
        raise OutcomeUnknown(PROVIDER, "Stripe's balance has a movement without usable amounts.") from error
    if not text(transaction, "id") or moment is None:
        raise OutcomeUnknown(PROVIDER, "Stripe's balance has a movement without id or time.")
    kind_of, category = text(transaction, "type"), text(transaction, "reporting_category")
    kind = _KINDS.get(kind_of) or _CATEGORIES.get(category, _K.OTHER)
    source = at(transaction, "source")
    return BalanceRow(
        id=text(transaction, "id"),
        kind=kind,
        type=kind_of,
        category=category,
        amount_minor=amount,
        fee_minor=fee,
        net_minor=net,
        currency=currency,
        source=text(source, "id") or text(transaction, "source"),
        at=moment,
        reference=_reference(kind, source) or text(transaction, "source"),
        order_number=text(source, "metadata", "order_ref"),
        final=text(source, "status") not in ("pending", "requires_action"),
    )


def _reference(kind: BalanceKind, source: Any) -> str:
    """Captures stand in our books under their intent, everything else under its own id."""
    own = text(source, "id")
    return (text(source, "payment_intent") or own) if kind is _K.PAYMENT else own
