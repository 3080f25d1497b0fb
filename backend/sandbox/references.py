"""Which names one order goes by: the shop's id and name, Holdfast's number, and what providers are sent.

Holdfast's number is learnt when a provider request carries it next to the shop's id.
"""

from collections.abc import Iterable

from backend.sandbox.store import Store


class References:
    """Links between the shop's order id and every other reference of the same order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: dict[str, set[str]] = {}
        for ref, link in store.all("references").items():
            self._names.setdefault(link["order"], set()).add(ref)

    def link(self, order_id: str, *refs: str) -> None:
        """Remember that each ref means the shop's order `order_id`."""
        for ref in refs:
            if ref and ref != order_id and self._store.get("references", ref) is None:
                self._store.put("references", ref, {"order": order_id})
                self._names.setdefault(order_id, set()).add(ref)

    def order_of(self, refs: Iterable[str]) -> str | None:
        """The shop's order id behind any of the refs, or None."""
        for ref in refs:
            if link := self._store.get("references", ref):
                return str(link["order"])
            if ref in self._names or self._store.get("shop_orders", ref):
                return ref
        return None

    def expand(self, refs: Iterable[str]) -> set[str]:
        """The refs and every other name of the orders they mean."""
        found = {ref for ref in refs if ref}
        for ref in tuple(found):
            if order_id := self.order_of((ref,)):
                found |= {order_id} | self._names.get(order_id, set())
        return found

    def forget(self) -> None:
        """Drop the index after the store was cleared."""
        self._names.clear()


def addressee(name: object, postal_code: object) -> str:
    """Name and postal code, normalised: what a validation request can be recognised by."""
    return f"{' '.join(str(name or '').lower().split())}|{str(postal_code or '').replace(' ', '').upper()}"
