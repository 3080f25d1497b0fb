"""The columns of every list that people choose columns of."""

from typing import Any

from backend.domain import held_columns, order_columns
from backend.domain.columns import Columns
from backend.domain.views import ListPage

COLUMNS: dict[ListPage, Columns[Any]] = {
    ListPage.ORDERS: order_columns.COLUMNS,
    ListPage.HELD: held_columns.COLUMNS,
}
