"""`/settings`: one's own name, password, preferences and sessions."""

import reflex as rx
from reflex.style import set_color_mode

from backend.domain.permissions import Area
from backend.domain.preferences import MENTIONS
from dashboard.components.states import loaded, skeleton
from dashboard.pages.settings.state import Choice, SessionRow, SettingsState
from dashboard.shell.frame import framed
from dashboard.shell.navigation import unless_barred

ROUTE = "/settings"
TITLE = "Settings · Holdfast"
ON_LOAD = [SettingsState.load]


@framed
def page() -> rx.Component:
    content = rx.el.div(_person(), _shown(), _told(), _password(), _sessions(), class_name="stack settings")
    return rx.fragment(
        rx.el.header(
            rx.el.h1("Settings"),
            rx.el.p(
                SettingsState.email,
                rx.cond(SettingsState.email != "", " · ", ""),
                SettingsState.role,
                class_name="soft",
            ),
            class_name="page-head",
        ),
        loaded(SettingsState.ready, SettingsState.problem, content, skeleton(6, tall=True)),
    )


def _card(title: str, name: str, *inside: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title, id=f"{name}-title")),
        rx.el.div(*inside, class_name="body stack"),
        aria_labelledby=f"{name}-title",
        class_name="card",
        custom_attrs={"data-testid": f"settings-{name}"},
    )


def _person() -> rx.Component:
    return _card(
        "You",
        "you",
        rx.el.form(
            rx.el.label("Name", html_for="own-name"),
            rx.el.div(
                rx.el.input(
                    id="own-name",
                    name="name",
                    default_value=SettingsState.name,
                    max_length=80,
                    required=True,
                    auto_complete="name",
                    class_name="field",
                    custom_attrs={"data-testid": "own-name"},
                ),
                rx.el.button("Save", type="submit", class_name="button", custom_attrs={"data-testid": "save-name"}),
                class_name="in-line",
            ),
            on_submit=SettingsState.rename,
            key=SettingsState.name,
            class_name="stack tight",
        ),
        rx.el.p("Your role is set by an administrator.", class_name="soft"),
    )


def _shown() -> rx.Component:
    zone = rx.el.select(
        rx.el.option("This browser's (", SettingsState.browser_zone, ")", value=""),
        rx.foreach(SettingsState.zone_choices, lambda name: rx.el.option(name, value=name)),
        id="zone",
        value=SettingsState.time_zone,
        on_change=lambda value: SettingsState.prefer("time_zone", value),
        custom_attrs={"data-testid": "prefer-zone"},
    )
    return _card(
        "How things are shown",
        "shown",
        rx.el.div(
            rx.el.label("Time zone", html_for="zone"),
            zone,
            rx.el.label("Numbers", html_for="numbers"),
            _numbers(),
            class_name="pairs",
        ),
        rx.el.fieldset(
            rx.el.legend("Theme"),
            *[
                _theme(value, label)
                for value, label in (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))
            ],
            class_name="ways across",
        ),
        rx.el.p(
            "For example: ",
            rx.el.strong(SettingsState.sample, custom_attrs={"data-testid": "sample"}),
            class_name="soft",
            aria_live="polite",
        ),
    )


def _numbers() -> rx.Component:
    return rx.el.select(
        rx.foreach(SettingsState.number_choices, _option),
        id="numbers",
        value=SettingsState.numbers,
        on_change=lambda value: SettingsState.prefer("numbers", value),
        custom_attrs={"data-testid": "prefer-numbers"},
    )


def _option(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value)


def _theme(value: str, label: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="theme",
            value=value,
            checked=SettingsState.theme == value,
            on_change=[set_color_mode(value), SettingsState.prefer("theme", value)],
            custom_attrs={"data-testid": f"theme-{value}"},
        ),
        rx.el.span(label),
        class_name="tick",
    )


def _told() -> rx.Component:
    return _card(
        "How you are told",
        "told",
        rx.el.fieldset(
            rx.el.legend("When a colleague mentions you in a note"),
            *[_way(value, label) for value, label in MENTIONS.items()],
            class_name="ways",
        ),
        rx.el.p("The mail names the order and who wrote, and nothing of the customer.", class_name="soft"),
    )


def _way(value: str, label: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="mentions",
            value=value,
            checked=SettingsState.mentions == value,
            on_change=SettingsState.prefer("mentions", value),
            custom_attrs={"data-testid": f"mentions-{value}"},
        ),
        rx.el.span(label),
        class_name="tick",
    )


def _password() -> rx.Component:
    return _card(
        "Password",
        "password",
        rx.el.form(
            rx.cond(
                SettingsState.complaint != "",
                rx.el.p(
                    SettingsState.complaint,
                    class_name="complaint",
                    role="alert",
                    custom_attrs={"data-testid": "password-problem"},
                ),
                rx.fragment(),
            ),
            rx.el.div(
                rx.el.label("Old password", html_for="old-password"),
                _secret("old-password", "old", "current-password"),
                rx.el.label("New password", html_for="new-password"),
                _secret("new-password", "new", "new-password"),
                class_name="pairs",
            ),
            rx.el.p("At least 15 letters; a few random words do well. Your other sessions end.", class_name="soft"),
            rx.el.button(
                rx.cond(SettingsState.running, "Working…", "Change password"),
                type="submit",
                class_name="button",
                disabled=SettingsState.running,
                custom_attrs={"data-testid": "change-password"},
            ),
            on_submit=SettingsState.change_password,
            key=SettingsState.filled.to_string(),
            class_name="stack",
        ),
    )


def _secret(field_id: str, name: str, autocomplete: str) -> rx.Component:
    return rx.el.input(
        id=field_id,
        name=name,
        type="password",
        auto_complete=autocomplete,
        required=True,
        max_length=256,
        class_name="field",
        custom_attrs={"data-testid": field_id},
    )


def _sessions() -> rx.Component:
    return _card(
        "Where you are signed in",
        "sessions",
        rx.el.ul(rx.foreach(SettingsState.signed_in, _session), class_name="rows"),
        rx.el.p("A session ends after half an hour without anything done, and after twelve hours.", class_name="soft"),
        rx.el.button(
            "Sign out everywhere",
            type="button",
            class_name="button",
            on_click=SettingsState.sign_out_everywhere,
            custom_attrs={"data-testid": "sign-out-everywhere"},
        ),
        unless_barred(
            Area.SETTINGS,
            rx.el.p(
                rx.el.a(
                    "Who else is signed in",
                    href="/people",
                    class_name="link",
                    custom_attrs={"data-testid": "people-link"},
                )
            ),
        ),
    )


def _session(row: rx.Var[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.p(rx.el.strong(row.title), " ", row.seen), rx.el.p(row.about, class_name="muted small")),
        rx.cond(
            row.here,
            rx.fragment(),
            rx.el.button(
                "End",
                rx.el.span(" the session of ", row.title, class_name="sr"),
                type="button",
                class_name="button",
                on_click=SettingsState.end_session(row.id),
                custom_attrs={"data-testid": "end-session"},
            ),
        ),
        key=row.id,
        custom_attrs={"data-testid": "session"},
    )
