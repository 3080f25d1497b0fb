"""The top of the order page: where the order is, why it stopped, what to do."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.components.states import skeleton
from dashboard.pages.order.cards import ClosedHoldCard, HoldCard, Stage, Stop
from dashboard.pages.order.confirm import ASK, CANCEL, HOLD, KEYS, RELEASE, RETRY, ConfirmState
from dashboard.pages.order.fix_dialog import fix_buttons
from dashboard.pages.order.refund import RefundState
from dashboard.pages.order.state import OrderState

_head = OrderState.head


def order_head(pane: bool = False) -> rx.Component:
    """Who, how much, how old, and how to stop it. In a pane the number leads to the page of its own."""
    number = rx.el.a(_head.number, href="/orders/" + _head.number) if pane else _head.number
    return rx.el.header(
        rx.el.div(
            (rx.el.h2 if pane else rx.el.h1)(number, custom_attrs={"data-testid": "order-number"}),
            rx.el.p(
                _head.channel, " ", _external(), " · ",
                rx.el.span("placed ", _head.placed, ", ", _head.age, " ago", title=_head.placed_full), " · ",
                rx.el.span(_head.customer, custom_attrs={"data-testid": "order-customer"}),
                class_name="soft",
            ),
            class_name="who",
        ),
        rx.el.div(
            rx.el.strong(_head.total, class_name="figure", custom_attrs={"data-testid": "order-total"}),
            rx.el.span(mark(_head.payment, _head.payment_word), custom_attrs={"data-testid": "payment-status"}),
            rx.el.span(mark(_head.shipping, _head.shipping_word), custom_attrs={"data-testid": "shipping-status"}),
            _stop_buttons(),
            class_name="sum",
        ),
        class_name="order-head",
    )  # fmt: skip


def _external() -> rx.Component:
    """The shop's own number, which leads to the shop where its address is known."""
    return rx.cond(
        _head.shop_url != "",
        rx.el.a(
            _head.external,
            rx.el.span(" in the shop", class_name="sr"),
            href=_head.shop_url,
            target="_blank",
            rel="noreferrer noopener",
            reload_document=True,
            class_name="link",
            custom_attrs={"data-testid": "shop-link"},
        ),
        rx.el.span(_head.external),
    )


def order_path() -> rx.Component:
    """The order's way with the times; also said in words for who cannot see it."""
    return rx.el.ol(
        rx.foreach(OrderState.path, _stop),
        class_name="path",
        aria_label="Status of the order",
        custom_attrs={"data-testid": "status-path", "data-status": _head.status},
    )


def _stop(stop: rx.Var[Stop]) -> rx.Component:
    sign = rx.match(
        stop.state,
        ("done", shape("tick")),
        ("held", shape("bars")),
        ("ended", shape("cross")),
        ("here", shape("half")),
        rx.fragment(),
    )
    spoken = rx.match(
        stop.state,
        ("held", " (held here)"),
        ("here", " (now)"),
        ("done", " (done)"),
        ("skipped", " (passed over)"),
        ("ended", " (ended)"),
        "",
    )
    return rx.el.li(
        rx.el.span(sign, class_name="stop"),
        rx.el.span(stop.label, rx.el.span(spoken, class_name="sr"), class_name="label"),
        rx.el.time(stop.at, title=stop.full, class_name="at"),
        key=stop.label,
        class_name=stop.state,
        aria_current=rx.cond((stop.state == "here") | (stop.state == "held"), "step", "false"),
    )


def holds() -> rx.Component:
    """Why the order stands still, with what to do and the clicks that do it."""
    return rx.el.section(
        rx.foreach(OrderState.holds, _hold),
        class_name="holds",
        aria_label="Open holds",
        aria_live="polite",
    )


def _hold(hold: rx.Var[HoldCard]) -> rx.Component:
    return rx.el.article(
        rx.el.div(
            rx.el.h2(shape("bars"), hold.title),
            rx.el.p(hold.advice, class_name="advice", custom_attrs={"data-testid": "hold-advice"}),
            rx.el.p(hold.reason, class_name="reason", custom_attrs={"data-testid": "hold-reason"}),
            rx.cond(hold.stages.length() > 0, _stages(hold), rx.fragment()),
            rx.el.p(hold.origin, " · ", rx.el.span("for ", hold.age, title=hold.since), class_name="muted"),
        ),
        rx.cond(OrderState.may_act, _clicks(hold), rx.fragment()),
        key=hold.id.to_string(),
        class_name="hold",
        custom_attrs={"data-testid": "hold"},
    )


