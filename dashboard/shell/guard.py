"""The guard before every event: deny by default, by the permission each handler declares.

Anyone who can open the websocket can call any handler with any arguments, so nothing runs unless its handler says which
permission it needs and the person behind the cookie has it. Services check again; this is the first of two locks.
"""

import logging
from typing import Any

import reflex as rx
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from backend.domain.permissions import ROLE_NAMES, Area, Level
from backend.services.accounts import Person
from dashboard.shell import notices, sessions
from dashboard.shell.needs import Need, need_of
from dashboard.shell.tab import TabState

log = logging.getLogger(__name__)

FRAMEWORK_HANDLERS = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "update_vars_internal",
        "handle_frontend_exception",
    }
)
"""Sent by the framework itself when a page opens; they carry nothing but defaults."""

BY_THEMSELVES = frozenset({"load", "follow"})
"""What a page sends when it opens. Who may not look at the page is told so in its place, once, and not by notices."""

REFUSAL = "You may not do that with your role. Ask an administrator if you need to."


class EventGuard(rx.Middleware):
    """Runs before every event, also chained, background and server-made ones."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        cookies = state.router.headers.cookie
        token = sessions.cookie_token(cookies)
        person = await sessions.person_of(token)
        sessions.enter(sessions.Visit(token, person, sessions.cookie_zone(cookies)) if person else None)
        tab = await state.get_state(TabState)
        _own(state, tab, person)
        handler = RegistrationContext.get().event_handlers[event.name].handler.fn
        if handler.__module__.startswith("reflex") and handler.__name__ in FRAMEWORK_HANDLERS:
            return None
        if person is None:
            log.warning("refused %s: nobody is signed in", event.name)
            return await _signed_out(state, tab)
        need = need_of(handler)
        if need is None or not _has(person, need):
            log.warning("refused %s to person %s (%s)", event.name, person.id, person.role)
            if need is not None and handler.__name__ in BY_THEMSELVES:
                return await _told(state)
            return StateUpdate(events=Event.from_event_type(notices.problem(REFUSAL)))
        return None


def _has(person: Person, need: Need) -> bool:
    area, level = need
    return area is None or person.actor.may(area, level)


def _own(state: BaseState, tab: TabState, person: Person | None) -> None:
    """Make the tab the person's, dropping everything it held of someone else."""
    owner = person.id if person else 0
    if tab._owner not in (0, owner):
        log.info("emptied the tab of person %s", tab._owner)
        state.reset()
    if person is None:
        return
    role = ROLE_NAMES[person.role]
    barred = [str(area) for area in Area if not person.actor.may(area, Level.VIEW)]
    known = (tab.person_name, tab.person_role, tab.barred)
    if tab._owner != owner or tab.signed_out or known != (person.name, role, barred):
        tab._owner, tab.signed_out = owner, False
        tab.person_name, tab.person_role, tab.barred = person.name, role, barred


async def _signed_out(state: BaseState, tab: TabState) -> StateUpdate:
    """Stop the event and open the dialog that leads to the sign-in page."""
    tab.signed_out = True
    return await _told(state)


async def _told(state: BaseState) -> StateUpdate:
    """Stop the event; the tab is sent what it is to know and nothing else."""
    delta: dict[str, Any] = await state._get_resolved_delta()
    state._clean()
    return StateUpdate(delta=delta)
