"""Faults on request: which provider misbehaves, at which operation, for which order, how and how often."""

import random
from dataclasses import dataclass, field

from backend.sandbox import clock
from backend.sandbox.references import References
from backend.sandbox.store import Document, Store

# What each provider can be asked to do; a trailing "*" marks operations that change something outside.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "stripe": ("intent*", "confirm*", "pay*", "capture*", "cancel*", "refund*", "read"),
    "shopify": ("capture*", "refund*", "fulfilment*", "cancel*", "read"),
    "invoiceninja": ("client*", "invoice*", "send*", "credit*", "payment*", "document", "read"),
    "shipengine": ("validate", "rates", "label*", "void*", "tracking*", "document", "read"),
    "razorpay": ("order*", "pay*", "capture*", "refund*", "read"),
    "easypost": ("validate", "shipment*", "buy*", "refund*", "tracking*", "document", "read"),
    "smtp": ("mail*",),
    "shop": ("order*",),
}
# Faults of the line or the machine strike anything; accepted-then-lost needs something to accept; refusals need sense.
# Busy: the status that is answered, with Retry-After as long as the fault's delay.
BUSY = {"rate_limit": 429, "unavailable": 503}
MACHINE_FAULTS = ("error_5xx", "slow", "connection_cut", *BUSY)
LOST_ANSWER_FAULTS = ("accept_then_500", "accept_then_cut", "accept_then_hang")
REFUSALS: dict[str, dict[str, tuple[str, ...]]] = {
    "refuse": {
        "stripe": ("intent", "confirm", "pay", "capture", "cancel", "refund"),
        "shopify": ("capture", "refund", "fulfilment", "cancel"),
        "invoiceninja": ("client", "invoice", "send", "credit", "payment"),
        "shipengine": ("validate", "rates", "label", "void", "tracking"),
        "razorpay": ("order", "pay", "capture", "refund"),
        "easypost": ("validate", "shipment", "buy", "refund", "tracking"),
        "smtp": ("mail",),
        "shop": ("order",),
    },
    "decline": {
        "stripe": ("intent", "confirm", "pay", "capture"),
        "shopify": ("capture",),
        "razorpay": ("pay", "capture"),
    },
    "insufficient_funds": {
        "stripe": ("intent", "confirm", "pay", "capture"),
        "shopify": ("capture",),
        "shipengine": ("label",),
        "razorpay": ("pay", "capture"),
        "easypost": ("buy",),
    },
    "out_of_stock": {"shopify": ("fulfilment",), "shipengine": ("label",), "easypost": ("buy",)},
    "bad_address": {"shipengine": ("validate", "label"), "easypost": ("validate", "buy")},
}
FAULTS = (*REFUSALS, *MACHINE_FAULTS, *LOST_ANSWER_FAULTS)
# The shop calls us: its webhook is never sent, sent late, or sent again although it was taken.
SHOP_FAULTS = ("refuse", "slow", "accept_then_500", "accept_then_cut")
DEFAULT_DELAY_SECONDS = {"slow": 5.0, "accept_then_hang": 60.0, "rate_limit": 2.0, "unavailable": 2.0}


class BadFault(ValueError):
    """A fault that cannot be played; the message says why and what is allowed."""


@dataclass(frozen=True)
class Call:
    """One request to a provider, as far as faults can be aimed at it. `refs` are the references it carries."""

    provider: str
    operation: str
    refs: tuple[str, ...] = field(default=())

    @property
    def writes(self) -> bool:
        """Does it change something outside?"""
        return f"{self.operation}*" in OPERATIONS[self.provider]


