"""The rail, the search box and what they show of the whole shop."""

import contextlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec

from backend.domain.approvals import decidable
from backend.domain.bulk import RunState
from backend.domain.desk import Pulse, RunNews
from backend.domain.errors import InvalidInput, NotSignedIn
from backend.domain.permissions import Area, Level
from backend.services.profile import set_preferences
from dashboard.components.marks import brand_mark
from dashboard.components.plain_form import PlainForm
from dashboard.components.times import zone_name
from dashboard.components.words import count, number
from dashboard.shell import followers, live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs
from dashboard.shell.pulse import current_pulse, recent_pulse
from dashboard.shell.tab import TabState

ORDER_NUMBER = re.compile(r"ORD-\d{8}-\d{5,}")


@dataclass(frozen=True)
class Place:
    """One entry of the rail."""

    label: str
    href: str
    icon: str
    key: str
    area: Area
    """Who may not look at it is not shown the way there."""


PLACES = (
    Place("My day", "/", "sun", "1", Area.HOLDS),
    Place("Held", "/held", "circle-pause", "2", Area.HOLDS),
    Place("Orders", "/orders", "package", "3", Area.ORDERS),
    Place("Review", "/review", "users", "4", Area.MONEY),
    Place("Quarantine", "/quarantine", "inbox", "5", Area.QUARANTINE),
    Place("Incidents", "/incidents", "unplug", "6", Area.HOLDS),
    Place("Bulk runs", "/bulk", "list-checks", "7", Area.HOLDS),
)


UNDER_WAY = (RunState.RUNNING, RunState.PAUSED)


class FrameState(rx.State):
    """Live numbers in the rail."""

    held: str = ""
    reviews: str = ""
    quarantined: str = ""
    incidents: str = ""
    incident: str = ""
    pause: str = ""
    may_go: bool = False
    """Whether this person may let sending go on."""
    zone: str = ""
    bulk: str = ""
    _runs: dict[int, str] | None = None
    """How the person's own bulk runs stood when they were last looked at; None before the first look."""
    _seen: int = -1

    def _show(self, pulse: Pulse) -> list[EventSpec]:
        """Set what changed; what there is to say to the person about it."""
        actor = sessions.current().person.actor
        values = {
            "held": _count(pulse.held_orders),
            "reviews": _count(sum(decidable(action, party, actor) for action, party in pulse.approvals)),
            "quarantined": _count(pulse.quarantined),
            "incidents": _count(pulse.open_incidents),
            "incident": pulse.incident,
            "pause": pulse.pause,
            "bulk": _count(sum(run.state in UNDER_WAY for run in pulse.runs)),
        }
        self._set(values)
        return self._news([run for run in pulse.runs if run.actor_id == actor.id])

    def _set(self, values: dict[str, Any]) -> None:
        """Assigning sends, also what the page shows already."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _news(self, mine: list[RunNews]) -> list[EventSpec]:
        """Which of the person's own bulk runs have ended since they were last looked at."""
        before, now = self._runs, {run.id: run.state for run in mine}
        if before != now:
            self._runs = now
        if before is None:
            return []
        over = [run for run in mine if run.state not in UNDER_WAY]
        return [ended(run) for run in over if before.get(run.id, RunState.RUNNING) in UNDER_WAY]

    @rx.event
    @needs(None)
    async def load(self):
        actor = sessions.current().person.actor
        values = {"zone": f"Times in {zone_name()}", "may_go": actor.may(Area.INTEGRATIONS, Level.ACT)}
        self._set(values)
        self._seen = live.hub.serial
        if not _may_see():
            return []
        reading = await recent_pulse()
        self._seen = reading.serial
        return self._show(reading.value)

    @rx.event(background=True)
    @needs(None)
    async def follow(self):
        """Keep the numbers current; when the session has ended, by itself or elsewhere, say so."""
        async for _ in live.changes(live.ALL, self._seen):
            if not _may_see():
                continue
            try:
                pulse = await current_pulse()
            except NotSignedIn:
                break
            except Exception as error:
                explain(error)  # the next change, or the next half minute, brings another try
                continue
            async with self:
                news = self._show(pulse)
            for notice in news:
                yield notice
        async with self:
            tab = await self.get_state(TabState)
            tab.signed_out = True

    @rx.event
    @needs(None)
    async def begin_following(self, route: str):
        """The page is there: whatever keeps it current may begin."""
        return followers.of(str(route))

    @rx.event(temporal=True)
    @needs(None)
    async def keep_theme(self, theme: str):
        """Remember the theme that was just chosen, for the person's next sign-in anywhere."""
        with contextlib.suppress(InvalidInput):
            await ask(set_preferences, theme=str(theme)[:20])

    @rx.event
    @needs(Area.ORDERS)
    async def find(self, form: dict[str, Any]):
        """Open the order of that number, or the list of those that what was typed leads to."""
        typed = str(form.get("number", "")).strip()[:60]
        text = typed.upper()
        if ORDER_NUMBER.fullmatch(text):
            return rx.redirect(f"/orders/{text}")
        return rx.redirect("/orders?" + urlencode({"query": typed})) if typed else None


