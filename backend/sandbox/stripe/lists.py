"""Stripe's lists: newest first, `limit` up to 100, cursors by id, `created` ranges, `{object, data, has_more, url}`."""

from collections.abc import Mapping

from backend.sandbox.store import Document
from backend.sandbox.stripe.errors import invalid, no_such

COMPARISONS = {
    "created": lambda created, bound: created == bound,
    "created[gt]": lambda created, bound: created > bound,
    "created[gte]": lambda created, bound: created >= bound,
    "created[lt]": lambda created, bound: created < bound,
    "created[lte]": lambda created, bound: created <= bound,
}
PAGING = {"limit", "starting_after", "ending_before", *COMPARISONS}


def page(items: list[Document], query: Mapping[str, str], url: str, filters: Mapping[str, str]) -> Document:
    """One page of `items` (newest first). `filters` maps the query names allowed here to object fields."""
    for name, value in query.items():
        if name in COMPARISONS:
            bound = _integer(name, value)
            items = [item for item in items if COMPARISONS[name](item["created"], bound)]
        elif name in filters:
            items = [item for item in items if item.get(filters[name]) == value]
        elif name not in PAGING and not name.startswith("expand"):
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
    limit = _integer("limit", query.get("limit", "10"))
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100 (inclusive).", param="limit")
    if before := query.get("ending_before"):
        ahead = items[: _position(items, before, "ending_before")]
        return _result(ahead[-limit:], len(ahead) > limit, url)
    if after := query.get("starting_after"):
        items = items[_position(items, after, "starting_after") + 1 :]
    return _result(items[:limit], len(items) > limit, url)


def _result(data: list[Document], has_more: bool, url: str) -> Document:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _position(items: list[Document], object_id: str, param: str) -> int:
    for index, item in enumerate(items):
        if item["id"] == object_id:
            return index
    raise no_such("object", object_id, param=param)


def _integer(name: str, raw: str) -> int:
    if not raw.isdecimal():
        raise invalid(f"Invalid integer: {raw}", param=name, code="parameter_invalid_integer")
    return int(raw)
