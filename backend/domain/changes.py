"""What changed on an order while somebody was deciding, in words: who did what, and how long ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.money import display
from backend.domain.permissions import ActorKind
from backend.domain.timeline import TimelineKind

MOST_NAMED = 2
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_VERBS = {"released": "released", "retried": "retried", "asked": "had the provider asked about", "mended": "mended"}


@dataclass(frozen=True)
class Change:
    """One entry of the timeline. `who` is a name, or `you`; `seconds`: how long ago it was."""

    kind: str
    who: str
    actor_kind: str
    text: str
    seconds: float
    data: Mapping[str, Any]


def sentence(changes: Sequence[Change]) -> str:
    """What people did, or else what happened by itself; the newest last. Empty when nothing is known."""
    news = [change for change in changes if change.kind != TimelineKind.STEP_RETRIED] or list(changes)
    told = [change for change in news if change.actor_kind == ActorKind.STAFF] or news
    parts = [f"{phrase(change)} {ago(change.seconds)}" for change in told[-MOST_NAMED:]]
    if len(told) > MOST_NAMED:
        parts.insert(0, f"{len(told) - MOST_NAMED} more before")
    return "; ".join(parts)


def phrase(change: Change) -> str:
    """`Mia Brandt released “Address check”`, for the middle of a sentence."""
    who, hold = change.who, _hold(change.data)
    match change.kind:
        case TimelineKind.HOLD_CLOSED if hold:
            return f"{who} {_VERBS.get(str(change.data.get('how')), 'closed')} “{CATALOGUE[hold].title}”"
        case TimelineKind.HOLD_OPENED if hold is HoldKind.BEING_CANCELLED:
            return f"{who} began to cancel it"
        case TimelineKind.HOLD_OPENED if hold is HoldKind.BY_STAFF:
            return f"{who} held it"
        case TimelineKind.HOLD_OPENED if hold is HoldKind.FRAUD_SUSPECTED:
            return f"{who} held it because of suspected fraud"
        case TimelineKind.HOLD_OPENED if hold:
            return f"it was held because of “{CATALOGUE[hold].title}”"
        case TimelineKind.STATUS_CHANGED:
            return f"it became {change.data.get('to', 'another')}"
        case TimelineKind.REFUND_REQUESTED if "amount_minor" in change.data:
            return f"{who} decided a refund of {display(change.data['amount_minor'], str(change.data['currency']))}"
        case _:
            return f"{who}: “{change.text.rstrip('.')}”"


def ago(seconds: float) -> str:
    """`3 s ago`, `5 min ago`, `2 h ago`, `4 d ago`."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def _hold(data: Mapping[str, Any]) -> HoldKind | None:
    kind = data.get("kind")
    return HoldKind(kind) if kind in set(HoldKind) else None
