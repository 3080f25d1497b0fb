"""The way of one order through time: what `services.flow` and the steps do, played in order until history ends.

Every action happens at its moment; what would happen after the end of history has not happened yet, and is what the
workers, a colleague or the carrier will do next.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Any

from backend.demo import exchanges, refusals
from backend.demo.refusals import Failure
from backend.demo.story import HoldRow, Ids, StepRow, Story
from backend.domain.checks import Finding
from backend.domain.holds import HoldKind, HoldSource
from backend.domain.intake import NewOrder
from backend.domain.money import display
from backend.domain.orders import OrderEvent, OrderStatus, PaymentMode
from backend.domain.payments import EntryKind
from backend.domain.permissions import SYSTEM, Actor, provider_actor
from backend.domain.providers import provider_name
from backend.domain.retries import Outcome
from backend.domain.steps import RULES, StepKind, StepState
from backend.domain.timeline import TimelineKind, Weight

_SECONDS: dict[str, tuple[float, float]] = {
    "shopify": (0.12, 0.5),
    "stripe": (0.2, 0.7),
    "invoiceninja": (0.25, 1.1),
    "shipengine": (0.35, 1.6),
    "smtp": (0.08, 0.4),
}
"""How long a call to each provider takes."""
_ASKED = frozenset(
    {
        StepKind.PAYMENT_CAPTURE,
        StepKind.PAYMENT_VOID,
        StepKind.INVOICE_ISSUE,
        StepKind.CREDIT_NOTE_ISSUE,
        StepKind.SHIPMENT_CREATE,
        StepKind.CHANNEL_UPDATE,
    }
)
"""Steps whose provider is asked first when an earlier try is in doubt."""
HICCUP = 0.012
"""Share of steps whose first try meets a passing trouble."""


@dataclass(frozen=True)
class Frame:
    """What all orders of a load have in common. Attempts since `detailed_since` keep their exchanges."""

    end: datetime
    detailed_since: datetime
    service: Actor
    manager: Actor
    finance: Actor
    admin: Actor
    pay_url: str = "https://pay.example/{id}"


class Journey(Story):
    """One order on its way. Subclasses say what success means for each step, and when people get round to troubles."""

    def __init__(
        self, frame: Frame, new: NewOrder, number: str, ids: Ids, dice: random.Random, findings: Iterable[Finding]
    ) -> None:
        super().__init__(new, number, ids, dice)
        self.frame = frame
        self.findings = tuple(findings)
        self.missing: tuple[int, ...] = ()
        """Positions of the lines that are out of stock, until they are restocked."""
        self.failures: dict[StepKind, list[Failure]] = {}
        """What the next tries of a step meet; taken one by one."""
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._asked = 0

    # -- time ------------------------------------------------------------------------------------------------------

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Have something happen at a moment (never before now)."""
        self._asked += 1
        heappush(self._agenda, (max(moment, self.now), self._asked, action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something happen in a while; moments are kept to the millisecond."""
        self.at(self.now + timedelta(milliseconds=int(seconds * 1000)), action)

    def play(self) -> None:
        """From the shop's webhook until nothing more happens, or history ends."""
        self.after(self.dice.uniform(0.4, 3.0), self.begin)
        self._play_until(self.frame.end)
        if not self._touched:
            # Placed in the very last moment: it has just come in.
            self._play_until(self._agenda[0][0])
        self.timeline.sort(key=lambda entry: entry[1])

    def _play_until(self, end: datetime) -> None:
        while self._agenda and self._agenda[0][0] <= end:
            self.now, _, action = heappop(self._agenda)
            action()

    # -- the flow --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The order is created: checks, stock, first promises."""
        new = self.new
        self.created_at = self.now
        self.tell(
            TimelineKind.ORDER_RECEIVED,
            f"Order {new.external_number or new.external_id} received from {provider_name(new.channel)}:"
            f" {new.size}, {display(new.total_minor, new.currency)}, {new.payment_mode}.",
            provider_actor(new.channel),
            Weight.MILESTONE,
        )
        if new.payment_mode is PaymentMode.AUTHORIZED:
            detail = f"as {provider_name(new.channel)} says"
            reference = new.payment_reference or new.external_id
            self.money(EntryKind.AUTHORIZED, new.total_minor, new.gateway or new.channel, reference, detail=detail)
        for finding in self.findings:
            self.stop(finding.kind, finding.reason, source=HoldSource.CHECK)
        self.reserve(
            [place for place, item in enumerate(new.items) if self.stocked(item.sku) and place not in self.missing]
        )
        if self.missing:
            lines = [new.items[place] for place in self.missing]
            sentences = [f"{item.sku}: {item.quantity} ordered, {self.free(item.sku)} free." for item in lines]
            self.stop(HoldKind.OUT_OF_STOCK, " ".join(sentences), source=HoldSource.CHECK)
        self.advance()

    def stocked(self, sku: str) -> bool:
        """Whether there is a shelf for it; what a shop calls by another number than we do has none."""
        raise NotImplementedError

    def free(self, sku: str) -> int:
        """How many of a SKU that ran out are on the shelf."""
        raise NotImplementedError

    def stop(
        self,
        kind: HoldKind,
        reason: str,
        *,
        source: HoldSource,
        actor: Actor = SYSTEM,
        provider: str = "",
        step: StepRow | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Hold the order, tell staff, and let somebody get round to it."""
        hold = self.hold(kind, reason, source=source, actor=actor, provider=provider, step=step, facts=facts)
        if source is not HoldSource.PERSON:
            self.promised(StepKind.MAIL_STAFF_ALERT, subject=str(hold.id))
        self.will_be_mended(hold)

    def will_be_mended(self, hold: HoldRow) -> None:
        """Somebody gets round to a hold, some time."""
        raise NotImplementedError

    def advance(self, actor: Actor = SYSTEM) -> None:
        """Bring the order as far as the facts allow."""
        while not self.held and (event := self._next_event()) is not None:
            self._go(event, actor)
        if not self.held:
            self._promise_next()

    def _next_event(self) -> OrderEvent | None:
        match self.status:
            case OrderStatus.PENDING if self._settled():
                return OrderEvent.PAYMENT_SETTLED
            case OrderStatus.CONFIRMED if not self.new.requires_shipping:
                stored = any(paper.stored_at for paper in self.papers)
                return OrderEvent.FULFILLED_WITHOUT_SHIPPING if stored else None
            case OrderStatus.CONFIRMED if self.parcel is not None:
                return OrderEvent.LABEL_BOUGHT
            case OrderStatus.PROCESSING | OrderStatus.SHIPPED if self.parcel is not None:
                return self.scanned(self.parcel["status"])
            case _:
                return None

    def scanned(self, status: str) -> OrderEvent | None:
        """The move that a parcel in this state stands for, where the order has not made it yet."""
        raise NotImplementedError

    def _settled(self) -> bool:
        if self.new.payment_mode is PaymentMode.TERMS:
            terms = [hold for hold in self.holds if hold.kind is HoldKind.PAYMENT_TERMS]
            return not terms or terms[-1].closed_at is not None
        return self.balance.captured_minor >= self.new.total_minor

    def _go(self, event: OrderEvent, actor: Actor) -> None:
        self.move(event, _SENTENCES[event], actor)
        match event:
            case OrderEvent.PAYMENT_SETTLED:
                for kind in (StepKind.INVOICE_ISSUE, StepKind.MAIL_CONFIRMATION, StepKind.MAIL_STAFF_CONFIRMATION):
                    self.promised(kind)
            case OrderEvent.HANDED_OVER:
                self._left_the_house()
            case OrderEvent.DELIVERED:
                self._left_the_house()
                self.promised(StepKind.MAIL_DELIVERED)
            case _:
                pass
        self.moved(event)

    def _left_the_house(self) -> None:
        self.consume()
        self.promised(StepKind.CHANNEL_UPDATE)
        self.promised(StepKind.MAIL_SHIPPED)

    def _promise_next(self) -> None:
        match self.status:
            case OrderStatus.PENDING:
                kind = _PAYMENT_STEPS.get(self.new.payment_mode)
                if kind is not None and self.new.total_minor > 0:
                    self.promised(kind)
            case OrderStatus.CONFIRMED if self.new.requires_shipping:
                verified = self.latest(StepKind.SHIPMENT_VERIFY_ADDRESS)
                if verified is None:
                    self.promised(StepKind.SHIPMENT_VERIFY_ADDRESS)
                elif verified.state in (StepState.DONE, StepState.CANCELLED):
                    self.promised(StepKind.SHIPMENT_CREATE)
            case _:
                pass

    # -- steps -----------------------------------------------------------------------------------------------------

    def promised(self, kind: StepKind, **more: Any) -> StepRow | None:
        """Promise a step, and have a worker take it up in a moment."""
        step = self.promise(kind, **more)
        if step is not None:
            self.after(self.dice.uniform(0.05, 1.5), partial(self._take_up, step))
        return step

    def provider_of(self, step: StepRow) -> str:
        """Whom the step talks to."""
        return refusals.who(step.kind)

    def _take_up(self, step: StepRow) -> None:
        if step.state is not StepState.READY:
            return
        if RULES[step.kind].gated and self.held:
            step.state = StepState.HELD
            return
        provider = self.provider_of(step)
        seconds = self.dice.uniform(*_SECONDS[provider])
        ends = self.now + timedelta(milliseconds=int(seconds * 1000))
        if ends <= self.frame.end:  # else no worker has come round to it yet
            self.at(ends, partial(self._settle, step, provider, self.now))

    def _settle(self, step: StepRow, provider: str, began: datetime) -> None:
        step.provider = provider
        step.attempts += 1
        step.fence += 1
        step.first_sent_at = step.first_sent_at or began
        step.last_sent_at = began
        asked = step.in_doubt and step.kind in _ASKED
        self.prepared(step)
        waiting = self.failures.get(step.kind)
        failure = waiting.pop(0) if waiting else None
        if failure is None:
            self._succeeded(step)
        self._attempt(step, began, asked, failure)
        if failure is not None:
            self._failed(step, failure)
        else:
            self.advance()

    def _succeeded(self, step: StepRow) -> None:
        result, sentence, waits = self.done(step)
        step.outcome, step.error, step.category, step.in_doubt, step.result = str(Outcome.OK), "", "", False, result
        step.state = StepState.WAITING if waits else StepState.DONE
        step.done_at = None if waits else self.now
        self.tell(TimelineKind.STEP_SUCCEEDED, sentence, step=step)

    def prepared(self, step: StepRow) -> None:
        """What a try brings about before anything is sent."""

    def moved(self, event: OrderEvent) -> None:
        """What a move brings with it, beyond what every order's moves do."""

    def done(self, step: StepRow) -> tuple[dict[str, Any], str, bool]:
        """What a step's success brings: its result, a sentence, and whether the rest comes by webhook."""
        raise NotImplementedError

    def _attempt(self, step: StepRow, began: datetime, asked: bool, failure: Failure | None) -> None:
        said = exchanges.of(self, step, failure) if failure or began >= self.frame.detailed_since else []
        duration = round((self.now - began).total_seconds() * 1000)
        outcome, error = (failure.outcome, failure.sentence) if failure else (Outcome.OK, "")
        worker = f"worker-{1 + step.id % 2}"
        self.attempts.append(
            (step.id, step.fence, step.attempts, worker, asked, began, self.now, duration, str(outcome), error, said)
        )

    def _failed(self, step: StepRow, failure: Failure) -> None:
        rule = RULES[step.kind]
        step.outcome, step.error = str(failure.outcome), failure.sentence
        step.in_doubt = failure.outcome is not Outcome.REJECTED and (
            step.in_doubt or failure.outcome is Outcome.IN_DOUBT
        )
        if failure.outcome is not Outcome.REJECTED and step.attempts < step.allowed:
            delay = max(1.0, min(rule.cap, rule.base_delay * 2.0 ** (step.attempts - 1)) * self.dice.random())
            tried = f"{rule.label}, try {step.attempts} of {step.allowed} failed: {failure.sentence}"
            self.tell(TimelineKind.STEP_FAILED, f"{tried} Next try in {max(1, round(delay))} s.", step=step)
            step.due_at = self.now + timedelta(milliseconds=int(delay * 1000))
            self.at(step.due_at, partial(self._take_up, step))
            return
        category = HoldKind.OUTCOME_UNKNOWN if failure.outcome is Outcome.IN_DOUBT else failure.category
        step.state, step.category, step.done_at = StepState.PARKED, str(category), self.now
        if rule.holds:
            facts = {"step": str(step.kind), "outcome": str(failure.outcome)}
            source, provider = HoldSource.STEP, step.provider
            self.stop(category, failure.sentence, source=source, provider=provider, step=step, facts=facts)
            return
        waited_for = self.waits_for(step.kind)
        rest = "The cancellation waits for it." if waited_for else "The order goes on; retry it from the order's page."
        text = f"{rule.label} failed and was given up: {failure.sentence} {rest}"
        self.tell(TimelineKind.STEP_FAILED, text, weight=Weight.PROBLEM, step=step)
        if waited_for:
            self.advance()
        else:
            self.document_failed(step)

    def waits_for(self, kind: StepKind) -> bool:
        """Whether a cancellation is under way that does not end without this kind of step."""
        raise NotImplementedError

    def document_failed(self, step: StepRow) -> None:
        """Somebody gets round to a document or message that was given up, some time."""
        raise NotImplementedError

    # -- what people do to steps -----------------------------------------------------------------------------------

    def rerun(self, step: StepRow, actor: Actor) -> None:
        """A proven failure begins a new generation; anything else is repeated under its old key."""
        if step.outcome == Outcome.REJECTED:
            self.promised(step.kind, subject=step.subject, again=step, data=dict(step.data), requested_by=actor.id)
        else:
            step.state, step.due_at, step.done_at = StepState.READY, self.now, None
            step.allowed = step.attempts + RULES[step.kind].limit
            self.after(self.dice.uniform(0.05, 1.5), partial(self._take_up, step))
        sentence = f"{RULES[step.kind].label} is tried again."
        self.tell(TimelineKind.STEP_RETRIED, sentence, actor, Weight.MILESTONE, step)

    def call_off(self, step: StepRow, outcome: str) -> None:
        """Nobody wants this step any more."""
        if step.state in (StepState.READY, StepState.HELD, StepState.WAITING, StepState.PARKED):
            step.state, step.outcome, step.done_at = StepState.CANCELLED, outcome, self.now

    def wake(self) -> None:
        """The last hold is closed: every step that waited behind it is due."""
        if self.held:
            return
        for step in self.steps:
            if step.state is StepState.HELD:
                step.state, step.due_at = StepState.READY, self.now
                self.after(self.dice.uniform(0.05, 1.5), partial(self._take_up, step))


_PAYMENT_STEPS = {
    PaymentMode.PAID: StepKind.PAYMENT_VERIFY,
    PaymentMode.AUTHORIZED: StepKind.PAYMENT_CAPTURE,
    PaymentMode.UNPAID: StepKind.PAYMENT_REQUEST,
}

_SENTENCES = {
    OrderEvent.PAYMENT_SETTLED: "Payment is settled: the order is confirmed.",
    OrderEvent.LABEL_BOUGHT: "The label is bought: the order is being packed.",
    OrderEvent.HANDED_OVER: "The carrier has the parcel: the order is shipped.",
    OrderEvent.DELIVERED: "The parcel is delivered.",
    OrderEvent.FULFILLED_WITHOUT_SHIPPING: "Paid and invoiced, nothing to ship: the order is complete.",
}
