"""The orders list: pages of what a search finds, and how many that are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from backend import clock, settings
from backend.domain import search
from backend.domain.desk import OrderPage, OrderRow
from backend.domain.errors import InvalidInput, SearchTooWide
from backend.domain.order_lists import MAX_PAGE, MOST_COUNTED, ListedOrder, ListedPage, Place, Sort, Wish
from backend.domain.permissions import Actor, Area, Level
from backend.domain.preferences import zone_of
from backend.domain.search import Flag, Query, Term
from backend.domain.steps import RULES
from backend.store import order_lists, order_search
from backend.store.order_search import Asking
from backend.store.personal import keyring

PAGE_SECONDS = 5.0
COUNT_SECONDS = 1.0
_CANCELLED = "57014"


def listed(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    sort: str = Sort.PLACED,
    ascending: bool = False,
    after: str = "",
    before: str = "",
    size: int = 50,
) -> ListedPage:
    """A page of what a search finds. Raises `InvalidInput` for a search or a cursor that cannot be read, and
    `SearchTooWide` where the answer would take too long."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    if sort not in set(Sort):
        raise InvalidInput([f"Orders cannot be put in order by {sort!r}; by {' or '.join(Sort)} they can."])
    wish = Wish(
        query=search.parse(q),
        sort=Sort(sort),
        ascending=ascending,
        after=Place.parse(after),
        before=Place.parse(before),
        size=min(max(1, size), MAX_PAGE),
    )
    return page_of(session, wish, actor)


def page_of(session: Session, wish: Wish, actor: Actor) -> ListedPage:
    """The page that is wished for; the caller has checked that the actor may see it. Raises `SearchTooWide`."""
    with bounded(PAGE_SECONDS):
        return _page(session, wish, actor)


def counted(session: Session, *, actor: Actor, q: str) -> int:
    """How many orders a search finds, at most `MOST_COUNTED + 1`. Raises as `listed` does."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    return _count(session, search.parse(q), actor)


def counted_each(session: Session, queries: Sequence[str], *, actor: Actor) -> tuple[int | None, ...]:
    """The same for several searches at once; None for one that would take too long. Raises `InvalidInput`."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    found: list[int | None] = []
    for query in [search.parse(q) for q in queries]:
        try:
            with session.begin_nested():
                found.append(_count(session, query, actor))
        except SearchTooWide:
            found.append(None)
    return tuple(found)


def _count(session: Session, query: Query, actor: Actor) -> int:
    with bounded(COUNT_SECONDS):
        wanted = order_search.read(session, query, asking(actor))
        return order_lists.count(session, wanted, MOST_COUNTED, seconds=COUNT_SECONDS)


def found_by(session: Session, q: str, *, actor: Actor, most: int) -> list[int]:
    """Ids of up to `most` orders that a search finds, newest first. Raises as `listed` does."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    query = search.parse(q)
    with bounded(PAGE_SECONDS):
        wanted = order_search.read(session, query, asking(actor))
        return order_lists.ids(session, wanted, most, seconds=PAGE_SECONDS)


def order_page(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    status: str = "",
    channel: str = "",
    held: bool | None = None,
    failed: bool = False,
    query: str = "",
    cursor: str = "",
    size: int = 50,
) -> OrderPage:
    """A page for programs, newest first: a search, and filters beside it.

    `query` is what somebody typed, taken as words. Raises `InvalidInput` for what cannot be read."""
    actor.require(Area.ORDERS, Level.VIEW, "see orders")
    whole = Query((*search.parse(q).parts, *_plain_filters(status, channel, held, failed, query)))
    page = page_of(session, Wish(query=whole, after=Place.parse(cursor), size=min(max(1, size), MAX_PAGE)), actor)
    return OrderPage(tuple(_order_row(row) for row in page.rows), page.next)


def _plain_filters(status: str, channel: str, held: bool | None, failed: bool, query: str) -> list[str | Term]:
    """The filters beside a search as parts of it."""
    parts: list[str | Term] = [" ".join(word.split()) for word in query.split()]
    parts += search.parse(f"status:{status}").parts if status else ()
    parts += search.parse(f"channel:{channel}").parts if channel else ()
    if held is not None:
        parts.append(Term("status", (search.HELD,), negated=not held))
    return [*parts, Term("is", (Flag.UNSENT,))] if failed else parts


def asking(actor: Actor) -> Asking:
    """What `today`, `mine` and the like mean for this person at this moment."""
    kind, _, number = actor.party.partition(":")
    return Asking(
        now=clock.now(),
        zone=zone_of(actor.zone, settings.current().time_zone),
        user_id=int(number) if kind == "user" else None,
        failing=tuple(str(step) for step, rule in RULES.items() if not rule.holds),
    )


def _page(session: Session, wish: Wish, actor: Actor) -> ListedPage:
    wanted = order_search.read(session, wish.query, asking(actor))
    found = order_lists.page(session, wanted, wish, limit=wish.size + 1, seconds=PAGE_SECONDS)
    backwards = wish.before is not None
    more = len(found) > wish.size
    shown = (found[1:] if backwards else found[:-1]) if more else found
    rows = tuple(_listed(row) for row in shown)
    if not shown:
        return ListedPage(rows)
    in_front = more if backwards else wish.after is not None
    behind = backwards or more
    previous, following = str(shown[0].place), str(shown[-1].place)
    return ListedPage(rows, previous=previous if in_front else "", next=following if behind else "")


def _listed(row: order_lists.Row) -> ListedOrder:
    show = keyring().show
    return ListedOrder(
        id=row.id,
        number=row.number,
        external_number=row.external_number,
        external_id=row.external_id,
        channel=row.channel,
        customer=show("customers", "name", row.customer_id, row.name),
        email=show("customers", "email", row.customer_id, row.email),
        phone=show("customers", "phone", row.customer_id, row.phone),
        country=row.country,
        status=row.status,
        payment_status=row.payment_status,
        shipping_status=row.shipping_status,
        causes=tuple(row.causes),
        total_minor=row.total_minor,
        currency=row.currency,
        payment_reference=row.payment_reference,
        tracking=tuple(row.tracking),
        tags=tuple(row.tags),
        placed_at=row.placed_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        delivered_at=row.delivered_at,
    )


def _order_row(row: ListedOrder) -> OrderRow:
    return OrderRow(
        id=row.id,
        number=row.number,
        external_number=row.external_number,
        customer=row.customer,
        channel=row.channel,
        status=row.status,
        payment_status=row.payment_status,
        shipping_status=row.shipping_status,
        total_minor=row.total_minor,
        currency=row.currency,
        held=row.held,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
    )


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """A search that the database cuts off is said to be too wide."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise SearchTooWide(seconds) from error
        raise
