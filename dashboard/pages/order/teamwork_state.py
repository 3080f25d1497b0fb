"""What colleagues share about the order that is shown: whose it is, whose turn, notes, and who else looks at it.

Follows whichever order `OrderState` shows, on its own page or beside a list: a page puts `TeamState.follow` at the end of its
`ON_LOAD`. What decides comes with every click, so a forgotten tab decides nothing.
"""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.errors import HoldfastError, OrderNotFound
from backend.domain.hold_clock import Turn
from backend.domain.permissions import Area, Level
from backend.domain.teamwork import SnoozeEvent, viewers_topic
from backend.services import notes as note_service
from backend.services import presence, teamwork
from backend.services.desk_work import DeskSide, desk_side
from dashboard.components.teamwork import WorkCell, work_cell
from dashboard.pages.order import after
from dashboard.pages.order.snooze_choices import Choice, choices, chosen_end
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.team_notes_present import NoteRow, Person, note_rows, people
from dashboard.shell import live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

BEAT_SECONDS = 10.0
"""At least so far apart are a tab's signs of life; it is heard of whenever it reads anew, every half minute at the latest."""
ASSIGN, SNOOZE = "assign", "snooze"
INTERNAL, PUBLIC, CUSTOMER = "internal", "public", "customer"
NOBODY = WorkCell()


