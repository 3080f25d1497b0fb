"""What people see when something goes wrong: expected failures in their own sentence, bugs by a reference."""

import logging
import secrets

import reflex as rx
from reflex.event import EventSpec
from reflex_components_core.base.error_boundary import error_boundary
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.domain.errors import HoldfastError
from dashboard.components.money import told
from dashboard.shell import notices
from dashboard.shell.html import bare_page
from dashboard.shell.needs import needs

log = logging.getLogger(__name__)
MOST_LOGGED = 1500
"""Characters of what a browser tells about an error; anybody could send more."""


def explain(exception: Exception) -> str:
    """A sentence for people; what nobody expected goes to the log under the reference that the sentence names."""
    if isinstance(exception, HoldfastError):
        return told(exception.sentence)
    reference = secrets.token_hex(4)
    log.error("unexpected failure, reference %s", reference, exc_info=exception)
    return f"Something went wrong on our side. Tell an administrator this reference: {reference}"


def on_error(exception: Exception) -> EventSpec:
    """Answers an error that a handler did not catch."""
    return notices.problem(explain(exception))


class BrokenState(rx.State):
    """What the browser could not draw is a bug too: it goes to the log under a reference that the person is shown."""

    reference: str = ""

    @rx.event
    @needs(None)
    async def report(self, info: str, component_stack: str):
        self.reference = secrets.token_hex(4)
        told = (self.router.url.path, self.reference, str(info)[:MOST_LOGGED], str(component_stack)[:MOST_LOGGED])
        log.error("a browser could not draw %r, reference %s: %r in %r", *told)


def broken_page() -> rx.Component:
    """In place of a page that the browser could not draw."""
    return error_boundary(
        on_error=BrokenState.report,
        fallback_render=rx.el.main(
            rx.el.h1("This page could not be shown"),
            rx.el.p(
                "Reload it. If that does not help, tell an administrator",
                rx.cond(
                    BrokenState.reference != "",
                    rx.fragment(
                        " this reference: ",
                        rx.el.code(BrokenState.reference, custom_attrs={"data-testid": "reference"}),
                    ),
                    " which page it was and when",
                ),
                ".",
            ),
            rx.el.a("Reload", href="", reload_document=True, class_name="button primary"),
            class_name="bare",
            role="alert",
            custom_attrs={"data-testid": "broken"},
        ),
    )


def error_pages(app: ASGIApp) -> ASGIApp:
    """Answer a request that failed unexpectedly with a page that names a reference."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, sending)
        except Exception as error:
            sentence = explain(error)
            if started:
                raise
            await HTMLResponse(bare_page("Something went wrong", sentence), 500)(scope, receive, send)

    return guarded
