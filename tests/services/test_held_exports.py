"""Exports of the held queue: the rows, columns and order of the screen, all pages, formulas made harmless."""

import csv
import io
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session

from backend.domain.columns import Voice
from backend.domain.errors import InvalidInput, NotAllowed
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.intake import NewCustomer
from backend.domain.permissions import Actor, ActorKind
from backend.domain.views import ListPage
from backend.services import exports, holds, presence
from backend.services.run import in_unit_of_work
from backend.store import orders
from tests.conftest import Database
from tests.factories import colleague, created, new_order, staff, stocked

ANNA = staff(number=1)
CODES = Voice()
GERMAN = Voice(decimal=lambda value: f"{value:f}".replace(".", ","))


def as_anna(service: Any, *args: Any, **kwargs: Any) -> Any:
    return in_unit_of_work(service, *args, actor=ANNA, **kwargs)


def export(voice: Voice = CODES, **wish: Any) -> list[list[str]]:
    begun = as_anna(exports.begin, ListPage.HELD, form="csv", **wish)
    content = b"".join(exports.pieces(begun, as_anna, voice)).decode()
    return list(csv.reader(io.StringIO(content, newline="")))


def held(**changes: object) -> str:
    stocked("LNT-STR-BRS", 1000)
    order = created(new_order(**changes))

    def place(session: Session) -> None:
        locked = orders.lock_by_number(session, order.number)
        holds.place(session, locked, HoldKind.CUSTOMER_NOTE, "=HYPERLINK(“x”)", source=HoldSource.CHECK)

    in_unit_of_work(place)
    return order.number


@pytest.fixture
def three(database: Database) -> list[str]:
    return [held(), held(shipping_minor=10_990), held(shipping_minor=20_990)]


def test_the_file_has_every_page_in_the_order_of_the_queue(three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)

    assert [row[0] for row in export(columns="number")] == ["Order", *three]
    assert [row[0] for row in export(columns="number", sort="amount", backwards=True)[1:]] == three[::-1]
    assert [row[0] for row in export(columns="number", q="amount:>150 cause:customer_note")[1:]] == three[1:]
    assert export(columns="number", q="amount:>9000") == [["Order"]]


def test_columns_stand_as_they_were_chosen_and_no_text_is_a_formula(three: list[str]) -> None:
    head, first, *_ = export(columns="amount,number,reason")

    assert head == ["Amount", "Currency", "Order", "Why it is held", "Reason", "More holds"]
    assert first == ["104.70", "EUR", three[0], "customer_note", "'=HYPERLINK(“x”)", "0"]
    usual = export()
    assert usual[0][:4] == ["Customer", "Order", "Amount", "Currency"]
    assert usual[1][:4] == ["Greta Lindenau", three[0], "104.70", "EUR"]
    assert [usual[1][usual[0].index(name)] for name in ("Standing", "Whose turn", "Assigned to")] == ["ok", "us", ""]


def test_who_looks_at_an_order_is_told_of_others_as_on_the_screen(three: list[str], database: Database) -> None:
    anna, ben = colleague("Anna"), colleague("Ben")
    for person, number in ((anna, three[0]), (ben, three[0]), (anna, three[1])):
        in_unit_of_work(presence.arrive, number, "tab", actor=person)
    begun = in_unit_of_work(exports.begin, ListPage.HELD, form="csv", columns="number,viewers", actor=anna)

    content = b"".join(exports.pieces(begun, partial(in_unit_of_work, actor=anna), CODES)).decode()

    assert list(csv.reader(io.StringIO(content, newline="")))[1:] == [[three[0], "Ben"], [three[1], ""], [three[2], ""]]


def test_numbers_are_written_as_their_reader_writes_them(three: list[str]) -> None:
    assert export(GERMAN, columns="number,amount")[1] == [three[0], "104,70", "EUR"]
    assert GERMAN.decimal(Decimal("-1.5")) == "-1,5"


def test_a_name_that_is_a_formula_is_only_shown(database: Database) -> None:
    held(customer=NewCustomer(email="x@example.org", name="=1+1", external_id="7", phone=""))

    assert export(columns="customer,number")[1][0] == "'=1+1"


def test_it_is_written_down_and_only_for_who_may_see_the_queue(three: list[str], database: Database) -> None:
    export(columns="number", q="amount:>150")
    nobody = Actor(ActorKind.STAFF, "user:9", "Nobody")
    with pytest.raises(NotAllowed):
        in_unit_of_work(exports.begin, ListPage.HELD, actor=nobody, form="csv")
    for wish in ({"form": "pdf"}, {"q": "colour:red"}, {"columns": "colour"}, {"sort": "name"}):
        with pytest.raises(InvalidInput):
            as_anna(exports.begin, ListPage.HELD, **{"form": "csv", **wish})
    begun = as_anna(exports.begin, ListPage.HELD, form="csv")
    with pytest.raises(NotAllowed):
        list(exports.pieces(begun, partial(in_unit_of_work, actor=nobody), CODES))

    audit = database.execute("select action, details ->> 'page', details ->> 'query' from audit order by id limit 2")
    assert audit == [("export", "held", "amount:>150"), ("export_ended", "held", "amount:>150")]
