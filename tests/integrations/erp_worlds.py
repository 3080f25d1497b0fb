"""Two invoicing systems as a test needs them, Invoice-Ninja-shaped and Xero-shaped: each keeps numbers unique."""

import json
from typing import Any

from tests.integrations.server import Asked, Reply

SECRET = "secret_canary"


def ninja_config(base: str, **changes: Any) -> dict[str, Any]:
    """The reference configuration, completed with what the reference leaves to the installation."""
    config = {
        "url": f"{base}/api/v1/invoices?mark_sent=true",
        "method": "POST",
        "headers": {"X-API-TOKEN": "${secret}", "X-Requested-With": "XMLHttpRequest"},
        "body": {
            "client_id": "VolejRRejm",
            "number": "{{invoice.number}}",
            "date": "{{invoice.date}}",
            "po_number": "{{order.ref}}",
            "public_notes": "Sold to {{customer.name}}, total {{invoice.total}} {{invoice.currency}}",
            "line_items": "{{lines[quantity,cost=unit_price,product_key=sku,notes=name]}}",
        },
        "ok_status": [200, 201],
        "map": {
            "external_id": "data.id",
            "number": "data.number",
            "date": "data.date",
            "status": "data.status_id",
            "total": "data.amount",
            "order": "data.po_number",
        },
        "currency": "EUR",
        "duplicate_when": {"status": 422, "path": "errors.number"},
        "lookup": {
            "url": f"{base}/api/v1/invoices?number={{{{invoice.number}}}}",
            "list": "data",
            "match": {"number": "{{invoice.number}}"},
        },
        "error_message": "errors",
        "document": {
            "read_url": f"{base}/api/v1/invoices/{{{{document.reference}}}}",
            "url": f"{base}/api/v1/invoices/{{{{document.reference}}}}/download",
        },
    }
    return config | changes


def xero_config(base: str, **changes: Any) -> dict[str, Any]:
    config = {
        "url": f"{base}/api.xro/2.0/Invoices",
        "method": "PUT",
        "headers": {
            "Authorization": "Bearer ${access_token}",
            "xero-tenant-id": "${tenant}",
            "Idempotency-Key": "{{job.key}}",
            "Accept": "application/json",
        },
        "body": {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": "{{invoice.number}}",
            "Reference": "{{order.number}}",
            "Date": "{{invoice.date}}",
            "CurrencyCode": "{{invoice.currency}}",
            "LineAmountTypes": "NoTax",
            "Contact": {"Name": "{{customer.name}}", "EmailAddress": "{{customer.email}}"},
            "LineItems": "{{lines[Quantity=quantity,UnitAmount=unit_price,Description=name]}}",
        },
        "ok_status": [200],
        "map": {
            "external_id": "Invoices.0.InvoiceID",
            "number": "Invoices.0.InvoiceNumber",
            "date": "Invoices.0.Date",
            "status": "Invoices.0.Status",
            "total": "Invoices.0.Total",
            "currency": "Invoices.0.CurrencyCode",
            "order": "Invoices.0.Reference",
        },
        "key_seconds": 86400,
        "duplicate_when": {"status": 400, "path": "Elements.0.ValidationErrors", "contains": "must be unique"},
        "refused_when": {"path": "Invoices.0.ValidationErrors"},
        "lookup": {
            "url": f"{base}/api.xro/2.0/Invoices?InvoiceNumbers={{{{invoice.number}}}}",
            "list": "Invoices",
        },
        "error_message": "Elements.0.ValidationErrors",
        "document": {
            "read_url": f"{base}/api.xro/2.0/Invoices/{{{{document.reference}}}}",
            "url": f"{base}/api.xro/2.0/Invoices/{{{{document.reference}}}}",
        },
    }
    return config | changes


class Ninja:
    """`{data: …}`, amounts as JSON numbers, 422 for a number that is taken."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-token") != SECRET:
            return Reply(403, {"message": "Invalid token", "errors": {}})
        if asked.method == "POST":
            return self._make(asked.json)
        rows = [one for one in self.invoices if one["number"] == asked.query.get("number", one["number"])]
        if asked.path == "/api/v1/invoices":
            return Reply(200, {"data": rows, "meta": {"pagination": {"total": len(rows)}}})
        number = asked.path.split("/")[4]
        found = [one for one in self.invoices if one["id"] == number]
        if found and asked.path.endswith("/download"):
            return Reply(200, b"%PDF-1.7 ninja", media_type="application/pdf")
        return Reply(200, {"data": found[0]}) if found else Reply(404, {"message": "No such invoice"})

    def _make(self, body: dict[str, Any]) -> Reply:
        if any(one["number"] == body["number"] for one in self.invoices):
            taken = {"number": ["The number has already been taken."]}
            return Reply(422, {"message": "The given data was invalid.", "errors": taken})
        total = round(sum(line["quantity"] * line["cost"] for line in body["line_items"]), 2)
        made = body | {"id": f"inv{len(self.invoices) + 1}", "status_id": "2", "amount": total}
        self.invoices.append(made)
        return Reply(200, {"data": made})


class Xero:
    """`{Invoices: […]}`, dates as milliseconds, keys remembered, 400 with elements for what it refuses."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, Any]] = []
        self._kept: dict[str, Reply] = {}

    def __call__(self, asked: Asked) -> Reply:
        if (asked.headers.get("authorization"), asked.headers.get("xero-tenant-id")) != ("Bearer tok_canary", "ten_1"):
            return Reply(401, {"Title": "Unauthorized", "Status": 401})
        if asked.method == "PUT":
            key = asked.headers["idempotency-key"]
            self._kept.setdefault(key, self._make(asked.json))
            return self._kept[key]
        if asked.headers["accept"] == "application/pdf":
            return Reply(200, b"%PDF-1.7 xero", media_type="application/pdf")
        name = asked.query.get("InvoiceNumbers") or asked.path.rpartition("/")[2]
        return Reply(
            200, {"Invoices": [one for one in self.invoices if name in (one["InvoiceNumber"], one["InvoiceID"])]}
        )

    def _make(self, body: dict[str, Any]) -> Reply:
        if any(one["InvoiceNumber"] == body["InvoiceNumber"] for one in self.invoices):
            return self.refused("Invoice # must be unique.")
        total = round(sum(line["Quantity"] * line["UnitAmount"] for line in body["LineItems"]), 2)
        made = body | {
            "InvoiceID": f"0c2e-{len(self.invoices) + 1}",
            "Total": total,
            "Date": "/Date(1769817600000+0000)/",
        }
        self.invoices.append(made)
        return Reply(200, {"Id": "r1", "Status": "OK", "Invoices": [made]})

    @staticmethod
    def refused(message: str) -> Reply:
        element = {"ValidationErrors": [{"Message": message}]}
        body = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
        return Reply(400, body | {"Elements": [element]})


def as_http(reply: Reply) -> bytes:
    """A reply as raw bytes, for a server below HTTP."""
    head = f"HTTP/1.1 {reply.status} X\r\nContent-Type: {reply.media_type}\r\nContent-Length: {len(reply.content)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + reply.content


def asked_of(raw: bytes) -> Asked:
    """The request that arrived as raw bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    pairs = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
    return Asked(method, path, pairs, headers, body)


XERO_SECRETS = json.dumps({"access_token": "tok_canary", "tenant": "ten_1"})
