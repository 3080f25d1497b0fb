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

from backend.domain.columns import Voice
from backend.domain.errors import HoldfastError, NotAllowed
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.preferences import Preferences
from backend.domain.views import ListPage
from backend.services import accounts, exports
from backend.services.run import in_unit_of_work
from dashboard.components.teamwork import BUCKETS, turn_word
from dashboard.components.viewer import show_for, viewer
from dashboard.components.words import ungrouped, word
from dashboard.shell import sessions
from dashboard.shell.html import bare_page

IN_WORDS = Voice(
    word=word,
    cause=lambda kind: CATALOGUE[HoldKind(kind)].title,
    zone=lambda: viewer().zone,
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
    try:
        export = await asyncio.to_thread(
            run, exports.begin, _page(request), form=request.path_params["form"], **_asked(request)
        )
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


def _page(request: Request) -> ListPage:
    return ListPage(request.url.path.removeprefix("/export/").partition(".")[0])


def _asked(request: Request) -> dict[str, Any]:
    """Search, order and columns as the list's own address says them."""
    given = request.query_params
    sort = given.get("sort", "")
    return {
        "q": given.get("q", ""),
        "columns": given.get("columns", ""),
        "sort": sort.lstrip("-"),
        "backwards": sort.startswith("-"),
    }


routes = Starlette(
    routes=[Route(f"/export/{page}.{{form}}", export_list, methods=["GET"], name=page) for page in ListPage]
)
