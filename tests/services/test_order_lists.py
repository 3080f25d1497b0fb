"""The orders list: what a search finds, in pages both ways, and that common words find no less than rare ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from backend import clock
from backend.domain.errors import InvalidInput, NotAllowed, SearchTooWide
from backend.domain.intake import NewCustomer
from backend.domain.permissions import Actor, ActorKind
from backend.services import order_lists, tags, teamwork
from backend.services.run import in_unit_of_work
from backend.store import order_search
from tests.conftest import Database
from tests.factories import PLACED_AT, address, created, digital, item, new_order, staff
from tests.statements import sent

ANNA = staff(number=1)


def found(q: str, **wish: Any) -> set[str]:
    return {row.number for row in in_unit_of_work(order_lists.listed, actor=ANNA, q=q, **wish).rows}


@pytest.fixture(params=["few candidates", "many candidates"])
def _limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test twice: with what words name looked up first, and with words that name more than are looked up."""
    if request.param == "many candidates":
        monkeypatch.setattr(order_search, "MOST_CANDIDATES", 0)


@pytest.mark.usefixtures("_limit")
def test_words_find_orders_by_whatever_people_have_at_hand(database: Database) -> None:
    order = created(new_order(payment_reference="pi_3NtHold42", external_number="#10427", external_id="gid-991"))
    created(new_order(customer=NewCustomer("c9", "Anna Bell", "anna@bell.example", ""), external_number="#20555"))
    database.execute(
        "insert into shipments (id, order_id, key, provider, reference, state, carrier, service, cost_minor, cost_currency,"
        " created_at) values (1, %s, 'k', 'shipengine', 'se-1', 'labelled', '', '', 0, '', now())",
        (order.id,),
    )
    database.execute(
        "insert into parcels (shipment_id, order_id, provider, tracking_number, tracking_url, label_url, grams, status,"
        " updated_at) values (1, %s, 'shipengine', '1Z999AA10123456784', '', '', 0, 'label_created', now())",
        (order.id,),
    )
    grouped = '"1z 999 aa1 01 2345 6784"'
    everything = [
        order.number, order.number.lower(), order.number[4:], order.number[-5:], "10427", "#1042", "gid-991", "greta",
        "Lind gre", "GRETA.lindenau@example.org", "+49 (30) 5550177", "+49305550177", "030 5550177", "pi_3NtHold42",
        "1Z999AA10123456784", grouped, f"greta {order.number[-5:]}",
    ]  # fmt: skip

    assert {text: found(text) for text in everything} == {text: {order.number} for text in everything}
    assert {text: found(text) for text in ("nobody", "%", "_", "\\", "10_27", "greta bell", "99999999")} == {
        text: set() for text in ("nobody", "%", "_", "\\", "10_27", "greta bell", "99999999")
    }


@pytest.mark.usefixtures("_limit")
def test_operators_look_in_one_place_only(database: Database) -> None:
    order = created(new_order(payment_reference="greta", external_number="lindenau"))
    other = created(new_order(customer=NewCustomer("c9", "Anna Bell", "anna@bell.example", "+49 89 1234567")))
    both = {order.number, other.number}

    assert found("name:bell") == {other.number}
    assert found("name:greta") == {order.number}
    assert found("reference:greta") == {order.number}
    assert found("external:linden") == {order.number}
    assert found("email:anna@bell.example") == {other.number}
    assert found('phone:"089 1234567"') == {other.number}
    assert found(f"number:{other.number[-4:]}") == {other.number}
    assert found("number:greta") == set()
    assert found("-name:bell") == {order.number}
    assert found("-reference:greta") == {other.number}
    assert found(f"-number:{other.number}") == {order.number}
    assert found("-name:nobody") == both
    assert found("-email:anna@bell.example -name:greta") == set()


def test_statuses_causes_channels_and_tags_narrow_it_down(database: Database) -> None:
    held = created(new_order(shipping=None, channel="shopify", tags=("VIP ", "gift")))
    free = created(new_order(digital()))
    database.execute(
        "update orders set payment_status = 'paid', shipping_status = 'exception' where id = %s", (free.id,)
    )
    both = {held.number, free.number}

    assert found("status:held") == {held.number}
    assert found("-status:held") == {free.number}
    assert found("status:held,pending") == both
    assert found("status:held status:pending") == {held.number}
    assert found("cause:address_missing") == {held.number}
    assert found("cause:po_box") == set()
    assert found("-cause:address_missing") == {free.number}
    assert found("payment:paid") == {free.number}
    assert found("shipping:exception,returned") == {free.number}
    assert found("channel:shopify") == {held.number}
    assert found("-channel:shopify") == {free.number}
    assert found("tag:vip tag:gift") == {held.number}
    assert found("tag:vi") == set()
    assert found("-tag:vip") == {free.number}
    assert found("is:test") == set()
    database.execute("update orders set test = true where id = %s", (free.id,))
    assert found("is:test") == {free.number}


