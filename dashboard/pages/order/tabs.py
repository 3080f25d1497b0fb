"""The tabs of an order: one is open, its name is in the address, arrow keys go from one to the next (`assets/tabs.js`)."""

import reflex as rx

from backend.domain.order_page import Tab
from dashboard.pages.order import tab_attempts, tab_customer, tab_goods, tab_money, tab_timeline
from dashboard.pages.order.state import OrderState

LABELS: dict[Tab, str] = {
    Tab.TIMELINE: "Timeline",
    Tab.ITEMS: "Items & money",
    Tab.PAYMENTS: "Payments",
    Tab.DOCUMENTS: "Documents",
    Tab.PARCELS: "Parcels",
    Tab.ATTEMPTS: "Attempts",
    Tab.CUSTOMER: "Customer",
}
PANEL = "order-panel"


def tab_list() -> rx.Component:
    return rx.el.div(
        *[_tab(tab, label) for tab, label in LABELS.items()],
        role="tablist",
        aria_label="About this order",
        class_name="tabs",
        custom_attrs={"data-testid": "tabs"},
    )


def _tab(tab: Tab, label: str) -> rx.Component:
    chosen = OrderState.tab == tab.value
    return rx.el.button(
        label,
        type="button",
        role="tab",
        id=f"tab-{tab.value}",
        aria_selected=rx.cond(chosen, "true", "false"),
        aria_controls=PANEL,
        tab_index=rx.cond(chosen, 0, -1),
        on_click=OrderState.choose_tab(tab.value),
        custom_attrs={
            "data-testid": f"tab-{tab.value}",
            "data-address": f"tab={tab.value if tab is not Tab.TIMELINE else ''}",
        },
    )


def panel() -> rx.Component:
    """The contents of the open tab."""
    return rx.el.div(
        rx.match(
            OrderState.tab,
            (Tab.ITEMS.value, tab_money.items_and_money()),
            (Tab.PAYMENTS.value, tab_money.payments()),
            (Tab.DOCUMENTS.value, tab_goods.documents()),
            (Tab.PARCELS.value, tab_goods.parcels()),
            (Tab.ATTEMPTS.value, tab_attempts.attempts()),
            (Tab.CUSTOMER.value, tab_customer.customer()),
            tab_timeline.timeline(),
        ),
        role="tabpanel",
        id=PANEL,
        aria_labelledby="tab-" + OrderState.tab,
        class_name="panel",
    )
