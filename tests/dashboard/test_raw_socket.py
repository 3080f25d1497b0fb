"""Every event of every state, sent by every role that may not send it and by nobody at all, over the real socket.

The rule is what each handler declares with `@needs`. Who lacks the right can do nothing, and learns nothing: the database
stays as it was, no variable but the refusal is sent, and an order that exists is refused in the same words as one that does
not.
"""

import base64
import inspect
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import json_dumps
from sqlmodel import Session

from backend import clock
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.permissions import Actor, ActorKind, Role
from backend.services import accounts, holds
from backend.services.run import in_unit_of_work
from backend.store import db, orders, personal
from backend.store.personal import Keyring
from backend.store.tables import StaffSession
from dashboard.dashboard import app
from dashboard.shell.guard import BY_THEMSELVES, REFUSAL
from dashboard.shell.needs import Need, need_of
from tests import factories
from tests.conftest import Database, Server
from tests.dashboard.raw_socket import Refused, Socket, running
from tests.dashboard.raw_socket import Server as Web
from tests.waiting import until

assert app  # the registry is filled by importing the app

NAME = "holdfast_test_raw_socket"
KEYS = (bytes(range(32)), bytes(range(32, 64)))
ABSENT = "ORD-20200101-99999"
OWN = ("signed_out", "person_name", "person_role", "barred")
ALLOWED_TO_HEAR = {"notices_rx_state_", *(f"{name}_rx_state_" for name in OWN)}
"""What a refused client may be sent: the refusal, and who it is itself and which areas it may not see; and where it said
that it stands, as an echo."""
ECHO = "rx_router_"
REFUSED = re.compile(r"refused (\S+) to person \d+ \((\w+)\)")
UNCHANGED = (
    "orders", "holds", "steps", "refunds", "timeline", "notes", "audit", "approvals", "payment_entries", "inbox",
    "users", "sending", "bulk_runs",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    name: str
    need: Need
    parameters: tuple[str, ...]

    @property
    def sent_by_a_page(self) -> bool:
        """A page that is not for the person says so in its place; such an event is refused without a notice."""
        return self.name.rsplit(".", 1)[1] in BY_THEMSELVES

    def payload(self, number: str, identity: int) -> dict[str, Any]:
        """Something plausible for every parameter, as somebody would send who has read the bundle."""
        return {name: _argument(name, number, identity) for name in self.parameters}


def _argument(name: str, number: str, identity: int) -> Any:
    if "form" in name:
        carried = {"number": number, "order": number, "id": identity, "subject": identity, "version": "1", "epoch": "0"}
        words = {"action": "hold", "decision": "approve", "way": "full", "reason": "because I can", "text": "a note"}
        return carried | words | {"token": "x", "currency": "EUR", "name": "Mallory", "old": "x", "new": "x"}
    if "number" in name or "order" in name:
        return number
    if name.endswith("_id") or name in ("attempt", "page", "place", "row"):
        return identity
    return {"action": "release", "kind": "done", "text": "x", "var_name": "problem"}.get(name, "1")


def events() -> list[Event]:
    """Every event of ours, and the general setter that Reflex gives to every state."""
    found = []
    for name, entry in RegistrationContext.ensure_context().event_handlers.items():
        handler = entry.handler.fn
        if handler.__module__.startswith("dashboard"):
            need = need_of(handler)
            assert need is not None, name
            found.append(Event(name, need, tuple(list(inspect.signature(handler).parameters)[1:])))
    return sorted(found, key=lambda event: event.name)


EVENTS = events()
SETTERS = sorted(
    name
    for name in RegistrationContext.ensure_context().event_handlers
    if name.endswith(".setvar") and any(name.rsplit(".", 1)[0] == event.name.rsplit(".", 1)[0] for event in EVENTS)
)


def may(role: Role, need: Need) -> bool:
    area, level = need
    return area is None or Actor(ActorKind.STAFF, "user:1", "x", role).may(area, level)


@dataclass(frozen=True)
class Scene:
    """The web process, a held and paid order, and a session for each role."""

    web: Web
    database: Database
    number: str
    hold_id: int
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def scene(postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One database and one web process for all connections."""
    postgres.create_database(NAME, template=template)
    keyring = Keyring({"test": KEYS[0]}, KEYS[1])
    db.configure(postgres.url(NAME))
    personal.configure(keyring)
    database = Database(postgres.url(NAME), NAME, keyring)
    number = factories.paid().number
    in_unit_of_work(_hold, number)
    ((hold_id,),) = database.execute("select id from holds")
    sessions = {str(role): _session(role) for role in Role} | {"nobody": _session(Role.ADMIN, "nobody")}
    environment = {
        "HOLDFAST_DATABASE_URL": postgres.url(NAME),
        "HOLDFAST_ENCRYPTION_KEYS": "test:" + base64.b64encode(KEYS[0]).decode(),
        "HOLDFAST_INDEX_KEY": base64.b64encode(KEYS[1]).decode(),
        "HOLDFAST_LOG_LEVEL": "warning",
    }
    with running(tmp_path_factory.mktemp("raw"), environment) as web:
        yield Scene(web, database, number, hold_id, sessions)
    db.dispose()
    postgres.drop_database(NAME)


def _hold(session: Session, number: str) -> None:
    order = orders.lock_by_number(session, number)
    holds.place(session, order, HoldKind.CUSTOMER_NOTE, "“Ring twice at Lindenau.”", source=HoldSource.CHECK)


def _session(role: Role, name: str = "") -> str:
    """Somebody of that role is signed in; checking a password would only take time here."""
    person = factories.colleague(name or str(role), role)
    token = secrets.token_urlsafe(32)

    def open_one(session: Session) -> None:
        now = clock.now()
        moments = {"created_at": now, "last_seen_at": now, "expires_at": now + accounts.ABSOLUTE}
        number = int(person.id.removeprefix("user:"))
        session.add(StaffSession(token_hash=accounts.hash_of(token), user_id=number, **moments))

    in_unit_of_work(open_one)
    return token


def picture(database: Database) -> list[list[tuple[Any, ...]]]:
    return [database.execute(f"select t::text from {table} t order by 1") for table in UNCHANGED]


BLANK: dict[str, dict[str, Any]] = json.loads(json_dumps(app._state(_reflex_internal_init=True).dict(initial=True)))
"""Every variable as it is before anybody has looked at anything; the bundle itself says as much."""


def told(socket: Socket) -> dict[str, Any]:
    """Every variable with something in it that a refused client was sent beyond what it may hear."""
    return {
        name: value
        for delta in socket.heard
        for state, variables in delta.items()
        for name, value in variables.items()
        if value and value != BLANK[state].get(name) and name not in ALLOWED_TO_HEAR and not name.startswith(ECHO)
    }


def secrets_of(scene: Scene) -> tuple[str, ...]:
    """What nobody may read who has no right to: the customer, the amount, the reason."""
    return ("Lindenau", "104.70", "10470", "greta")


def test_the_inventory_is_whole() -> None:
    names = {event.name.rsplit(".", 1)[1] for event in EVENTS}
    assert {"load", "follow", "confirm", "pay_back", "decide", "go", "prefer"} <= names
    assert len(EVENTS) > 60
    assert len(SETTERS) > 10


@pytest.mark.parametrize("role", [role for role in Role if not all(may(role, event.need) for event in EVENTS)])
def test_a_role_without_the_right_can_do_nothing_and_learns_nothing(scene: Scene, role: Role) -> None:
    forbidden = [event for event in EVENTS if not may(role, event.need)]
    before = picture(scene.database)
    socket = Socket(scene.web, scene.sessions[str(role)])
    heard: dict[str, list[list[str]]] = {}
    for event in forbidden:
        for number, identity in ((scene.number, scene.hold_id), (ABSENT, 10**9)):
            if event.sent_by_a_page:
                socket.send(event.name, event.payload(number, identity))
                continue
            known = len(socket.notices())
            socket.send(event.name, event.payload(number, identity))
            socket.listen(lambda known=known: len(socket.notices()) > known)
            heard.setdefault(event.name, []).append([notice["text"] for notice in socket.notices()[known:]])
    silent = [event.name for event in forbidden if event.sent_by_a_page]
    until(
        lambda: {name for name, whom in REFUSED.findall(scene.web.log()) if whom == role} >= set(silent),
        within=30,
        what="what a page sends by itself is refused, too",
    )
    socket.close()

    assert [name for name, answers in heard.items() if answers != [[REFUSAL], [REFUSAL]]] == []
    assert told(socket) == {}
    assert [word for word in secrets_of(scene) for line in socket.raw if word in line] == []
    assert picture(scene.database) == before


def test_no_role_may_set_a_variable_from_outside(scene: Scene) -> None:
    before = picture(scene.database)
    socket = Socket(scene.web, scene.sessions[str(Role.ADMIN)])
    for name in SETTERS:
        known = len(socket.notices())
        socket.send(name, {"var_name": "problem", "value": "set from outside"})
        socket.listen(lambda known=known: len(socket.notices()) > known)
    socket.close()

    assert {notice["text"] for notice in socket.notices()} == {REFUSAL}
    assert "set from outside" not in "".join(socket.raw)
    assert picture(scene.database) == before


def test_who_has_been_signed_out_can_do_nothing_on_an_open_socket_and_learns_nothing(scene: Scene) -> None:
    socket = Socket(scene.web, scene.sessions["nobody"])
    scene.database.execute(
        "delete from sessions where user_id = (select id from users where email = 'nobody@shop.test')"
    )
    before = picture(scene.database)
    probe = EVENTS[0].name

    def out() -> bool:
        """The web process remembers a session for a few seconds; from then on it is over."""
        socket.send(probe, {})
        socket.listen(lambda: True)
        return f"refused {probe}: nobody is signed in" in scene.web.log()

    until(out, within=30, what="the ended session is noticed")
    socket.heard.clear()
    socket.raw.clear()
    for event in EVENTS:
        for number, identity in ((scene.number, scene.hold_id), (ABSENT, 10**9)):
            socket.send(event.name, event.payload(number, identity))
    for name in SETTERS:
        socket.send(name, {"var_name": "problem", "value": "set from outside"})
    everything = {event.name for event in EVENTS} | set(SETTERS)
    until(
        lambda: _refused(scene, everything), within=60, what="every event is refused", otherwise=lambda: socket.raw[-1:]
    )
    with pytest.raises(AssertionError):
        socket.listen(lambda: False, within=1.0)
    socket.close()

    assert told(socket) == {}
    assert [word for word in (*secrets_of(scene), scene.number) for line in socket.raw if word in line] == []
    assert picture(scene.database) == before


def _refused(scene: Scene, names: set[str]) -> bool:
    log = scene.web.log()
    return all(f"refused {name}: nobody is signed in" in log for name in names)


@pytest.mark.parametrize(
    ("session", "origin"),
    [("", None), ("a" * 43, None), ("right", "http://elsewhere.test"), ("right", "")],
    ids=["no session", "a forged session", "another site", "no origin"],
)
def test_who_is_not_signed_in_here_does_not_even_get_a_socket(scene: Scene, session: str, origin: str | None) -> None:
    token = scene.sessions[str(Role.ADMIN)] if session == "right" else session
    with pytest.raises(Refused):
        Socket(scene.web, token, origin=origin)


def test_a_right_does_what_it_says(scene: Scene) -> None:
    """The other side of the same rule: the refusals above are not those of a server that refuses everything."""
    socket = Socket(scene.web, scene.sessions[str(Role.QA)])
    (home,) = [event for event in EVENTS if event.name.endswith("home_state.load")]
    socket.send(home.name, {})
    socket.listen(lambda: "greeting_rx_state_" in told(socket))
    socket.close()
    assert socket.notices() == []
