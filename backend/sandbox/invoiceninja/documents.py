"""Invoices and credits: numbered uniquely per company, drafted, sent, paid, found exactly or fuzzily."""

from decimal import Decimal
from typing import Any

from backend.sandbox import clock
from backend.sandbox.invoiceninja import amounts
from backend.sandbox.invoiceninja.clients import HASH, USER_ID, Clients
from backend.sandbox.invoiceninja.errors import NinjaError, invalid
from backend.sandbox.money import exponent, to_minor
from backend.sandbox.store import Document
from backend.sandbox.world import World

DRAFT, SENT, PARTIAL, PAID = "1", "2", "3", "4"
TEXTS = [
    "po_number",
    "terms",
    "public_notes",
    "private_notes",
    "footer",
    "custom_value1",
    "custom_value2",
    "custom_value3",
    "custom_value4",
    "tax_name1",
    "tax_name2",
    "tax_name3",
    "assigned_user_id",
    "project_id",
    "subscription_id",
]
NUMBERS = [
    "tax_rate1",
    "tax_rate2",
    "tax_rate3",
    "discount",
    "partial",
    "custom_surcharge1",
    "custom_surcharge2",
    "custom_surcharge3",
    "custom_surcharge4",
]
FLAGS = ["is_amount_discount", "uses_inclusive_taxes"]
SEARCHED = [
    "number",
    "po_number",
    "date",
    "amount",
    "balance",
    "custom_value1",
    "custom_value2",
    "custom_value3",
    "custom_value4",
]


