"""What a page shows when it has nothing yet, nothing at all, or trouble."""

import reflex as rx


def skeleton(lines: int = 6, tall: bool = False) -> rx.Component:
    """Grey bars while the first answer is on its way."""
    bars = [rx.el.i(class_name="tall" if tall else "", style={"width": f"{96 - (n * 17) % 40}%"}) for n in range(lines)]
    return rx.el.div(*bars, class_name="skeleton", aria_hidden="true", custom_attrs={"data-testid": "skeleton"})


def empty(icon: str, title: str, *words: rx.Component | rx.Var | str) -> rx.Component:
    """Nothing to show, and what that means or what to do."""
    return rx.el.div(
        rx.icon(icon, aria_hidden="true"),
        rx.el.h2(title),
        rx.el.p(*words),
        class_name="empty",
        custom_attrs={"data-testid": "empty"},
    )


def place(path: rx.Var[str]) -> rx.Component:
    """Where in a message it is, as programmers write it, beside the sentence; nothing where there is no place."""
    return rx.cond(path != "", rx.el.code(path, class_name="place"), rx.fragment())


def trouble(sentence: rx.Var[str], title: str = "") -> rx.Component:
    """The page could not be read: why, and ways on."""
    told = rx.el.div(
        rx.el.p(sentence),
        rx.el.p(
            rx.el.a("Try again", href="", reload_document=True, class_name="link"),
            rx.el.a("My day", href="/", class_name="link"),
            class_name="ways-on",
        ),
        class_name="complaint",
        role="alert",
        custom_attrs={"data-testid": "trouble"},
    )
    return rx.el.div(rx.el.h1(title), told, class_name="stack") if title else told


def loaded(
    ready: rx.Var[bool], problem: rx.Var[str], content: rx.Component, waiting: rx.Component, title: str = ""
) -> rx.Component:
    """The content, or why there is none, or the skeleton until either is known. `title` heads the trouble of a page
    whose heading is in its content."""
    return rx.cond(problem != "", trouble(problem, title), rx.cond(ready, content, waiting))
