"""Plain HTTP routes beside Reflex: the sign-in page, sign-out, and the documents that a link opens.

A cookie that scripts cannot read can only be set by a plain answer, so signing in is a form and not an event.
"""

import asyncio
import logging
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend import clock
from backend.domain.errors import HoldfastError, NotFound, TooManyAttempts
from backend.services import accounts, documents
from backend.services.run import in_unit_of_work
from backend.settings import current
from dashboard.shell import live, sessions
from dashboard.shell.browsers import browser_name
from dashboard.shell.gate import from_here, safe_return
from dashboard.shell.html import bare_page, door_page

log = logging.getLogger(__name__)
FOREIGN = "This was sent from another site's page, so nothing was done."
LONGEST_FORM = 4096
FRAMED_BY_US = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
}
"""Headers of a document that stands inside the order's page. The browser's own reader is an object in it; nothing else
of what a document may bring is loaded."""


async def show(request: Request) -> Response:
    """The sign-in page; who is signed in already goes straight on."""
    target = _target(request.query_params.get("next", ""))
    if await sessions.person_of(request.cookies.get(sessions.COOKIE, "")):
        return RedirectResponse(target, 303)
    return HTMLResponse(door_page(target))


async def sign_in(request: Request) -> Response:
    """Check the password and set the session cookie."""
    if not from_here(request):
        return PlainTextResponse(FOREIGN, 403)
    if int(request.headers.get("content-length") or LONGEST_FORM + 1) > LONGEST_FORM:
        return PlainTextResponse("The form is too long.", 413)
    form = await request.form()
    email, password = str(form.get("email", ""))[:254], str(form.get("password", ""))[:1024]
    target = _target(str(form.get("next", "")))
    address = request.client.host if request.client else ""
    try:
        browser = browser_name(request.headers.get("user-agent", ""))
        signed_in = await asyncio.to_thread(accounts.sign_in, email, password, address=address, browser=browser)
    except TooManyAttempts as error:
        page = door_page(target, email, error.sentence)
        return HTMLResponse(page, 429, headers={"Retry-After": str(error.retry_after)})
    except HoldfastError as error:
        return HTMLResponse(door_page(target, email, error.sentence), 401)
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        sessions.COOKIE,
        signed_in.token,
        max_age=max(1, int((signed_in.expires_at - clock.now()).total_seconds())),
        httponly=True,
        samesite="lax",
        secure=_secure(),
        path="/",
    )
    # Read once by the browser, before it draws the first page: the theme that the person has everywhere.
    theme = signed_in.preferences.theme
    answer.set_cookie(sessions.THEME_COOKIE, theme, max_age=300, samesite="lax", secure=_secure(), path="/")
    return answer


def _secure() -> bool:
    return current().origin.startswith("https:")


async def sign_out(request: Request) -> Response:
    """End the session in the database and take the cookie away."""
    if not from_here(request):
        return PlainTextResponse(FOREIGN, 403)
    token = request.cookies.get(sessions.COOKIE, "")
    if token:
        await asyncio.to_thread(in_unit_of_work, accounts.sign_out, token)
        sessions.forget(token)
        live.hub.publish_everything()  # the person's other tabs look, and say at once that they are signed out
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(sessions.COOKIE, path="/")
    return answer


async def document(request: Request) -> Response:
    """A document's PDF, for the person whose session this is: shown in our own page, or to be kept (`?download=1`)."""
    person = await sessions.person_of(request.cookies.get(sessions.COOKIE, ""))
    if person is None:
        return RedirectResponse("/sign-in", 303)
    try:
        found = await asyncio.to_thread(
            in_unit_of_work, documents.document_pdf, request.path_params["document_id"], actor=person.actor
        )
    except NotFound as error:
        return HTMLResponse(bare_page("No such document", error.sentence), 404)
    except HoldfastError as error:
        return HTMLResponse(bare_page("This document cannot be shown", error.sentence), 403)
    way = "attachment" if request.query_params.get("download") else "inline"
    named = f"{way}; filename*=UTF-8''{quote(found.filename)}"
    return Response(found.content, media_type=found.media_type, headers={"Content-Disposition": named, **FRAMED_BY_US})


def _target(address: str) -> str:
    return address if safe_return(address) else "/"


routes = Starlette(
    routes=[
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/documents/{document_id}", document, methods=["GET"]),
    ]
)
