"""How an order of the demo is called off or paid back: the refund, and the sequence behind the cancel click."""

from datetime import timedelta
from functools import partial
from typing import Any

from backend.demo import calendar, fates, words
from backend.demo.parcels import Travels
from backend.demo.story import HoldRow, Paper, StepRow
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.money import display
from backend.domain.orders import OrderEvent, OrderStatus, PaymentMode, can
from backend.domain.payments import EntryKind
from backend.domain.permissions import SYSTEM, Actor, provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import RULES, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.domain.tracking import TrackingStatus
from backend.services import credit_notes
from backend.services.cancel_parts import FORWARD, WAITED_FOR

CREDIT_NUMBER = "\ue001"
"""Stands in for the credit note's number, which is given once the batch's documents are in order."""


SETTLING = frozenset({StepKind.PAYMENT_VOID, StepKind.PAYMENT_REFUND, *credit_notes.KINDS})
"""Steps that give the customer back what was taken, and say so."""


class Settles(Travels):
    """A journey that may end with the money back where it came from."""

    def advance(self, actor: Actor = SYSTEM) -> None:
        cancellation = self._cancellation()
        if cancellation is not None:
            self._go_on_cancelling(cancellation)
            return
        super().advance(actor)

    def _cancellation(self) -> HoldRow | None:
        open_ones = (hold for hold in self.holds if hold.closed_at is None)
        return next((hold for hold in open_ones if hold.kind is HoldKind.BEING_CANCELLED), None)

    def waits_for(self, kind: StepKind) -> bool:
        return kind in WAITED_FOR and self._cancellation() is not None

    def cancel(self, actor: Actor, reason: str) -> None:
        """The cancel click; goods that have not left go back to stock."""
        if not can(self.status, OrderEvent.CANCELLED):
            return
        source, facts = HoldSource.PERSON, {"restock": self.status is not OrderStatus.SHIPPED}
        self.hold(HoldKind.BEING_CANCELLED, reason, source=source, actor=actor, facts=facts)
        self.acted("cancel", actor, reason, facts)
        self.advance(actor)

    def _go_on_cancelling(self, cancellation: HoldRow) -> None:
        for step in self.steps:
            if step.kind in FORWARD:
                self.call_off(step, "order cancelled")
        if not self._money_is_back(cancellation) or not self._is_credited():
            return
        if cancellation.facts["restock"]:
            self.give_back(cancellation.placed_by)
        if not self._return_is_agreed() or not self._has_succeeded(StepKind.MAIL_CANCELLED):
            return
        for hold in self.holds:
            if hold.closed_at is None:
                self.lift(hold, "order cancelled", SYSTEM)
        self.move(OrderEvent.CANCELLED, "The order is cancelled.", SYSTEM)
        self._settle_refunded()

    def _money_is_back(self, cancellation: HoldRow) -> bool:
        """What was authorized is let go of, what was captured is paid back."""
        claimed = self.new.payment_mode in (PaymentMode.AUTHORIZED, PaymentMode.PAID) and self.new.total_minor > 0
        if not self.balance.captured_minor and claimed:
            return self._has_succeeded(StepKind.PAYMENT_VOID)
        refundable = self.balance.refundable_minor
        if refundable > 0 and not self.refunds:
            self.decide_refund(refundable, [], 0, cancellation.reason, cancellation.placed_by, restock=False)
        return refundable == 0

    def _is_credited(self) -> bool:
        """Every step of the credit note is done; one that failed holds the order."""
        for step in self.steps:
            if step.kind in credit_notes.KINDS and step.state is not StepState.DONE:
                if step.state is StepState.PARKED and not self._holds_back(step):
                    reason = f"{RULES[step.kind].label}: {step.error}"
                    facts = {"step": str(step.kind), "outcome": step.outcome}
                    kind, source = HoldKind.CANCELLATION_INCOMPLETE, HoldSource.STEP
                    self.stop(kind, reason, source=source, provider=step.provider, step=step, facts=facts)
                return False
        return True

    def _holds_back(self, step: StepRow) -> bool:
        return any(hold.step is step and hold.closed_at is None for hold in self.holds)

    def _return_is_agreed(self) -> bool:
        """A parcel that the carrier has waits for a colleague who agrees its return."""
        known = next((hold for hold in self.holds if hold.kind is HoldKind.RETURN_TO_AGREE), None)
        if self.parcel is None or self.parcel["status"] is TrackingStatus.LABEL_CREATED or known is not None:
            return known is None or known.closed_at is not None
        number = self.parcel["tracking_number"]
        reason = f"The carrier has the parcel {number}; voiding its label does not call it back."
        self.stop(HoldKind.RETURN_TO_AGREE, reason, source=HoldSource.CHECK, provider="shipengine")
        return False

    def _has_succeeded(self, kind: StepKind) -> bool:
        """Whether a step is done; it is promised where it was not yet."""
        self.promised(kind)
        step = self.latest(kind)
        return step is not None and step.state is StepState.DONE

    def _settle_refunded(self) -> None:
        if self.balance.captured_minor > 0 and self.balance.refundable_minor == 0:
            sentence = "Everything that was captured is paid back: the order is refunded."
            self.move(OrderEvent.FULLY_REFUNDED, sentence, SYSTEM)

    # -- refunds ---------------------------------------------------------------------------------------------------

    def moved(self, event: OrderEvent) -> None:
        if event is OrderEvent.HANDED_OVER and self.fate.name == HoldKind.RETURN_TO_AGREE:
            when = min(self.now + timedelta(hours=self.dice.uniform(0.4, 3)), self.frame.end - timedelta(minutes=20))
            self.at(when, partial(self.cancel, self.frame.service, self.dice.choice(words.CANCELLED)))
        if event is OrderEvent.DELIVERED and self.fate.name in (fates.REFUNDED, fates.PARTLY_REFUNDED):
            when = calendar.mended(self.now + timedelta(days=self.dice.uniform(1, 5)), self.dice, hours=2)
            self.at(when, self._sent_back)

    def _sent_back(self) -> None:
        """The customer sends everything back, or the first line."""
        whole, finance = self.fate.name == fates.REFUNDED, self.frame.finance
        item, captured = self.new.items[0], self.balance.captured_minor
        tax = 0 if self.new.taxes_included else item.tax_minor
        amount = captured if whole else min(item.net_minor + tax, captured)
        if amount <= 0:
            return
        reason = self.dice.choice(words.REFUND_REASONS)
        lines = [] if whole else [{"position": 1, "quantity": item.quantity}]
        shipping = self.new.shipping_minor if whole else 0
        self.decide_refund(amount, lines, shipping, reason, finance, restock=whole)
        details = {"amount_minor": amount, "currency": self.new.currency, "restock": whole}
        self.acted("refund", finance, reason, details)

    def decide_refund(
        self, amount: int, lines: list[dict[str, int]], shipping: int, reason: str, actor: Actor, *, restock: bool
    ) -> None:
        """A decision to pay back, with its step."""
        self.refunds.append(
            (self.ids.refund, self.ids.order, f"{self.number}:refund:1", amount, self.new.currency, shipping, lines, reason,
             restock, "requested", actor.id, self.now, None, "")
        )  # fmt: skip
        text = f"Refund of {display(amount, self.new.currency)} decided. Reason: {reason}"
        data = {"refund_id": self.ids.refund}
        self.tell(TimelineKind.REFUND_REQUESTED, text, actor, Weight.MILESTONE, data=data)
        self.promised(StepKind.PAYMENT_REFUND, subject=str(self.ids.refund), requested_by=actor.id)

    def settled(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        """What the success of a void's or a refund's step, or of one of its credit note's, brings."""
        if step.kind is StepKind.PAYMENT_VOID:
            return self._let_go(step)
        return self._paid_back(step) if step.kind is StepKind.PAYMENT_REFUND else self._credited(step)

    def _let_go(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        amount, reference = self.new.total_minor, str(6_700_000_000_000 + self.ids.order)
        who, shown = provider_name(step.provider), display(amount, self.new.currency)
        if self.new.payment_mode is PaymentMode.AUTHORIZED:
            self.money(EntryKind.VOIDED, amount, step.provider, reference, step_key=step.key)
        text = f"The authorization of {shown} is voided at {who}; nothing was captured."
        self.tell(TimelineKind.PAYMENT_RECORDED, text, provider_actor(step.provider), Weight.MILESTONE)
        return {"reference": reference}, f"{who} takes no money for this order any more.", False

    def _paid_back(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        refund = self.refunds[0]
        amount, restock, reference = refund[3], refund[8], str(929_000_000_000 + self.ids.order)
        self.money(EntryKind.REFUNDED, amount, step.provider, reference, step_key=step.key)
        self.refunds[0] = (*refund[:9], "succeeded", *refund[10:12], self.now, reference)
        shown, gateway = display(amount, self.new.currency), provider_actor(step.provider)
        text = f"{shown} paid back through {provider_name(step.provider)}."
        data = {"reference": reference}
        self.tell(TimelineKind.PAYMENT_RECORDED, text, gateway, Weight.MILESTONE, data=data)
        if any(paper.issued_at for paper in self.papers):
            self.promised(StepKind.CREDIT_NOTE_ISSUE, subject=step.subject)
        if restock:
            self.give_back(SYSTEM)
        if self._cancellation() is None:
            self.promised(StepKind.MAIL_REFUNDED, subject=step.subject)
            self._settle_refunded()
        return {"reference": reference}, f"{shown} paid back.", False

    def prepared(self, step: StepRow) -> None:
        if step.kind is StepKind.CREDIT_NOTE_ISSUE and self._credit_note() is None:
            amount = self.refunds[0][3]
            self.papers.append(Paper("credit_note", self.now, amount, refund=True, number=CREDIT_NUMBER))

    def _credit_note(self) -> Paper | None:
        return next((paper for paper in self.papers if paper.kind == "credit_note"), None)

    def _credited(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        paper = self._credit_note()
        assert paper is not None, "its number is taken before anything is sent"
        match step.kind:
            case StepKind.CREDIT_NOTE_ISSUE:
                paper.issued_at, paper.reference = self.now, self.token(10)
                self.promised(StepKind.CREDIT_NOTE_STORE, subject=step.subject)
                result = {"reference": paper.reference, "number": paper.number}
                return result, f"Credit note {paper.number} issued.", False
            case StepKind.CREDIT_NOTE_STORE:
                paper.stored_at = self.now
                day = self.spelled(paper.created_at)
                amount = display(paper.total_minor, self.new.currency)
                text = f"Credit note {paper.number} of {day} stored, {amount}."
                actor = provider_actor("invoiceninja")
                self.tell(TimelineKind.CREDIT_NOTE_STORED, text, actor, Weight.MILESTONE)
                self.promised(StepKind.CREDIT_NOTE_SEND, subject=step.subject)
                self.advance()
                return {"number": paper.number}, f"Credit note {paper.number} stored.", False
            case _:
                paper.sent_at = self.now
                return {"message_id": self.message_id()}, "Credit note sent to the customer.", False

    def provider_of(self, step: StepRow) -> str:
        if step.kind in (StepKind.PAYMENT_REFUND, StepKind.PAYMENT_VOID):
            return self.new.gateway or "stripe"
        return super().provider_of(step)
