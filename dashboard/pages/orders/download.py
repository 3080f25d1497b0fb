"""The export of the orders list as a file: a plain route, since a file of any size does not fit through a websocket."""

import asyncio
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from backend.domain.errors import HoldfastError, NotAllowed
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.order_columns import Voice
from backend.services import accounts, exports
from backend.services.run import in_unit_of_work
from dashboard.components.times import with_zone
from dashboard.components.words import word
from dashboard.shell import sessions
from dashboard.shell.html import bare_page

IN_WORDS = Voice(word=word, cause=lambda kind: CATALOGUE[HoldKind(kind)].title, moment=with_zone)
_FROM_HERE = ("same-origin", "none", "")


async def export_orders(request: Request) -> Response:
    """All pages of what the list shows under this address, for the person whose session this is."""
    token = request.cookies.get(sessions.COOKIE, "")
    if await sessions.person_of(token) is None:
        return RedirectResponse("/sign-in", 303)
    if request.headers.get("sec-fetch-site", "") not in _FROM_HERE:
        return HTMLResponse(bare_page("Nothing was exported", "This was asked for from another site's page."), 403)
    run = partial(in_unit_of_work, accounts.for_session, token)
    try:
        export = await asyncio.to_thread(run, exports.begin, form=request.path_params["form"], **_asked(request))
    except HoldfastError as error:
        status = 403 if isinstance(error, NotAllowed) else 400
        return HTMLResponse(bare_page("This cannot be exported", error.sentence), status)
    return StreamingResponse(
        exports.pieces(export, run, IN_WORDS),
        media_type=export.media_type,
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"'},
    )


def _asked(request: Request) -> dict[str, Any]:
    """Search, order and columns as the list's own address says them."""
    sort = request.query_params.get("sort", "")
    return {
        "q": request.query_params.get("q", ""),
        "sort": sort.lstrip("-") or "placed",
        "ascending": sort.startswith("-"),
        "columns": request.query_params.get("columns", ""),
    }


routes = Starlette(routes=[Route("/export/orders.{form}", export_orders, methods=["GET"])])
