"""The label as a PDF of 4 by 6 inches: sender, receiver, service, tracking number with a bar code."""

import io

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import inch
from reportlab.pdfgen.canvas import Canvas

from backend.sandbox.store import Document

SIZE = (4 * inch, 6 * inch)
MARGIN = 0.25 * inch


def render(label: Document, shipment: Document) -> bytes:
    """The label as PDF bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=SIZE)
    canvas.setTitle(f"Label {label['label_id']}")
    y = _address(canvas, "From", shipment["ship_from"], SIZE[1] - MARGIN, 8)
    y = _address(canvas, "Ship to", shipment["ship_to"], y - 14, 12)
    canvas.line(MARGIN, y, SIZE[0] - MARGIN, y)
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(MARGIN, y - 22, f"{label['carrier_code']} {label['service_code']}".replace("_", " ").upper())
    weight = shipment["total_weight"]
    canvas.setFont("Helvetica", 9)
    canvas.drawString(MARGIN, y - 38, f"{weight['value']:g} {weight['unit']}   {label['ship_date'][:10]}")
    barcode = Code128(label["tracking_number"], barHeight=0.8 * inch, barWidth=1.05)
    barcode.drawOn(canvas, MARGIN - 8, MARGIN + 34)
    canvas.drawString(MARGIN, MARGIN + 18, label["tracking_number"])
    canvas.drawString(MARGIN, MARGIN + 4, f"Ref {label['external_shipment_id'] or '-'}")
    canvas.save()
    return buffer.getvalue()


def _address(canvas: Canvas, title: str, address: Document, y: float, size: int) -> float:
    canvas.setFont("Helvetica", 7)
    canvas.drawString(MARGIN, y - 8, title)
    canvas.setFont("Helvetica-Bold" if size > 8 else "Helvetica", size)
    parts = ["name", "company_name", "address_line1", "address_line2", "address_line3"]
    rows = [str(address[part]) for part in parts if address.get(part)]
    town = (address.get("postal_code"), address.get("city_locality"), address.get("state_province"))
    rows += [" ".join(str(part) for part in town if part), str(address["country_code"])]
    y -= 12
    for row in rows:
        y -= size + 2
        canvas.drawString(MARGIN, y, row)
    return y - 6
