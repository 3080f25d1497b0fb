"""The app: pages, the guard before events, plain routes and the HTTP API beside them, and the process's own tasks.

Asking order, from outside in: headers, error pages, the HTTP API (which answers for itself), the gate, sign-in and
documents, Reflex.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import reflex as rx

from backend import wiring
from backend.api.app import in_front_of
from dashboard.build import BUNDLE
from dashboard.pages.bulk import page as bulk
from dashboard.pages.bulk import run_page as bulk_run
from dashboard.pages.held import page as held
from dashboard.pages.home import page as home
from dashboard.pages.incidents import page as incidents
from dashboard.pages.missing import page as missing
from dashboard.pages.notices import page as own_notices
from dashboard.pages.order import page as order
from dashboard.pages.orders import download
from dashboard.pages.orders import page as orders
from dashboard.pages.people import page as signed_in
from dashboard.pages.quarantine import message
from dashboard.pages.quarantine import page as quarantine
from dashboard.pages.review import page as review
from dashboard.pages.settings import page as own_settings
from dashboard.shell import followers, live, logs, sign_in
from dashboard.shell.bell import BellState
from dashboard.shell.errors import broken_page, error_pages, on_error
from dashboard.shell.frame import connection_banner
from dashboard.shell.gate import gate, plain_addresses
from dashboard.shell.guard import EventGuard
from dashboard.shell.headers import security_headers
from dashboard.shell.navigation import FrameState

PAGES = (
    home, held, orders, order, review, quarantine, message, incidents, bulk, bulk_run, own_notices, own_settings, signed_in,
)  # fmt: skip
STYLES = [
    "/css/tokens.css",
    "/css/frame.css",
    "/css/parts.css",
    "/css/pages.css",
    "/css/order.css",
    "/css/bulk.css",
    "/css/lists.css",
    "/css/review.css",
    "/css/settings.css",
    "/css/mend.css",
    "/css/team.css",
    "/css/held.css",
    "/css/touch.css",
]


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[None]:
    """The process is connected before its first request, and listens for changes until it stops."""
    wiring.start("web")
    listener = asyncio.create_task(live.listen(), name="live")
    try:
        yield
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener


def build_app() -> rx.App:
    logs.install()
    made = rx.App(
        html_lang="en",
        stylesheets=STYLES,
        head_components=[
            rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
            rx.el.script(src="/first.js"),
            rx.el.script(src="/desk.js", defer=True),
            rx.el.script(src="/clock.js", defer=True),
            rx.el.script(src="/mentions.js", defer=True),
            rx.el.script(src="/tabs.js", defer=True),
            rx.el.script(src="/editor.js", defer=True),
            rx.el.script(src="/keys.js", defer=True),
        ],
        toaster=None,
        backend_exception_handler=on_error,
        api_transformer=[
            sign_in.routes,
            download.routes,
            plain_addresses(frozenset(page.ROUTE for page in PAGES if page.ROUTE != "/")),
            gate,
            in_front_of,
            error_pages,
            security_headers(BUNDLE),
        ],
    )
    made.app_wraps[55, "ErrorBoundary"] = lambda stateful: broken_page()
    made.app_wraps[5, "Overlay"] = connection_banner
    made.add_middleware(EventGuard())
    made.register_lifespan_task(running)
    for page in PAGES:
        events = [*page.ON_LOAD, FrameState.load, FrameState.follow, BellState.follow]
        on_load = [*followers.apart(page.ROUTE, events), FrameState.begin_following(page.ROUTE)]
        made.add_page(page.page, route=page.ROUTE, title=page.TITLE, on_load=on_load)
    made.add_page(missing.page, route="404", title=missing.TITLE)
    return made


app = build_app()