def _stages(hold: rx.Var[HoldCard]) -> rx.Component:
    """How far a cancellation is."""
    return rx.el.ol(
        rx.foreach(hold.stages, _stage),
        class_name="stages",
        custom_attrs={"data-testid": "stages"},
    )


def _stage(stage: rx.Var[Stage]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            stage.label, rx.cond(stage.detail != "", rx.el.small(stage.detail, class_name="muted"), rx.fragment())
        ),
        mark(stage.mood, stage.state),
        key=stage.label,
    )


def _clicks(hold: rx.Var[HoldCard]) -> rx.Component:
    return rx.el.div(
        fix_buttons(hold),
        rx.cond(
            hold.can_retry, _click("Retry", RETRY, hold, rx.cond(hold.mends, "button", "button primary")), rx.fragment()
        ),
        rx.cond(hold.can_ask, _click("Ask the provider", ASK, hold, "button primary"), rx.fragment()),
        rx.cond(
            hold.can_release,
            _click("Release", RELEASE, hold, rx.cond(hold.can_retry | hold.mends, "button", "button primary")),
            rx.fragment(),
        ),
        class_name="clicks",
    )


def _click(label: str, action: str, hold: rx.Var[HoldCard], look: rx.Var[str] | str) -> rx.Component:
    return rx.el.button(
        label,
        rx.el.span(" ", hold.title, class_name="sr"),
        type="button",
        class_name=look,
        disabled=ConfirmState.running,
        on_click=ConfirmState.ask_hold(action, _head.number, hold.id),
        custom_attrs={"data-testid": action, "data-key": KEYS[action]},
    )


def closed_holds() -> rx.Component:
    return rx.cond(
        OrderState.closed_holds.length() > 0,
        rx.el.details(
            rx.el.summary("Earlier holds (", OrderState.closed_holds.length().to_string(), ")", class_name="quiet"),
            rx.el.ul(rx.foreach(OrderState.closed_holds, _closed), class_name="closed-holds"),
        ),
        rx.fragment(),
    )


def _closed(hold: rx.Var[ClosedHoldCard]) -> rx.Component:
    return rx.el.li(
        rx.el.strong(hold.title), rx.el.span(hold.reason, class_name="soft"), rx.el.small(hold.how, class_name="muted")
    )


def _stop_buttons() -> rx.Component:
    """Stop the order by hand, pay back, or call it off; each offered only while it can be done, and to whom it may."""
    hold = rx.cond(
        OrderState.may_act & ~_head.held & ~_head.final,
        _stop_button("Hold", "hold-order", KEYS[HOLD], ConfirmState.ask_stop(_head.number), ConfirmState.running),
        rx.fragment(),
    )
    refund = rx.cond(
        OrderState.may_refund & _head.refundable,
        _stop_button("Refund", "refund", "f", RefundState.ask_refund(_head.number), RefundState.running),
        rx.fragment(),
    )
    # A parcel on its way brings its goods back later, if at all: only then nothing is proposed for the stock.
    ask_cancel = ConfirmState.ask_cancel(_head.number, _head.status != "shipped")
    cancel = rx.cond(
        OrderState.may_note & _head.cancellable,
        _stop_button("Cancel order", "cancel-order", KEYS[CANCEL], ask_cancel, ConfirmState.running),
        rx.fragment(),
    )
    return rx.el.div(hold, refund, cancel, class_name="stops")


def _stop_button(label: str, name: str, key: str, event, running: rx.Var[bool]) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="button",
        disabled=running,
        on_click=event,
        custom_attrs={"data-testid": name, "data-key": key},
    )


def missing(pane: bool = False) -> rx.Component:
    """There is no such order: why, and ways on."""
    return rx.el.div(
        (rx.el.h2 if pane else rx.el.h1)("No such order"),
        rx.el.p(OrderState.missing),
        rx.el.p("If the number comes from the shop or the customer, look it up: the list finds those as well."),
        rx.el.p(
            rx.el.a(
                "All orders", href="/orders", class_name="button primary", custom_attrs={"data-testid": "to-orders"}
            ),
            rx.el.a("Held orders", href="/held", class_name="button"),
            class_name="clicks",
        ),
        class_name="bare no-order",
        role="alert",
        custom_attrs={"data-testid": "no-order"},
    )


def waiting() -> rx.Component:
    return rx.el.div(skeleton(2, tall=True), skeleton(10), class_name="stack")
