"""An order's life in the demo's shop: what each step brings, what customers, carriers and colleagues do, and its fate."""

import random
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from backend.demo import calendar, fates, refusals, words
from backend.demo.fates import Fate
from backend.demo.journey import HICCUP, Frame
from backend.demo.parcels import STOPPED_WHILE_PACKED
from backend.demo.settling import SETTLING, Settles
from backend.demo.story import HoldRow, Ids, Paper, StepRow
from backend.domain.checks import Finding
from backend.domain.holds import BY_HAND, HoldKind, HoldSource
from backend.domain.intake import NewOrder
from backend.domain.money import display
from backend.domain.payments import EntryKind
from backend.domain.permissions import Actor, provider_actor
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.sandbox.shop.catalogue import catalogue

INVOICE_NUMBER = "\ue000"
"""Stands in for the invoice's number, which is given once the batch's documents are in order."""

STOCK = {product.sku: product.stock for product in catalogue()}
"""What the shop means to have on the shelf of each SKU."""

_MAILS = {
    StepKind.INVOICE_SEND: "Invoice sent to the customer.",
    StepKind.MAIL_CONFIRMATION: "Order confirmation sent.",
    StepKind.MAIL_STAFF_CONFIRMATION: "Staff confirmation sent.",
    StepKind.MAIL_PAYMENT_LINK: "Payment link sent.",
    StepKind.MAIL_SHIPPED: "Shipping notice sent.",
    StepKind.MAIL_DELIVERED: "Delivery notice sent.",
    StepKind.MAIL_STAFF_ALERT: "Alert to staff sent.",
    StepKind.MAIL_FINANCE_ALERT: "Alert to finance sent.",
    StepKind.MAIL_REFUNDED: "Refund notice sent.",
    StepKind.MAIL_CANCELLED: "Cancellation notice sent.",
}
_STUMBLES = (StepKind.PAYMENT_CAPTURE, StepKind.INVOICE_ISSUE, StepKind.SHIPMENT_CREATE, StepKind.MAIL_CONFIRMATION)
_HOURS_TO_MEND: dict[str, float] = {
    HoldKind.PAYMENT_TERMS: 26,
    HoldKind.PAYMENT_DECLINED: 16,
    HoldKind.OUT_OF_STOCK: 40,
    HoldKind.SHIPMENT_OUT_OF_STOCK: 34,
    HoldKind.DELIVERY_EXCEPTION: 20,
}


