"""What people see when something goes wrong: expected failures in their own sentence, bugs by a reference."""

import logging
import secrets

import reflex as rx
from reflex.event import EventSpec
from reflex_components_core.base.error_boundary import error_boundary
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.domain.errors import HoldfastError
from dashboard.shell import notices
from dashboard.shell.html import bare_page

log = logging.getLogger(__name__)


def explain(exception: Exception) -> str:
    """A sentence for people; what nobody expected goes to the log under the reference that the sentence names."""
    if isinstance(exception, HoldfastError):
        return exception.sentence
    reference = secrets.token_hex(4)
    log.error("unexpected failure, reference %s", reference, exc_info=exception)
    return f"Something went wrong on our side. Tell an administrator this reference: {reference}"


def on_error(exception: Exception) -> EventSpec:
    """Answers an error that a handler did not catch."""
    return notices.problem(explain(exception))


def broken_page() -> rx.Component:
    """In place of a page that the browser could not draw."""
    return error_boundary(
        fallback_render=rx.el.main(
            rx.el.h1("This page could not be shown"),
            rx.el.p("Reload it. If that does not help, tell an administrator which page it was and when."),
            rx.el.a("Reload", href="", reload_document=True, class_name="button primary"),
            class_name="bare",
            role="alert",
        )
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
