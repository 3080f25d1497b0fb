"""The few different values of a column, read from the front of an index in as many steps as there are values."""

from sqlalchemy import Text, column, text
from sqlmodel import Session

_STEPS = {
    (table, column): text(
        f"with recursive found(value) as ((select {column} from {table} order by {column} limit 1) union all "  # nosec B608 - a closed list
        f"select (select {column} from {table} where {column} > found.value order by {column} limit 1) from found "
        "where found.value is not null) select value from found where value is not null"
    )
    for table, column in (("orders", "channel"), ("orders", "currency"))
}


CHANNELS = _STEPS["orders", "channel"].columns(column("value", Text))
"""The channels that sent orders, as part of another statement; the column is `value`."""


def distinct(session: Session, table: str, column: str) -> list[str]:
    """The values in rising order; the column must lead an index."""
    return [str(value) for value in session.execute(_STEPS[table, column]).scalars()]
