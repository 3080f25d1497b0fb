"""Orders and people of the loaded shop, for the desk to look for, and what looking for them asks of the database."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from backend.bench.desk import queries
from backend.bench.desk.wish import Query
from backend.bench.site import Invalid
from backend.domain.order_page import Look, Tab
from backend.domain.permissions import Actor, ActorKind, Role
from backend.domain.queue import HeldPage
from backend.domain.queue import Wish as Place
from backend.services import order_lists, order_page, queue
from backend.store import db
from backend.store.personal import Sealed, keyring

SAMPLE = 60
ACTOR = Actor(ActorKind.STAFF, "user:1", "Bench", Role.CUSTOMER_SERVICE)
PAGE = 50
_ROW = (
    "select orders.id, orders.number, orders.external_number, orders.status, orders.payment_status, "
    "orders.shipping_status, orders.channel, orders.currency, orders.total_minor, orders.placed_at, customers.id, "
    "customers.name, customers.email, customers.phone, orders.tags, orders.external_id, orders.payment_reference, "
    "orders.created_at, orders.updated_at, orders.delivered_at, "
    "array(select kind from holds where holds.order_id = orders.id and closed_at is null order by holds.id), "
    "array(select tracking_number from parcels where parcels.order_id = orders.id order by parcels.id), "
    "(select country from addresses where addresses.order_id = orders.id order by kind desc limit 1) "
    "from orders join customers on customers.id = orders.customer_id"
)
"""What a row of the list can show, its holds, parcels and country among it."""
_NEWEST = "order by orders.placed_at desc, orders.id desc limit 51"


@dataclass(frozen=True)
class Known:
    """What somebody at the desk has at hand; each turn something else."""

    orders: tuple[str, ...]
    people: tuple[tuple[str, str], ...]
    held_orders: tuple[str, ...]
    pages: bool = False
    """Whether the held queue has more than one page."""

    def number(self, turn: int) -> str:
        """A part of an order's number: the last digits of its day and its place on it."""
        _, day, place = self.orders[turn % len(self.orders)].split("-")
        return f"{day[2:]}-{place}"

    def name(self, turn: int) -> str:
        """The beginnings of a first and a last name."""
        return " ".join(word[:5] for word in self.people[turn % len(self.people)][0].split()[:2])

    def email(self, turn: int) -> str:
        return self.people[turn % len(self.people)][1]

    def held(self, turn: int) -> str:
        return self.held_orders[turn % len(self.held_orders)]


def known() -> Known:
    """A sample of the shop, the same in every run. Raises `Invalid` where nothing is held."""
    return db.in_unit_of_work(_known)


def held_count() -> int:
    with db.unit_of_work() as session:
        return int(
            session.execute(text("select count(distinct order_id) from holds where closed_at is null")).scalar_one()
        )