class TeamState(rx.State):
    """`number` is the order that this is about; the screen shows nothing of it beside another one."""

    number: str = ""
    work: WorkCell = NOBODY
    notes: list[NoteRow] = []
    people: list[Person] = []
    dialog: str = ""
    choices: list[Choice] = []
    editing: int = 0
    written: int = 0
    """Rises with every note written here, so that the form begins anew."""
    note_token: str = ""
    """Of the note that is being written: sent twice, by a double click or over a bad line, it is one note."""
    may_share: bool = False
    may_note: bool = False

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        """Keep current what is shared about the shown order, and tell colleagues who looks at it from this tab."""
        token = self.router.session.client_token
        here, seen = Standing(tab_key(token)), -1
        try:
            while True:
                async with contextlib.aclosing(live.changes(live.tab_topic(token), seen, *here.topics())) as news:
                    async for _ in news:
                        seen = live.hub.serial
                        async with self:
                            shown = (await self.get_state(OrderState))._number
                        try:
                            moved = await here.stand_at(shown)
                            side = await _read(shown) if here.order_id else None
                        except Exception as error:
                            explain(error)  # the next change, or the next half minute, brings another try
                            continue
                        async with self:
                            self._show(shown if side else "", side)
                        if moved:
                            break
                    else:
                        return
        finally:
            await here.leave()

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def claim(self, number: str):
        """Take the order for oneself."""
        return await self._do(number, teamwork.claim)

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def let_go(self, number: str, version: int):
        """Nobody has the order any more."""
        return await self._do(number, teamwork.unassign, version=whole(version))

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def bring_back(self, number: str, version: int):
        """End a snooze."""
        return await self._do(number, teamwork.unsnooze, version=whole(version))

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def say_turn(self, number: str, turn: str, version: int):
        """Whose turn it is; an empty one leaves it to the facts."""
        said = Turn(turn) if turn in set(Turn) else None
        return await self._do(number, teamwork.set_turn, said, version=whole(version))

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def ask_assign(self, number: str):
        """Choose to whom the order is given."""
        self.dialog = ASSIGN if number == self.number else ""

    @rx.event
    @needs(Area.HOLDS, Level.ACT)
    async def ask_snooze(self, number: str):
        """Choose until when, or until what, the order is away."""
        try:
            events = await ask(teamwork.awaitable, str(number)[:40])
        except HoldfastError as error:
            return notices.problem(error.sentence)
        self.choices, self.dialog = choices(events, clock.now()), SNOOZE
        return None

    @rx.event
    @needs(None)
    async def close_team(self):
        """Leave the dialog."""
        self.dialog = ""

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def give(self, form: dict[str, Any]):
        """Assign the order to the chosen colleague."""
        chosen = whole(form.get("person"))
        return await self._do(_number(form), teamwork.assign, chosen, version=whole(form.get("version")))

    @rx.event(temporal=True)
    @needs(Area.HOLDS, Level.ACT)
    async def put_away(self, form: dict[str, Any]):
        """Snooze the order as chosen."""
        wish = str(form.get("until", ""))
        event = SnoozeEvent(wish) if wish in set(SnoozeEvent) else None
        until = chosen_end("own" if event else wish, str(form.get("own", "")), clock.now())
        if event is None and until is None:
            return notices.problem("Choose a date and time to come, or something to wait for.")
        version = whole(form.get("version"))
        return await self._do(_number(form), teamwork.snooze, until=until, event=event, version=version)

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def write_note(self, form: dict[str, Any]):
        """Add a note: for colleagues, for the customer, or what the customer answered."""
        kind, text, number = str(form.get("kind", INTERNAL)), str(form.get("text", "")), _number(form)
        if not text.strip():
            return None
        token = str(form.get("token", ""))[:64]
        how = {"public": kind == PUBLIC, "from_customer": kind == CUSTOMER, "token": token}
        try:
            added = await ask(note_service.add_note, number, text, **how)
        except HoldfastError as error:
            return notices.problem(error.sentence)
        if not added:
            return None
        self.written, self.note_token = self.written + 1, secrets.token_urlsafe(18)
        await self._reread(number)
        return notices.done("Note added.")

    @rx.event
    @needs(Area.ORDERS, Level.ACT)
    async def edit_note(self, note_id: int):
        """Open a note of one's own to change it; 0 closes it."""
        self.editing = whole(note_id)

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def save_note(self, form: dict[str, Any]):
        """Change a note of one's own."""
        number, note_id = _number(form), whole(form.get("note"))
        try:
            await ask(note_service.edit_note, number, note_id, str(form.get("text", "")))
        except HoldfastError as error:
            return notices.problem(error.sentence)
        self.editing = 0
        await self._reread(number)
        return notices.done("Note changed; what it said before is kept.")

    async def _do(self, number: str, service: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Carry out an act and show what came of it, whatever came of it."""
        number = str(number)[:40]
        try:
            done = await ask(service, number, *args, **more)
        except HoldfastError as error:
            await self._reread(number)
            return notices.problem(error.sentence)
        self.dialog = ""
        await self._reread(number)
        return [notices.done(done.sentence), *after.events(number, service.__name__)]

    async def _reread(self, number: str) -> None:
        side = await _read(number)
        if side is not None:
            self._show(number, side)

    def _show(self, number: str, side: DeskSide | None) -> None:
        actor, person = sessions.current().person.actor, sessions.current().person
        if number != self.number:
            self.dialog, self.editing, self.note_token = "", 0, secrets.token_urlsafe(18)
        values: dict[str, Any] = {
            "number": number,
            "work": work_cell(side.work, me=person.id, now=clock.now()) if side else NOBODY,
            "notes": note_rows(side.notes, side.people, actor.id) if side else [],
            "people": people(side.people, person.id) if side else [],
            "may_share": actor.may(Area.HOLDS, Level.ACT),
            "may_note": actor.may(Area.ORDERS, Level.ACT),
        }
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


@dataclass
class Standing:
    """At which order a tab stands, as colleagues are told."""

    tab: str
    number: str = ""
    order_id: int = 0
    beat_at: float = 0.0
    arrival: asyncio.Future[int] | None = None
    """On its way to `order_id`. Whoever is cut off meanwhile has arrived all the same, and has to leave."""

    def topics(self) -> tuple[str, ...]:
        return (str(self.order_id), viewers_topic(self.order_id)) if self.order_id else ()

    async def stand_at(self, number: str) -> bool:
        """Go to this order, or give a sign of life at it; whether it is another one than before."""
        if number == self.number:
            if self.order_id and clock.monotonic() - self.beat_at > BEAT_SECONDS:
                self.beat_at = clock.monotonic()
                await ask(presence.still_there, self.order_id, self.tab)
            return False
        await self.leave()
        self.number, self.beat_at = number, clock.monotonic()
        if number:
            self.arrival = asyncio.ensure_future(ask(presence.arrive, number, self.tab))
            try:
                self.order_id = await asyncio.shield(self.arrival)
            except OrderNotFound:
                pass
            except Exception:
                self.number = ""  # not there yet: to be tried again
                raise
        return True

    async def leave(self) -> None:
        """Whatever happens to the tab, it must not fail because of this: colleagues forget it by themselves."""
        arrival, self.arrival, self.order_id = self.arrival, None, 0
        if arrival is not None:
            with contextlib.suppress(Exception):
                await ask(presence.leave, await arrival, self.tab)


def tab_key(token: str) -> str:
    """What tells a person's tabs apart in the database; the tab's own key stays out of it."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def whole(value: object) -> int:
    """A number that came from the browser; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _number(form: dict[str, Any]) -> str:
    return str(form.get("number", ""))[:40]


async def _read(number: str) -> DeskSide | None:
    try:
        return await ask(desk_side, number)
    except OrderNotFound:
        return None
