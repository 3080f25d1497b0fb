"""The journal: every effect that the outside world accepted, in order. The providers' side of the truth."""

from collections import deque
from typing import Any

from backend.sandbox import clock
from backend.sandbox.references import References
from backend.sandbox.store import Document, Store

CALL_LIMIT = 10_000


class Journal:
    """Append-only effects (kept in the store) and the most recent HTTP calls (kept in memory)."""

    def __init__(self, store: Store, references: References) -> None:
        self._store = store
        self._references = references
        self.calls: deque[Document] = deque(maxlen=CALL_LIMIT)
        self._call_serial = 0

    def accept(
        self,
        provider: str,
        kind: str,
        *,
        reference: str | None,
        order: str | None = None,
        key: str | None = None,
        amount_minor: int | None = None,
        currency: str | None = None,
        **details: Any,
    ) -> Document:
        """Write down an accepted effect. `order` is the shop's order id where the request carried it."""
        serial = self._store.next_number("journal")
        known = order or self._references.order_of([reference] if reference else [])
        named = (str(details.get(name) or "") for name in ("object_id", "tracking_number"))
        if known:
            # Bare numbers are left out: they mean different things at different providers.
            self._references.link(known, *(name for name in named if not name.isdigit()))
        return self._store.put(
            "journal",
            f"{serial:09d}",
            {
                "id": serial,
                "provider": provider,
                "kind": kind,
                "reference": reference,
                "external_order": known,
                "key": key,
                "amount_minor": amount_minor,
                "currency": currency.upper() if currency else None,
                "at": clock.iso_millis(),
                **details,
            },
        )

    def entries(self, *, provider: str = "", order: str = "", kind: str = "") -> list[Document]:
        """Effects, oldest first, filtered; `order` is any name of the order."""
        names = self._references.expand([order]) if order else set()
        return [
            entry
            for entry in self._store.all("journal").values()
            if (not provider or entry["provider"] == provider)
            and (not kind or entry["kind"] == kind)
            and (not names or _concerns(entry, names))
        ]

    def note_call(self, call: Document) -> None:
        """Remember an HTTP call made to a provider."""
        self._call_serial += 1
        self.calls.append({"id": self._call_serial, **call})


def _concerns(entry: Document, names: set[str]) -> bool:
    reference = entry["reference"] or ""
    return entry["external_order"] in names or reference in names or reference.split(":")[0] in names
