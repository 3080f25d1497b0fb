"""How a correction looks: the fields as they are stored, what is wrong beside each, then what it does, then why."""

import reflex as rx
from babel import Locale

from dashboard.components.money import LOCALE
from dashboard.pages.order.cards import FixOffer, HoldCard
from dashboard.pages.order.dialog import choices, effects, hidden, reason, refused, remaining, told
from dashboard.pages.order.fix import PREFIX, FixEntry, FixState, ItemChoice
from dashboard.pages.order.state import OrderState

_question = FixState.question
_CHOICES = "fix-choices"


def fix_buttons(hold: rx.Var[HoldCard]) -> rx.Component:
    """What may be corrected on a hold: the likeliest as a button, the others folded behind one."""
    return rx.cond(
        hold.fixes.length() > 0,
        rx.fragment(
            _button(hold, hold.fixes[0], rx.cond(hold.mends, "button primary", "button")),
            rx.cond(
                hold.fixes.length() > 1,
                rx.el.details(
                    rx.el.summary("Fix something else", class_name="button"),
                    rx.el.div(
                        rx.foreach(hold.fixes[1:], lambda offer: _button(hold, offer, "quiet")), class_name="menu"
                    ),
                    class_name="more-fixes",
                ),
                rx.fragment(),
            ),
        ),
        rx.fragment(),
    )


def _button(hold: rx.Var[HoldCard], offer: rx.Var[FixOffer], look: rx.Var[str] | str) -> rx.Component:
    return rx.el.button(
        offer.label,
        rx.el.span(", ", hold.title, class_name="sr"),
        type="button",
        class_name=look,
        disabled=FixState.running,
        on_click=FixState.ask_fix(OrderState.head.number, hold.id, offer.name),
        custom_attrs={"data-testid": "fix-" + offer.name},
    )


def fix_dialog() -> rx.Component:
    inside = rx.el.form(
        hidden(
            number=_question.number,
            hold=_question.hold.to_string(),
            fix=_question.fix,
            version=_question.version.to_string(),
            token=_question.token,
        ),
        rx.el.h2(_question.title, id="fix-title"),
        told(FixState.news),
        rx.cond(_question.refusal != "", refused(_question.refusal), _what()),
        choices(
            rx.cond(_question.refusal != "", "Close", "Cancel"),
            _question.verb,
            FixState.dismiss_fix,
            running=FixState.running,
            possible=_question.refusal == "",
        ),
        on_submit=FixState.correct,
        class_name="inside",
        key=FixState.asked.to_string(),
        custom_attrs={"novalidate": "true"},
    )
    return rx.el.dialog(
        rx.cond(FixState.open, inside, rx.fragment()),
        aria_labelledby="fix-title",
        custom_attrs={"data-open": rx.cond(FixState.open, "true", "false"), "data-testid": "fix-dialog"},
    )


def _what() -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.foreach(_question.fields, _field), class_name="fix-fields"),
        rx.el.datalist(rx.foreach(_question.choices, _choice), id=_CHOICES),
        rx.cond(
            _question.effects.length() > 0,
            rx.fragment(effects(_question.effects), remaining(_question.remaining)),
            rx.el.p(
                "Correct what is wrong. What will happen is shown here before you confirm.",
                class_name="soft",
                role="status",
            ),
        ),
        reason("fix-reason", False),
    )


def _choice(item: rx.Var[ItemChoice]) -> rx.Component:
    return rx.el.option(item.name, value=item.sku, key=item.sku)


def _field(entry: rx.Var[FixEntry]) -> rx.Component:
    name = PREFIX + entry.name
    return rx.el.div(
        rx.el.label(
            entry.label,
            rx.cond(entry.hint != "", rx.el.small(" ", entry.hint, class_name="muted"), rx.fragment()),
            html_for=name,
        ),
        rx.cond(entry.kind == "country", _country(entry, name), _input(entry, name)),
        rx.cond(
            entry.error != "",
            rx.el.p(entry.error, id=name + "-error", class_name="field-error", role="alert"),
            rx.fragment(),
        ),
        key=entry.name,
        class_name="fix-field " + entry.name,
        custom_attrs={"data-testid": "field-" + entry.name},
    )


def _marks(entry: rx.Var[FixEntry], name: rx.Var[str]) -> dict[str, rx.Var[str]]:
    """What tells a screen reader that the field is wrong, and why."""
    wrong = entry.error != ""
    return {
        "aria-invalid": rx.cond(wrong, "true", "false"),
        "aria-describedby": rx.cond(wrong, name + "-error", ""),
        "data-testid": name,
    }


def _input(entry: rx.Var[FixEntry], name: rx.Var[str]) -> rx.Component:
    return rx.el.input(
        id=name,
        name=name,
        default_value=entry.value,
        input_mode=rx.match(entry.kind, ("whole", "numeric"), ("tel", "tel"), ("email", "email"), "text"),
        list=rx.cond(entry.kind == "sku", _CHOICES, ""),
        auto_complete="off",
        class_name="field",
        on_change=lambda text: FixState.type_in(entry.name, text).debounce(250),
        # Whoever is already in the next field when the pause is over has not lost what was typed in this one.
        on_blur=lambda text: FixState.type_in(entry.name, text),
        custom_attrs=_marks(entry, name),
    )


def _country(entry: rx.Var[FixEntry], name: rx.Var[str]) -> rx.Component:
    return rx.el.select(
        rx.el.option("Choose a country", value=""),
        *[rx.el.option(country, value=code) for code, country in _countries()],
        id=name,
        name=name,
        default_value=entry.value,
        class_name="field",
        on_change=lambda code: FixState.type_in(entry.name, code),
        custom_attrs=_marks(entry, name),
    )


def _countries() -> list[tuple[str, str]]:
    """Countries by name; regions of the world have numbers for codes."""
    names = Locale.parse(LOCALE).territories
    own = [
        (code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    ]
    return sorted(own, key=lambda pair: pair[1])


_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