def ended(run: RunNews) -> EventSpec:
    """Tell whoever started a bulk run, wherever they are by now, that it has come to its end or to a halt."""
    if run.state != RunState.DONE:
        return notices.problem(f"Bulk run {run.id} has stopped. Its page says why.")
    if run.failed:
        return notices.problem(f"Bulk run {run.id} has finished with {count(run.failed, 'failure')}.")
    return notices.done(f"Bulk run {run.id} has finished.")


def _may_see() -> bool:
    """Whether the numbers in the rail are for this person at all."""
    actor = sessions.current().person.actor
    return actor.may(Area.ORDERS, Level.VIEW) and actor.may(Area.HOLDS, Level.VIEW)


def _count(amount: int) -> str:
    return "" if not amount else number(amount) if amount < 10_000 else f"{number(amount // 1000)}k"


def rail() -> rx.Component:
    return rx.el.nav(
        rx.el.a(brand_mark(), "Holdfast", href="/", class_name="brand", aria_label="Holdfast, my day"),
        rx.el.ul(*[unless_barred(place.area, _entry(place)) for place in PLACES]),
        _me(),
        class_name="rail",
        aria_label="Main",
    )


def unless_barred(area: Area, inside: rx.Component) -> rx.Component:
    """Nothing for those whose role may not even look at the area."""
    return rx.cond(TabState.barred.contains(str(area)), rx.fragment(), inside)


def _entry(place: Place) -> rx.Component:
    path = rx.State.router.url.path
    here = path == place.href if place.href == "/" else path.startswith(place.href)
    counts = {
        "/held": FrameState.held,
        "/review": FrameState.reviews,
        "/quarantine": FrameState.quarantined,
        "/incidents": FrameState.incidents,
        "/bulk": FrameState.bulk,
    }
    amount = counts.get(place.href)
    return rx.el.li(
        rx.el.a(
            rx.icon(place.icon, aria_hidden="true"),
            place.label,
            _badge(amount, place) if amount is not None else rx.fragment(),
            href=place.href,
            aria_current=rx.cond(here, "page", "false"),
            custom_attrs={"data-testid": f"nav-{place.label.lower().replace(' ', '-')}", "data-key": place.key},
        )
    )


def _badge(count: rx.Var[str], place: Place) -> rx.Component:
    return rx.cond(
        count != "",
        rx.el.span(
            count,
            class_name="count held" if place.href in ("/held", "/review", "/incidents") else "count",
            custom_attrs={"data-testid": f"count-{place.label.lower()}"},
        ),
        rx.fragment(),
    )


def incident_strip() -> rx.Component:
    """One sentence on every page while a provider is away, so that nobody wonders why orders wait."""
    return rx.el.div(
        rx.cond(
            FrameState.incident != "",
            rx.el.a(
                rx.icon("unplug", aria_hidden="true"),
                rx.el.span(FrameState.incident),
                href="/incidents",
                class_name="strip",
                custom_attrs={"data-testid": "incident-strip"},
            ),
            rx.fragment(),
        ),
        role="status",
    )


def _me() -> rx.Component:
    return rx.el.div(
        rx.el.a(
            rx.el.strong(TabState.person_name),
            rx.el.small(TabState.person_role),
            rx.el.span(", your settings", class_name="sr"),
            href="/settings",
            custom_attrs={"data-testid": "me"},
        ),
        sign_out_form("button"),
        class_name="me",
    )


def sign_out_form(button_class: str, *inside: rx.Component | str) -> rx.Component:
    """A plain form post: the session ends on the server and the cookie goes. `inside` is what the button shows."""
    shown = inside or ("Sign out",)
    return PlainForm.create(
        rx.el.button(*shown, type="submit", class_name=button_class, custom_attrs={"data-testid": "sign-out"}),
        method="post",
        action="/sign-out",
    )
