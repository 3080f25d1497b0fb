"""One order in full: which one, which tab of it, kept current while it is shown.

On `/orders/{number}` the address says which order. Another page can show an order too: it mounts
`whole.order_in_full()`, puts `OrderState.follow` at the end of its `ON_LOAD`, and says which one with
`return OrderState.show_order(number)` from a handler (or as an `on_click`); an empty number shows none. The open tab is in
the address (`?tab=`) on every page.
"""

import contextlib
import re
from collections.abc import Sequence
from typing import Any

import reflex as rx

from backend import clock
from backend.domain.approvals import ApprovalView
from backend.domain.errors import OrderNotFound
from backend.domain.history import Show
from backend.domain.order_page import Look, OrderShown, Tab
from backend.domain.permissions import Area, Level
from backend.services.order_page import order_with_requests
from dashboard.components.approvals import Request, request
from dashboard.pages.order import present, present_holds
from dashboard.pages.order.cards import (
    AddressCard,
    ClosedHoldCard,
    Contact,
    DocumentCard,
    Entry,
    Head,
    HoldCard,
    ItemCard,
    Line,
    OtherCard,
    ParcelCard,
    PaymentCard,
    RefundCard,
    Snapshot,
    StepCard,
    Stop,
)
from dashboard.pages.order.present_tabs import EMPTY, View, present_tab
from dashboard.shell import live, sessions
from dashboard.shell.calls import ask
from dashboard.shell.errors import explain
from dashboard.shell.needs import needs

_NUMBER = re.compile(r"[A-Z0-9-]{1,40}")
_ADDRESS = re.compile(r"/orders/([^/]{1,80})/?")
NO_NUMBER = "This is not an order number. It looks like ORD-20260131-00001."
NOWHERE = ""
MORE_LINES = 50
WHEN_CHANGED: list[Any] = []
"""Events that run when the shown order has changed: the dialogs of its clicks add theirs."""
DIALOGS: list[type[rx.State]] = []
"""States with a dialog about the shown order, which is `open` or not: they are closed when another order is shown."""


