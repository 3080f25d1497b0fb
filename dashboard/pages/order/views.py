"""The top of the order page: where the order is, why it stopped, what to do."""

import reflex as rx

from dashboard.components.marks import mark, shape
from dashboard.components.states import skeleton
from dashboard.pages.order.cards import ClosedHoldCard, HoldCard, Stage, Stop
from dashboard.pages.order.confirm import ASK, RELEASE, RETRY, ConfirmState
from dashboard.pages.order.state import OrderState

_head = OrderState.head


def order_head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.h1(_head.number, custom_attrs={"data-testid": "order-number"}),
            rx.el.p(
                _head.channel, " ", _head.external, " · placed ",
                rx.el.span(_head.placed, title=_head.placed_full), " · ", _head.customer,
                class_name="soft",
            ),
            class_name="who",
        ),
        rx.el.div(
            rx.el.strong(_head.total, class_name="figure", custom_attrs={"data-testid": "order-total"}),
            rx.el.span(mark(_head.payment, _head.payment_word), custom_attrs={"data-testid": "payment-status"}),
            rx.el.span(mark(_head.shipping, _head.shipping_word), custom_attrs={"data-testid": "shipping-status"}),
            class_name="sum",
        ),
        class_name="order-head",
    )  # fmt: skip


def order_path() -> rx.Component:
    """The order's way as five stops; also said in words for who cannot see it."""
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
    spoken = rx.match(stop.state, ("held", " (held here)"), ("here", " (now)"), ("done", " (done)"), "")
    return rx.el.li(
        rx.el.span(sign, class_name="stop"),
        rx.el.span(stop.label, rx.el.span(spoken, class_name="sr"), class_name="label"),
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
            rx.el.p(hold.reason, class_name="reason", custom_attrs={"data-testid": "hold-reason"}),
            rx.el.p(hold.advice, class_name="advice"),
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
        rx.cond(hold.can_retry, _click("Retry", RETRY, hold, "button primary"), rx.fragment()),
        rx.cond(hold.can_ask, _click("Ask the provider", ASK, hold, "button primary"), rx.fragment()),
        rx.cond(
            hold.can_release,
            _click("Release", RELEASE, hold, rx.cond(hold.can_retry, "button", "button primary")),
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
        custom_attrs={"data-testid": action, "data-key": "l" if action == RELEASE else "t"},
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


def stop_buttons() -> rx.Component:
    """Stop the order by hand, or call it off; each offered only while it can be done."""
    hold = rx.cond(
        OrderState.may_act & ~_head.held & ~_head.final,
        _stop_button("Hold this order", "hold-order", ConfirmState.ask_stop(_head.number)),
        rx.fragment(),
    )
    # A parcel on its way brings its goods back later, if at all: only then nothing is proposed for the stock.
    cancel = rx.cond(
        OrderState.may_note & _head.cancellable,
        _stop_button("Cancel order", "cancel-order", ConfirmState.ask_cancel(_head.number, _head.status != "shipped")),
        rx.fragment(),
    )
    return rx.el.div(hold, cancel, class_name="stops")


def _stop_button(label: str, name: str, event) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="quiet",
        disabled=ConfirmState.running,
        on_click=event,
        custom_attrs={"data-testid": name},
    )


def waiting() -> rx.Component:
    return rx.el.div(skeleton(2, tall=True), skeleton(10), class_name="stack")
