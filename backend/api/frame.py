"""What surrounds every answer: its headers, the limit on bodies, its time for monitoring, and bugs caught."""

from collections.abc import Callable

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend import clock
from backend.api.errors import unexpected

MAX_BODY_BYTES = 256 * 1024
CLIENT_LEFT = 499
"""What monitoring is told when the client closed the connection before there was an answer."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)

Observe = Callable[[str, str, int, float], None]
"""Told of every answer: method, route, status, seconds."""


class BodyTooLarge(HTTPException):
    def __init__(self) -> None:
        super().__init__(413)


class Frame:
    """An ASGI middleware around the API's routes."""

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = clock.monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *((name, value) for name, value in _HEADERS if name not in present),
                ]
            await send(message)

        try:
            await self._app(scope, limited(scope, receive), sending)
        except Exception as error:
            answer = unexpected(Request(scope), error)
            if status:
                raise  # half of an answer is out already; the server has to cut it
            await answer(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._observe(scope["method"], route, status or CLIENT_LEFT, clock.monotonic() - began)


def limited(scope: Scope, receive: Receive) -> Receive:
    """A `receive` that stops with 413 as soon as more than the limit is declared or has come, whatever was declared."""
    declared = _declared_length(scope)
    come = 0

    async def receiving() -> Message:
        nonlocal come
        if declared > MAX_BODY_BYTES:
            raise BodyTooLarge
        message = await receive()
        come += len(message.get("body", b""))
        if come > MAX_BODY_BYTES:
            raise BodyTooLarge
        return message

    return receiving


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
