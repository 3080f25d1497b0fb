"""The page for addresses that lead nowhere."""

import reflex as rx

TITLE = "Not found · Holdfast"


def page() -> rx.Component:
    return rx.el.main(
        rx.el.h1("There is no such page"),
        rx.el.p("The address leads nowhere. If a link brought you here, tell an administrator which one."),
        rx.el.a("My day", href="/", class_name="button primary", custom_attrs={"data-testid": "go-home"}),
        class_name="bare",
    )
