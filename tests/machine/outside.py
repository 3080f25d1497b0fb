"""The outside as a model: what providers accepted, what they remember, when their lists show it, and how answers get lost.

It stands where adapters do and keeps exactly the promises that it declares: a key is remembered for `KEY_SECONDS`, an
accepted call is seen by a question after `LAG` seconds. Whatever it does not promise it does at its worst: without a
remembered key the same call takes effect again, as often as it is made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backend import clock
from backend.domain.holds import HoldKind
from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.integrations.guarantees import REPEATABLE
from backend.ports.calls import Call, Deferred, NotSent, OutcomeUnknown, Rejected
from backend.ports.invoicing import CreditNoteRequest, Document, InvoiceRequest, IssuedInvoice
from backend.ports.payments import Capture, PaymentOrder, PaymentRequested, RefundDone, RefundOrder, Voided
from backend.ports.shipping import AddressVerdict, Label, LabelRequest, PostalAddress

KEY_SECONDS = 24 * 3600.0
LAG = 20.0
NAME = "outside"


class Behaviour(StrEnum):
    """How the next write goes. `LATE`: accepted only after we have given up waiting, but within the lag."""

    OK = "ok"
    LOST = "accepted, answer lost"
    DROPPED = "not accepted, answer lost"
    LATE = "accepted late"
    NOT_SENT = "not sent"
    REFUSED = "refused"
    LATER = "told to come later"


@dataclass
class Effect:
    """Something that was accepted; `shown_at`: from when on a question sees it."""

    kind: str
    key: str
    order: str
    amount: int
    reference: str
    accepted_at: float
    shown_at: float
    undone: bool = False
    request: Any = None


@dataclass
class Outside:
    """Payments, invoices and labels of one world. `shift` is how far its clock was moved.

    `declared_lag` and `remembers` (the share of `key_seconds` that is true) are for outsides that break their word.
    """

    key_seconds: float | None
    can_ask: bool
    lag: float = LAG
    declared_lag: float = LAG
    remembers: float = 1.0
    shift: float = 0.0
    behaviour: Behaviour = Behaviour.OK
    mute: bool = False
    effects: list[Effect] = field(default_factory=list)
    coming: list[tuple[float, Callable[[float], None]]] = field(default_factory=list)
    refusals: set[str] = field(default_factory=set)
    voided: set[str] = field(default_factory=set)
    name: str = NAME

    # the machine's side

    def now(self) -> float:
        return clock.monotonic() + self.shift

    def pass_time(self, seconds: float = 0.0) -> None:
        """Let time go by; what was on its way is accepted when its time has come."""
        self.shift += seconds
        due = [(at, accept) for at, accept in self.coming if at <= self.now()]
        self.coming = [(at, accept) for at, accept in self.coming if at > self.now()]
        for at, accept in due:
            accept(at)

    def of(self, kind: str, order: str = "") -> list[Effect]:
        """What was accepted and not undone."""
        return [e for e in self.effects if e.kind == kind and not e.undone and order in ("", e.order)]

    def total(self, kind: str, order: str) -> int:
        return sum(effect.amount for effect in self.of(kind, order))

    # what all writes have in common

    def _write(self, kind: str, call: Call, order: str, amount: int, request: Any, *, keyed: bool = True) -> Effect:
        behaviour, self.behaviour = self.behaviour, Behaviour.OK
        self.pass_time()
        if behaviour is Behaviour.NOT_SENT:
            raise NotSent(NAME, "No connection. Nothing was sent.")
        if behaviour is Behaviour.LATER:
            raise Deferred(NAME, "Come later.", retry_after=5.0, status=429)
        if behaviour is Behaviour.DROPPED:
            raise OutcomeUnknown(NAME, "No answer.")
        known = self._remembered(kind, call) if keyed else None
        if known is not None and behaviour is not Behaviour.LOST:
            return known
        if behaviour is Behaviour.REFUSED and known is None:
            self.refusals.add(call.key)
            raise Rejected(NAME, "Refused.", category=HoldKind.PROVIDER_REFUSED, status=402)
        if behaviour is Behaviour.LATE:
            self.coming.append(
                (self.now() + self.lag / 2, lambda at: self._late(kind, call, order, amount, request, at))
            )
            raise OutcomeUnknown(NAME, "No answer in time.")
        effect = known or self._accept(kind, call.key, order, amount, request)
        if behaviour is Behaviour.LOST:
            raise OutcomeUnknown(NAME, "The answer was lost.")
        return effect

    def _late(self, kind: str, call: Call, order: str, amount: int, request: Any, at: float) -> None:
        if self._remembered(kind, call) is None and self._possible(kind, order, amount):
            late = self._accept(kind, call.key, order, amount, request)
            late.accepted_at, late.shown_at = at, at + self.lag / 2

    def _accept(self, kind: str, key: str, order: str, amount: int, request: Any) -> Effect:
        if not self._possible(kind, order, amount):
            self.refusals.add(key)
            raise Rejected(NAME, "There is no such money.", status=400)
        number = len(self.effects) + 1
        # The first answer to a call shows at once to whoever gets it; lists lag behind.
        effect = Effect(
            kind, key, order, amount, f"{kind}_{number}", self.now(), self.now() + self.lag / 2, request=request
        )
        self.effects.append(effect)
        return effect

    def _possible(self, kind: str, order: str, amount: int) -> bool:
        """No gateway pays back more than it took, or takes what it has let go of."""
        if kind == "charge" and order in self.voided:
            return False
        return kind != "refund" or self.total("refund", order) + amount <= self.total("charge", order)

    def _remembered(self, kind: str, call: Call) -> Effect | None:
        if self.key_seconds is None:
            return None
        fresh = [e for e in self.effects if e.kind == kind and e.key == call.key]
        return next((e for e in fresh if self.now() - e.accepted_at < self.key_seconds * self.remembers), None)

    def _shown(self, kind: str, fits: Callable[[Effect], bool]) -> Effect | None:
        self.pass_time()
        if self.mute:
            raise OutcomeUnknown(NAME, "The list does not answer.")
        return next((e for e in self.of(kind) if e.shown_at <= self.now() and fits(e)), None)

    def guarantees(self, kind: StepKind) -> Guarantees:
        if kind in (
            StepKind.SHIPMENT_VERIFY_ADDRESS,
            StepKind.SHIPMENT_VOID,
            StepKind.INVOICE_STORE,
            StepKind.CREDIT_NOTE_STORE,
        ):
            return REPEATABLE
        return Guarantees(self.key_seconds, self.can_ask, answer_lag=self.declared_lag)

    # payments

    def verify(self, order: PaymentOrder, call: Call) -> list[Capture]:
        return [self._capture(effect) for effect in self.of("charge", order.channel_order)]

    def capture(self, order: PaymentOrder, call: Call) -> Capture:
        return self._capture(self._write("charge", call, order.channel_order, order.amount_minor, order))

    def find_capture(self, order: PaymentOrder, call: Call) -> Capture | None:
        found = self._shown("charge", lambda effect: effect.key == call.key)
        return self._capture(found) if found else None

    def _capture(self, effect: Effect) -> Capture:
        return Capture(effect.reference, effect.amount, "EUR")

    def request_payment(self, order: PaymentOrder, call: Call) -> PaymentRequested:
        raise AssertionError("every order of this machine is authorized")

    def find_payment_request(self, order: PaymentOrder, call: Call) -> PaymentRequested | None:
        raise AssertionError("every order of this machine is authorized")

    def refund(self, order: RefundOrder, call: Call) -> RefundDone:
        made = self._write("refund", call, order.channel_order, order.amount_minor, order)
        return RefundDone(made.reference, made.amount, "EUR")

    def find_refund(self, order: RefundOrder, call: Call) -> RefundDone | None:
        found = self._shown("refund", lambda effect: effect.key == call.key)
        return RefundDone(found.reference, found.amount, "EUR") if found else None

    def void(self, order: PaymentOrder, call: Call) -> Voided:
        behaviour, self.behaviour = self.behaviour, Behaviour.OK
        self.pass_time()
        if behaviour is Behaviour.NOT_SENT:
            raise NotSent(NAME, "No connection. Nothing was sent.")
        if behaviour in (Behaviour.DROPPED, Behaviour.LATE):
            raise OutcomeUnknown(NAME, "No answer.")
        if not self.of("charge", order.channel_order):
            self.voided.add(order.channel_order)
        if behaviour is Behaviour.LOST:
            raise OutcomeUnknown(NAME, "The answer was lost.")
        return self._ended(order)

    def find_void(self, order: PaymentOrder, call: Call) -> Voided | None:
        self.pass_time()
        if self.mute:
            raise OutcomeUnknown(NAME, "The list does not answer.")
        known = order.channel_order in self.voided or self.of("charge", order.channel_order)
        return self._ended(order) if known else None

    def _ended(self, order: PaymentOrder) -> Voided:
        return Voided(
            order.channel_order, tuple(self._capture(charge) for charge in self.of("charge", order.channel_order))
        )

    # invoicing: its numbers are unique, as everywhere

    def issue(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice:
        return self._document("invoice", invoice, call)

    def find(self, invoice: InvoiceRequest, call: Call) -> IssuedInvoice | None:
        return self._found_document("invoice", invoice)

    def issue_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice:
        return self._document("credit_note", note, call)

    def find_credit_note(self, note: CreditNoteRequest, call: Call) -> IssuedInvoice | None:
        return self._found_document("credit_note", note)

    def fetch(self, reference: str, call: Call) -> tuple[IssuedInvoice, Document]:
        effect = next(effect for effect in self.effects if effect.reference == reference)
        return self._issued(effect), Document(b"%PDF-1.7", "application/pdf")

    fetch_credit_note = fetch

    def _document(self, kind: str, wanted: InvoiceRequest, call: Call) -> IssuedInvoice:
        taken = next((e for e in self.of(kind) if e.request.number == wanted.number), None)
        if taken is not None and taken.order != wanted.channel_order:
            raise Rejected(NAME, f"The number {wanted.number} is taken.", status=422)
        made = self._write(kind, call, wanted.channel_order, wanted.total_minor, wanted)
        return self._issued(made)

    def _found_document(self, kind: str, wanted: InvoiceRequest) -> IssuedInvoice | None:
        found = self._shown(
            kind,
            lambda effect: (
                effect.order == wanted.channel_order and wanted.number in ("", effect.request.number)
                and effect.amount == wanted.total_minor
            ),
        )  # fmt: skip
        return self._issued(found) if found else None

    def _issued(self, effect: Effect) -> IssuedInvoice:
        made = effect.request
        return IssuedInvoice(effect.reference, made.number, made.date, made.total_minor, made.currency)

    # shipping

    def verify_address(self, address: PostalAddress, call: Call) -> AddressVerdict:
        self.behaviour = Behaviour.OK
        return AddressVerdict(deliverable=True)

    def buy_label(self, request: LabelRequest, call: Call) -> Label:
        return self._label(self._write("label", call, request.channel_order, 790, request))

    def find_label(self, request: LabelRequest, call: Call) -> Label | None:
        found = self._shown("label", lambda effect: effect.request.reference == request.reference)
        return self._label(found) if found else None

    def _label(self, effect: Effect) -> Label:
        number = f"TRACK{effect.reference}"
        return Label(effect.reference, effect.key, "dhl", "parcel", number, "", effect.amount, "EUR", "")

    def void_label(self, reference: str, call: Call) -> None:
        effect = next(effect for effect in self.effects if effect.reference == reference)
        effect.undone = True
