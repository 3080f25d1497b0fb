"""What a handler needs: every public handler declares the permission without which it must not run."""

from collections.abc import Callable
from typing import Any, TypeVar

from backend.domain.permissions import Area, Level

Handler = TypeVar("Handler", bound=Callable[..., Any])
Need = tuple[Area | None, Level]

_NEED = "_holdfast_need"


def needs(area: Area | None, level: Level = Level.VIEW) -> Callable[[Handler], Handler]:
    """Declare what a handler needs; `None` for what every signed-in person may do. Goes below `@rx.event`."""

    def declare(handler: Handler) -> Handler:
        setattr(handler, _NEED, (area, level))
        return handler

    return declare


def need_of(handler: Callable[..., Any]) -> Need | None:
    """What the handler declared, or None when it declared nothing and so must never run."""
    need: Need | None = getattr(handler, _NEED, None)
    return need