class OrderState(rx.State):
    """What is shown. Parts are set only when they changed, so an update sends what is new; of the tabs only the open one
    has contents."""

    ready: bool = False
    problem: str = ""
    missing: str = ""
    """Why there is no such order; empty where there is one."""
    title: str = "Order · Holdfast"
    head: Head = Head()
    path: list[Stop] = []
    holds: list[HoldCard] = []
    closed_holds: list[ClosedHoldCard] = []
    waiting: list[Request] = []
    tab: str = Tab.TIMELINE
    may_act: bool = False
    may_note: bool = False
    may_refund: bool = False

    show: str = Show.EVERYTHING
    timeline: list[Entry] = []
    routine_count: int = 0
    routine_shown: bool = False
    more_lines: bool = False

    items: list[ItemCard] = []
    totals: list[Line] = []
    balance: list[Line] = []
    authorized: str = ""
    doubts: list[Line] = []
    snapshot: Snapshot = Snapshot()

    payments: list[PaymentCard] = []
    refunds: list[RefundCard] = []
    open_steps: list[StepCard] = []

    documents: list[DocumentCard] = []
    document_href: str = ""
    document_title: str = ""

    parcels: list[ParcelCard] = []
    contents: list[str] = []

    steps: list[StepCard] = []

    contact: Contact = Contact()
    addresses: list[AddressCard] = []
    others: list[OtherCard] = []
    older_orders: str = ""

    _number: str = ""
    _topic: str = NOWHERE
    _seen: int = -1
    _version: int = 0
    _view: View = View()

    @rx.event
    @needs(Area.ORDERS)
    async def load(self):
        """Show the order that the address names."""
        match = _ADDRESS.fullmatch(self.router.url.path)
        number = match[1].upper() if match else ""
        if number != self._number:
            await self._begin(number)
            self.title = f"{number} · Holdfast"
            yield
        await self._open(number)

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def show_order(self, number: str):
        """Show this order here, on the tab that the address names; an empty number shows none."""
        number = str(number).upper()[:80]
        if number != self._number:
            await self._begin(number)
        await self._open(number)
        live.hub.nudge(self._own_topic())

    @rx.event(background=True)
    @needs(Area.ORDERS)
    async def follow(self):
        """Keep what is shown current, whichever order that is, for as long as the page is open."""
        topic, seen, own = self._topic, self._seen, live.tab_topic(self.router.session.client_token)
        while True:
            async with contextlib.aclosing(live.changes(topic, seen, own)) as news:
                async for _ in news:
                    async with self:
                        before = self._version
                        if self._topic == topic:
                            await self._read()
                        now, seen, changed = self._topic, self._seen, self._version != before
                    if changed:
                        yield list(WHEN_CHANGED)
                    if now != topic:
                        topic = now
                        break
                else:
                    return

    @rx.event
    @needs(Area.ORDERS)
    async def refresh(self):
        """Read anew, after an action of this very tab."""
        await self._read()

    @rx.event(supersedes=True)
    @needs(Area.ORDERS)
    async def choose_tab(self, tab: str):
        """Open another tab; the browser writes it into the address."""
        if tab in set(Tab):
            self._turn_to(Tab(tab))
            await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def pick(self, show: str):
        """Pick a kind of lines out of the timeline."""
        if show in set(Show):
            self.show, self._view = show, self._view.but(lines=MORE_LINES)
            await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def show_routine(self, shown: bool):
        """Unfold or fold the machine's routine in the timeline."""
        self.routine_shown = bool(shown)
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def show_older(self):
        """More of the timeline."""
        self._view = self._view.but(lines=self._view.lines + MORE_LINES)
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def open_step(self, step_id: int):
        """Show what was sent and answered in a step's tries, or fold it again."""
        self._view = self._view.but(step_id=0 if step_id == self._view.step_id else int(step_id), revealed={})
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def hide_again(self):
        """Put away the personal data that was shown."""
        self._view = self._view.but(revealed={})
        await self._read()

    async def _reveal(self, number: str, attempt: int, said: Sequence[dict[str, Any]]) -> None:
        """Show an attempt with its personal data for as long as this view lasts."""
        if number == self._number:
            self._view = self._view.but(revealed={**self._view.revealed, attempt: said})
            await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def open_document(self, document_id: str):
        """Show a document's PDF in the page, or put it away."""
        opened = "" if document_id == self._view.document_id else str(document_id)[:64]
        self._view = self._view.but(document_id=opened)
        await self._read()

    @rx.event
    @needs(Area.ORDERS)
    async def turn_orders(self, cursor: str):
        """Another page of the customer's orders; an empty cursor is the newest."""
        self._view = self._view.but(cursor=str(cursor)[:80])
        await self._read()

    async def _begin(self, number: str) -> None:
        """Another order: nothing of the last one stays on the screen."""
        for state in DIALOGS:
            dialog: Any = await self.get_state(state)
            if dialog.open:
                dialog.open = False
        self._number, self._topic, self._view, self.routine_shown = number, NOWHERE, View(), False
        self.ready, self.problem, self.missing = False, "", ""

    async def _open(self, number: str) -> None:
        query = dict(self.router.url.query_parameters)
        tab, show = str(query.get("tab", "")), str(query.get("show", ""))
        self._turn_to(Tab(tab) if tab in set(Tab) else Tab.TIMELINE)
        self.show = show if show in set(Show) else str(Show.EVERYTHING)
        actor = sessions.current().person.actor
        self.may_act = actor.may(Area.HOLDS, Level.ACT)
        self.may_note = actor.may(Area.ORDERS, Level.ACT)
        self.may_refund = actor.may(Area.MONEY, Level.ACT)
        if number:
            await self._read()

    def _turn_to(self, tab: Tab) -> None:
        """What was shown of another tab is forgotten, here and in the browser."""
        if tab == self.tab:
            return
        for name, value in EMPTY[Tab(self.tab)].items():
            setattr(self, name, value)
        self._view = View()
        self.tab = str(tab)

    def _own_topic(self) -> str:
        return live.tab_topic(self.router.session.client_token)

    async def _read(self) -> None:
        if not _NUMBER.fullmatch(self._number):
            self.missing = NO_NUMBER if self._number else ""
            return
        self._seen = live.hub.serial
        look = Look(
            show=Show(self.show),
            routine=self.routine_shown,
            lines=self._view.lines,
            step_id=self._view.step_id,
            cursor=self._view.cursor,
        )
        try:
            shown, asked = await ask(order_with_requests, self._number, Tab(self.tab), look)
        except OrderNotFound as error:
            self.missing = error.sentence
            return
        except Exception as error:
            self.problem = explain(error)
            return
        topic, self._version = str(shown.head.id), shown.head.version
        if topic != self._topic:
            self._topic = topic
            live.hub.nudge(self._own_topic())  # who follows may have begun before it was known which order it is
        self._present(shown, asked)
        self.problem, self.missing, self.ready = "", "", True

    def _present(self, shown: OrderShown, asked: Sequence[ApprovalView]) -> None:
        now = clock.now()
        values = {
            "head": present.head(shown.head, now),
            "path": present.path(shown.head),
            "holds": present_holds.open_holds(shown.head, now),
            "closed_holds": present_holds.closed_holds(shown.head),
            "waiting": [request(view, now) for view in asked],
            **present_tab(shown.content, self._view, now),
        }
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
