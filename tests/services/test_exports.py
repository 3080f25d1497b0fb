"""Exports: what is in the file is what the list shows, no cell is a formula, and who took what is written down."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from backend.domain.columns import Voice
from backend.domain.errors import InvalidInput, NotAllowed, NotSignedIn
from backend.domain.intake import NewCustomer
from backend.domain.order_columns import COLUMNS
from backend.domain.permissions import Actor, ActorKind
from backend.domain.views import ListPage
from backend.services import exports, sheets
from backend.services.run import in_unit_of_work
from tests.conftest import Database
from tests.factories import created, item, new_order, staff

ANNA = staff(number=1)
PLAIN = Voice()
BERLIN = Voice(zone=lambda: ZoneInfo("Europe/Berlin"))
_CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def as_anna(service: Any, *args: Any, **kwargs: Any) -> Any:
    return in_unit_of_work(service, *args, actor=ANNA, **kwargs)


def export(form: str = "csv", voice: Voice = PLAIN, **wish: Any) -> bytes:
    begun = as_anna(exports.begin, ListPage.ORDERS, form=form, **wish)
    return b"".join(exports.pieces(begun, as_anna, voice))


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def sheet(content: bytes) -> list[list[tuple[str, str]]]:
    """Rows of (kind of cell, its text) of the only sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found = []
    for row in tree.iter(f"{_CELLS}row"):
        cells = []
        for cell in row.iter(f"{_CELLS}c"):
            assert cell.find(f"{_CELLS}f") is None, "a formula"
            text = cell.find(f"{_CELLS}v")
            inline = cell.find(f"{_CELLS}is/{_CELLS}t")
            shown = text if text is not None else inline
            cells.append((cell.get("t", "n"), (shown.text or "") if shown is not None else ""))
        found.append(cells)
    return found


