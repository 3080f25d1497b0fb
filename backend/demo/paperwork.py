"""A plain one-page PDF for invoices and credit notes of the demo: small, quick to make, and opened by any viewer."""

from datetime import date

from backend.domain.intake import NewAddress, NewOrder
from backend.domain.money import display

_TITLES = {"invoice": "Invoice", "credit_note": "Credit note"}
_SELLER = ("Tidewater Supply Ltd", "4 Harbour Row, Kinsale, P17 XH21, Ireland")


def pdf(kind: str, number: str, day: date, order_number: str, total_minor: int, new: NewOrder) -> bytes:
    """The document's bytes."""
    party = new.billing or new.shipping or NewAddress(new.customer.name)
    title = f"{_TITLES[kind]} {number}"
    rows = [*_SELLER, "", party.name, party.line1, f"{party.postal_code} {party.city}, {party.country}", ""]
    rows += [f"{day:%d.%m.%Y}   Order {order_number} ({new.external_number})", ""]
    if kind == "invoice":
        rows += [
            f"{item.quantity} x {item.name}   {item.sku}   {display(item.net_minor, new.currency)}"
            for item in new.items
        ]
        rows.append(f"Shipping   {display(new.shipping_minor, new.currency)}")
        rows.append(f"Tax{' (included)' if new.taxes_included else ''}   {display(new.tax_minor, new.currency)}")
    rows += ["", f"Total   {display(total_minor, new.currency)}"]
    return _document(_page(title, rows))


def _page(title: str, rows: list[str]) -> bytes:
    lines = "".join(f"({_literal(row)}) Tj T*\n" for row in rows)
    return f"BT /F1 18 Tf 56 770 Td ({_literal(title)}) Tj /F1 10 Tf 0 -36 Td 15 TL\n{lines}ET".encode(
        "cp1252", "replace"
    )


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _document(page: bytes) -> bytes:
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
