"""Incidents as people read them: one cause with many victims."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IncidentView:
    """A cause with many victims that is not over: what it is, and how much waits for it.

    `occurrences` counts how often it came back before it was over for good.
    """

    id: int
    provider: str
    provider_name: str
    category: str
    title: str
    opened_at: datetime
    last_seen_at: datetime
    occurrences: int
    waiting_steps: int
    waiting_orders: int


@dataclass(frozen=True)
class PastIncident:
    """An incident that is over; its title says how long it lasted."""

    id: int
    provider: str
    provider_name: str
    category: str
    title: str
    opened_at: datetime
    closed_at: datetime
    occurrences: int