def test_what_is_whose_is_asked_of_the_desk(database: Database) -> None:
    database.execute(
        "insert into users (id, email, name, role, password_hash, active, preferences, created_at) "
        "values (1, 'a@example.org', 'Anna', 'admin', 'x', true, '{}', now())"
    )
    mine, nobodys = (created(new_order(shipping=None)).number for _ in range(2))
    created(new_order(digital()))
    in_unit_of_work(teamwork.claim, mine, actor=ANNA)

    assert found("is:mine") == {mine}
    assert found("is:unassigned") == {nobodys}
    assert found("is:mine,unassigned -is:snoozed") == {mine, nobodys}
    assert in_unit_of_work(order_lists.counted, actor=staff(number=2), q="is:mine") == 0
    database.execute("update desk_work set claim_until = now() - interval '1 second' where assignee_id is not null")
    assert found("is:mine") == set()
    assert found("is:unassigned") == {mine, nobodys}
    in_unit_of_work(teamwork.snooze, mine, actor=ANNA, until=clock.now() + timedelta(days=1))
    assert found("is:snoozed") == {mine}


def test_amounts_are_compared_in_each_orders_own_currency(database: Database) -> None:
    def of(currency: str, minor: int) -> str:
        line = item(quantity=1, unit_price_minor=minor)
        return created(new_order(line, currency=currency, shipping_minor=0)).number

    euro, yen, dinar = of("EUR", 10001), of("JPY", 100), of("KWD", 100_001)

    assert found("amount:>100") == {euro, dinar}
    assert found("amount:>=100") == {euro, yen, dinar}
    assert found("amount:100") == {yen}
    assert found("amount:100.01") == {euro}
    assert found("amount:100..100.001") == {yen, dinar}
    assert found("amount:>100EUR") == {euro}
    assert found("amount:>1CHF") == set()
    assert found("-amount:>100") == {yen}
    assert found("currency:JPY,KWD") == {yen, dinar}


def test_days_begin_and_end_in_the_shops_zone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_lists, "asking", lambda actor, real=order_lists.asking: _in_berlin(real(actor)))
    late = created(new_order(placed_at=datetime(2026, 5, 31, 22, 30, tzinfo=UTC)))
    early = created(new_order(placed_at=datetime(2026, 5, 31, 21, 30, tzinfo=UTC)))
    database.execute("update orders set delivered_at = '2026-06-03 12:00+00' where id = %s", (early.id,))

    assert found("created:2026-05") == {early.number}
    assert found("created:2026-06-01") == {late.number}
    assert found("created:>2026-05") == {late.number}
    assert found("created:2026-05..2026-06") == {early.number, late.number}
    assert found("delivered:2026-06") == {early.number}
    assert found("delivered:<2026-06-03") == set()
    assert found("delivered:>=2026-06-03") == {early.number}
    assert found("-delivered:2026-06") == {late.number}


