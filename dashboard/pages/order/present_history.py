"""From what happened to an order to the lines of its timeline."""

from datetime import datetime

from backend.domain.history import Happening, Trying
from backend.domain.order_page import TimelineTab
from backend.domain.permissions import ActorKind
from dashboard.components.money import told
from dashboard.components.times import day, full, seconds_until, time_of_day, until
from dashboard.components.words import count
from dashboard.pages.order.cards import Earlier, Edit, Entry

_SOURCES: dict[str, tuple[str, str]] = {
    ActorKind.STAFF: ("person", "Colleague"),
    ActorKind.SYSTEM: ("machine", "Machine"),
    ActorKind.PROVIDER: ("provider", "Provider"),
    ActorKind.CUSTOMER: ("customer", "Customer"),
}
_TOKEN = ("program", "Program")
"""A program that works with a token of the staff's is no person."""


def lines(tab: TimelineTab, now: datetime) -> list[Entry]:
    """Newest first, the day written on the first line of each."""
    shown: list[Entry] = []
    last = ""
    for line in tab.lines:
        today = day(line.at)
        shown.append(_entry(line, today if today != last else "", now))
        last = today
    return shown


def _entry(line: Happening, today: str, now: datetime) -> Entry:
    source, source_word = _TOKEN if line.actor_id.startswith("token:") else _SOURCES.get(line.actor_kind, ("", ""))
    return Entry(
        id=line.id,
        day=today,
        time=time_of_day(line.at, seconds=True),
        full=full(line.at),
        text=told(line.text),
        who=line.actor,
        source=source,
        source_word=source_word,
        weight=line.weight,
        trying=_trying(line.trying, now) if line.trying else "",
        left=_left(line.trying, now) if line.trying else "",
        edits=[Edit(change.what, change.old or "empty", change.new or "empty") for change in line.changes],
        earlier=[Earlier(time_of_day(each.at, seconds=True), told(each.text)) for each in line.earlier],
        earlier_text=count(len(line.earlier), "earlier line") if line.earlier else "",
    )


def _left(step: Trying, now: datetime) -> str:
    return "" if step.running or step.next_try_at is None else seconds_until(step.next_try_at, now)


def _trying(step: Trying, now: datetime) -> str:
    """`attempt 2 of 5, next try in 40 s`."""
    parts = [f"attempt {step.attempts} of {step.allowed}"]
    if step.running:
        parts.append("running now")
    elif step.next_try_at is not None:
        parts.append(f"next try {until(step.next_try_at, now)}")
    if step.in_doubt:
        parts.append("it may or may not have happened")
    return ", ".join(parts)