class Life(Settles):
    """A journey with its fate."""

    def __init__(
        self,
        frame: Frame,
        new: NewOrder,
        number: str,
        ids: Ids,
        dice: random.Random,
        findings: Iterable[Finding],
        fate: Fate,
    ) -> None:
        super().__init__(frame, new, number, ids, dice, findings)
        self.fate = fate
        self._destined()

    def _destined(self) -> None:
        """Lay out what the steps will meet."""
        name = self.fate.name
        if name == HoldKind.OUT_OF_STOCK:
            self.missing = tuple(range(len(self.new.items)))
        elif name == HoldKind.PAYMENT_MISMATCH:
            total, currency = self.new.total_minor, self.new.currency
            seen, wanted = display(total * 9 // 10, currency), display(total, currency)
            self.failures[StepKind.PAYMENT_VERIFY] = [refusals.mismatch(self.new.gateway, wanted, seen)]
        elif name == fates.INVOICE_REFUSED:
            self.failures[StepKind.INVOICE_ISSUE] = [refusals.INVOICE_REFUSED]
        elif name == fates.MAIL_REFUSED:
            self.failures[StepKind.MAIL_CONFIRMATION] = [refusals.MAIL_REFUSED]
        elif name == HoldKind.BEING_CANCELLED:
            self.failures[StepKind.SHIPMENT_VERIFY_ADDRESS] = [refusals.INVALID_ADDRESS]
            self.failures[StepKind.PAYMENT_REFUND] = [refusals.REFUND_REFUSED] if self.fate.open else []
        elif name == HoldKind.CANCELLATION_INCOMPLETE:
            self.failures[StepKind.SHIPMENT_VERIFY_ADDRESS] = [refusals.INVALID_ADDRESS]
            self.failures[StepKind.CREDIT_NOTE_ISSUE] = [refusals.CREDIT_REFUSED]
        elif name in refusals.STEP_TROUBLES:
            trouble = refusals.STEP_TROUBLES[HoldKind(name)]
            self.failures[trouble.step] = list(trouble.failures)
        if name == HoldKind.PAYMENT_DECLINED:
            self.failures[StepKind.PAYMENT_CAPTURE] = [self.dice.choice(refusals.DECLINES)]
        if self.dice.random() < HICCUP * len(_STUMBLES):
            step = self.dice.choice(_STUMBLES)
            self.failures.setdefault(step, [refusals.hiccup(refusals.who(step))])

    # -- what success brings ---------------------------------------------------------------------------------------

    def done(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        match step.kind:
            case StepKind.PAYMENT_CAPTURE | StepKind.PAYMENT_VERIFY:
                return self._captured(step)
            case StepKind.PAYMENT_REQUEST:
                return self._requested(step)
            case kind if kind in SETTLING:
                return self.settled(step)
            case StepKind.INVOICE_ISSUE:
                paper = self._invoice()
                paper.issued_at, paper.reference = self.now, self.token(10)
                self.promised(StepKind.INVOICE_STORE)
                return {"reference": paper.reference, "number": paper.number}, f"Invoice {paper.number} issued.", False
            case StepKind.INVOICE_STORE:
                return self._stored()
            case StepKind.SHIPMENT_VERIFY_ADDRESS:
                return {"messages": []}, "The carrier knows the address.", False
            case StepKind.SHIPMENT_CREATE:
                return self.labelled(step)
            case StepKind.CHANNEL_UPDATE:
                reference = str(5_200_000_000_000 + self.ids.order)
                return {"reference": reference}, f"{provider_name(self.new.channel)} knows the tracking number.", False
            case _:
                if step.kind is StepKind.INVOICE_SEND:
                    self._invoice().sent_at = self.now
                return {"message_id": self.message_id()}, _MAILS[step.kind], False

    def _captured(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        reference = str(6_600_000_000_000 + self.ids.order)
        amount = display(self.new.total_minor, self.new.currency)
        verified = step.kind is StepKind.PAYMENT_VERIFY
        self._money_here(step.provider, reference, step.key)
        if verified:
            return (
                {"references": [reference]},
                f"Payment of {amount} verified with {provider_name(step.provider)}.",
                False,
            )
        return {"reference": reference}, f"{amount} captured by {provider_name(step.provider)}.", False

    def _money_here(self, provider: str, reference: str, key: str) -> None:
        self.money(EntryKind.CAPTURED, self.new.total_minor, provider, reference, step_key=key)
        self.tell(
            TimelineKind.PAYMENT_RECORDED,
            f"{display(self.new.total_minor, self.new.currency)} received through {provider_name(provider)}.",
            provider_actor(provider),
            Weight.MILESTONE,
            data={"reference": reference},
        )
        self.advance()

    def _requested(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        self.payment_reference = f"pi_{self.token(24)}"
        self.promised(StepKind.MAIL_PAYMENT_LINK, data={"request_step_id": step.id})
        chance = self.dice.random()
        hours = self.dice.uniform(0.03, 0.7) if chance < 0.7 else self.dice.uniform(1, 20 if chance < 0.95 else 48)
        if self.dice.random() < 0.1:
            self.after(hours * 1800, self._card_refused)
        self.after(hours * 3600, partial(self._customer_pays, step))
        amount = display(self.new.total_minor, self.new.currency)
        result = {
            "reference": self.payment_reference,
            "pay_url": self.frame.pay_url.replace("{id}", self.payment_reference),
        }
        return result, f"Payment of {amount} requested from the customer through {provider_name(step.provider)}.", True

    def _card_refused(self) -> None:
        self.money(EntryKind.FAILED, 0, "stripe", f"evt_{self.token(24)}", detail="Your card was declined.")
        text = "A payment attempt failed. Your card was declined."
        self.tell(TimelineKind.PAYMENT_RECORDED, text, provider_actor("stripe"))

    def _customer_pays(self, step: StepRow) -> None:
        self._money_here("stripe", self.payment_reference, step.key)
        step.state, step.done_at = StepState.DONE, self.now

    # -- documents -------------------------------------------------------------------------------------------------

    def prepared(self, step: StepRow) -> None:
        super().prepared(step)
        if step.kind is StepKind.INVOICE_ISSUE:
            self._invoice()

    def _invoice(self) -> Paper:
        """This order's invoice; its number is taken with the first try and kept through every other."""
        if not self.papers:
            self.papers.append(Paper("invoice", self.now, self.new.total_minor, number=INVOICE_NUMBER))
        return self.papers[0]

    def _stored(self) -> tuple[dict[str, Any], str, bool]:
        paper = self._invoice()
        paper.stored_at = self.now
        day = self.spelled(paper.created_at)
        self.tell(
            TimelineKind.INVOICE_STORED,
            f"Invoice {paper.number} of {day} stored, {display(paper.total_minor, self.new.currency)}.",
            provider_actor("invoiceninja"),
            Weight.MILESTONE,
        )
        self.promised(StepKind.INVOICE_SEND)
        self.advance()
        return {"number": paper.number}, f"Invoice {paper.number} stored.", False

    # -- people ----------------------------------------------------------------------------------------------------

    def stocked(self, sku: str) -> bool:
        return bool(sku) and (self.fate.name != HoldKind.SKU_UNKNOWN or sku in STOCK)

    def free(self, sku: str) -> int:
        return STOCK[sku]

    def stopped(self) -> None:
        """While it is being packed, a colleague or the shop stops the order."""
        shop = provider_name(self.new.channel)
        if self.fate.name in BY_HAND:
            kind = HoldKind(self.fate.name)
            said = words.SUSPECTED if kind is HoldKind.FRAUD_SUSPECTED else words.STOPPED
            reason, actor = self.dice.choice(said), self.frame.service
            self.acted("hold", actor, reason)
            self.stop(kind, reason, source=HoldSource.PERSON, actor=actor)
            return
        if self.fate.name == HoldKind.PAYMENT_DISPUTED:
            self._disputed()
            return
        if self.fate.name == HoldKind.ORDER_AMENDED:
            there = display(self.new.total_minor, self.new.currency)
            text = f"The order came again with other contents; total there {there}."
            self.tell(TimelineKind.ORDER_AMENDED, text, provider_actor(self.new.channel), Weight.PROBLEM)
            reason = f"{shop} sent this order again with other contents."
        else:
            reason = f"{shop} says that this order is cancelled."
        self.stop(HoldKind(self.fate.name), reason, source=HoldSource.CHECK, provider=self.new.channel)

    def _disputed(self) -> None:
        """The customer's bank takes the money back before the parcel has left."""
        dispute, total = f"dp_{self.token(24)}", self.new.total_minor
        amount, detail = display(total, self.new.currency), "Reason: fraudulent; state: needs_response."
        advice = "The parcel has not left: it is held. Answer the dispute at Stripe; nothing is paid back by itself."
        news = {
            EntryKind.DISPUTE_OPENED: f"The customer's bank disputes {amount}. {detail} {advice}",
            EntryKind.CHARGEBACK: f"Stripe took {amount} from our account for a dispute. {detail} {advice}",
        }
        for (entry, text), about in zip(news.items(), ("dispute_opened", "funds_withdrawn"), strict=True):
            self.money(entry, total, "stripe", dispute, detail=detail)
            data = {"title": "Payment disputed", "text": text}
            self.promised(StepKind.MAIL_FINANCE_ALERT, subject=f"{about}:{dispute}", data=data)
            self.tell(TimelineKind.PAYMENT_RECORDED, text, provider_actor("stripe"), Weight.PROBLEM)
        reason = f"The customer's bank disputes {amount} of this order. {detail}"
        facts = {"dispute": dispute}
        self.stop(HoldKind.PAYMENT_DISPUTED, reason, source=HoldSource.CHECK, provider="stripe", facts=facts)

    def will_be_mended(self, hold: HoldRow) -> None:
        if self.fate.open and hold.kind == self.fate.name:
            if self.dice.random() < 0.3:
                self.at(calendar.mended(self.now, self.dice, hours=4), partial(self._note, hold))
            return
        if self.fate.name in (HoldKind.BEING_CANCELLED, HoldKind.CANCELLATION_INCOMPLETE):
            self._given_up(hold)
            return
        when = calendar.mended(self.now, self.dice, hours=_HOURS_TO_MEND.get(hold.kind, 6))
        if self.dice.random() < 0.35:
            self.at(self.now + (when - self.now) * 0.5, partial(self._note, hold))
        self.at(when, partial(self._mend, hold))

    def _given_up(self, hold: HoldRow) -> None:
        """The customer does not want to wait any longer; a refund that fails then waits for somebody."""
        if hold.step is None or hold.step.kind is StepKind.PAYMENT_REFUND:
            return
        when = calendar.mended(self.now, self.dice, hours=5)
        if self.fate.open:
            when = min(when, self.frame.end - timedelta(minutes=20))
        self.at(when, partial(self.cancel, self.frame.service, self.dice.choice(words.CANCELLED)))

    def _note(self, hold: HoldRow) -> None:
        if hold.closed_at is None:
            self.write_note(self.dice.choice(words.NOTES), self.frame.service)

    def _mend(self, hold: HoldRow) -> None:
        if hold.closed_at is not None:
            return
        actor = self._whose_turn(hold.kind)
        if self.fate.name == fates.CANCELLED:
            self.cancel(actor, "The bank says that the card was stolen.")
            return
        if hold.kind is HoldKind.OUT_OF_STOCK:
            for place in self.missing:
                item = self.new.items[place]
                self.movements.append((item.sku, None, "received", item.quantity, 0, self.frame.manager.id, self.now))
            self.reserve(self.missing, actor)
            self.lift(hold, "stock reserved on retry", actor)
            self.missing = ()
            self.acted("retry", actor, details={"hold": str(hold.kind)})
        elif hold.step is not None and (hold.kind is not HoldKind.ADDRESS_INVALID or self.dice.random() < 0.7):
            unknown = hold.kind is HoldKind.OUTCOME_UNKNOWN
            self.lift(hold, "asked" if unknown else "retried", actor)
            self.wake()
            self.rerun(hold.step, actor)
            about = {"step": str(hold.step.kind)} if unknown else {"hold": str(hold.kind)}
            self.acted("ask" if unknown else "retry", actor, details=about)
        else:
            self._release(hold, actor)
        self.wake()
        self.advance(actor)

    def _release(self, hold: HoldRow, actor: Actor) -> None:
        reason = self.dice.choice(words.REASONS[hold.kind])
        if hold.step is not None:
            self.call_off(hold.step, f"accepted by {actor.name}")
        self.lift(hold, "released", actor, reason)
        self.acted("release", actor, reason, {"holds": [str(hold.kind)]})
        if hold.kind in STOPPED_WHILE_PACKED:
            self.at(calendar.pickup(self.now, self.dice), self.taken)

    def _whose_turn(self, kind: HoldKind) -> Actor:
        if kind in (HoldKind.PROVIDER_CREDENTIALS, HoldKind.PROVIDER_NOT_CONNECTED, HoldKind.INTERNAL_ERROR):
            return self.frame.admin
        if kind in (HoldKind.FRAUD_RISK, HoldKind.PAYMENT_TERMS, HoldKind.CARRIER_FUNDS):
            return self.frame.manager
        return self.frame.service

    def document_failed(self, step: StepRow) -> None:
        if not self.fate.open:
            self.at(calendar.mended(self.now, self.dice, hours=5), partial(self._retry_document, step))

    def _retry_document(self, step: StepRow) -> None:
        self.rerun(step, self.frame.service)
        self.acted("retry_step", self.frame.service, details={"step": str(step.kind)})
