"""The dashboard without a browser: events go through the real pipeline (guard, state manager, deltas) to real services."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler

from backend.domain.permissions import SYSTEM, Role
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.dashboard import app
from dashboard.pages.home import own
from dashboard.shell import calls, notices, pulse, sessions, summary
from tests.conftest import Database

PASSWORD = "amber lantern over quiet water"


@dataclass
class Answer:
    """What a tab was sent: every change of a variable in order, and the events it was told to run."""

    deltas: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def values(self, name: str) -> list[Any]:
        """Every value that variable `name` was given, in order."""
        return [
            value
            for delta in self.deltas
            for variables in delta.values()
            for key, value in variables.items()
            if key == f"{name}_rx_state_"
        ]

    def last(self, name: str) -> Any:
        found = self.values(name)
        assert found, (
            f"{name} was not sent; sent were {sorted({key for d in self.deltas for v in d.values() for key in v})}"
        )
        return found[-1]

    def texts(self) -> list[str]:
        """The words of every notice shown."""
        return [notice.text for shown in self.values("notices") for notice in shown]

    def redirects(self) -> list[str]:
        return [str(event.payload.get("path")) for event in self.events if event.name == "_redirect"]


class Tab:
    """One browser tab: its state lives as long as the tab, whoever's cookie it sends."""

    def __init__(self, token: str = "") -> None:
        self.session = token
        self.manager = StateManagerMemory()

    def send(self, handler: Any, path: str = "/", **payload: Any) -> Answer:
        """Send one event, as the browser would on page `path`, and wait until all that it started has ended."""
        return asyncio.run(self._send(_name(handler), path, payload, lambda answer: False))

    def follow(self, handler: Any, path: str, until: Callable[[Answer], bool], **payload: Any) -> Answer:
        """Send an event that goes on for as long as the tab lives, and close the tab when enough has come."""
        try:
            return asyncio.run(self._send(_name(handler), path, payload, until))
        finally:
            _let_services_end()

    async def _send(self, name: str, path: str, payload: dict[str, Any], enough: Callable[[Answer], bool]) -> Answer:
        answer = Answer()

        async def emit_event(token: str, *events: Event) -> None:
            answer.events.extend(events)

        processor = BaseStateEventProcessor(middleware=app, backend_exception_handler=app.backend_exception_handler)
        processor.configure(state_manager=self.manager)
        object.__setattr__(processor._root_context, "emit_event_impl", emit_event)
        cookie = f"{sessions.COOKIE}={self.session}" if self.session else ""
        router = {
            "pathname": path.partition("?")[0],
            "asPath": path,
            "query": dict(part.split("=") for part in path.partition("?")[2].split("&") if part),
            "token": "tab",
            "sid": "socket",
            "headers": {"cookie": cookie, "origin": "http://desk.test", "host": "desk.test"},
        }
        async with processor:
            event = Event(name=name, payload=payload, router_data=router)
            async for delta in processor.enqueue_stream_delta("tab", event):
                answer.deltas.append(delta)
                if enough(answer):
                    break
        return answer


def _name(handler: Any) -> str:
    return handler if isinstance(handler, str) else format_event_handler(handler)


def _let_services_end() -> None:
    """Until no service is running any more: one whose handler was cut off goes on to its end in its thread."""
    threads = calls._threads
    together = threading.Barrier(threads._max_workers)
    for resting in [threads.submit(together.wait, 20) for _ in range(threads._max_workers)]:
        resting.result()


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the sessions or numbers of another. Nothing goes on by itself after an event: notices leave at once,
    and a fresh tab does not run its page's own events, whose last one follows changes for as long as the tab lives."""
    monkeypatch.setattr(app, "_load_events", {})
    monkeypatch.setattr(notices, "SHOWN_SECONDS", {"done": 0.0, "problem": 0.0})
    pulse.pulses.forget()
    summary.summaries.forget()
    summary.pages.forget()
    own.counts.forget()
    sessions.forget_all()
    yield
    sessions.forget_all()


@pytest.fixture
def sign_in(database: Database) -> Callable[[Role], str]:
    """Adds a colleague of a role and signs them in: returns the token of their session."""

    def signed_in(role: Role = Role.CUSTOMER_SERVICE, name: str = "Sofia Marin") -> str:
        email = f"{name.split()[0].lower()}@shop.test"
        in_unit_of_work(accounts.add_user, email=email, name=name, role=role, password=PASSWORD, actor=SYSTEM)
        return accounts.sign_in(email, PASSWORD, address="192.0.2.7").token

    return signed_in


@pytest.fixture
def tab(sign_in: Callable[[Role], str]) -> Tab:
    """A tab of a colleague from customer service."""
    return Tab(sign_in(Role.CUSTOMER_SERVICE))
