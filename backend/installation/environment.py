"""Settings that an installation makes for itself, handed to this process and its children through the environment.

Whoever sets `HOLDFAST_DATABASE_URL` runs their own database; otherwise the embedded one is used: the running one when
`holdfast up` or another command has started it, else one that this command starts and stops again.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO

from backend import settings
from backend.clock import monotonic
from backend.domain.errors import HoldfastError
from backend.installation import keys
from backend.installation.home import Home
from backend.store.embedded import EmbeddedPostgres

_PATIENCE = 60.0


class DatabaseBusy(HoldfastError):
    code = "database_busy"

    def __init__(self) -> None:
        super().__init__("Another holdfast command uses the embedded database and does not finish. Try again later.")


class NotUp(HoldfastError):
    code = "not_up"

    def __init__(self) -> None:
        super().__init__(
            "The embedded database runs only as long as `holdfast up` does, and that is not running. Start it, or "
            "set HOLDFAST_DATABASE_URL to a database of your own."
        )


def extend(values: Mapping[str, str]) -> None:
    """Add settings to this process's environment and forget what was read before."""
    os.environ.update(values)
    settings.current.cache_clear()


def only(values: Mapping[str, str]) -> None:
    """Forget every setting that this process was given and use these alone: for an installation apart from all others."""
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        del os.environ[name]
    extend(values)


def for_child(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child process: ours with some more."""
    return {**os.environ, **values}


def embedded_settings(home: Home, url: str) -> dict[str, str]:
    """What the rest of the product needs to know of an embedded database; keys that somebody set are left alone."""
    given = settings.current()
    kept = keys.kept_or_made(home)
    values = {"HOLDFAST_DATABASE_URL": url}
    if not given.encryption_keys.get_secret_value():
        values["HOLDFAST_ENCRYPTION_KEYS"] = kept.encryption_keys
    if not given.index_key.get_secret_value():
        values["HOLDFAST_INDEX_KEY"] = kept.index_key
    return values


@contextmanager
def database() -> Iterator[settings.Settings]:
    """Settings with a database that runs for as long as the block does."""
    given = settings.current()
    if given.database_url.get_secret_value():
        yield given
        return
    home = Home.at(given.home)
    keys.kept_or_made(home)
    with _running(home) as url:
        extend(embedded_settings(home, url))
        yield settings.current()


def use_running_database() -> None:
    """For a long-running process: the settings of a database that runs already; raises `NotUp` when there is none."""
    given = settings.current()
    if given.database_url.get_secret_value():
        return
    home = Home.at(given.home)
    server = EmbeddedPostgres(home.postgres)
    if not home.up_is_running() or not server.running():
        raise NotUp
    extend(embedded_settings(home, server.url()))


@contextmanager
def _running(home: Home) -> Iterator[str]:
    server = EmbeddedPostgres(home.postgres)
    with ExitStack() as stack:
        handle = _claim_database(home, unless=lambda: home.up_is_running() and server.running())
        if handle is None:
            yield server.url()
            return
        stack.enter_context(handle)
        stack.callback(server.stop)
        yield server.start()


@contextmanager
def database_is_ours(home: Home) -> Iterator[None]:
    """For `up`: nobody else starts or stops the embedded database; waits for a command that just uses it."""
    handle = _claim_database(home)
    if handle is not None:
        with handle:
            yield


def _claim_database(home: Home, *, unless: Callable[[], bool] = lambda: False) -> IO[str] | None:
    """The lock on starting and stopping the database; None when `unless` comes true. Raises `DatabaseBusy`."""
    deadline = monotonic() + _PATIENCE
    while (handle := home.claim("database")) is None:
        if unless():
            return None
        if monotonic() > deadline:
            raise DatabaseBusy
        time.sleep(0.05)
    return handle