def _in_berlin(asking: order_search.Asking) -> order_search.Asking:
    return replace(asking, zone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("sort", ["placed", "amount"])
@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("q", ["", "greta"])
def test_the_list_is_paged_both_ways_without_gaps_or_repeats(
    database: Database, sort: str, ascending: bool, q: str
) -> None:
    numbers = [created(new_order(item(unit_price_minor=1000 + n // 2), placed_at=PLACED_AT)).number for n in range(7)]
    expected = numbers if ascending else numbers[::-1]
    wish: dict[str, Any] = {"actor": ANNA, "q": q, "sort": sort, "ascending": ascending, "size": 3}
    pages = [in_unit_of_work(order_lists.listed, **wish)]
    while pages[-1].next:
        pages.append(in_unit_of_work(order_lists.listed, **wish, after=pages[-1].next))
    back = [in_unit_of_work(order_lists.listed, **wish, before=pages[-1].previous)]
    while back[-1].previous:
        back.append(in_unit_of_work(order_lists.listed, **wish, before=back[-1].previous))

    assert [[row.number for row in page.rows] for page in pages] == [expected[:3], expected[3:6], expected[6:]]
    assert [[row.number for row in page.rows] for page in back] == [expected[3:6], expected[:3]]
    assert (pages[0].previous, pages[-1].next, back[-1].previous) == ("", "", "")


def test_a_page_knows_what_a_row_may_show(database: Database) -> None:
    order = created(new_order(shipping=address(line1="", postal_code="x"), tags=("b", "a")))

    (row,) = in_unit_of_work(order_lists.listed, actor=ANNA, q=order.number).rows

    assert (row.customer, row.email, row.phone) == ("Greta Lindenau", "greta.lindenau@example.org", "+49 30 5550177")
    assert (row.causes, row.held, row.country, row.tags) == (("address_malformed",), True, "DE", ("b", "a"))
    assert (row.total_minor, row.currency, row.delivered_at) == (10470, "EUR", None)


def test_orders_are_counted_up_to_a_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        created()

    assert in_unit_of_work(order_lists.counted, actor=ANNA, q="greta") == 4
    assert in_unit_of_work(order_lists.counted, actor=ANNA, q="name:nobody") == 0
    monkeypatch.setattr(order_lists, "MOST_COUNTED", 2)
    assert in_unit_of_work(order_lists.counted, actor=ANNA, q="") == 3


def test_a_search_that_takes_too_long_is_cut_off_and_said_to_be(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    created()
    monkeypatch.setattr(order_lists, "PAGE_SECONDS", 0.05)
    with psycopg.connect(database.url) as other:
        other.execute("lock table orders")
        for q in ("greta", "status:pending"):
            with pytest.raises(SearchTooWide, match=r"longer than 0\.05 seconds"):
                in_unit_of_work(order_lists.listed, actor=ANNA, q=q)
    assert len(found("")) == 1


@pytest.mark.parametrize(
    "wish", [{"q": "colour:red"}, {"after": "x"}, {"before": "1~"}, {"after": "1~0"}, {"sort": "id"}]
)
def test_what_cannot_be_read_is_refused(database: Database, wish: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        in_unit_of_work(order_lists.listed, actor=ANNA, **wish)


def test_whoever_has_no_role_sees_nothing(database: Database) -> None:
    nobody = Actor(ActorKind.STAFF, "user:9", "Nobody")
    for service in (order_lists.listed, order_lists.counted):
        with pytest.raises(NotAllowed):
            in_unit_of_work(service, actor=nobody, q="")


def test_colleagues_put_tags_on_and_take_them_off(database: Database) -> None:
    order = created(new_order(tags=("gift",)))

    assert in_unit_of_work(tags.add_tag, order.number, "  VIP  guest ", actor=ANNA) == ("gift", "vip guest")
    assert in_unit_of_work(tags.add_tag, order.number, "vip guest", actor=ANNA) == ("gift", "vip guest")
    assert found('tag:"Vip guest"') == {order.number}
    assert in_unit_of_work(tags.remove_tag, order.number, "gift", actor=ANNA) == ("vip guest",)
    assert in_unit_of_work(tags.remove_tag, order.number, "gift", actor=ANNA) == ("vip guest",)
    said = database.execute("select text from timeline where kind = 'order:tagged' order by id")
    assert said == [("Colleague 1 tagged the order “vip guest”.",), ("Colleague 1 took the tag “gift” off.",)]
    for bad in ("", "a,b", "x" * 41, "a\x00"):
        with pytest.raises(InvalidInput):
            in_unit_of_work(tags.add_tag, order.number, bad, actor=ANNA)


@pytest.mark.parametrize(
    ("q", "most"),
    [("", 1), ("greta lindenau", 1), ("greta@example.org", 1), ("status:held greta", 1), ("00001", 2)],
)
def test_a_page_is_one_statement_and_one_more_where_numbers_have_to_be_known(
    database: Database, q: str, most: int
) -> None:
    order = created()
    assert found(q) <= {order.number}
    with sent() as statements:
        in_unit_of_work(order_lists.listed, actor=ANNA, q=q)
    assert len(statements) == most


def test_both_names_of_a_customer_are_looked_up_together_beside_what_else_a_word_names(database: Database) -> None:
    hers = created(new_order(external_number="BELL-7"))
    annas = created(new_order(customer=NewCustomer("c9", "Anna Bell", "anna@bell.example", "")))
    created(new_order(customer=NewCustomer("c8", "Anna Greta", "anna@greta.example", "")))
    assert found("anna bell") == {annas.number}
    assert found("greta BELL") == {hers.number}
    assert found("anna lindenau") == set()
    assert found("name:anna bell") == {annas.number}
