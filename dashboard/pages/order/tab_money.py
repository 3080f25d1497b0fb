"""Items and money: what was sold at which price, what came in and went back; and every payment with its proof."""

import reflex as rx

from dashboard.components.marks import mark
from dashboard.pages.order.cards import ItemCard, Line, PaymentCard, RefundCard
from dashboard.pages.order.listing import listing, open_steps
from dashboard.pages.order.state import OrderState

_snapshot = OrderState.snapshot


def items_and_money() -> rx.Component:
    return rx.el.div(
        rx.el.div(_items(), refunds(), class_name="stack"),
        rx.el.div(_price(), _money(), _frozen(), class_name="stack"),
        class_name="order-columns",
    )


def payments() -> rx.Component:
    listed = listing("Payments", OrderState.payments, _payment, "Nothing has been paid yet.", "payments")
    return rx.el.div(
        rx.el.div(listed, open_steps(), refunds(), class_name="stack"),
        rx.el.div(_money(), class_name="stack"),
        class_name="order-columns",
    )


def _items() -> rx.Component:
    titles = ("Item", "Pieces", "Each", "Discount", "Tax", "Total")
    return rx.el.table(
        rx.el.caption("Items", class_name="sr"),
        rx.el.thead(
            rx.el.tr(*[rx.el.th(title, scope="col", class_name="num" if at else "") for at, title in enumerate(titles)])
        ),
        rx.el.tbody(rx.foreach(OrderState.items, _item)),
        class_name="list sold",
        custom_attrs={"data-testid": "items"},
    )


def _item(item: rx.Var[ItemCard]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.span(item.name),
            rx.el.span(
                rx.cond(item.sku != "", rx.el.code(item.sku), "no SKU"),
                rx.cond(item.details != "", " · " + item.details, ""),
                class_name="under",
            ),
            rx.foreach(item.wishes, lambda wish: rx.el.span(wish, class_name="wish under")),
            rx.cond(
                item.back != "",
                rx.el.span(mark("refunded", item.back), class_name="under back", custom_attrs={"data-testid": "back"}),
                rx.fragment(),
            ),
            scope="row",
            class_name="full",
        ),
        _cell(item.quantity, "Pieces"),
        _cell(item.price, "Each"),
        _cell(item.discount, "Discount"),
        _cell(item.tax, "Tax"),
        _cell(item.total, "Total"),
        key=item.position,
        custom_attrs={"data-testid": "item"},
    )


def _cell(text: rx.Var[str], label: str) -> rx.Component:
    """A figure; on a phone, where there are no columns, it brings its label along."""
    return rx.el.td(
        rx.el.span(label, " ", class_name="only-phone muted"),
        text,
        class_name=rx.cond(text == "", "num none", "num"),
    )


def _price() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Price")),
        rx.el.div(ledger(OrderState.totals, "totals"), class_name="body"),
        class_name="card",
    )


def _money() -> rx.Component:
    """What was captured, less what went back: what may still go back."""
    return rx.el.section(
        rx.el.header(rx.el.h2("Money")),
        rx.el.div(
            rx.cond(
                OrderState.authorized != "",
                rx.el.p("Authorized, not captured yet: ", rx.el.strong(OrderState.authorized), class_name="soft"),
                rx.fragment(),
            ),
            ledger(OrderState.balance, "balance"),
            rx.cond(OrderState.doubts.length() > 0, _doubts(), rx.fragment()),
            class_name="body stack",
        ),
        class_name="card",
    )


def _doubts() -> rx.Component:
    return rx.el.div(
        rx.el.h3(mark("waiting", "In doubt")),
        rx.el.p("It is not known yet whether this happened; it is in none of the sums.", class_name="muted small"),
        ledger(OrderState.doubts, "doubts"),
        class_name="doubts",
    )


def ledger(lines: rx.Var[list[Line]], name: str) -> rx.Component:
    """Amounts under each other that add up to the last one."""
    return rx.el.dl(rx.foreach(lines, _line), class_name="facts money", custom_attrs={"data-testid": name})


def _line(line: rx.Var[Line]) -> rx.Component:
    look = rx.cond(line.strong, "total", "")
    return rx.fragment(rx.el.dt(line.label, class_name=look), rx.el.dd(line.amount, class_name=look), key=line.label)


def refunds() -> rx.Component:
    return rx.cond(
        OrderState.refunds.length() > 0, listing("Refunds", OrderState.refunds, _refund, "", "refunds"), rx.fragment()
    )


def _refund(refund: rx.Var[RefundCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            mark(refund.mood, refund.state),
            rx.el.p(refund.reason, " · ", refund.at, class_name="muted small"),
            rx.cond(refund.problem != "", rx.el.p(refund.problem, class_name="small"), rx.fragment()),
        ),
        rx.el.p(refund.amount, class_name="num"),
    )


def _payment(payment: rx.Var[PaymentCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            mark(payment.mood, payment.label),
            rx.cond(payment.detail != "", rx.el.p(payment.detail, class_name="small"), rx.fragment()),
            rx.el.p(
                payment.provider, " · ", rx.el.time(payment.at, title=payment.full), " · ",
                rx.el.code(payment.reference),
                class_name="muted small",
            ),
            rx.el.p(payment.proof, class_name="muted small", custom_attrs={"data-testid": "proof"}),
        ),
        rx.el.p(payment.amount, class_name="num"),
    )  # fmt: skip


def _frozen() -> rx.Component:
    """How the prices came about; nothing changes it afterwards."""
    return rx.cond(
        _snapshot.engine != "",
        rx.el.section(
            rx.el.header(rx.el.h2("Frozen prices")),
            rx.el.div(
                rx.el.dl(
                    rx.el.dt("Taken"), rx.el.dd(_snapshot.taken),
                    rx.el.dt("Price engine"), rx.el.dd(_snapshot.engine),
                    rx.el.dt("Rules"), rx.el.dd(rx.el.code(_snapshot.rules)),
                    class_name="facts",
                ),
                rx.el.details(
                    rx.el.summary("What the engine worked with", class_name="quiet"),
                    rx.el.pre(_snapshot.prices, class_name="payload", tab_index=0),
                ),
                class_name="body stack",
                custom_attrs={"data-testid": "snapshot"},
            ),
            class_name="card",
        ),
        rx.fragment(),
    )  # fmt: skip
