"""Saved views of the lists: what a view is, which ones each role begins with, and how a view may be named."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.errors import InvalidInput
from backend.domain.permissions import Area, Role

LONGEST_NAME = 60
MOST_OWN = 60


class ListPage(StrEnum):
    """A list that views are kept of."""

    ORDERS = "orders"
    HELD = "held"


AREAS = {ListPage.ORDERS: Area.ORDERS, ListPage.HELD: Area.HOLDS}
"""Whoever may see the area may see the list; whoever may act in it may share views and tend shared ones."""


@dataclass(frozen=True)
class View:
    """A view as its reader sees it. `key` is its id in text, or a word for one that comes with the product.

    `own`: the reader made it. `may_change`: the reader may rename, change and delete it.
    """

    key: str
    name: str
    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    shared: bool = False
    own: bool = False
    may_change: bool = False
    owner: str = ""


def _built_in(key: str, name: str, query: str) -> View:
    return View(key, name, query)


_HELD = _built_in("held", "Held", "status:held")
_TODAY = _built_in("today", "Placed today", "created:today")
_TO_SHIP = _built_in("to-ship", "Paid, not shipped", "payment:paid shipping:unshipped -status:cancelled,refunded")
_TROUBLE = _built_in("trouble", "Trouble on delivery", "shipping:exception")
_UNSENT = _built_in("unsent", "Documents failed", "is:unsent")
_DISPUTED = _built_in("disputed", "Disputed", "payment:disputed")
_FAILED = _built_in("payment-failed", "Payment failed", "payment:failed")
_REFUNDED = _built_in("refunded", "Paid back", "payment:refunded,partially_refunded")
_TESTS = _built_in("tests", "Test orders", "is:test")

_NOBODYS = _built_in("unassigned", "Nobody's", "is:unassigned -is:snoozed")
_MONEY = _built_in(
    "money", "Money", "cause:payment_declined,payment_disputed,payment_mismatch,payment_refused,payment_terms"
)
_ADDRESSES = _built_in("addresses", "Addresses", "cause:address_invalid,address_malformed,address_missing,po_box")
_RISK = _built_in("risk", "Risk and staff", "cause:by_staff,fraud_risk")
_PROVIDERS = _built_in(
    "providers",
    "Providers",
    "cause:outcome_unknown,provider_credentials,provider_not_connected,provider_refused,provider_unavailable",
)

BUILT_IN: dict[ListPage, dict[Role, tuple[View, ...]]] = {
    ListPage.ORDERS: {
        Role.CUSTOMER_SERVICE: (_HELD, _TO_SHIP, _TROUBLE, _UNSENT),
        Role.FINANCE: (_DISPUTED, _FAILED, _REFUNDED, _UNSENT),
        Role.MANAGER: (_HELD, _TODAY, _TO_SHIP, _DISPUTED),
        Role.QA: (_TESTS, _HELD, _UNSENT),
        Role.ADMIN: (_HELD, _TODAY, _TO_SHIP, _UNSENT),
    },
    ListPage.HELD: {
        Role.CUSTOMER_SERVICE: (_NOBODYS, _ADDRESSES, _MONEY, _PROVIDERS),
        Role.FINANCE: (_MONEY, _PROVIDERS),
        Role.MANAGER: (_NOBODYS, _RISK, _MONEY),
        Role.QA: (_PROVIDERS,),
        Role.ADMIN: (_NOBODYS, _PROVIDERS, _RISK),
    },
}
"""What each role finds before anybody has saved anything. One's own orders and snoozed ones have switches in the queue."""


def view_name(text: str) -> str:
    """The name without its margins; raises `InvalidInput` for none, for one that is too long, or for no text."""
    name = " ".join(text.split())
    if not name:
        raise InvalidInput(["Give the view a name, such as “Paid, not shipped”."])
    if len(name) > LONGEST_NAME:
        raise InvalidInput([f"The name has {len(name)} letters; at most {LONGEST_NAME} fit."])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise InvalidInput(["The name contains characters that are not text."])
    return name
