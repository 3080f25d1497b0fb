"""How the refund dialog looks: the choice first, then what it comes to, then the reason."""

import reflex as rx

from dashboard.pages.order.confirm import ASKS
from dashboard.pages.order.dialog import choices, effects, hidden, reason, refused, remaining, tick_box, told
from dashboard.pages.order.refund import AMOUNT, FULL, LINES, RefundLine, RefundState

_question = RefundState.question


def refund_dialog() -> rx.Component:
    possible = (_question.refusal == "") & (_question.missing == "")
    inside = rx.el.form(
        hidden(
            number=_question.number,
            currency=_question.currency,
            version=_question.version.to_string(),
            token=_question.token,
        ),
        rx.el.h2("Refund order ", _question.number, id="refund-title"),
        told(RefundState.news),
        _ways(),
        rx.match(RefundState.way, (AMOUNT, _amount()), (LINES, _lines()), rx.fragment()),
        rx.cond(RefundState.way == FULL, _restock(), rx.fragment()),
        rx.cond(
            possible,
            rx.fragment(effects(_question.effects), remaining(_question.remaining)),
            rx.cond(_question.missing != "", _missing(), refused(_question.refusal)),
        ),
        reason("refund-reason", True),
        choices(
            "Cancel",
            rx.cond(_question.asks, ASKS, "Refund"),
            RefundState.dismiss,
            running=RefundState.running,
            possible=possible,
        ),
        on_submit=RefundState.pay_back,
        class_name="inside",
        key=RefundState.asked.to_string(),
    )
    return rx.el.dialog(
        rx.cond(RefundState.open, inside, rx.fragment()),
        aria_labelledby="refund-title",
        custom_attrs={"data-open": rx.cond(RefundState.open, "true", "false"), "data-testid": "refund-dialog"},
    )


def _missing() -> rx.Component:
    return rx.el.p(_question.missing, class_name="soft", role="status", custom_attrs={"data-testid": "missing"})


def _ways() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("What is paid back"),
        _way(FULL, rx.fragment("Everything that is left, ", rx.el.strong(_question.left))),
        _way(AMOUNT, rx.fragment("An amount")),
        _way(LINES, rx.fragment("Lines and shipping")),
        class_name="ways",
    )


def _way(value: str, label: rx.Component) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="way",
            value=value,
            default_checked=RefundState.way == value,
            on_change=RefundState.choose("way", value),
            custom_attrs={"data-testid": f"way-{value}"},
        ),
        rx.el.span(label),
        class_name="tick",
    )


def _amount() -> rx.Component:
    return rx.el.div(
        rx.el.label("Amount in ", _question.currency, html_for="refund-amount"),
        rx.el.input(
            id="refund-amount",
            name="amount",
            input_mode="decimal",
            auto_complete="off",
            class_name="field amount",
            on_change=lambda text: RefundState.choose("amount", text).debounce(200),
            custom_attrs={"data-testid": "refund-amount"},
        ),
        class_name="stack tight",
    )


def _lines() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(_question.lines, _line), class_name="refund-lines"),
        rx.cond(
            _question.shipping != "",
            tick_box(
                rx.fragment("Shipping, ", _question.shipping),
                "shipping",
                RefundState.shipping,
                lambda ticked: RefundState.choose("shipping", rx.cond(ticked, "on", "")),
            ),
            rx.fragment(),
        ),
        class_name="stack tight",
    )


def _line(line: rx.Var[RefundLine]) -> rx.Component:
    return rx.el.li(
        rx.el.label(line.name, rx.el.span(" ", line.price, class_name="muted"), html_for=line.field),
        rx.el.span(
            rx.el.input(
                id=line.field,
                name=line.field,
                type="number",
                min=0,
                max=line.most,
                step=1,
                default_value="0",
                disabled=line.most == 0,
                class_name="field pieces",
                on_change=lambda text: RefundState.choose(line.field, text),
                custom_attrs={"data-testid": line.field},
            ),
            rx.el.span("of ", line.most.to_string(), class_name="muted"),
            class_name="of",
        ),
        rx.cond((line.back != "") & (line.most > 0), _line_back(line), rx.fragment()),
        key=line.field,
    )


def _line_back(line: rx.Var[RefundLine]) -> rx.Component:
    """Whether these pieces go back to stock; each line for itself, since one may come back broken and another whole."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=line.back,
            on_change=lambda ticked: RefundState.choose(line.back, rx.cond(ticked, "on", "")),
            custom_attrs={"data-testid": line.back},
        ),
        "back to stock",
        rx.el.span(": ", line.name, class_name="sr"),
        class_name="tick back",
    )


def _restock() -> rx.Component:
    return tick_box(
        "The goods go back to stock",
        "restock",
        RefundState.restock,
        lambda ticked: RefundState.choose("restock", rx.cond(ticked, "on", "")),
    )
