"""The guard behind "no call to the outside inside a transaction": the store closes it, provider clients look at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open_units: ContextVar[int] = ContextVar("open_units_of_work", default=0)


@contextmanager
def outside_calls_forbidden() -> Iterator[None]:
    """Held by every unit of work for as long as its transaction is open."""
    token = _open_units.set(_open_units.get() + 1)
    try:
        yield
    finally:
        _open_units.reset(token)


def assert_outside_calls_allowed() -> None:
    """Raise when a transaction is open in this thread: a call now would keep locks for as long as the provider likes."""
    if _open_units.get():
        raise RuntimeError("a call to the outside was attempted inside a database transaction")
