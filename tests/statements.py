"""Which statements are sent to the database meanwhile, to hold what a page costs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from backend.store.db import engine


@contextmanager
def sent() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    found: list[str] = []

    def note(*told: object) -> None:
        found.append(str(told[2]))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine(), "before_cursor_execute", note)
