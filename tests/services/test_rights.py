"""The second lock: every service that a screen or the HTTP API calls asks for the actor's right before it looks at anything.

Which services those are is read from the callers themselves, so a new one cannot be forgotten.
"""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.domain.errors import NotAllowed
from backend.domain.permissions import MATRIX, Actor, ActorKind, Area, Level, Role

ROOT = Path(__file__).resolve().parents[2]
Service = Callable[..., Any]

OWN = {"profile"}
"""About the person who asks, and nobody else: signed in is enough."""
LOOKS_FIRST = {
    "bulk.start": "which right it takes depends on the run's action",
    "bulk.pause": "which right it takes depends on the run's action",
    "bulk.resume": "which right it takes depends on the run's action",
    "bulk.stop": "which right it takes depends on the run's action",
    "bulk_previews.preview": "which right it takes depends on the action",
    "presence.leave": "says only that this very person has left",
    "views.change_view": "which right it takes depends on the list the view is of",
    "views.columns_of": "which right it takes depends on the list",
    "views.delete_view": "which right it takes depends on the list the view is of",
    "views.remember_columns": "which right it takes depends on the list",
    "views.rename_view": "which right it takes depends on the list the view is of",
    "views.save_view": "which right it takes depends on the list",
    "views.views_of": "which right it takes depends on the list",
}


class Asked(Exception):
    """What was asked for."""


class Probe(Actor):
    """Tells which right is asked for first, and goes no further."""

    def require(self, area: Area, level: Level, what: str) -> None:
        raise Asked(area, level)


class Untouched:
    """A session that must not be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the session was touched ({name}) before the right was asked for")


def called() -> dict[str, Service]:
    """Every service that somebody hands to `ask`, by module and name."""
    found = {}
    for folder in ("dashboard", "backend/api"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            known = dict(_imported(tree))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and _is_ask(node.func) and node.args:
                    service = _resolve(node.args[0], known)
                    if service is not None:
                        found[f"{service.__module__.rpartition('.')[2]}.{service.__name__}"] = service
    return found


def _is_ask(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "ask") or (
        isinstance(function, ast.Attribute) and function.attr == "ask"
    )


def _imported(tree: ast.AST) -> Iterator[tuple[str, Any]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("backend.services"):
            for alias in node.names:
                module = importlib.import_module(str(node.module))
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")
                yield alias.asname or alias.name, getattr(module, alias.name)


def _resolve(node: ast.expr, known: dict[str, Any]) -> Service | None:
    found = None
    if isinstance(node, ast.Name):
        found = known.get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(known.get(node.value.id), node.attr, None)
    return found if inspect.isfunction(found) else None


SERVICES = called()
ASKING = {
    name: service for name, service in SERVICES.items() if name not in LOOKS_FIRST and name.split(".")[0] not in OWN
}


def call(service: Service, actor: Actor) -> Any:
    """With nothing in any argument: whoever may not call it must be refused before any of them matters."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(service).parameters.values():
        if parameter.name == "session":
            given[parameter.name] = Untouched()
        elif parameter.name == "actor":
            given[parameter.name] = actor
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            given[parameter.name] = None
    return service(**given)


def needed(service: Service) -> tuple[Area, Level]:
    with pytest.raises(Asked) as asked:
        call(service, Probe(ActorKind.STAFF, "user:1", "Anna", Role.ADMIN))
    area, level = asked.value.args
    return area, level


def test_the_callers_are_found() -> None:
    assert {"refunds.refund", "actions.release", "cancellations.cancel", "approvals.approve"} <= set(SERVICES)
    assert len(SERVICES) > 30
    assert set(LOOKS_FIRST) <= set(SERVICES), "no exception outlives its service"


@pytest.mark.parametrize("name", sorted(ASKING))
def test_a_service_refuses_every_role_without_the_right_and_reads_nothing(name: str) -> None:
    area, level = needed(ASKING[name])
    for role in Role:
        actor = Actor(ActorKind.STAFF, "user:1", "Anna", role)
        if MATRIX[role][area] < level:
            with pytest.raises(NotAllowed):
                call(ASKING[name], actor)
    nobody = Actor(ActorKind.CUSTOMER, "customer", "Greta")
    with pytest.raises(NotAllowed):
        call(ASKING[name], nobody)


def test_what_changes_something_takes_more_than_looking() -> None:
    """A right to look must not be enough for anything whose name says that it acts."""
    acting = ("actions", "refunds", "cancellations", "sending", "teamwork", "tags", "notes")
    levels = {name: needed(service)[1] for name, service in ASKING.items() if name.split(".")[0] in acting}
    looking = {name for name, level in levels.items() if level < Level.ACT}
    assert looking <= {"sending.state", "teamwork.colleagues"}
