"""What `make shots` looks at: every page, and what opens on it when something is pressed."""

from dataclasses import dataclass

HELD, DELIVERED = "/orders?q=status%3Aheld", "/orders?q=status%3Adelivered"
ORDER = "main a[href^='/orders/ORD-']"

PAGES: dict[str, str] = {
    "home": "/",
    "held": "/held",
    "held-chosen": "/held?order=first",
    "held-nothing": "/held?cause=nothing-like-this",
    "orders": "/orders",
    "orders-held": HELD,
    "orders-mistyped": "/orders?q=amount%3Amany",
    "orders-none": "/orders?q=number%3A99999999",
    "review": "/review",
    "quarantine": "/quarantine",
    "bulk": "/bulk",
    "incidents": "/incidents",
    "notices": "/notices",
    "settings": "/settings",
    "people": "/people",
    "missing": "/nowhere",
    "order-unknown": "/orders/ORD-20200101-00001",
}
"""What has an address of its own."""

FOLLOWED: dict[str, tuple[str, str]] = {
    "order-held": (HELD, ORDER),
    "order-delivered": (DELIVERED, ORDER),
    "quarantine-message": ("/quarantine", "main a[href^='/quarantine/']"),
    "bulk-run": ("/bulk", "main a[href^='/bulk/']"),
}
"""Pages about one thing: where their first link stands."""

TABS = ("items", "payments", "documents", "parcels", "attempts", "customer")


@dataclass(frozen=True)
class Opened:
    """A page on which something is pressed: test ids are clicked one after the other, `key:` and `text:` are typed."""

    address: str
    pressed: tuple[str, ...]
    link: str = ""


OPENED: dict[str, Opened] = {
    "keys": Opened("/held", ("key:?",)),
    "palette": Opened("/held?order=first", ("key:Control+k", "text:ma")),
    "bell": Opened("/", ("bell",)),
    "filters": Opened("/orders", ("filters",)),
    "search-help": Opened("/orders", ("search-help",)),
    "columns": Opened("/orders", ("columns",)),
    "export": Opened("/orders", ("export",)),
    "view-save": Opened(HELD, ("view-save",)),
    "bulk-search": Opened(HELD, ("bulk-search",)),
    "assign": Opened(HELD, ("assign",), ORDER),
    "snooze": Opened(HELD, ("snooze",), ORDER),
    "release": Opened(HELD, ("release",), ORDER),
    "cancel": Opened(HELD, ("cancel-order",), ORDER),
    "retry": Opened("/orders?q=cause%3Ashipment_not_accepted", ("retry",), ORDER),
    "fix": Opened("/orders?q=cause%3Aaddress_invalid", ("fix-address",), ORDER),
    "refund": Opened("/orders?q=status%3Adelivered%20payment%3Apaid", ("refund", "way-lines"), ORDER),
    "hold": Opened("/orders?q=status%3Aconfirmed", ("hold-order",), ORDER),
    "decide": Opened("/review", ("review-open",)),
    "attempts-open": Opened(DELIVERED, ("tab-attempts", "step"), ORDER),
    "document-open": Opened(DELIVERED, ("tab-documents", "open-document"), ORDER),
}
"""Dialogs and what else opens over a page."""
