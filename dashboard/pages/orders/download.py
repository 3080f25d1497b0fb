"""The exports of the lists as files: a plain route, since a file of any size does not fit through a websocket."""

import asyncio
import contextvars
from collections.abc import Generator
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from backend.domain.errors import HoldfastError, NotAllowed
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.order_columns import Voice
from backend.domain.preferences import Preferences
from backend.services import accounts, exports
from backend.services.run import in_unit_of_work
from dashboard.components.teamwork import BUCKETS, turn_word
from dashboard.components.times import with_zone
from dashboard.components.viewer import show_for
from dashboard.components.words import ungrouped, word
from dashboard.shell import sessions
from dashboard.shell.html import bare_page

IN_WORDS = Voice(
    word=word,
    cause=lambda kind: CATALOGUE[HoldKind(kind)].title,
    moment=with_zone,
    bucket=BUCKETS.__getitem__,
    turn=turn_word,
    decimal=ungrouped,
)
"""As the screen says it to whoever the running task shows it to."""
_FROM_HERE = ("same-origin", "none", "")


async def export_list(request: Request) -> Response:
    """All pages of what a list shows under this address, for the person whose session this is."""
    token = request.cookies.get(sessions.COOKIE, "")
    person = await sessions.person_of(token)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if request.headers.get("sec-fetch-site", "") not in _FROM_HERE:
        return HTMLResponse(bare_page("Nothing was exported", "This was asked for from another site's page."), 403)
    zone = sessions.cookie_zone(request.headers.get("cookie", ""))
    show_for(Preferences.read(person.preferences), zone)
    run = partial(in_unit_of_work, partial(accounts.for_session, browser_zone=zone), token)
    begin, asked = (
        (exports.begin_held, _held) if request.url.path.startswith("/export/held.") else (exports.begin, _listed)
    )
    try:
        export = await asyncio.to_thread(run, begin, form=request.path_params["form"], **asked(request))
    except HoldfastError as error:
        status = 403 if isinstance(error, NotAllowed) else 400
        return HTMLResponse(bare_page("This cannot be exported", error.sentence), status)
    context = contextvars.copy_context()  # the file is written in other threads, for the same person
    written = exports.pieces(export, run, IN_WORDS)
    return StreamingResponse(
        _in_context(context, written),
        media_type=export.media_type,
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"'},
    )


def _in_context(context: contextvars.Context, written: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """The pieces, each made in this context, whichever thread asks for it."""
    try:
        while (piece := context.run(next, written, None)) is not None:
            yield piece
    finally:
        written.close()


def _asked(request: Request) -> tuple[dict[str, Any], str, bool]:
    """Search and columns as the list's own address says them; what it is ordered by, and whether backwards."""
    given = request.query_params
    sort = given.get("sort", "")
    return {"q": given.get("q", ""), "columns": given.get("columns", "")}, sort.lstrip("-"), sort.startswith("-")


def _listed(request: Request) -> dict[str, Any]:
    asked, sort, backwards = _asked(request)
    return {**asked, "sort": sort or "placed", "ascending": backwards}


def _held(request: Request) -> dict[str, Any]:
    asked, sort, backwards = _asked(request)
    return {**asked, "sort": sort or "age", "desc": backwards}


routes = Starlette(
    routes=[Route(f"/export/{page}.{{form}}", export_list, methods=["GET"], name=page) for page in ("orders", "held")]
)
