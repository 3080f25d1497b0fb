"""The PDF of an invoice or credit: seller, customer, number, date, lines, taxes, total."""

import io
from decimal import Decimal
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from backend.sandbox.invoiceninja.amounts import Totals
from backend.sandbox.store import Document

SELLER = "Tidewater Supply Ltd<br/>4 Harbour Row, Kinsale, P17 XH21, Ireland<br/>VAT IE 3628714 TH"
TITLES = {"invoice": "Invoice", "credit": "Credit note"}
GRID = [
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.HexColor("#1f6f5c")),
    ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("FONTSIZE", (0, 0), (-1, -1), 9),
]


def render(kind: str, document: Document, client: Document, totals: Totals, currency: str) -> bytes:
    """The document as PDF bytes."""
    buffer = io.BytesIO()
    title = f"{TITLES[kind]} {document['number']}"
    paper = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=title,
        author="Tidewater Supply",
        topMargin=20 * mm,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
    )
    styles = getSampleStyleSheet()
    text, heading = styles["BodyText"], styles["Title"]
    reference = f"Order {escape(document['po_number'])}" if document["po_number"] else ""
    story: list[Flowable] = [
        Paragraph(escape(title), heading),
        Paragraph(SELLER, text),
        Spacer(1, 6 * mm),
        Paragraph(_customer(client), text),
        Spacer(1, 4 * mm),
        Paragraph(f"Date {escape(document['date'])} &nbsp; {reference}", text),
        Spacer(1, 6 * mm),
        _lines(totals, currency, text),
        Spacer(1, 5 * mm),
        _sums(totals, document, currency),
        Spacer(1, 8 * mm),
        Paragraph(escape(document["public_notes"]), text),
    ]
    paper.build(story)
    return buffer.getvalue()


def _customer(client: Document) -> str:
    rows = [
        client["display_name"],
        client["address1"],
        client["address2"],
        f"{client['postal_code']} {client['city']} {client['state']}".strip(),
        client["vat_number"],
    ]
    return "<br/>".join(escape(row) for row in rows if row)


def _lines(totals: Totals, currency: str, text: ParagraphStyle) -> Table:
    small = ParagraphStyle("small", parent=text, fontSize=8)
    head = ["Item", "Description", "Qty", "Price", "Tax", f"Total {currency}"]
    rows = [
        [
            Paragraph(escape(str(line["product_key"])), small),
            Paragraph(escape(str(line["notes"])), text),
            f"{line['quantity']:g}",
            f"{line['cost']:.2f}",
            f"{line['tax_amount']:.2f}",
            f"{line['line_total']:.2f}",
        ]
        for line in totals.lines
    ]
    widths = [38 * mm, 56 * mm, 14 * mm, 22 * mm, 20 * mm, 26 * mm]
    return Table([head, *rows], colWidths=widths, style=GRID, repeatRows=1)


def _sums(totals: Totals, document: Document, currency: str) -> Table:
    rows: list[list[str]] = [["Subtotal", _money(totals.subtotal, currency)]]
    rows += [[label, _money(tax, currency)] for label, tax in totals.taxes.items()]
    rows.append(["Total", _money(totals.amount, currency)])
    rows.append(["Paid", f"{document['paid_to_date']} {currency}"])
    style = [("ALIGN", (1, 0), (1, -1), "RIGHT"), ("FONTSIZE", (0, 0), (-1, -1), 10)]
    return Table(rows, colWidths=[60 * mm, 40 * mm], hAlign="RIGHT", style=style)


def _money(value: Decimal, currency: str) -> str:
    return f"{value} {currency}"