class Documents:
    """One kind of document ("invoice" or "credit") with its rules."""

    def __init__(self, world: World, clients: Clients, kind: str) -> None:
        self._world = world
        self._clients = clients
        self.kind = kind
        self._shelf = f"ninja_{kind}s"

    def create(self, wish: dict[str, Any]) -> Document:
        """A new draft; the number must be free, the client must exist."""
        self._check_client(wish)
        number = str(wish.get("number") or self._next_number())
        self._check_number(number, None)
        document_id = self._world.ids.text("", 10, HASH)
        now = clock.unix_seconds()
        document = {
            "id": document_id,
            "user_id": USER_ID,
            "client_id": wish["client_id"],
            "status_id": DRAFT,
            "number": number,
            **dict.fromkeys(TEXTS, ""),
            **dict.fromkeys(NUMBERS, 0),
            **dict.fromkeys(FLAGS, False),
            **{f"custom_surcharge_tax{i}": False for i in range(1, 5)},
            "invoice_id": wish.get("invoice_id", ""),
            "date": str(wish.get("date") or clock.now().date().isoformat()),
            "due_date": str(wish.get("due_date") or ""),
            "partial_due_date": "",
            "last_sent_date": "",
            "next_send_date": "",
            "last_viewed": 0,
            "paid_to_date": 0,
            "is_deleted": False,
            "invitations": [self._invitation(wish["client_id"])],
            "created_at": now,
            "updated_at": now,
            "archived_at": 0,
        }
        self._apply(document, wish)
        self._save(document)
        self._world.store.put(f"{self._shelf}_numbers", number, {"id": document_id})
        self._note(document, "created")
        return document

    def update(self, document: Document, wish: dict[str, Any]) -> Document:
        """Change a document and its totals."""
        if "client_id" in wish:
            self._check_client(wish)
            document["client_id"] = wish["client_id"]
        if wish.get("number") and wish["number"] != document["number"]:
            self._check_number(str(wish["number"]), document["id"])
            self._world.store.delete(f"{self._shelf}_numbers", document["number"])
            document["number"] = str(wish["number"])
            self._world.store.put(f"{self._shelf}_numbers", document["number"], {"id": document["id"]})
        for name in ("date", "due_date"):
            if name in wish:
                document[name] = str(wish[name] or "")
        self._apply(document, wish)
        return self._save(document)

    def mark_sent(self, document: Document) -> Document:
        """A draft becomes sent; marking twice changes nothing."""
        if document["status_id"] == DRAFT:
            document |= {"status_id": SENT, "last_sent_date": clock.now().date().isoformat()}
            for invitation in document["invitations"]:
                invitation["sent_date"] = clock.now().strftime("%Y-%m-%d %H:%M:%S")
            self._save(document)
            self._note(document, "sent")
        return document

    def mark_paid(self, document: Document) -> Document:
        """Nothing is left to pay on the document."""
        self.mark_sent(document)
        document |= {"status_id": PAID, "paid_to_date": document["amount"], "balance": 0}
        return self._save(document)

    def pay(self, document: Document, paid: float) -> Document:
        """Apply a payment (major units) to the document."""
        currency = self.currency(document)
        total = to_minor(document["paid_to_date"], currency) + to_minor(paid, currency)
        if total >= to_minor(document["amount"], currency):
            return self.mark_paid(document)
        self.mark_sent(document)
        places = exponent(currency)
        document |= {"status_id": PARTIAL, "paid_to_date": total / 10**places}
        document["balance"] = (to_minor(document["amount"], currency) - total) / 10**places
        return self._save(document)

    def delete(self, document: Document) -> Document:
        """Mark as deleted; the number stays taken."""
        document["is_deleted"] = True
        return self._save(document)

    def get(self, document_id: str) -> Document:
        """A document or 404."""
        document = self._world.store.get(self._shelf, document_id)
        if document is None:
            raise NinjaError(404, f"No query results for model [App\\Models\\{self.kind.title()}].")
        return document

    def by_invitation(self, key: str) -> Document:
        """The document that an invitation key belongs to, or 404."""
        for document in self._world.store.newest_first(self._shelf):
            if any(invitation["key"] == key for invitation in document["invitations"]):
                return document
        raise NinjaError(404, "Invalid invitation key")

    def find(self, query: dict[str, str]) -> list[Document]:
        """Newest first: `number` exact, `filter` anywhere in many columns, `client_id`, `client_status`."""
        if number := query.get("number"):
            found = self._world.store.get(f"{self._shelf}_numbers", number)
            documents = [self.get(found["id"])] if found else []
        else:
            documents = list(self._world.store.newest_first(self._shelf))
        if text := query.get("filter", "").lower():
            documents = [d for d in documents if any(text in str(d.get(name, "")).lower() for name in SEARCHED)]
        if client_id := query.get("client_id"):
            documents = [d for d in documents if d["client_id"] == client_id]
        statuses = set(filter(None, query.get("client_status", "").split(","))) - {"all"}
        if statuses:
            documents = [d for d in documents if ("paid" if d["status_id"] == PAID else "unpaid") in statuses]
        return documents

    def currency(self, document: Document) -> str:
        """The document's currency: the client's, or that of the shop order it is for."""
        if known := self._clients.currency(document["client_id"]):
            return known
        order = self._world.store.get("shop_orders", document.get("custom_value1", "")) or {}
        return str(order.get("currency") or "EUR")

    def totals(self, document: Document) -> amounts.Totals:
        """The document's sums, for its PDF."""
        return amounts.compute(document, exponent(self.currency(document)))

    def _apply(self, document: Document, wish: dict[str, Any]) -> None:
        document |= {name: str(wish[name] or "") for name in TEXTS if name in wish}
        document |= {name: float(amounts.number(wish[name], name)) for name in NUMBERS if name in wish}
        document |= {name: bool(wish[name]) for name in FLAGS if name in wish}
        document["line_items"] = wish.get("line_items", document.get("line_items") or [])
        if not isinstance(document["line_items"], list):
            raise invalid("line_items", "The line items must be an array.")
        totals = self.totals(document)
        document["line_items"] = totals.lines
        document |= {"amount": float(totals.amount), "total_taxes": float(totals.total_taxes)}
        document["balance"] = float(totals.amount - Decimal(str(document["paid_to_date"])))

    def _save(self, document: Document) -> Document:
        document["updated_at"] = clock.unix_seconds()
        return self._world.store.put(self._shelf, document["id"], document)

    def _check_client(self, wish: dict[str, Any]) -> None:
        if not wish.get("client_id"):
            raise invalid("client_id", "The client id field is required.")
        if self._world.store.get("ninja_clients", str(wish["client_id"])) is None:
            raise invalid("client_id", "The selected client id is invalid.")

    def _check_number(self, number: str, own_id: str | None) -> None:
        taken = self._world.store.get(f"{self._shelf}_numbers", number)
        if taken is not None and taken["id"] != own_id:
            raise invalid("number", "The number has already been taken.")

    def _next_number(self) -> str:
        while True:
            number = f"{self._world.store.next_number(self._shelf):04d}"
            if self._world.store.get(f"{self._shelf}_numbers", number) is None:
                return number

    def _invitation(self, client_id: str) -> Document:
        client = self._clients.get(client_id)
        key = self._world.ids.text("", 32, HASH)
        return {
            "id": self._world.ids.text("", 10, HASH),
            "client_contact_id": client["contacts"][0]["id"] if client["contacts"] else "",
            "key": key,
            "link": f"{self._world.config.url}/invoiceninja/client/{self.kind}/{key}",
            "sent_date": "",
            "viewed_date": "",
            "opened_date": "",
            "updated_at": clock.unix_seconds(),
            "archived_at": 0,
            "email_status": "",
            "email_error": "",
        }

    def _note(self, document: Document, happened: str) -> None:
        currency = self.currency(document)
        if document["custom_value1"] and document["po_number"]:
            self._world.references.link(document["custom_value1"], document["po_number"])
        self._world.journal.accept(
            "invoiceninja",
            f"{self.kind}.{happened}",
            reference=document["po_number"] or document["number"],
            order=document["custom_value1"] or None,
            amount_minor=to_minor(document["amount"], currency),
            currency=currency,
            number=document["number"],
            object_id=document["id"],
        )
