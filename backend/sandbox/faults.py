"""Faults on request: which provider misbehaves, at which operation, for which order, how and how often."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from backend.sandbox import clock
from backend.sandbox.fault_kinds import FAULTS, KINDS, Group, of_group
from backend.sandbox.references import References
from backend.sandbox.store import Document, Store

# What each provider can be asked to do; a trailing "*" marks operations that change something outside.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "stripe": ("intent*", "confirm*", "pay*", "capture*", "cancel*", "refund*", "read", "webhook"),
    "shopify": ("capture*", "void*", "refund*", "fulfilment*", "cancel*", "read"),
    "invoiceninja": ("client*", "invoice*", "send*", "credit*", "payment*", "document", "read"),
    "shipengine": ("validate", "rates", "label*", "void*", "tracking*", "document", "read", "webhook"),
    "razorpay": ("order*", "pay*", "capture*", "refund*", "read", "webhook"),
    "easypost": ("validate", "shipment*", "buy*", "refund*", "tracking*", "document", "read", "webhook"),
    "smtp": ("mail*",),
    "shop": ("order*", "webhook"),
}
# The provider calls us; nobody of ours waits for an answer to these.
WEBHOOK = "webhook"
UNANSWERED = (WEBHOOK, "pay", "tracking")
# Faults of the line or the machine strike anything; accepted-then-lost needs something to accept; refusals need sense.
# Busy: the status that is answered, with Retry-After as long as the fault's delay.
BUSY = {"rate_limit": 429, "unavailable": 503}
LOST_ANSWER_FAULTS = of_group(Group.LOST)
WRONG_FAULTS = of_group(Group.WRONG)
WEBHOOK_FAULTS = of_group(Group.WEBHOOK)
# Old ways to stumble that also keep a customer's payment or a scan back; the newer ones spoil an answer's body.
SPOILT_ANSWERS = frozenset({"html", "redirect", "empty", "huge_body", "huge_header", "slow_drip", "accept_late"})
# Where an answer or a webhook names money that we know, and where it names whom it is about.
MONEY = {
    "stripe": ("intent", "confirm", "capture", "cancel", "refund", "read", WEBHOOK),
    "shopify": ("capture", "void", "refund", "read"),
    "invoiceninja": ("invoice", "credit", "payment", "read"),
    "razorpay": ("order", "capture", "refund", "read", WEBHOOK),
    "easypost": ("buy", "read"),
}
ABOUT = MONEY | {
    "shopify": ("capture", "void", "refund", "fulfilment", "cancel", "read"),
    "invoiceninja": ("client", "invoice", "send", "credit", "payment", "read"),
    "shipengine": ("label", "read", WEBHOOK),
    "easypost": ("shipment", "buy", "refund", "read", WEBHOOK),
}
REFUSALS: dict[str, dict[str, tuple[str, ...]]] = {
    "refuse": {
        "stripe": ("intent", "confirm", "pay", "capture", "cancel", "refund"),
        "shopify": ("capture", "void", "refund", "fulfilment", "cancel"),
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
# The shop calls us: its webhook is never sent, sent late, or sent again although it was taken.
SHOP_FAULTS = ("refuse", "slow", "accept_then_500", "accept_then_cut")
MAIL_SPOILS = ("accept_late", "slow_drip")
STRIKE_LOG = 2_000


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
        self.strikes: deque[Document] = deque(maxlen=STRIKE_LOG)

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
            if fault["remaining"] != 0 and _strikes(fault, call, names) and self._dice(fault):
                fault["hits"] += 1
                if fault["remaining"] is not None:
                    fault["remaining"] -= 1
                self._store.put("faults", str(fault["id"]), fault)
                self._note(fault, call)
                return fault
        return None

    def _note(self, fault: Document, call: Call) -> None:
        said = {"fault": fault["fault"], "fault_id": fault["id"], "provider": call.provider}
        order = self._references.order_of(call.refs)
        self.strikes.append({"at": clock.iso_millis(), **said, "operation": call.operation, "order": order})

    def move(self, old: str, new: str) -> int:
        """Aim the faults of one order at another; returns how many."""
        found = [fault for fault in self._store.all("faults").values() if fault["order"] == old]
        for fault in found:
            fault["order"] = new
            self._store.put("faults", str(fault["id"]), fault)
        return len(found)

    def _dice(self, fault: Document) -> bool:
        if fault["chance"] >= 1:
            return True
        fault["throws"] += 1
        self._store.put("faults", str(fault["id"]), fault)
        # The sequence belongs to the fault, so other traffic does not change it.
        return random.Random(f"{self._seed}:{fault['id']}:{fault['throws']}").random() < float(fault["chance"])


def delay_of(fault: Document) -> float:
    """How many seconds a slow or hanging fault takes, or a busy provider asks to wait."""
    usual = KINDS[fault["fault"]].delay
    return float(fault["delay_seconds"] if fault["delay_seconds"] is not None else usual or 0.0)


def fits(kind: str, provider: str, operation: str) -> bool:
    """Does a kind of fault mean anything for this one operation of a provider?"""
    if kind in WEBHOOK_FAULTS or operation == WEBHOOK:
        known = kind in WEBHOOK_FAULTS or operation in _named(kind).get(provider, ())
        return operation == WEBHOOK and known
    if provider == "shop":
        return kind in SHOP_FAULTS
    if kind in REFUSALS:
        return operation in REFUSALS[kind].get(provider, ())
    if kind in WRONG_FAULTS:
        return operation in _named(kind).get(provider, ())
    if kind in SPOILT_ANSWERS and (operation in UNANSWERED or (provider == "smtp" and kind not in MAIL_SPOILS)):
        return False
    return kind not in LOST_ANSWER_FAULTS or f"{operation}*" in OPERATIONS[provider]


def operations_for(kind: str, provider: str) -> list[str]:
    """The operations of a provider that a kind of fault can strike; none where it means nothing there."""
    names = [name.rstrip("*") for name in OPERATIONS[provider]]
    return [name for name in names if fits(kind, provider, name)]


def _named(kind: str) -> dict[str, tuple[str, ...]]:
    if kind not in WRONG_FAULTS:
        return {}
    return ABOUT if kind == "wrong_reference" else MONEY


def _strikes(fault: Document, call: Call, names: set[str]) -> bool:
    kind = fault["fault"]
    if fault["provider"] != call.provider or fault["operation"] not in ("any", call.operation):
        return False
    if fault["order"] is not None and fault["order"] not in names:
        return False
    # A wrong webhook is meant only by a fault that says so: "any" is any call of ours.
    if call.operation == WEBHOOK and kind in WRONG_FAULTS and fault["operation"] != WEBHOOK:
        return False
    return fits(kind, call.provider, call.operation)


def _variant(kind: str, effect: Any, status: Any) -> tuple[bool | None, int | None]:
    """Whether it is done, and what is answered, where either can be chosen."""
    rule = KINDS[kind]
    if effect is not None and (not isinstance(effect, bool) or rule.effect is None):
        raise BadFault(f"effect must be true or false, and only where it can be chosen; not for {kind}.")
    if status is not None and (isinstance(status, bool) or status not in rule.statuses):
        allowed = " or ".join(str(code) for code in rule.statuses) or "left out"
        raise BadFault(f"status for {kind} must be {allowed}.")
    return rule.effect if effect is None else effect, next(iter(rule.statuses), None) if status is None else status


def _checked(wish: Document) -> Document:
    provider, operation, kind = wish.get("provider"), wish.get("operation", "any"), wish.get("fault")
    if provider not in OPERATIONS:
        raise BadFault(f"provider must be one of {', '.join(OPERATIONS)}.")
    names = [name.rstrip("*") for name in OPERATIONS[provider]]
    if operation not in ("any", *names):
        raise BadFault(f"operation for {provider} must be any or one of {', '.join(names)}.")
    if kind not in FAULTS:
        raise BadFault(f"fault must be one of {', '.join(FAULTS)}.")
    possible = operations_for(kind, provider)
    if not possible or operation not in ("any", *possible):
        more = f" {operation}; only for {', '.join(possible)}" if possible else ""
        raise BadFault(f"{kind} means nothing for {provider}{more}.")
    effect, status = _variant(kind, wish.get("effect"), wish.get("status"))
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
        "effect": effect,
        "status": status,
        "hits": 0,
        "throws": 0,
        "note": str(wish.get("note", "")),
    }
