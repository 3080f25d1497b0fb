"""Tables as files: CSV line by line, XLSX through a temporary file; text can never act as a formula in either."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from backend.domain.order_columns import Cell

CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_XLSX_ROWS = 1_048_575
"""What a sheet holds beside its headings."""
LONGEST_CELL = 32_767
_PIECE = 256 * 1024
Decimals = Callable[[Decimal], str]
_ACTING = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(text: str) -> str:
    """The text as a spreadsheet will only show it: what could be read as a formula gets an apostrophe in front."""
    plain = text.replace("\x00", "")
    return "'" + plain if plain.startswith(_ACTING) else plain


def csv_pieces(
    heads: list[str], batches: Iterable[list[list[Cell]]], decimal: Decimals = "{:f}".format
) -> Iterator[bytes]:
    """A CSV file (RFC 4180, UTF-8), one piece for the headings and one per batch of rows; `decimal` writes its numbers."""
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
    return "" if cell is None else neutral(cell)


def xlsx_pieces(name: str, heads: list[str], batches: Iterable[list[list[Cell]]]) -> Iterator[bytes]:
    """An XLSX file with one sheet; rows go to disk as they come, and the file is read out when it is complete."""
    with tempfile.TemporaryDirectory(prefix="holdfast-export-") as folder:
        path = Path(folder) / "export.xlsx"
        _write(path, name, heads, batches, folder)
        with path.open("rb") as content:
            while piece := content.read(_PIECE):
                yield piece


def _write(path: Path, name: str, heads: list[str], batches: Iterable[list[list[Cell]]], folder: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for place, head in enumerate(heads):
        sheet.set_column(place, place, max(12, len(head) + 2))
        sheet.write_string(0, place, head, bold)
    line = 0
    for rows in batches:
        for row in rows:
            line += 1
            for place, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(line, place, cell)
                elif cell:
                    sheet.write_string(line, place, neutral(cell)[:LONGEST_CELL])
    book.close()
