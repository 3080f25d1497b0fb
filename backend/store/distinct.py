"""The few different values of a column, read from the front of an index in as many steps as there are values."""

from sqlalchemy import text
from sqlmodel import Session


def _steps(table: str, column: str) -> str:
    return (
        f"with recursive found(value) as ((select {column} from {table} order by {column} limit 1) union all "  # nosec B608 - a closed list
        f"select (select {column} from {table} where {column} > found.value order by {column} limit 1) from found "
        "where found.value is not null) select value from found where value is not null"
    )


CHANNELS = _steps("orders", "channel")
"""The channels that sent orders, as part of another statement."""
_STEPS = {("orders", "channel"): text(CHANNELS), ("orders", "currency"): text(_steps("orders", "currency"))}


def distinct(session: Session, table: str, column: str) -> list[str]:
    """The values in rising order; the column must lead an index."""
    return [str(value) for value in session.execute(_STEPS[table, column]).scalars()]
