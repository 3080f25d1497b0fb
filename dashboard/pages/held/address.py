"""What the address of the held queue says: which orders, in which order, from where on, and which one is shown beside.

Where it names a view and is silent about the search, the order or the columns, the view says them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from backend.domain import search
from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.queue import Parts, Place, Sort, Wish
from backend.domain.search import LONGEST, Query
from backend.domain.views import ListPage, View
from dashboard.pages.saved.address import READERS, Shown, left_empty

SIZE = 50
FRONT, END = "first", "last"
"""In place of an order's number: whichever stands at the front or the end of the page."""
_CAUSE = re.compile(r"[a-z_]{1,40}\.[0-9a-f]{10}")
_NUMBER = re.compile(r"[A-Z0-9-]{1,40}")
_FILTER = ("q", "cause", "kind", "mine", "snoozed")
_SORT = ("sort", "dir")
_NAMES = (*_FILTER, *_SORT, "columns", "after", "before", "order", "view")
_LONGEST_COLUMNS = 300
DESCENDING_FIRST = frozenset({Sort.AMOUNT})
"""Sorts that people mean the largest first by."""


@dataclass(frozen=True)
class Address:
    """`q` is the search as it was typed, which may be none that can be read; `columns` are keys with commas between, and
    empty where the person's own choice counts. `known_view` is the view that `view` names, where there is one."""

    cause: str = ""
    kind: str = ""
    sort: Sort = Sort.AGE
    desc: bool = False
    after: str = ""
    before: str = ""
    order: str = ""
    mine: bool = False
    snoozed: bool = False
    q: str = ""
    columns: str = ""
    view: str = ""
    known_view: View | None = None

    @classmethod
    def of(cls, parameters: dict[str, Any], views: Sequence[View] = ()) -> "Address":
        """Read an address; whatever is not allowed in it falls back to the default."""
        said = {name: str(parameters.get(name, "")) for name in _NAMES}
        order = said["order"].upper()
        view = next((view for view in views if view.key == said["view"]), None)
        found = cls(
            cause=said["cause"] if _CAUSE.fullmatch(said["cause"]) else "",
            kind=said["kind"] if said["kind"] in set(HoldKind) else "",
            sort=Sort(said["sort"]) if said["sort"] in set(Sort) else Sort.AGE,
            desc=said["dir"] == "desc",
            after=said["after"] if _is_place(said["after"]) else "",
            before=said["before"] if _is_place(said["before"]) and not _is_place(said["after"]) else "",
            mine=said["mine"] == "1",
            snoozed=said["snoozed"] == "1",
            order=said["order"] if said["order"] in (FRONT, END) else order if _NUMBER.fullmatch(order) else "",
            q=said["q"][: LONGEST + 1],
            columns=said["columns"][:_LONGEST_COLUMNS],
            view=said["view"][:40],
        )
        return found if view is None else found._filled_in(view, {*parameters, *left_empty(parameters)})

    def _filled_in(self, view: View, named: set[str]) -> "Address":
        """With what the view says where the address, which names these, says nothing."""
        changes: dict[str, Any] = {"known_view": view}
        if not named & set(_FILTER):
            changes |= _filter_of(view)
        if not named & set(_SORT):
            changes |= _sort_of(view)
        if "columns" not in named:
            changes["columns"] = ",".join(view.columns)
        return replace(self, **changes)

    def href(self, **changes: Any) -> str:
        """The address of the same queue with changes, from its front and with no order shown unless told otherwise."""
        wanted = replace(self, **({"after": "", "before": "", "order": ""} | changes))
        filters = {
            "q": wanted.q,
            "cause": wanted.cause,
            "kind": wanted.kind,
            "mine": "1" if wanted.mine else "",
            "snoozed": "1" if wanted.snoozed else "",
        }
        order = {
            "sort": "" if wanted.sort is Sort.AGE else str(wanted.sort),
            "dir": "desc" if wanted.desc else "",
        }
        said: dict[str, str] = {"view": wanted.view}
        empty = []
        view = wanted.known_view
        for name, parts, same in (
            ("q", filters, view is not None and wanted.parts.query == Parts.of(search.parse(view.query)).query),
            ("sort", order, view is not None and wanted.sort_text == view.sort),
            ("columns", {"columns": wanted.columns}, view is not None and wanted.columns == ",".join(view.columns)),
        ):
            if same:
                continue
            said |= parts
            if view is not None and not any(parts.values()):
                empty.append(name)
        said |= {"without": ",".join(empty), "after": wanted.after, "before": wanted.before, "order": wanted.order}
        text = urlencode({name: value for name, value in said.items() if value}, safe="~")
        return f"/held?{text}" if text else "/held"

    def sorted_by(self, sort: Sort) -> str:
        """The address of this order, or of the other way round when it is the present one."""
        return self.href(sort=sort, desc=not self.desc if self.sort is sort else sort in DESCENDING_FIRST)

    @property
    def filtered(self) -> bool:
        return bool(self.cause or self.kind or self.mine or self.snoozed or self.q)

    @property
    def only_cause(self) -> bool:
        """Whether it asks for a cause, and for nothing else."""
        return bool(self.cause or self.kind) and not (self.mine or self.snoozed or self.q)

    @property
    def scope(self) -> tuple[str, ...]:
        return (*(("mine",) if self.mine else ()), *(("snoozed",) if self.snoozed else ()))

    def everything(self) -> str:
        """The whole queue, in the same order."""
        return self.href(view="", known_view=None, cause="", kind="", mine=False, snoozed=False, q="")

    @property
    def view_is_lost(self) -> bool:
        """It names a view that is not there, or not for whoever looks."""
        return bool(self.view) and self.known_view is None

    @cached_property
    def problems(self) -> list[str]:
        """Sentences on what cannot be read in the search."""
        try:
            search.parse(self.q)
        except InvalidInput as error:
            return error.problems
        return []

    @property
    def query(self) -> Query:
        """What was typed; nothing where that cannot be read."""
        return Query() if self.problems else search.parse(self.q)

    @property
    def parts(self) -> Parts:
        """The search, and how the switches stand."""
        return Parts(self.cause, self.kind, self.mine, self.snoozed, self.query)

    @property
    def sort_text(self) -> str:
        """The order of the queue as views keep it."""
        if self.sort is Sort.AGE and not self.desc:
            return ""
        return f"-{self.sort}" if self.desc else str(self.sort)

    @property
    def shown(self) -> Shown:
        """All that a view keeps of it."""
        return Shown(str(self.parts.query), self.sort_text, self.columns)

    def wish(self, me: int) -> Wish:
        """What to ask for; `me` is the id of the person whose orders `mine` means."""
        return Wish(
            filter=self.parts.filter(me),
            sort=self.sort,
            desc=self.desc,
            after=Place.parse(self.after) if self.after else None,
            before=Place.parse(self.before) if self.before else None,
            size=SIZE,
        )


def _shown(parameters: dict[str, Any], views: Sequence[View]) -> Shown:
    return Address.of(parameters, views).shown


READERS[ListPage.HELD] = _shown


def _filter_of(view: View) -> dict[str, Any]:
    found = Parts.of(search.parse(view.query))
    return {
        "q": str(found.rest),
        "cause": found.cluster,
        "kind": found.kind,
        "mine": found.mine,
        "snoozed": found.snoozed,
    }


def _sort_of(view: View) -> dict[str, Any]:
    by = view.sort.lstrip("-")
    return {"sort": Sort(by) if by in set(Sort) else Sort.AGE, "desc": view.sort.startswith("-")}


def _is_place(text: str) -> bool:
    try:
        Place.parse(text)
    except InvalidInput:
        return False
    return True
