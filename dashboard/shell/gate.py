"""The door: who gets a page, a websocket or a file. Runs before Reflex sees the request."""

import re
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.shell import sessions

OPEN_PATHS = ("/sign-in", "/sign-out", "/favicon.svg", "/desk.js", "/first.js", "/tabs.js")
OPEN_FOLDERS = ("/assets/", "/css/", "/fonts/")
_POLICY_VIOLATION = 1008
_QUERY = re.compile(r"[A-Za-z0-9%+&=._~:,*!'()@$;/?-]{0,1000}")


def is_open(path: str) -> bool:
    """Whether a path is served to people who are not signed in."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def from_here(connection: HTTPConnection) -> bool:
    """Whether a browser sent this from one of our own pages (same origin as the address it asked)."""
    origin = connection.headers.get("origin")
    if origin is None or connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return origin.partition("://")[2] == connection.headers.get("host")


def gate(app: ASGIApp) -> ASGIApp:
    """Nobody signed in: no page, no websocket. Another site's page, or none at all: no websocket."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or is_open(scope["path"]):
            await app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        person = await sessions.person_of(connection.cookies.get(sessions.COOKIE, ""))
        if scope["type"] == "websocket":
            if person is None or not from_here(connection):
                await receive()
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                return
        elif person is None:
            await RedirectResponse(_sign_in_address(scope), 303)(scope, receive, send)
            return
        await app(scope, receive, send)

    return guarded


def _sign_in_address(scope: Scope) -> str:
    """The sign-in page, which leads back to where the person wanted to go."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    if scope["method"] != "GET" or path == "/" or not safe_return(path):
        return "/sign-in"
    whole = f"{path}?{query}" if query else path
    return f"/sign-in?next={quote(whole if safe_return(whole) else path)}"


def safe_return(address: str) -> bool:
    """Whether a path, with or without a query, may follow a sign-in: one of our own pages, never another site."""
    path, _, query = address.partition("?")
    return (
        bool(_QUERY.fullmatch(query))
        and path.startswith("/")
        and not path.startswith(("//", "/sign-", "/_", "/ping"))
        and "." not in path
        and all(character.isalnum() or character in "/-_" for character in path)
    )


def plain_addresses(folders: frozenset[str]) -> Callable[[ASGIApp], ASGIApp]:
    """Serve a page that lies in a folder of the bundle under its own address, without a detour to one ending in `/`."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] in folders:
                scope = {**scope, "path": scope["path"] + "/", "raw_path": scope["path"].encode() + b"/"}
            await app(scope, receive, send)

        return served

    return wrap
