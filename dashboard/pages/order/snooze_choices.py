"""What an order may be snoozed until: a few moments that people mean, a moment of one's own, or an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.domain.teamwork import SNOOZE_WORDS, SnoozeEvent
from backend.settings import current
from dashboard.components.times import day, from_local, time_of_day

SOON = timedelta(hours=2)


@dataclass
class Choice:
    """One of them: what the form says, and what people read."""

    value: str = ""
    label: str = ""
    hint: str = ""


def choices(events: Sequence[SnoozeEvent], now: datetime) -> list[Choice]:
    """Events first: they need no guess when it will be."""
    moments = [("soon", "For two hours"), ("morning", "Until the next working morning"), ("week", "For a week")]
    dated = [(value, label, chosen_end(value, "", now)) for value, label in moments]
    return [
        *[Choice(str(event), f"Until {SNOOZE_WORDS[event]}") for event in events],
        *[Choice(value, label, f"{day(at)}, {time_of_day(at)}") for value, label, at in dated if at is not None],
    ]


def chosen_end(value: str, own: str, now: datetime) -> datetime | None:
    """The moment that a choice means; None where it means none."""
    match value:
        case "soon":
            return now + SOON
        case "morning":
            return next_morning(now)
        case "week":
            return next_morning(now + timedelta(days=6))
        case "own":
            return from_local(own)
        case _:
            return None


def next_morning(now: datetime) -> datetime:
    """When work begins on the next working day."""
    calendar = current().calendar
    tomorrow = now.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return calendar.after(tomorrow, 1) - timedelta(seconds=1)
