"""The loaded history is one that the product itself could have written."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from backend.demo.plan import Plan, Wish
from backend.domain.orders import OrderEvent, OrderStatus, next_status
from backend.domain.payments import EntryKind, balance
from backend.domain.permissions import Actor, ActorKind, Role
from backend.services import documents, orders
from backend.services.run import in_unit_of_work
from backend.store.personal import Sealed
from tests.conftest import Database
from tests.demo.conftest import END, MANY, WISH


@dataclass(frozen=True)
class Shop(Database):
    """A loaded database and what was wished of it."""

    wish: Wish = WISH


@pytest.fixture(params=["played", "retold"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """Every order played for itself, and most of them retold from models in bulk."""
    played = request.param == "played"
    database: Database = request.getfixturevalue("demo" if played else "many")
    return Shop(database.url, database.name, database.keyring, wish=WISH if played else MANY)


pytestmark = pytest.mark.timeout(400)  # a busy machine makes twenty thousand orders at its own pace

ADMIN = Actor(ActorKind.STAFF, "user:1", "Ada", Role.ADMIN)


def test_as_many_orders_as_were_wished_lie_within_the_days_that_were_wished(shop: Shop) -> None:
    ((count, first, last),) = shop.execute("select count(*), min(placed_at), max(placed_at) from orders")
    assert count == shop.wish.orders
    assert first >= END - timedelta(days=shop.wish.days)
    assert last <= END


def test_nothing_of_the_past_happens_after_the_end_of_history(shop: Shop) -> None:
    moments = (
        "select max(at) from timeline union all select max(occurred_at) from payment_entries union all "
        "select max(placed_at) from holds union all select max(closed_at) from holds union all "
        "select max(finished_at) from attempts union all select max(occurred_at) from tracking_scans union all "
        "select max(sent_at) from invoices union all select max(done_at) from steps union all select max(created_at) from notes"
    )
    # An order of the very last seconds is taken in at once, whatever the clock says.
    assert [row for row in shop.execute(moments) if row[0] > END + timedelta(seconds=5)] == []


def test_every_order_number_is_the_next_of_its_own_day_and_new_ones_go_on_from_there(shop: Shop) -> None:
    by_day = defaultdict(list)
    for number, placed_at in shop.execute("select number, placed_at from orders order by placed_at, id"):
        _, day, sequence = number.split("-")
        assert day == f"{placed_at:%Y%m%d}"
        by_day[placed_at.date()].append(int(sequence))
    for sequences in by_day.values():
        assert sequences == list(range(1, len(sequences) + 1))
    assert dict(shop.execute("select day, last from order_days")) == {day: len(found) for day, found in by_day.items()}


def test_every_status_is_reached_by_the_moves_of_its_timeline_and_none_of_them_is_forbidden(shop: Shop) -> None:
    status = {order_id: OrderStatus.PENDING for (order_id,) in shop.execute("select id from orders")}
    moves = "select order_id, data->>'from', data->>'event', data->>'to' from timeline where kind = 'order:moved' order by id"
    for order_id, before, event, after in shop.execute(moves):
        assert status[order_id] == before
        status[order_id] = next_status(status[order_id], OrderEvent(event))
        assert status[order_id] == after
    assert status == {order_id: found for order_id, found in shop.execute("select id, status from orders")}


def test_there_are_orders_in_every_status(shop: Shop) -> None:
    assert {row[0] for row in shop.execute("select distinct status from orders")} == {str(s) for s in OrderStatus}


def test_each_timeline_is_told_in_the_order_of_time_from_receipt_on(shop: Shop) -> None:
    latest: dict[int, object] = {}
    for order_id, at, kind in shop.execute("select order_id, at, kind from timeline order by id"):
        if order_id not in latest:
            assert kind == "order:received"
        else:
            assert at >= latest[order_id]
        latest[order_id] = at
    assert len(latest) == shop.wish.orders


def test_money_adds_up_for_every_order(shop: Shop) -> None:
    entries = defaultdict(list)
    for order_id, kind, amount in shop.execute("select order_id, kind, amount_minor from payment_entries order by id"):
        entries[order_id].append((EntryKind(kind), amount))
    totals = {
        row[0]: row[1:] for row in shop.execute("select order_id, captured_minor, refunded_minor from payment_totals")
    }
    facts = "select id, payment_status, payment_mode, total_minor, status from orders"
    for order_id, payment_status, mode, total, status in shop.execute(facts):
        found = balance(entries[order_id])
        assert payment_status == str(found.status)
        assert totals.get(order_id, (0, 0)) == (found.captured_minor, found.refunded_minor)
        assert found.captured_minor in (0, total)
        if status not in ("pending", "cancelled") and mode != "terms":
            assert found.captured_minor == total
        if status == "refunded":
            assert found.refunded_minor == total


def test_lines_shipping_and_tax_make_the_total_of_every_order(shop: Shop) -> None:
    wrong = shop.execute(
        "select number from orders where abs(total_minor - shipping_minor - (case when taxes_included then 0 else tax_minor "
        "end) - (select sum(total_minor) from order_items where order_id = orders.id)) > 1"
    )
    assert wrong == []


def test_refunds_are_paid_back_and_credited_with_the_same_amounts(shop: Shop) -> None:
    found = shop.execute(
        "select r.amount_minor, e.amount_minor, c.total_minor, r.state from refunds r "
        "left join payment_entries e on e.order_id = r.order_id and e.kind = 'refunded' "
        "left join invoices c on c.refund_id = r.id"
    )
    assert len(found) >= 10
    settled = [row for row in found if row[3] == "succeeded"]
    assert all(row[0] == row[1] == row[2] for row in settled)
    # The others wait for a person together with their order, and nothing has moved.
    assert [row[1:] for row in found if row not in settled] == [(None, None, "requested")] * (len(found) - len(settled))


def test_stock_is_what_its_movements_make_it_and_reserved_is_what_open_orders_wait_for(shop: Shop) -> None:
    wrong = shop.execute(
        """
        select i.sku, i.on_hand, i.reserved from inventory i
        where i.on_hand <> (select coalesce(sum(on_hand_change), 0) from stock_movements m where m.sku = i.sku)
           or i.reserved <> (select coalesce(sum(reserved_change), 0) from stock_movements m where m.sku = i.sku)
           or i.reserved <> (select coalesce(sum(quantity), 0) from reservations r where r.sku = i.sku and r.state = 'reserved')
           or i.reserved > i.on_hand
        """
    )
    assert wrong == []
    ((reserved,),) = shop.execute("select sum(reserved) from inventory")
    assert reserved > 0


def test_the_shelf_was_never_emptier_than_nothing(shop: Shop) -> None:
    lowest = shop.execute(
        "select min(level) from (select sum(on_hand_change) over (partition by sku order by id) as level from stock_movements) l"
    )
    assert lowest[0][0] >= 0


def test_goods_of_sent_orders_have_left_and_those_of_waiting_orders_are_set_aside(shop: Shop) -> None:
    found = set(
        shop.execute("select distinct o.status, r.state from reservations r join orders o on o.id = r.order_id")
    )
    assert found <= {
        ("pending", "reserved"), ("confirmed", "reserved"), ("processing", "reserved"), ("shipped", "consumed"),
        ("delivered", "consumed"), ("cancelled", "returned"), ("refunded", "returned"),
        # The whole price of a single line was paid back, and the goods were kept.
        ("refunded", "consumed"),
    }  # fmt: skip


def test_invoices_are_numbered_without_a_gap_and_every_confirmed_order_has_exactly_one(shop: Shop) -> None:
    for series, kind in (("INV", "invoice"), ("CN", "credit_note")):
        numbers = [
            row[0] for row in shop.execute(f"select sequence from invoices where kind = '{kind}' order by sequence")
        ]
        assert numbers == list(range(1, len(numbers) + 1))
        assert shop.execute(f"select last from number_series where series = '{series}'") == [(len(numbers),)]
    without = shop.execute(
        "select count(*) from orders o where status in ('processing', 'shipped', 'delivered', 'refunded') and not exists "
        "(select 1 from invoices i where i.order_id = o.id and i.kind = 'invoice' and i.total_minor = o.total_minor)"
    )
    assert without == [(0,)]


def test_what_the_timeline_says_of_a_document_is_its_real_number(shop: Shop) -> None:
    wrong = shop.execute(
        "select t.text from timeline t join invoices i on i.order_id = t.order_id and i.kind = 'invoice' "
        "where t.kind = 'invoice:stored' and position(i.number in t.text) = 0"
    )
    assert wrong == []
    for table, column in (("timeline", "text"), ("steps", "result"), ("attempts", "exchanges")):
        assert shop.execute(f"select count(*) from {table} where {column}::text ~ '[\\ue000-\\uf8ff]'") == [(0,)]


def test_a_stored_document_opens_as_a_pdf(shop: Shop) -> None:
    ((document_id, number),) = shop.execute("select id, number from invoices where stored_at is not null limit 1")
    found = in_unit_of_work(documents.document_pdf, str(document_id), actor=ADMIN)
    assert found.content.startswith(b"%PDF-1.4")
    assert number.encode() in found.content
    assert found.filename == f"{number}.pdf"


def test_steps_are_keyed_by_their_order_and_tried_no_more_often_than_allowed(shop: Shop) -> None:
    found = shop.execute(
        "select s.key, o.number, s.kind, s.subject, s.generation, s.attempts, s.allowed, s.state, s.done_at is not null, "
        "(select count(*) from attempts a where a.step_id = s.id) from steps s join orders o on o.id = s.order_id"
    )
    for key, number, kind, subject, generation, attempts, allowed, state, done, tries in found:
        assert key == f"{number}:{kind}/{subject}:{generation}" if subject else f"{number}:{kind}:{generation}"
        assert attempts == tries <= allowed
        assert (state in ("done", "parked", "cancelled")) == done


def test_every_step_that_is_done_ended_with_a_good_attempt(shop: Shop) -> None:
    bad = shop.execute(
        "select count(*) from steps s where state = 'done' and (select outcome from attempts a where a.step_id = s.id "
        "order by number desc limit 1) <> 'ok'"
    )
    assert bad == [(0,)]


def test_no_name_street_or_mail_address_lies_open_anywhere(shop: Shop) -> None:
    people = set()
    for row_id, name, email in shop.execute("select id, name, email from customers limit 60"):
        people.add(shop.keyring.open_bytes("customers", "name", row_id, _sealed(name)).decode())
        people.add(shop.keyring.open_bytes("customers", "email", row_id, _sealed(email)).decode())
    assert len(people) > 100
    texts = shop.execute(
        "select text || data::text from timeline union all select exchanges::text from attempts where exchanges <> '[]' "
        "union all select reason || facts::text from holds union all select text from notes"
    )
    everything = "\n".join(str(row[0]) for row in texts)
    assert [person for person in people if person in everything] == []


def _sealed(blob: bytes) -> Sealed:
    return Sealed(bytes(blob))


def test_customers_are_found_by_the_beginning_of_their_name_and_by_their_address(shop: Shop) -> None:
    ((row_id, email),) = shop.execute("select id, email from customers order by id limit 1")
    address = shop.keyring.open("customers", "email", row_id, _sealed(email))
    token = shop.keyring.email_token(address)
    assert (row_id,) in shop.execute("select id from customers where email_token = %s", (token,))


def test_six_to_ten_of_a_hundred_orders_of_the_past_were_held_at_some_time(shop: Shop) -> None:
    ((held, all_orders),) = shop.execute(
        "select count(*) filter (where exists (select 1 from holds where order_id = orders.id)), count(*) from orders "
        "where placed_at < %s",
        (END - timedelta(days=20),),
    )
    assert 0.05 <= held / all_orders <= 0.10


def test_the_season_shows_black_friday_as_the_busiest_day_of_its_month() -> None:
    plan = Plan(replace(WISH, orders=40_000, held=50))
    november = Counter(at.date() for at in plan.times if (at.year, at.month) == (2025, 11))
    assert november.most_common(1)[0][0] == date(2025, 11, 28)


def test_an_order_page_opens_for_orders_in_every_status(shop: Shop) -> None:
    for number, status in shop.execute("select distinct on (status) number, status from orders order by status, id"):
        view = in_unit_of_work(orders.order_view, number, actor=ADMIN)
        assert (view.number, view.status) == (number, status)
        assert view.customer
        assert view.items
        assert view.steps or view.held
