"""The address of a list: its search, order, columns, view and place, so that a link or a reload shows the same again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from backend.domain.search import LONGEST, Flag, Query, Term
from backend.domain.views import ListPage, View

_LONGEST_OTHER = 300
_OF_VIEWS = ("q", "sort", "columns")
"""What a view fills in where the address is silent; `without` names those which it leaves empty on purpose."""


def left_empty(parameters: dict[str, Any]) -> list[str]:
    """What an address says to be empty although its view fills it in."""
    return [name for name in str(parameters.get("without", "")).split(",") if name in _OF_VIEWS]


@dataclass(frozen=True)
class ListAddress:
    """What the address asks for. `q` is None where it leaves that to the view; `sort` is `amount`, or `-amount` backwards."""

    path: str = "/orders"
    q: str | None = None
    sort: str | None = None
    columns: str | None = None
    view: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, path: str, parameters: dict[str, Any]) -> "ListAddress":
        """Read an address. Links from elsewhere may say `status`, `query` or `failed` in place of a search."""
        said = {name: str(value) for name, value in parameters.items()}
        said |= dict.fromkeys(left_empty(said), "")
        q = said["q"][: LONGEST + 1] if "q" in said else _plainly(said)
        return cls(
            path=path,
            q=q,
            sort=said["sort"][:_LONGEST_OTHER] if "sort" in said else None,
            columns=said["columns"][:_LONGEST_OTHER] if "columns" in said else None,
            view=said.get("view", "")[:40],
            after=said.get("after", said.get("cursor", ""))[:60],
            before=said.get("before", "")[:60],
        )

    def shown_by(self, view: View | None) -> "Shown":
        """What is shown: as the address says, and as its view says where the address is silent."""
        return Shown(
            q=self.q if self.q is not None else view.query if view else "",
            sort=self.sort if self.sort is not None else view.sort if view else "",
            columns=self.columns if self.columns is not None else ",".join(view.columns) if view else "",
        )

    def href(self, **changes: str | None) -> str:
        """The same list with changes, from its beginning unless a place is given."""
        kept = {"view": self.view, "q": self.q, "sort": self.sort, "columns": self.columns}
        wanted = kept | {"after": "", "before": ""} | changes
        said = {name: value for name, value in wanted.items() if value}
        left_out = [name for name in _OF_VIEWS if wanted[name] == ""] if wanted["view"] else []
        if left_out:
            said["without"] = ",".join(left_out)
        return f"{self.path}?{urlencode(said)}" if said else self.path


@dataclass(frozen=True)
class Shown:
    """A list as it is shown."""

    q: str = ""
    sort: str = ""
    columns: str = ""

    @property
    def by(self) -> str:
        """What the list is ordered by, or an empty string for its usual order."""
        return self.sort.lstrip("-")

    @property
    def backwards(self) -> bool:
        return self.sort.startswith("-")


def _orders(parameters: dict[str, Any], views: Sequence[View]) -> Shown:
    address = ListAddress.of("/orders", parameters)
    return address.shown_by(next((view for view in views if view.key == address.view), None))


READERS: dict[ListPage, Callable[[dict[str, Any], Sequence[View]], Shown]] = {ListPage.ORDERS: _orders}
"""What a list shows under an address, given the views there are; a list with an address of its own adds how it is read."""


def _plainly(said: dict[str, str]) -> str | None:
    """The search that a plain address of before means; None for one without any filter."""
    if not {"status", "query", "failed", "channel"} & said.keys():
        return None
    parts: list[str | Term] = [word for word in said.get("query", "").split() if word]
    parts += [Term(name, (said[name],)) for name in ("status", "channel") if said.get(name)]
    parts += [Term("is", (Flag.UNSENT,))] if said.get("failed") == "1" else []
    return str(Query(tuple(parts)))[: LONGEST + 1]
