"""Tables as files: CSV line by line, XLSX through a temporary file; text can never act as a formula in either."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from backend.domain.columns import Cell

CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_XLSX_ROWS = 1_048_575
"""What a sheet holds beside its headings."""
LONGEST_CELL = 32_767
DATE_FORMAT = "yyyy-mm-dd hh:mm:ss"
_PIECE = 256 * 1024
_NARROWEST, _DATE_WIDTH = 12, 20
Decimals = Callable[[Decimal], str]
_SIGNS = "=+@＝＋－＠-"
_ACTING = (*_SIGNS, "\t", "\r", "\n")
_UNSEEN = "\\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Spaces, and what is not even one: spreadsheets look behind them."""
_MARGIN = re.compile(rf"[{_UNSEEN}]+")
_NEW_CELL = re.compile(rf"([;\t\r\n][{_UNSEEN}]*)(?=[{_SIGNS}])")
"""Where a cell begins for a spreadsheet that takes a CSV file apart by something else than commas, as most of Europe's do."""


def neutral(text: str) -> str:
    """The text as a spreadsheet will only show it: what could be read as a formula gets an apostrophe in front."""
    plain = text.replace("\x00", "")
    margin = _MARGIN.match(plain)
    acts = plain.startswith(_ACTING) or plain.startswith(_ACTING, margin.end() if margin else 0)
    return "'" + plain if acts else plain


def csv_pieces(
    heads: list[str], batches: Iterable[list[list[Cell]]], decimal: Decimals = "{:f}".format
) -> Iterator[bytes]:
    """A CSV file (RFC 4180, UTF-8), one piece for the headings and one per batch of rows; `decimal` writes its numbers.

    Moments are written with their distance from UTC: `2026-11-21 14:05:09+01:00`.
    """
    yield _csv([list(heads)], decimal)
    for rows in batches:
        if rows:
            yield _csv(rows, decimal)


def _csv(rows: Iterable[list[Cell]], decimal: Decimals) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerows([_plain(cell, decimal) for cell in row] for row in rows)
    return lines.getvalue().encode()


def _plain(cell: Cell, decimal: Decimals) -> str:
    if isinstance(cell, Decimal):
        return decimal(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return "" if cell is None else _NEW_CELL.sub(r"\1'", neutral(cell))


def xlsx_pieces(name: str, heads: list[str], batches: Iterable[list[list[Cell]]]) -> Iterator[bytes]:
    """An XLSX file with one sheet; rows go to disk as they come, and the file is read out when it is complete.

    A date in a sheet knows no time zone: moments stand in the one they have, which `heads` should name.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-export-") as folder:
        path = Path(folder) / "export.xlsx"
        _write(path, name, heads, batches, folder)
        with path.open("rb") as content:
            while piece := content.read(_PIECE):
                yield piece


def _write(path: Path, name: str, heads: list[str], batches: Iterable[list[list[Cell]]], folder: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    write = _cell_writer(book, sheet)
    sheet.freeze_panes(1, 0)
    for place, head in enumerate(heads):
        sheet.set_column(place, place, max(_NARROWEST, len(head) + 2))
        sheet.write_string(0, place, head, bold)
    line, dated = 0, set()
    for rows in batches:
        for row in rows:
            line += 1
            for place, cell in enumerate(row):
                write(line, place, cell)
                if isinstance(cell, datetime):
                    dated.add(place)
    for place in dated:
        sheet.set_column(place, place, max(_DATE_WIDTH, len(heads[place]) + 2))
    book.close()


def _cell_writer(book: Any, sheet: Any) -> Callable[[int, int, Cell], None]:
    """Writes a cell by what it is: a number with the decimals it has, a date that can be counted with, or mere text."""
    as_date = book.add_format({"num_format": DATE_FORMAT})

    @cache
    def as_number(decimals: int) -> Any:
        return book.add_format({"num_format": "#,##0" + (f".{'0' * decimals}" if decimals else "")})

    def write(line: int, place: int, cell: Cell) -> None:
        if isinstance(cell, Decimal):
            exponent = cell.as_tuple().exponent
            sheet.write_number(line, place, cell, as_number(-exponent if isinstance(exponent, int) else 0))
        elif isinstance(cell, datetime):
            sheet.write_datetime(line, place, cell.replace(tzinfo=None), as_date)
        elif cell:
            sheet.write_string(line, place, neutral(cell)[:LONGEST_CELL])

    return write