class Faults:
    """The faults that are set, oldest first; the first one that fits a call strikes it."""

    def __init__(self, store: Store, references: References, seed: int) -> None:
        self._store = store
        self._references = references
        self._seed = seed

    def add(self, wish: Document) -> Document:
        """Set a fault from its JSON form; raises BadFault."""
        fault = _checked(wish)
        fault["id"] = self._store.next_number("fault")
        fault["created_at"] = clock.iso()
        return self._store.put("faults", str(fault["id"]), fault)

    def list(self) -> list[Document]:
        """Every fault that is set, spent ones included, oldest first."""
        return list(self._store.all("faults").values())

    def remove(self, fault_id: str) -> bool:
        """Take one fault away; True when it was set."""
        return self._store.delete("faults", fault_id)

    def clear(self) -> int:
        """Take all faults away; returns how many there were."""
        ids = list(self._store.all("faults"))
        for fault_id in ids:
            self._store.delete("faults", fault_id)
        return len(ids)

    def strike(self, call: Call) -> Document | None:
        """The fault that this call meets, counted as played; None when all goes well."""
        faults = self._store.all("faults")
        if not faults:
            return None
        names = self._references.expand(call.refs)
        for fault in faults.values():
            if fault["remaining"] != 0 and _fits(fault, call, names) and self._dice(fault):
                fault["hits"] += 1
                if fault["remaining"] is not None:
                    fault["remaining"] -= 1
                self._store.put("faults", str(fault["id"]), fault)
                return fault
        return None

    def _dice(self, fault: Document) -> bool:
        if fault["chance"] >= 1:
            return True
        fault["throws"] += 1
        self._store.put("faults", str(fault["id"]), fault)
        # The sequence belongs to the fault, so other traffic does not change it.
        return random.Random(f"{self._seed}:{fault['id']}:{fault['throws']}").random() < float(fault["chance"])


def delay_of(fault: Document) -> float:
    """How many seconds a slow or hanging fault takes, or a busy provider asks to wait."""
    return float(fault["delay_seconds"] or DEFAULT_DELAY_SECONDS.get(fault["fault"], 0.0))


def _fits(fault: Document, call: Call, names: set[str]) -> bool:
    if fault["provider"] != call.provider or fault["operation"] not in ("any", call.operation):
        return False
    if fault["order"] is not None and fault["order"] not in names:
        return False
    kind = fault["fault"]
    if kind in REFUSALS:
        return call.operation in REFUSALS[kind].get(call.provider, ())
    return kind in MACHINE_FAULTS or call.writes


def _checked(wish: Document) -> Document:
    provider, operation, kind = wish.get("provider"), wish.get("operation", "any"), wish.get("fault")
    if provider not in OPERATIONS:
        raise BadFault(f"provider must be one of {', '.join(OPERATIONS)}.")
    names = [name.rstrip("*") for name in OPERATIONS[provider]]
    if operation not in ("any", *names):
        raise BadFault(f"operation for {provider} must be any or one of {', '.join(names)}.")
    if kind not in FAULTS:
        raise BadFault(f"fault must be one of {', '.join(FAULTS)}.")
    if provider == "shop" and kind not in SHOP_FAULTS:
        raise BadFault(f"{kind} means nothing for shop; only {', '.join(SHOP_FAULTS)} do.")
    if kind in REFUSALS and (provider not in REFUSALS[kind] or operation not in ("any", *REFUSALS[kind][provider])):
        raise BadFault(f"{kind} means nothing for {provider} {operation}.")
    times, chance, delay = wish.get("times"), wish.get("chance", 1), wish.get("delay_seconds")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadFault("times must be a whole number above 0, or null for always.")
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
        raise BadFault("chance must be a number between 0 and 1.")
    if delay is not None and (isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0):
        raise BadFault("delay_seconds must be a number that is not negative.")
    order = wish.get("order")
    return {
        "id": 0,
        "provider": provider,
        "operation": operation,
        "order": None if order in (None, "") else str(order),
        "fault": kind,
        "times": times,
        "remaining": times,
        "chance": float(chance),
        "delay_seconds": delay,
        "hits": 0,
        "throws": 0,
        "note": str(wish.get("note", "")),
    }
