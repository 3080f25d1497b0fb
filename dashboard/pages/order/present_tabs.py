"""From the contents of a tab to the variables of the page's state; what is not of the open tab is empty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from backend.domain.order_page import (
    AttemptsTab,
    Content,
    CustomerTab,
    DocumentsTab,
    ItemsTab,
    ParcelsTab,
    PaymentsTab,
    Tab,
    TimelineTab,
)
from dashboard.pages.order import (
    present,
    present_customer,
    present_goods,
    present_history,
    present_money,
    present_steps,
)
from dashboard.pages.order.cards import Contact, Snapshot

Values = dict[str, Any]


@dataclass(frozen=True)
class View:
    """How this browser tab looks at the open tab. `revealed`: exchanges with personal data, by attempt."""

    lines: int = 50
    step_id: int = 0
    document_id: str = ""
    cursor: str = ""
    revealed: Mapping[int, Sequence[dict[str, Any]]] = field(default_factory=dict)

    def but(self, **changes: Any) -> "View":
        return replace(self, **changes)


EMPTY: dict[Tab, Values] = {
    Tab.TIMELINE: {"timeline": [], "routine_count": 0, "more_lines": False},
    Tab.ITEMS: {
        "items": [],
        "totals": [],
        "balance": [],
        "authorized": "",
        "doubts": [],
        "refunds": [],
        "snapshot": Snapshot(),
    },
    Tab.PAYMENTS: {"payments": [], "refunds": [], "balance": [], "open_steps": []},
    Tab.DOCUMENTS: {"documents": [], "document_href": "", "document_title": "", "open_steps": []},
    Tab.PARCELS: {"parcels": [], "contents": [], "open_steps": []},
    Tab.ATTEMPTS: {"steps": []},
    Tab.CUSTOMER: {"contact": Contact(), "addresses": [], "others": [], "older_orders": ""},
}
"""What the page has of each tab while it is not open."""


def present_tab(content: Content, view: View, now: datetime) -> Values:
    return _PRESENTERS[type(content)](content, view, now)


def _timeline(tab: TimelineTab, view: View, now: datetime) -> Values:
    return {
        "timeline": present_history.lines(tab, now),
        "routine_count": tab.routine_count,
        "more_lines": tab.more,
    }


def _items(tab: ItemsTab, view: View, now: datetime) -> Values:
    return {
        "items": present_goods.items(tab),
        "totals": present_money.totals(tab),
        "balance": present_money.balance(tab),
        "authorized": present_money.authorized(tab),
        "doubts": present_money.doubts(tab),
        "refunds": present_money.refunds(tab),
        "snapshot": present_goods.snapshot(tab),
    }


def _payments(tab: PaymentsTab, view: View, now: datetime) -> Values:
    return {
        "payments": present_money.payments(tab),
        "refunds": present_money.refunds(tab),
        "balance": present_money.balance(tab),
        "open_steps": present_steps.open_steps(tab.open_steps, now),
    }


def _documents(tab: DocumentsTab, view: View, now: datetime) -> Values:
    papers = present_goods.papers(tab, view.document_id)
    opened = next((paper for paper in papers if paper.open), None)
    return {
        "documents": papers,
        "document_href": opened.href if opened else "",
        "document_title": opened.title if opened else "",
        "open_steps": present_steps.open_steps(tab.open_steps, now),
    }


def _parcels(tab: ParcelsTab, view: View, now: datetime) -> Values:
    return {
        "parcels": present_goods.parcels(tab),
        "contents": present_goods.contents(tab),
        "open_steps": present_steps.open_steps(tab.open_steps, now),
    }


def _attempts(tab: AttemptsTab, view: View, now: datetime) -> Values:
    return {"steps": present_steps.steps(tab, view.revealed, now)}


def _customer(tab: CustomerTab, view: View, now: datetime) -> Values:
    return {
        "contact": present_customer.contact(tab),
        "addresses": present.addresses(tab.shipping_address, tab.billing_address),
        "others": present_customer.others(tab),
        "older_orders": tab.next_cursor,
    }


_PRESENTERS: dict[type[Any], Callable[[Any, View, datetime], Values]] = {
    TimelineTab: _timeline,
    ItemsTab: _items,
    PaymentsTab: _payments,
    DocumentsTab: _documents,
    ParcelsTab: _parcels,
    AttemptsTab: _attempts,
    CustomerTab: _customer,
}
