"""What the address of the held queue says: which orders, in which order, from where on, and which one is shown beside."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from backend.domain.errors import InvalidInput
from backend.domain.holds import HoldKind
from backend.domain.queue import Filter, Place, Sort, Wish

SIZE = 50
FRONT, END = "first", "last"
"""In place of an order's number: whichever stands at the front or the end of the page."""
_CAUSE = re.compile(r"[a-z_]{1,40}\.[0-9a-f]{10}")
_NUMBER = re.compile(r"[A-Z0-9-]{1,40}")
_NAMES = ("cause", "kind", "mine", "snoozed", "sort", "dir", "after", "before", "order")
DESCENDING_FIRST = frozenset({Sort.AMOUNT})
"""Sorts that people mean the largest first by."""


@dataclass(frozen=True)
class Address:
    cause: str = ""
    kind: str = ""
    sort: Sort = Sort.AGE
    desc: bool = False
    after: str = ""
    before: str = ""
    order: str = ""
    mine: bool = False
    snoozed: bool = False

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Address":
        """Read an address; whatever is not allowed in it falls back to the default."""
        said = {name: str(parameters.get(name, "")) for name in _NAMES}
        order = said["order"].upper()
        return cls(
            cause=said["cause"] if _CAUSE.fullmatch(said["cause"]) else "",
            kind=said["kind"] if said["kind"] in set(HoldKind) else "",
            sort=Sort(said["sort"]) if said["sort"] in set(Sort) else Sort.AGE,
            desc=said["dir"] == "desc",
            after=said["after"] if _is_place(said["after"]) else "",
            before=said["before"] if _is_place(said["before"]) and not _is_place(said["after"]) else "",
            mine=said["mine"] == "1",
            snoozed=said["snoozed"] == "1",
            order=said["order"] if said["order"] in (FRONT, END) else order if _NUMBER.fullmatch(order) else "",
        )

    def href(self, **changes: Any) -> str:
        """The address of the same queue with changes, from its front and with no order shown unless told otherwise."""
        wanted = replace(self, **({"after": "", "before": "", "order": ""} | changes))
        parts = {
            "cause": wanted.cause,
            "kind": wanted.kind,
            "mine": "1" if wanted.mine else "",
            "snoozed": "1" if wanted.snoozed else "",
            "sort": "" if wanted.sort is Sort.AGE else str(wanted.sort),
            "dir": "desc" if wanted.desc else "",
            "after": wanted.after,
            "before": wanted.before,
            "order": wanted.order,
        }
        said = urlencode({name: value for name, value in parts.items() if value}, safe="~")
        return f"/held?{said}" if said else "/held"

    def sorted_by(self, sort: Sort) -> str:
        """The address of this order, or of the other way round when it is the present one."""
        return self.href(sort=sort, desc=not self.desc if self.sort is sort else sort in DESCENDING_FIRST)

    @property
    def filtered(self) -> bool:
        return bool(self.cause or self.kind or self.mine or self.snoozed)

    def wish(self, me: int) -> Wish:
        """What to ask for; `me` is the id of the person whose orders `mine` means."""
        return Wish(
            filter=Filter(self.cause, self.kind, me if self.mine else 0, self.snoozed),
            sort=self.sort,
            desc=self.desc,
            after=Place.parse(self.after) if self.after else None,
            before=Place.parse(self.before) if self.before else None,
            size=SIZE,
        )


def _is_place(text: str) -> bool:
    try:
        Place.parse(text)
    except InvalidInput:
        return False
    return True
