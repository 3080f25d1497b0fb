"""What one order leaves behind in the tables, row by row, as the services would have written it.

A story only records: which facts there are, who did what and when. What happens next is `journey`'s business.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.domain.clusters import Cluster, cluster_of
from backend.domain.holds import CATALOGUE, HoldKind, HoldSource
from backend.domain.intake import NewOrder
from backend.domain.orders import OrderEvent, OrderStatus, next_status
from backend.domain.payments import Balance, EntryKind, balance
from backend.domain.permissions import SYSTEM, Actor
from backend.domain.steps import RULES, StepKind, StepState, step_key
from backend.domain.timeline import TimelineKind, Weight
from backend.store.timeline import BYSTANDERS

STEPS_EACH, HOLDS_EACH, ITEMS_EACH = 40, 8, 24
"""How many ids each order has to itself; no order comes near."""


@dataclass(frozen=True)
class Ids:
    """The first id of one order's rows in each table where another row refers to them."""

    order: int
    item: int
    step: int
    hold: int
    refund: int
    parcel: int


@dataclass
class StepRow:
    id: int
    kind: StepKind
    subject: str
    generation: int
    key: str
    created_at: datetime
    due_at: datetime
    allowed: int
    data: dict[str, Any]
    requested_by: str
    state: StepState = StepState.READY
    provider: str = ""
    attempts: int = 0
    fence: int = 0
    in_doubt: bool = False
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    outcome: str = ""
    error: str = ""
    category: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    done_at: datetime | None = None


@dataclass
class HoldRow:
    id: int
    kind: HoldKind
    source: HoldSource
    reason: str
    provider: str
    step: StepRow | None
    facts: dict[str, Any]
    placed_by: Actor
    placed_at: datetime
    closed_at: datetime | None = None
    closed_by: Actor | None = None
    closed_how: str = ""
    closed_reason: str = ""

    @property
    def cluster(self) -> Cluster:
        return cluster_of(self.kind, self.provider, self.reason, self.source)


@dataclass
class Paper:
    """An invoice or credit note. Its number is known once all papers of the batch are in the order of their issue."""

    kind: str
    created_at: datetime
    total_minor: int
    refund: bool = False
    number: str = ""
    sequence: int = 0
    reference: str = ""
    issued_at: datetime | None = None
    stored_at: datetime | None = None
    sent_at: datetime | None = None


def spelled(moment: datetime) -> str:
    """`4 March 2026`."""
    return f"{moment.day} {moment:%B %Y}"


