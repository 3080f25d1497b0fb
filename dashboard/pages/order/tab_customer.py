"""The customer: how to reach them, where it goes, and what else they bought."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.pages.order.cards import AddressCard, OtherCard
from dashboard.pages.order.state import OrderState
from dashboard.pages.order.tags import tags

_contact, _head = OrderState.contact, OrderState.head


def customer() -> rx.Component:
    return rx.el.div(
        _others(),
        rx.el.div(_who(), _addresses(), class_name="stack"),
        class_name="order-columns facts-first",
    )


def _who() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Customer")),
        rx.el.div(
            rx.el.dl(
                rx.el.dt("Name"), rx.el.dd(_contact.name, custom_attrs={"data-testid": "customer"}),
                rx.el.dt("E-mail"), rx.el.dd(rx.cond(_contact.email != "", _contact.email, "none given")),
                rx.el.dt("Phone"), rx.el.dd(rx.cond(_contact.phone != "", _contact.phone, "none given")),
                rx.el.dt("Since"), rx.el.dd(_contact.since),
                rx.el.dt("Orders"), rx.el.dd(_contact.orders, custom_attrs={"data-testid": "customer-orders"}),
                rx.el.dt("Spent"), rx.el.dd(_contact.spent, custom_attrs={"data-testid": "customer-spent"}),
                rx.el.dt("Returned"), rx.el.dd(_contact.returned),
                rx.el.dt("Held now"), rx.el.dd(_contact.held),
                class_name="facts",
            ),
            rx.cond(
                _head.note != "",
                rx.el.blockquote(rx.el.h3("Note from the customer"), rx.el.p(_head.note), class_name="customer-note"),
                rx.fragment(),
            ),
            tags(),
            class_name="body stack",
        ),
        class_name="card",
    )  # fmt: skip


def _addresses() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Addresses of this order")),
        rx.el.div(rx.foreach(OrderState.addresses, _address), class_name="body addresses"),
        class_name="card",
    )


def _address(address: rx.Var[AddressCard]) -> rx.Component:
    return rx.el.address(
        rx.el.h3(address.title),
        rx.foreach(address.lines, lambda line: rx.el.p(line)),
        key=address.title,
        class_name="address",
    )


def _others() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("Other orders")),
        rx.cond(
            OrderState.others.length() > 0,
            rx.el.ul(
                rx.foreach(OrderState.others, _other), class_name="items", custom_attrs={"data-testid": "other-orders"}
            ),
            rx.el.p("This is the customer's only order.", class_name="body muted"),
        ),
        rx.cond(
            OrderState.older_orders != "",
            rx.el.p(
                rx.el.button(
                    "Older orders",
                    type="button",
                    class_name="button",
                    on_click=OrderState.turn_orders(OrderState.older_orders),
                    custom_attrs={"data-testid": "older-orders"},
                ),
                class_name="older",
            ),
            rx.fragment(),
        ),
        class_name="card",
    )


def _other(order: rx.Var[OtherCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.a(order.number, href="/orders/" + order.number, class_name="link"),
                " ",
                rx.cond(order.held, rx.el.span(shape("bars"), "Held", class_name="mark held"), rx.fragment()),
            ),
            rx.el.p(order.channel, " · ", order.placed, class_name="muted small"),
        ),
        rx.el.div(rx.el.p(order.total), rx.el.p(mark(order.status, order.status_word)), class_name="num"),
        key=order.number,
        custom_attrs={"data-testid": "other-order"},
    )
