"""Clients: who an invoice is for, found by e-mail or number; and the currency that their settings name."""

from typing import Any

from backend.sandbox import clock
from backend.sandbox.invoiceninja.errors import NinjaError, invalid
from backend.sandbox.store import Document
from backend.sandbox.world import World

# Invoice Ninja's own currency ids, as far as the shop's markets reach.
CURRENCIES = {
    "1": "USD",
    "2": "GBP",
    "3": "EUR",
    "5": "DKK",
    "7": "SEK",
    "9": "CAD",
    "12": "AUD",
    "14": "NOK",
    "15": "NZD",
    "17": "CHF",
    "45": "JPY",
}
HASH = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TEXTS = [
    "name",
    "website",
    "private_notes",
    "public_notes",
    "address1",
    "address2",
    "city",
    "state",
    "postal_code",
    "phone",
    "country_id",
    "custom_value1",
    "custom_value2",
    "custom_value3",
    "custom_value4",
    "vat_number",
    "id_number",
    "shipping_address1",
    "shipping_address2",
    "shipping_city",
    "shipping_state",
    "shipping_postal_code",
    "shipping_country_id",
    "industry_id",
    "size_id",
    "group_settings_id",
]
CONTACT_TEXTS = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "custom_value1",
    "custom_value2",
    "custom_value3",
    "custom_value4",
]
USER_ID = "VolejRejNm"


class Clients:
    """Creates, finds and shows clients."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, wish: dict[str, Any]) -> Document:
        """A new client; the number is unique."""
        number = str(wish.get("number") or f"{self._world.store.next_number('ninja_client_number'):04d}")
        if any(client["number"] == number for client in self._all()):
            raise invalid("number", "The number has already been taken.")
        contacts = wish.get("contacts") or [{}]
        if not isinstance(contacts, list) or not all(isinstance(contact, dict) for contact in contacts):
            raise invalid("contacts", "The contacts must be an array.")
        now = clock.unix_seconds()
        client_id = self._world.ids.text("", 10, HASH)
        client = {
            "id": client_id,
            "user_id": USER_ID,
            "assigned_user_id": "",
            **{name: str(wish.get(name) or "") for name in TEXTS},
            "number": number,
            "client_hash": self._world.ids.text("", 40, HASH),
            "contacts": [self._contact(contact, index == 0) for index, contact in enumerate(contacts)],
            "settings": wish.get("settings") or {"currency_id": "3"},
            "is_deleted": False,
            "is_tax_exempt": bool(wish.get("is_tax_exempt")),
            "balance": 0,
            "paid_to_date": 0,
            "credit_balance": 0,
            "payment_balance": 0,
            "last_login": 0,
            "created_at": now,
            "updated_at": now,
            "archived_at": 0,
        }
        client["display_name"] = client["name"] or _contact_name(client)
        return self._world.store.put("ninja_clients", client_id, client)

    def update(self, client: Document, wish: dict[str, Any]) -> Document:
        """Change a client's texts, contacts and settings."""
        client |= {name: str(wish[name] or "") for name in TEXTS if name in wish}
        if isinstance(wish.get("contacts"), list):
            client["contacts"] = [self._contact(contact, index == 0) for index, contact in enumerate(wish["contacts"])]
        if isinstance(wish.get("settings"), dict):
            client["settings"] = wish["settings"]
        client["updated_at"] = clock.unix_seconds()
        return self._world.store.put("ninja_clients", client["id"], client)

    def get(self, client_id: str) -> Document:
        """A client or 404."""
        client = self._world.store.get("ninja_clients", client_id)
        if client is None:
            raise NinjaError(404, "No query results for model [App\\Models\\Client].")
        return client

    def find(self, query: dict[str, str]) -> list[Document]:
        """Clients by exact `email`, `number` or `id_number`, or `filter` in name, number and e-mail."""
        found = self._all()
        if email := query.get("email"):
            found = [c for c in found if email.lower() in (contact["email"].lower() for contact in c["contacts"])]
        if number := query.get("number"):
            found = [c for c in found if c["number"] == number]
        if id_number := query.get("id_number"):
            found = [c for c in found if c["id_number"] == id_number]
        if text := query.get("filter", "").lower():
            found = [c for c in found if text in _searchable(c)]
        return found

    def currency(self, client_id: str) -> str | None:
        """The ISO code of the client's currency, or None when the settings name none."""
        client = self._world.store.get("ninja_clients", client_id) or {}
        return CURRENCIES.get(str(client.get("settings", {}).get("currency_id", "")))

    def _all(self) -> list[Document]:
        return list(self._world.store.newest_first("ninja_clients"))

    def _contact(self, wish: dict[str, Any], primary: bool) -> Document:
        now = clock.unix_seconds()
        return {
            "id": self._world.ids.text("", 10, HASH),
            **{name: str(wish.get(name) or "") for name in CONTACT_TEXTS},
            "contact_key": self._world.ids.text("", 40, HASH),
            "is_primary": primary,
            "is_locked": False,
            "send_email": bool(wish.get("send_email", True)),
            "created_at": now,
            "updated_at": now,
            "archived_at": 0,
        }


def _contact_name(client: Document) -> str:
    contact = client["contacts"][0] if client["contacts"] else {}
    return " ".join(filter(None, (contact.get("first_name"), contact.get("last_name")))) or contact.get("email", "")


def _searchable(client: Document) -> str:
    emails = " ".join(contact["email"] for contact in client["contacts"])
    return f"{client['name']} {client['display_name']} {client['number']} {emails}".lower()
