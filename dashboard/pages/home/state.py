"""My day: the few numbers that say whether anything needs a person."""

from dataclasses import dataclass

import reflex as rx

from backend import clock
from backend.domain.desk import Pulse
from backend.domain.permissions import Area
from backend.domain.queue import HeldSummary
from dashboard.components.money import sums, told
from dashboard.components.times import age, day, time_of_day
from dashboard.components.words import count, number
from dashboard.pages.home.own import Figure, figures, mine_to_decide
from dashboard.shell import sessions
from dashboard.shell.followed import FollowedPage, keep_current
from dashboard.shell.needs import needs
from dashboard.shell.pulse import current_pulse
from dashboard.shell.summary import current_summary

MOST_CAUSES = 8
SWEEP_LATE_SECONDS = 30.0
"""After this long without a look for due work the machinery counts as stopped."""


@dataclass
class CauseLine:
    """`label` tells causes of one title apart; it may be empty."""

    kind: str
    title: str
    label: str
    orders: str
    stake: str
    share: str
    href: str


class HomeState(FollowedPage, rx.State):
    greeting: str = ""
    today: str = ""
    held: str = ""
    held_some: bool = False
    oldest: str = ""
    stake: str = ""
    causes: list[CauseLine] = []
    more_causes: str = ""
    figures: list[Figure] = []
    own: list[Figure] = []

    @rx.event
    @needs(Area.HOLDS)
    async def load(self):
        await self._read()

    @rx.event(background=True)
    @needs(Area.HOLDS)
    async def follow(self):
        await keep_current(self)

    async def _fetch(self) -> None:
        queue = await current_summary()
        pulse = await current_pulse()
        actor = sessions.current().person.actor
        own = await figures(actor, mine_to_decide(actor, pulse.approvals), pulse.open_incidents)
        now = clock.now()
        self.greeting = f"{_part_of_day(int(time_of_day(now)[:2]))}, {sessions.current().person.name.split()[0]}"
        self.today = day(now)
        self.held, self.held_some = count(queue.orders, "order"), queue.orders > 0
        self.oldest = age(queue.oldest_at, now) if queue.oldest_at else ""
        self.stake = sums(queue.money, most=2)
        self.causes = _causes(queue)
        left_out = len(queue.causes) - MOST_CAUSES
        self.more_causes = count(left_out, "more cause") if left_out > 0 else ""
        told = {figure.label for figure in own}
        self.figures, self.own = [figure for figure in _figures(pulse) if figure.label not in told], own


def _part_of_day(hour: int) -> str:
    return "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"


def _causes(queue: HeldSummary) -> list[CauseLine]:
    most = max((cause.orders for cause in queue.causes), default=1)
    return [
        CauseLine(
            kind=cause.cluster,
            title=cause.title,
            label=told(cause.label),
            orders=number(cause.orders),
            stake=sums(cause.money, most=2),
            share=f"{max(3, round(100 * cause.orders / most))}%",
            href=f"/held?cause={cause.cluster}",
        )
        for cause in queue.causes[:MOST_CAUSES]
    ]


def _figures(pulse: Pulse) -> list[Figure]:
    sweep = pulse.sweep_age_seconds
    runs = sweep is not None and sweep <= SWEEP_LATE_SECONDS
    failed = pulse.failed_documents
    return [
        Figure("orders-today", "Orders today", number(pulse.orders_today), "since midnight", "idle", "/orders"),
        Figure(
            "delivered",
            "Delivered today",
            number(pulse.delivered_today),
            "reached the customer",
            "idle",
            "/orders?status=delivered",
        ),
        Figure(
            "failed-documents",
            "Documents and messages failed",
            number(failed),
            "run them again from their order" if failed else "all were issued and sent",
            "bad" if failed else "good",
            "/orders?failed=1" if failed else "",
        ),
        Figure(
            "quarantined",
            "In quarantine",
            number(pulse.quarantined),
            "could not become orders" if pulse.quarantined else "everything could be used",
            "held" if pulse.quarantined else "good",
            "/quarantine",
        ),
        Figure("due", "Work due now", number(pulse.due_steps), "steps waiting for a worker", "idle", ""),
        Figure(
            "sweep",
            "Last look for work",
            "never" if sweep is None else f"{int(sweep)} s ago",
            "workers are running" if runs else "no worker runs: start one",
            "good" if runs else "bad",
            "",
        ),
    ]
