"""The cursor of every connection: it describes the columns of a result once per shape, not once per result.

The driver describes each result anew, column by column. Rows of orders and steps are wide and come at every turn, so
that was a twentieth of all the work of a step.
"""

from typing import Any

import psycopg
from psycopg import Column

Shape = tuple[tuple[bytes | None, int, int, int], ...]
"""Name, type, modifier and size of each column: all that a description is made of."""

_descriptions: dict[Shape, list[Column]] = {}
_MOST = 2_000


class DescribingCursor(psycopg.Cursor[Any]):
    """Takes a description from those that are known; types are the same on every connection of this process."""

    @property
    def description(self) -> list[Column] | None:
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        shape = tuple(
            (result.fname(place), result.ftype(place), result.fmod(place), result.fsize(place))
            for place in range(result.nfields)
        )
        known = _descriptions.get(shape)
        if known is None:
            known = super().description
            if known is not None and len(_descriptions) < _MOST:
                _descriptions[shape] = known
        return known