class Story:
    """The rows of one order so far. `now` is the moment at which whatever is recorded next happens."""

    def __init__(self, new: NewOrder, number: str, ids: Ids, dice: random.Random) -> None:
        self.new, self.number, self.ids, self.dice = new, number, ids, dice
        self.now = new.placed_at
        self.status = OrderStatus.PENDING
        self.payment_reference = new.payment_reference
        self.created_at = new.placed_at
        self.shipped_at: datetime | None = None
        self.delivered_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.steps: list[StepRow] = []
        self.holds: list[HoldRow] = []
        self.timeline: list[tuple[Any, ...]] = []
        self.attempts: list[tuple[Any, ...]] = []
        self.entries: list[tuple[Any, ...]] = []
        self.papers: list[Paper] = []
        self.refunds: list[tuple[Any, ...]] = []
        self.shipment: tuple[Any, ...] | None = None
        self.parcel: dict[str, Any] | None = None
        self.scans: list[tuple[Any, ...]] = []
        self.notes: list[tuple[Any, ...]] = []
        self.audit: list[tuple[Any, ...]] = []
        self.movements: list[tuple[Any, ...]] = []
        self.stock = ["" for _ in new.items]
        """The state of each line's reservation; empty where there is none."""
        self.stock_at = [new.placed_at for _ in new.items]
        self._moneys: list[tuple[EntryKind, int]] = []
        self._touched: set[datetime] = set()
        self._promised: set[tuple[StepKind, str, int]] = set()

    # -- facts -----------------------------------------------------------------------------------------------------

    @property
    def balance(self) -> Balance:
        return balance(self._moneys)

    @property
    def version(self) -> int:
        """It rises once with every transaction that staff could see something of."""
        return 1 + len(self._touched)

    @property
    def updated_at(self) -> datetime:
        return max(self._touched)

    @property
    def held(self) -> bool:
        return any(hold.closed_at is None for hold in self.holds)

    def latest(self, kind: StepKind) -> StepRow | None:
        """The newest generation of a kind of step."""
        return next((step for step in reversed(self.steps) if step.kind is kind), None)

    # -- recording -------------------------------------------------------------------------------------------------

    def tell(
        self,
        kind: TimelineKind,
        text: str,
        actor: Actor = SYSTEM,
        weight: Weight = Weight.ROUTINE,
        step: StepRow | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """One entry of the timeline."""
        self.timeline.append(
            (
                self.ids.order,
                self.now,
                kind,
                weight,
                actor.kind,
                actor.id,
                actor.name,
                text,
                step and step.id,
                data or {},
            )
        )
        if weight is not Weight.ROUTINE and kind not in BYSTANDERS:
            self._touched.add(self.now)

    def move(self, event: OrderEvent, sentence: str, actor: Actor) -> None:
        """One move by the transition table."""
        before, self.status = self.status, next_status(self.status, event)
        if event is OrderEvent.HANDED_OVER:
            self.shipped_at = self.now
        if self.status is OrderStatus.DELIVERED:
            self.delivered_at = self.now
        if self.status in (OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED):
            self.closed_at = self.now
        data = {"from": str(before), "to": str(self.status), "event": str(event)}
        self.tell(TimelineKind.STATUS_CHANGED, sentence, actor, Weight.MILESTONE, data=data)

    def promise(
        self,
        kind: StepKind,
        *,
        subject: str = "",
        data: dict[str, Any] | None = None,
        again: StepRow | None = None,
        requested_by: str = "system",
    ) -> StepRow | None:
        """Write a step down; None when it was promised before. `again`: the next generation of a refused one."""
        generation = again.generation + 1 if again else 1
        if (kind, subject, generation) in self._promised:
            return None
        self._promised.add((kind, subject, generation))
        step = StepRow(
            id=self.ids.step + len(self.steps),
            kind=kind,
            subject=subject,
            generation=generation,
            key=step_key(self.number, kind, generation, subject),
            created_at=self.now,
            due_at=self.now,
            allowed=RULES[kind].limit,
            data=data or {},
            requested_by=requested_by,
        )
        self.steps.append(step)
        return step

    def hold(
        self,
        kind: HoldKind,
        reason: str,
        *,
        source: HoldSource,
        actor: Actor = SYSTEM,
        provider: str = "",
        step: StepRow | None = None,
        facts: dict[str, Any] | None = None,
    ) -> HoldRow:
        """Stop the order with a reason, on the timeline too."""
        row = HoldRow(
            self.ids.hold + len(self.holds), kind, source, reason, provider, step, facts or {}, actor, self.now
        )
        self.holds.append(row)
        self.tell(
            TimelineKind.HOLD_OPENED,
            f"Held: {CATALOGUE[kind].title}. {reason}",
            actor,
            Weight.PROBLEM,
            step,
            {"hold_id": row.id, "kind": str(kind)},
        )
        return row

    def lift(self, hold: HoldRow, how: str, actor: Actor, reason: str = "") -> None:
        """Close a hold, with who did it and why."""
        hold.closed_at, hold.closed_by, hold.closed_how, hold.closed_reason = self.now, actor, how, reason
        self.tell(
            TimelineKind.HOLD_CLOSED,
            f"No longer held: {CATALOGUE[hold.kind].title} ({how})." + (f" Reason: {reason}" if reason else ""),
            actor,
            Weight.MILESTONE,
            data={"hold_id": hold.id, "kind": str(hold.kind), "how": how},
        )

    def money(
        self, kind: EntryKind, amount_minor: int, provider: str, reference: str, *, step_key: str = "", detail: str = ""
    ) -> None:
        """One entry about the order's money."""
        self._moneys.append((kind, amount_minor))
        currency = self.new.currency
        self.entries.append(
            (self.ids.order, kind, amount_minor, currency, provider, reference, step_key, detail, self.now, self.now)
        )

    def acted(self, action: str, actor: Actor, reason: str = "", details: dict[str, Any] | None = None) -> None:
        """A person's action, for the audit."""
        role = str(actor.role or "")
        token, about = self.token(24), (self.ids.order, reason)
        self.audit.append((self.now, actor.id, actor.name, role, action, *about, token, details or {}))

    def write_note(self, text: str, author: Actor) -> None:
        """What a colleague left on the order."""
        self.notes.append((self.ids.order, author.id, author.name, text, False, self.now))
        self.tell(TimelineKind.NOTE_ADDED, f"{author.name} left a note.", author, Weight.MILESTONE)

    # -- what others make up ---------------------------------------------------------------------------------------

    def token(self, letters: int) -> str:
        """Letters and digits as providers make them up."""
        return f"{self.dice.getrandbits(4 * letters):0{letters}x}"

    def message_id(self) -> str:
        """What a mail about this order is known by."""
        return f"<{self.token(24)}@{self.number.lower()}.holdfast>"

    def spelled(self, moment: datetime) -> str:
        """A day as timelines write it."""
        return spelled(moment)

    # -- stock -----------------------------------------------------------------------------------------------------

    def reserve(self, tracked: Sequence[int], actor: Actor = SYSTEM) -> None:
        """Set the lines at these positions aside."""
        self._stock(tracked, "reserved", "reserved", 0, 1, actor)
        self._tell_stock(tracked, TimelineKind.STOCK_RESERVED, "reserved", actor)

    def consume(self) -> None:
        """The goods leave the house."""
        lines = [place for place, state in enumerate(self.stock) if state == "reserved"]
        self._stock(lines, "consumed", "shipped", -1, -1, SYSTEM)
        self._tell_stock(lines, TimelineKind.STOCK_CONSUMED, "taken from stock", SYSTEM)

    def give_back(self, actor: Actor) -> None:
        """Reserved goods become free again, sent ones come back to the shelf."""
        for state, on_hand, reserved in (("reserved", 0, -1), ("consumed", 1, 0)):
            lines = [place for place, kept in enumerate(self.stock) if kept == state]
            self._stock(lines, "returned", "returned", on_hand, reserved, actor)
            self._tell_stock(lines, TimelineKind.STOCK_RETURNED, "given back to stock", actor)

    def _stock(self, lines: Sequence[int], state: str, cause: str, on_hand: int, reserved: int, actor: Actor) -> None:
        for place in lines:
            item = self.new.items[place]
            self.stock[place], self.stock_at[place] = state, self.now
            change = (on_hand * item.quantity, reserved * item.quantity)
            self.movements.append((item.sku, self.ids.order, cause, *change, actor.id, self.now))

    def _tell_stock(self, lines: Sequence[int], kind: TimelineKind, what: str, actor: Actor) -> None:
        if lines:
            total = sum(self.new.items[place].quantity for place in lines)
            self.tell(kind, f"{total} items {what}.", actor)
