"""Incidents: causes with many victims. Those that are not over come first, with what waits for them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import reflex as rx

from backend import clock
from backend.domain.incidents import IncidentView, PastIncident
from backend.domain.permissions import Area
from backend.services.incidents import open_incidents, past_incidents
from dashboard.components.times import age, full, moment, span
from dashboard.components.words import count
from dashboard.shell.calls import ask
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs

_SECONDS = re.compile(r"\b(\d+) s(?=\.)")
"""How long something lasted as it is stored, in seconds."""


@dataclass
class OpenCard:
    """An incident that is not over; `waits` says what it stops, `again` how often it came back."""

    id: str
    provider: str
    title: str
    since: str
    since_full: str
    asked: str
    waits: str
    again: str


@dataclass
class PastRow:
    id: str
    provider: str
    title: str
    began: str
    began_full: str
    lasted: str
    again: str


class IncidentsState(FollowedPage, rx.State):
    headline: str = ""
    current: list[OpenCard] = []
    past: list[PastRow] = []

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        await self._read()

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        await keep_current(self)

    async def _fetch(self) -> None:
        current, past = await ask(open_incidents), await ask(past_incidents)
        now = clock.now()
        self.headline = count(len(current), "provider does not answer", "providers do not answer") if current else ""
        self.current = [_card(incident, now) for incident in current]
        self.past = [_row(incident) for incident in past]


def _card(incident: IncidentView, now: datetime) -> OpenCard:
    steps, orders = incident.waiting_steps, incident.waiting_orders
    waits = f"{count(steps, 'step')} of {count(orders, 'order')} {'waits' if steps == 1 else 'wait'}"
    return OpenCard(
        id=str(incident.id),
        provider=incident.provider_name,
        title=incident.title,
        since=age(incident.opened_at, now),
        since_full=f"Since {full(incident.opened_at)}",
        asked=age(incident.last_seen_at, now),
        waits=waits if steps else "No order waits for it yet",
        again=_again(incident.occurrences),
    )


def _row(incident: PastIncident) -> PastRow:
    return PastRow(
        id=str(incident.id),
        provider=incident.provider_name,
        title=_SECONDS.sub(lambda found: span(timedelta(seconds=int(found[1]))), incident.title),
        began=moment(incident.opened_at),
        began_full=full(incident.opened_at),
        lasted=span(incident.closed_at - incident.opened_at),
        again=_again(incident.occurrences),
    )


def _again(occurrences: int) -> str:
    return f"came back {count(occurrences - 1, 'time')}" if occurrences > 1 else ""
