"""A connection to the database that does not wait for ever.

The server ends what takes too long. A server that is silent (the network swallowed its answer, the machine hangs) ends
nothing, and psycopg would wait for it as long as the process lives. Here the wait has an end on our side too, and what
was being done counts as in doubt: a COMMIT without an answer may have happened.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict

RV = TypeVar("RV")

CONNECT_SECONDS = 5
_GRACE = 1.25
"""The server's own limit comes first, with a better error; this much later it is silent."""


class PatientConnection(psycopg.Connection[Any]):
    """Gives a server up that has not answered within `patience` seconds; the connection cannot be used afterwards."""

    patience = 25.0

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's own; `timeout` is given by whoever expects that nothing may come (waiting for news)."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # no word of the server's: it is gone, or silent
                self.pgconn.finish()
            raise


def connect(*, seconds: float = 20.0, settings: str = "", **parameters: Any) -> PatientConnection:
    """A connection on which a statement may take `seconds`, and which notices a line that is dead.

    `settings`: more of the server's settings for it, as `-c name=value`.
    """
    made = PatientConnection.connect(**{**_usual(seconds, settings), **parameters})
    made.patience = seconds * _GRACE
    return made


class PatientListener(psycopg.AsyncConnection[Any]):
    """The same on an event loop, for whoever waits for news there."""

    patience = 25.0

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's own; `timeout` is given by whoever expects that nothing may come (waiting for news)."""
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # no word of the server's: it is gone, or silent
                self.pgconn.finish()
            raise


async def listener(address: str, *, seconds: float = 20.0) -> PatientListener:
    """A connection for `LISTEN`, with the limits of every other one; each statement is a transaction of its own."""
    parameters = {**_usual(seconds), **conninfo_to_dict(address)}
    made = await PatientListener.connect(autocommit=True, **parameters)
    made.patience = seconds * _GRACE
    return made


def _usual(seconds: float, settings: str = "") -> dict[str, Any]:
    """What a connection is opened with unless its address says otherwise."""
    statement, lock = round(seconds * 1000), round(seconds * 400)
    options = (
        f"-c timezone=UTC -c statement_timeout={statement} -c lock_timeout={lock}"
        f" -c idle_in_transaction_session_timeout={round(seconds * 1500)} {settings}"
    )
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "holdfast",
        "options": options,
        "tcp_user_timeout": round(seconds * 500),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
    }