def formats(content: bytes) -> list[list[str]]:
    """Rows of the number format that each cell of the only sheet has."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        styles = ElementTree.fromstring(book.read("xl/styles.xml"))
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    codes = {one.get("numFmtId"): str(one.get("formatCode")) for one in styles.iter(f"{_CELLS}numFmt")}
    (kinds,) = styles.iter(f"{_CELLS}cellXfs")
    known = [codes.get(kind.get("numFmtId"), str(kind.get("numFmtId"))) for kind in kinds]
    return [[known[int(cell.get("s", "0"))] for cell in row.iter(f"{_CELLS}c")] for row in tree.iter(f"{_CELLS}row")]


def test_the_file_has_every_page_in_the_order_of_the_list(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [created().number for _ in range(5)]
    created(new_order(channel="shopify"))
    monkeypatch.setattr(exports, "BATCH", 2)

    found = rows(export(q="-channel:shopify", columns="placed,number,total,status"))

    assert found[0] == ["Placed", "Order", "Total", "Currency", "Status", "Held"]
    assert [row[1] for row in found[1:]] == numbers[::-1]
    assert found[1] == ["2026-01-31 09:30:00+00:00", numbers[-1], "104.70", "EUR", "pending", ""]
    assert [text for _, text in sheet(export("xlsx", columns="status,total,number"))[0]] == [
        "Status", "Held", "Total", "Currency", "Order"
    ]  # fmt: skip


def test_a_sheet_has_dates_that_can_be_counted_with_in_the_readers_zone(database: Database) -> None:
    placed = created().number

    content = export("xlsx", BERLIN, columns="number,placed,delivered,total")
    head, row = sheet(content)

    assert [text for _, text in head[:3]] == ["Order", "Placed (Europe/Berlin)", "Delivered (Europe/Berlin)"]
    assert row[0][1] == placed
    kind, days = row[1]
    assert kind == "n"
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(days))
    assert abs(moment - datetime(2026, 1, 31, 10, 30, tzinfo=UTC)) < timedelta(seconds=1)
    assert formats(content)[1] == ["0", "yyyy-mm-dd hh:mm:ss", "#,##0.00", "0"]
    assert rows(export("csv", BERLIN, columns="number,placed"))[1] == [placed, "2026-01-31 10:30:00+01:00"]


def test_money_has_as_many_decimals_as_its_currency(database: Database) -> None:
    for currency, minor in (("JPY", 1050), ("KWD", 1050), ("EUR", 1050)):
        created(new_order(item(quantity=1, unit_price_minor=minor), currency=currency, shipping_minor=0))

    assert [row[1:] for row in rows(export(columns="total"))[1:]] == [
        ["10.50", "EUR"],
        ["1.050", "KWD"],
        ["1050", "JPY"],
    ]
    cells = sheet(export("xlsx", columns="total", sort="placed", backwards=True))[1:]
    assert [[text for _, text in row[1:]] for row in cells] == [["1050", "JPY"], ["1.050", "KWD"], ["10.50", "EUR"]]
    assert [row[1][0] for row in cells] == ["n", "n", "n"]
    shown = formats(export("xlsx", columns="total", backwards=True))[1:]
    assert [row[1] for row in shown] == ["#,##0", "#,##0.000", "#,##0.00"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_acts_as_a_formula(database: Database, form: str) -> None:
    names = ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", 'say "hi", you', "two\nlines"]
    for name in names:
        created(new_order(customer=NewCustomer(f"c-{name}", name, "", "")))

    content = export(form, columns="customer", backwards=True)
    found = [row[1] for row in rows(content)] if form == "csv" else [row[1][1] for row in sheet(content)]

    neutral = ["'=1+1", "'+49 30", "'-2", "'@SUM(A1)", "'\tx", "'\rx", "'＝1", 'say "hi", you', "two\nlines"]
    if form == "csv":
        assert found == ["Customer", *neutral]
    else:
        assert [text.replace("_x000D_", "\r") for text in found] == ["Customer", *neutral]


@pytest.mark.parametrize("margin", [" ", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u202e", " \t "])
def test_a_formula_does_not_hide_behind_what_is_not_seen(margin: str) -> None:
    assert sheets.neutral(f"{margin}=1+1") == f"'{margin}=1+1"
    assert sheets.neutral(f"{margin}Lindenau") == (f"'{margin}Lindenau" if margin[0] == "\t" else f"{margin}Lindenau")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ann;=1+1;x", "Ann;'=1+1;x"), ("Ann; \u00a0@SUM(A1)", "Ann; \u00a0'@SUM(A1)"), ("Ann\n-2", "Ann\n'-2"),
        ("Ann\t＝1", "Ann\t'＝1"), ("Ann; Ben", "Ann; Ben"), ("a=b, c-d", "a=b, c-d"),
    ],
)  # fmt: skip
def test_no_part_of_a_cell_is_a_formula_where_cells_end_at_semicolons(text: str, written: str) -> None:
    assert rows(b"".join(sheets.csv_pieces(["Customer"], [[[text]]]))) == [["Customer"], [written]]


def test_a_cell_loses_what_no_file_can_hold() -> None:
    assert sheets.neutral("a\x00b") == "ab"
    assert sheets.neutral("\x00=1") == "'=1"
    assert sheets.neutral("") == ""


def test_every_column_can_be_written(database: Database) -> None:
    created(new_order(shipping=None, tags=("vip", "gift")))

    head, row = rows(export(columns=",".join(COLUMNS.by_key)))

    found = dict(zip(head, row, strict=True))
    assert (found["Why it is held"], found["Tags"], found["E-mail"]) == (
        "address_missing",
        "vip, gift",
        "greta.lindenau@example.org",
    )
    assert (found["Status"], found["Held"], found["Delivered"], found["Phone"]) == (
        "pending",
        "held",
        "",
        "'+49 30 5550177",
    )


def test_an_export_is_written_down_before_and_after(database: Database) -> None:
    for _ in range(3):
        created()

    export("xlsx", q="NAME:greta", columns="number,total")

    audit = database.execute("select action, actor_id, details from audit order by id")
    begun, ended = audit
    assert (begun[0], ended[0], begun[1], ended[1]) == ("export", "export_ended", ANNA.id, ANNA.id)
    assert begun[2] == {
        "export": ended[2]["export"],
        "page": "orders",
        "query": "name:greta",
        "columns": ["number", "total"],
        "format": "xlsx",
    }
    assert (ended[2]["rows"], ended[2]["complete"]) == (3, True)


def test_an_export_that_is_broken_off_says_how_far_it_came(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        created()
    monkeypatch.setattr(exports, "BATCH", 2)
    begun = as_anna(exports.begin, ListPage.ORDERS, form="csv")
    pieces = exports.pieces(begun, as_anna, PLAIN)

    assert [next(pieces)[:5], len(next(pieces)) > 0] == [b"Order", True]
    pieces.close()

    ((details,),) = database.execute("select details from audit where action = 'export_ended'")
    assert (details["rows"], details["complete"]) == (2, False)


def test_an_export_ends_with_the_session_of_its_reader(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        created()
    monkeypatch.setattr(exports, "BATCH", 2)
    begun = as_anna(exports.begin, ListPage.ORDERS, form="csv")
    asked = 0

    def run(service: Any, *args: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise NotSignedIn
        return as_anna(service, *args)

    pieces = exports.pieces(begun, run, PLAIN)
    next(pieces)
    next(pieces)
    with pytest.raises(NotSignedIn):
        next(pieces)

    ((details,),) = database.execute("select details from audit where action = 'export_ended'")
    assert details["rows"] == 2


@pytest.mark.parametrize("wish", [{"form": "pdf"}, {"q": "colour:red"}, {"columns": "number,nothing"}, {"sort": "id"}])
def test_what_cannot_be_read_is_refused_and_nothing_is_written(database: Database, wish: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        as_anna(exports.begin, ListPage.ORDERS, **{"form": "csv", **wish})

    assert database.execute("select * from audit") == []


def test_whoever_has_no_role_exports_nothing(database: Database) -> None:
    nobody = Actor(ActorKind.STAFF, "user:9", "Nobody")

    with pytest.raises(NotAllowed):
        in_unit_of_work(exports.begin, ListPage.ORDERS, actor=nobody, form="csv")
    begun = as_anna(exports.begin, ListPage.ORDERS, form="csv")
    with pytest.raises(NotAllowed):
        list(exports.pieces(begun, partial(in_unit_of_work, actor=nobody), PLAIN))