def _known(session: Session) -> Known:
    spread = "from orders where id % :step = 0 order by id limit :most"
    ((count,),) = session.execute(text("select greatest(max(id) - min(id), 1) from orders")).all()
    values = {"step": max(1, count // SAMPLE), "most": SAMPLE}
    rows = session.execute(text(f"select number, customer_id {spread}"), values).all()
    people = []
    for _, customer_id in rows:
        name, email = session.execute(
            text("select name, email from customers where id = :id"), {"id": customer_id}
        ).one()
        people.append(tuple(_opened(column, customer_id, blob) for column, blob in (("name", name), ("email", email))))
    held = session.execute(
        text(
            "select number from orders join holds on holds.order_id = orders.id where holds.closed_at is null and source = 'step' "
            "and kind in ('shipment_not_accepted', 'payment_declined', 'address_invalid') order by holds.id limit :most"
        ),
        {"most": SAMPLE},
    ).scalars()
    pages = session.execute(text("select count(*) > :page from held_orders"), {"page": PAGE}).scalar_one()
    found = Known(
        tuple(row[0] for row in rows), tuple((name, email) for name, email in people), tuple(held), bool(pages)
    )
    if not found.held_orders:
        raise Invalid("Nothing is held that could be retried. Measure with more orders.")
    return found


def _opened(column: str, row_id: Any, blob: Any) -> str:
    return keyring().open("customers", column, row_id, None if blob is None else Sealed(bytes(blob)))


def compare(url: str, rounds: int, shop: Known) -> list[Query]:
    """The queries behind searches and order pages, beside the bare SQL for the same rows."""
    number, name, email = shop.number(1), shop.name(1), shop.email(1)
    tokens = keyring().name_query_tokens(name)
    order = shop.orders[1]

    def search(q: str) -> queries.Ours:
        return lambda session: order_lists.listed(session, actor=ACTOR, q=q)

    def opened(session: Session) -> Any:
        return order_page.order_shown(session, order, Tab.TIMELINE, Look(), actor=ACTOR)

    by_number = f"{_ROW} where number like %(part)s or external_number like %(part)s {_NEWEST}"
    by_name = f"{_ROW} where customers.name_tokens @> %(tokens)s {_NEWEST}"
    by_email = f"{_ROW} where customers.email_token = %(token)s {_NEWEST}"
    token = keyring().email_token(email)
    first: HeldPage = db.in_unit_of_work(queue.held_page, Place(), actor=ACTOR)
    after = Place(after=first.next)
    at = first.rows[-1].held_at, first.rows[-1].order_id
    behind = _HELD.replace("where", "where (held_orders.held_at, held_orders.order_id) > (%(at)s, %(order_id)s) and")

    def held(place: Place) -> queries.Ours:
        return lambda session: queue.held_page(session, place, actor=ACTOR)

    def causes(session: Session) -> Any:
        return queue.held_summary(session, actor=ACTOR)

    return [
        queries.compared("/held, first page", held(Place()), url, _HELD, {}, rounds),
        queries.compared("/held, next page", held(after), url, behind, {"at": at[0], "order_id": at[1]}, rounds),
        queries.compared("/held, causes and totals", causes, url, _CAUSES, {}, rounds),
        queries.compared("orders list, newest", search(""), url, f"{_ROW} {_NEWEST}", {}, rounds),
        queries.compared("search by partial number", search(number), url, by_number, {"part": f"%{number}%"}, rounds),
        queries.compared("search by name", search(name), url, by_name, {"tokens": tokens}, rounds),
        queries.compared("search by e-mail", search(email), url, by_email, {"token": token}, rounds),
        queries.compared("open an order", opened, url, _ORDER, {"number": order}, rounds),
    ]


_HELD = (
    "select orders.*, customers.name, holds.kind, holds.reason, held_orders.held_at, (select count(*) from held_orders) "
    "from held_orders join orders on orders.id = held_orders.order_id join customers on customers.id = orders.customer_id "
    "join holds on holds.id = held_orders.hold_id where true order by held_orders.held_at, held_orders.order_id limit 50"
)
_CAUSES = (
    "select holds.cluster, min(holds.kind), min(holds.cluster_label), held_orders.currency, count(*), "
    "sum(held_orders.total_minor), min(held_orders.held_at) from holds join held_orders using (order_id) "
    "where holds.closed_at is null group by holds.cluster, held_orders.currency"
)
_ORDER = (
    "with found as (select id, customer_id from orders where number = %(number)s) "
    "select to_jsonb(orders), to_jsonb(customers), "
    "(select jsonb_agg(to_jsonb(holds)) from holds where order_id = found.id), "
    "(select jsonb_agg(to_jsonb(timeline) order by timeline.id) from timeline where order_id = found.id), "
    "(select jsonb_agg(to_jsonb(steps)) from steps where order_id = found.id), "
    "(select jsonb_agg(to_jsonb(notes)) from notes where order_id = found.id), "
    "(select jsonb_agg(to_jsonb(refunds)) from refunds where order_id = found.id), "
    "(select jsonb_agg(to_jsonb(payment_totals)) from payment_totals where order_id = found.id) "
    "from found join orders on orders.id = found.id join customers on customers.id = found.customer_id"
)
