"""What was said in an attempt, as its record shows it: in the providers' formats, with personal data and keys masked."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backend.demo.refusals import Failure
from backend.domain.masking import DOTS
from backend.domain.money import to_major
from backend.domain.retries import Outcome
from backend.domain.steps import StepKind

if TYPE_CHECKING:
    from backend.demo.story import StepRow, Story

_SHOP = "https://tidewater-supply.myshopify.com/admin/api/2025-01"
_STRIPE = "https://api.stripe.com/v1"
_NINJA = "https://invoicing.co/api/v1"
_SHIP = "https://api.shipengine.com/v1"

Said = tuple[str, str, Any, int, Any]
"""Method, address, request, status, response."""


def of(story: "Story", step: "StepRow", failure: Failure | None) -> list[dict[str, Any]]:
    """The exchange of one attempt; a failure's own answer takes the place of the good one."""
    method, url, request, status, response = _SAID.get(step.kind, _mail)(story, step)
    if failure is not None:
        lost = failure.outcome is Outcome.NOT_SENT
        answered = None if lost else failure.status, failure.sentence if lost else failure.body
        status, response = answered  # type: ignore[assignment]
    duration = 40 + story.dice.randrange(400)
    return [
        {
            "method": method,
            "url": url,
            "request": request,
            "status": status,
            "response": response,
            "duration_ms": duration,
        }
    ]


def _capture(story: "Story", step: "StepRow") -> Said:
    new = story.new
    amount = {"kind": "capture", "amount": to_major(new.total_minor, new.currency), "currency": new.currency}
    answer = {"id": step.result.get("reference"), "status": "success", **amount}
    url = f"{_SHOP}/orders/{new.external_id}/transactions.json"
    return "POST", url, {"transaction": amount}, 201, {"transaction": answer}


def _verify(story: "Story", step: "StepRow") -> Said:
    new = story.new
    row = {
        "kind": "sale",
        "status": "success",
        "amount": to_major(new.total_minor, new.currency),
        "currency": new.currency,
    }
    return "GET", f"{_SHOP}/orders/{new.external_id}/transactions.json", None, 200, {"transactions": [row]}


def _intent(story: "Story", step: "StepRow") -> Said:
    new = story.new
    form = {
        "amount": str(new.total_minor),
        "currency": new.currency.lower(),
        "metadata[order_ref]": story.number,
        "receipt_email": DOTS,
    }
    answer = {"id": step.result.get("reference"), "status": "requires_payment_method", "client_secret": DOTS}
    return "POST", f"{_STRIPE}/payment_intents", form, 200, answer


def _refund(story: "Story", step: "StepRow") -> Said:
    form = {"note": f"[{step.key}]", "notify": False}
    answer = {"id": step.result.get("reference"), "transactions": [{"kind": "refund", "status": "success"}]}
    return "POST", f"{_SHOP}/orders/{story.new.external_id}/refunds.json", {"refund": form}, 201, {"refund": answer}


def _void(story: "Story", step: "StepRow") -> Said:
    answer = {"id": step.result.get("reference"), "kind": "void", "status": "success"}
    url = f"{_SHOP}/orders/{story.new.external_id}/transactions.json"
    return "POST", url, {"transaction": {"kind": "void"}}, 201, {"transaction": answer}


def _invoice(story: "Story", step: "StepRow") -> Said:
    new = story.new
    lines = [
        {
            "product_key": item.sku,
            "notes": item.name,
            "quantity": item.quantity,
            "cost": to_major(item.unit_price_minor, new.currency),
        }
        for item in new.items
    ]
    body = {"number": step.result.get("number", ""), "po_number": story.number, "line_items": lines}
    answer = {"data": {"id": step.result.get("reference"), "amount": to_major(new.total_minor, new.currency)}}
    return "POST", f"{_NINJA}/invoices?mark_sent=true", body, 200, answer


def _credit_note(story: "Story", step: "StepRow") -> Said:
    currency, refund = story.new.currency, story.refunds[0]
    body = {"number": step.result.get("number", ""), "po_number": story.number}
    answer = {"data": {"id": step.result.get("reference"), "amount": to_major(refund[3], currency)}}
    return "POST", f"{_NINJA}/credits?mark_sent=true", body, 200, answer


def _store_credit_note(story: "Story", step: "StepRow") -> Said:
    reference = next((paper.reference for paper in story.papers if paper.refund), "")
    return "GET", f"{_NINJA}/credits/{reference}/download", None, 200, "<application/pdf, 1,296 bytes>"


def _store(story: "Story", step: "StepRow") -> Said:
    reference = story.papers[0].reference if story.papers else ""
    return "GET", f"{_NINJA}/invoices/{reference}/download", None, 200, "<application/pdf, 1,412 bytes>"


def _address(story: "Story", step: "StepRow") -> Said:
    place = story.new.shipping or story.new.billing
    body = {
        "name": DOTS,
        "address_line1": DOTS,
        "city_locality": place.city if place else "",
        "postal_code": (place.postal_code[:2] if place else "") + DOTS,
        "country_code": place.country if place else "",
    }
    return "POST", f"{_SHIP}/addresses/validate", [body], 200, [{"status": "verified", "messages": []}]


def _label(story: "Story", step: "StepRow") -> Said:
    place = story.new.shipping or story.new.billing
    grams = sum(item.grams * item.quantity for item in story.new.items)
    shipment = {
        "external_shipment_id": step.key,
        "carrier_id": "se-100001",
        "service_code": "ups_standard",
        "ship_to": {"name": DOTS, "address_line1": DOTS, "country_code": place.country if place else ""},
        "packages": [{"weight": {"value": grams, "unit": "gram"}}],
    }
    return (
        "POST",
        f"{_SHIP}/labels",
        {"shipment": shipment},
        200,
        {"label_id": step.result.get("reference"), "status": "completed"},
    )


def _tell_shop(story: "Story", step: "StepRow") -> Said:
    number = story.parcel["tracking_number"] if story.parcel else ""
    body = {"fulfillment": {"tracking_info": {"number": number, "company": "ups"}, "notify_customer": False}}
    answer = {"fulfillment": {"id": step.result.get("reference"), "status": "success"}}
    return "POST", f"{_SHOP}/fulfillments.json", body, 201, answer


def _mail(story: "Story", step: "StepRow") -> Said:
    mail = {"to": DOTS, "message_id": step.result.get("message_id", "")}
    return "SMTP", "smtp://mail.tidewater-supply.example", mail, 250, "Ok: queued"


_SAID: dict[StepKind, Callable[["Story", "StepRow"], Said]] = {
    StepKind.PAYMENT_CAPTURE: _capture,
    StepKind.PAYMENT_VERIFY: _verify,
    StepKind.PAYMENT_REQUEST: _intent,
    StepKind.PAYMENT_REFUND: _refund,
    StepKind.PAYMENT_VOID: _void,
    StepKind.INVOICE_ISSUE: _invoice,
    StepKind.INVOICE_STORE: _store,
    StepKind.CREDIT_NOTE_ISSUE: _credit_note,
    StepKind.CREDIT_NOTE_STORE: _store_credit_note,
    StepKind.SHIPMENT_VERIFY_ADDRESS: _address,
    StepKind.SHIPMENT_CREATE: _label,
    StepKind.CHANNEL_UPDATE: _tell_shop,
}
