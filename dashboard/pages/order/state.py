"""One order in full: read from the address, kept current while the page is open."""

import re
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.desk import OrderView
from backend.domain.errors import HoldfastError
from backend.domain.permissions import Area, Level
from backend.services.notes import add_note
from backend.services.orders import order_view
from dashboard.pages.order import present, present_holds, present_money
from dashboard.pages.order.cards import (
    AddressCard,
    ClosedHoldCard,
    DocumentCard,
    Entry,
    Head,
    HoldCard,
    ItemCard,
    Line,
    NoteCard,
    ParcelCard,
    PaymentCard,
    RefundCard,
    StepCard,
    Stop,
)
from dashboard.pages.order.present_steps import steps
from dashboard.shell import live, notices, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

_NUMBER = re.compile(r"/orders/([A-Z0-9-]{1,40})/?")


class OrderState(rx.State):
    """What the page shows. Parts are set only when they changed, so an update sends what is new."""

    ready: bool = False
    problem: str = ""
    title: str = "Order · Holdfast"
    head: Head = Head()
    path: list[Stop] = []
    holds: list[HoldCard] = []
    closed_holds: list[ClosedHoldCard] = []
    timeline: list[Entry] = []
    routine_count: int = 0
    routine_shown: bool = False
    steps: list[StepCard] = []
    items: list[ItemCard] = []
    totals: list[Line] = []
    balance: list[Line] = []
    payments: list[PaymentCard] = []
    refunds: list[RefundCard] = []
    parcels: list[ParcelCard] = []
    documents: list[DocumentCard] = []
    addresses: list[AddressCard] = []
    notes: list[NoteCard] = []
    may_act: bool = False
    may_note: bool = False
    may_refund: bool = False
    _number: str = ""
    _topic: str = live.ALL
    _opened_step: int = 0
    _seen: int = -1

    @rx.event
    @needs(Area.ORDERS)
    async def load(self):
        """Show the order that the address names."""
        match = _NUMBER.fullmatch(self.router.url.path.upper().replace("/ORDERS/", "/orders/"))
        number = match[1] if match else ""
        if number != self._number:
            self._number, self._opened_step, self.routine_shown = number, 0, False
            self.ready, self.problem = False, ""
            self.title = f"{number or 'No such order'} · Holdfast"
            yield
        actor = sessions.current().person.actor
        self.may_act = actor.may(Area.HOLDS, Level.ACT)
        self.may_note = actor.may(Area.ORDERS, Level.ACT)
        self.may_refund = actor.may(Area.MONEY, Level.ACT)
        await self._read()

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        async for _ in live.changes(self._topic, self._seen):
            async with self:
                await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def refresh(self):
        """Read anew, after an action of this very tab."""
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def show_routine(self, shown: bool):
        """Unfold or fold the machine's routine in the timeline."""
        self.routine_shown = bool(shown)
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def open_step(self, step_id: int):
        """Show what was sent and answered in a step's tries, or fold it again."""
        self._opened_step = 0 if step_id == self._opened_step else step_id
        await self._read()

    @rx.event(temporal=True)
    @needs(Area.ORDERS, Level.ACT)
    async def add_note(self, form: dict[str, Any]):
        text = str(form.get("text", "")).strip()
        if not text:
            return None
        try:
            await ask(add_note, self._number, text)
        except HoldfastError as error:
            return notices.problem(error.sentence)
        await self._read()
        return notices.done("Note added.")

    async def _read(self) -> None:
        if not self._number:
            self.problem = "This is not an order number. It looks like ORD-20260131-00001."
            return
        self._seen = live.hub.serial
        try:
            order = await ask(order_view, self._number)
        except Exception as error:
            self.problem = explain(error)
            return
        self._topic = str(order.id)
        self._show(order)
        self.problem, self.ready = "", True

    def _show(self, order: OrderView) -> None:
        now = clock.now()
        shown = {
            "head": present.head(order),
            "path": present.path(order),
            "holds": present_holds.open_holds(order, now),
            "closed_holds": present_holds.closed_holds(order),
            "timeline": present.timeline(order.timeline, self.routine_shown),
            "routine_count": present.routine_count(order.timeline),
            "steps": steps(order, self._opened_step, now),
            "items": present.items(order),
            "totals": present_money.totals(order),
            "balance": present_money.balance(order),
            "payments": present_money.payments(order),
            "refunds": present_money.refunds(order),
            "parcels": present.parcels(order),
            "documents": present.documents(order),
            "addresses": present.addresses(order),
            "notes": present.notes(order),
        }
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
