"""Payments recorded against invoices; `idempotency_key` is unique and at most 64 characters."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.invoiceninja.amounts import number
from backend.sandbox.invoiceninja.clients import HASH, USER_ID
from backend.sandbox.invoiceninja.documents import Documents
from backend.sandbox.invoiceninja.errors import NinjaError, invalid
from backend.sandbox.store import Document
from backend.sandbox.world import World

KEY_LENGTH = 64


class Payments:
    """Creates and finds payments."""

    def __init__(self, world: World, invoices: Documents) -> None:
        self._world = world
        self._invoices = invoices

    def create(self, wish: dict[str, Any]) -> Document:
        """Record a payment and apply it to its invoices."""
        key = self._checked_key(wish)
        amount = float(number(wish.get("amount"), "amount"))
        applied = [
            (self._invoice(entry), float(number(entry.get("amount"), "amount"))) for entry in wish.get("invoices") or []
        ]
        payment_id = self._world.ids.text("", 10, HASH)
        now = clock.unix_seconds()
        payment = {
            "id": payment_id,
            "user_id": USER_ID,
            "client_id": wish["client_id"],
            "type_id": str(wish.get("type_id") or ""),
            "date": str(wish.get("date") or clock.now().date().isoformat()),
            "transaction_reference": str(wish.get("transaction_reference") or ""),
            "private_notes": str(wish.get("private_notes") or ""),
            "number": f"{self._world.store.next_number('ninja_payments'):04d}",
            "amount": amount or sum(part for _, part in applied),
            "applied": sum(part for _, part in applied),
            "refunded": 0,
            "status_id": "4",
            "is_manual": True,
            "is_deleted": False,
            "idempotency_key": key,
            "invoices": [{"invoice_id": invoice["id"], "amount": part, "refunded": 0} for invoice, part in applied],
            "credits": [],
            "created_at": now,
            "updated_at": now,
            "archived_at": 0,
        }
        for invoice, part in applied:
            self._invoices.pay(invoice, part)
        self._world.store.put("ninja_payments", payment_id, payment)
        reference = applied[0][0]["po_number"] if applied else None
        order = applied[0][0]["custom_value1"] if applied else None
        self._world.journal.accept(
            "invoiceninja", "payment.recorded", reference=reference, order=order, key=key or None, object_id=payment_id
        )
        return payment

    def _checked_key(self, wish: dict[str, Any]) -> str:
        if self._world.store.get("ninja_clients", str(wish.get("client_id") or "")) is None:
            raise invalid("client_id", "The selected client id is invalid.")
        key = str(wish.get("idempotency_key") or "")
        if len(key) > KEY_LENGTH:
            raise invalid("idempotency_key", f"The idempotency key may not be greater than {KEY_LENGTH} characters.")
        if key and any(payment["idempotency_key"] == key for payment in self.all()):
            raise invalid("idempotency_key", "The idempotency key has already been taken.")
        return key

    def get(self, payment_id: str) -> Document:
        """A payment or 404."""
        payment = self._world.store.get("ninja_payments", payment_id)
        if payment is None:
            raise NinjaError(404, "No query results for model [App\\Models\\Payment].")
        return payment

    def all(self) -> list[Document]:
        """Every payment, newest first."""
        return list(self._world.store.newest_first("ninja_payments"))

    def _invoice(self, entry: Any) -> Document:
        if not isinstance(entry, dict) or not entry.get("invoice_id"):
            raise invalid("invoices", "The invoices must name an invoice id and an amount each.")
        try:
            return self._invoices.get(str(entry["invoice_id"]))
        except NinjaError:
            raise invalid("invoices", "The selected invoice id is invalid.") from None
