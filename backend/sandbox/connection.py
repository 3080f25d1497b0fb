"""Answers that never arrive, or not as they were: cut, hanging, dripping and endless, as a dying network gives them."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
ENDLESS_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024


class LostAnswer(Response):
    """In place of an answer that the caller never gets: nothing at all, or something else."""


class CutResponse(LostAnswer):
    """Resets the caller's connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut; the server finds the connection gone and sends nothing."""
        if not cut_connection(scope["client"]):
            raise RuntimeError("the caller's connection could not be found, so it could not be cut")


class HangingResponse(LostAnswer):
    """Says nothing for a while, then cuts the connection."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait until the time is over or the caller has given up."""
        if not await _gone(receive, self._seconds):
            cut_connection(scope["client"])


class LateAnswer(LostAnswer):
    """What is told, or a long silence, while the effect is still to come; `then` is told of the true answer."""

    def __init__(self, *given: Any, silent: bool, seconds: float, **more: Any) -> None:
        super().__init__(*given, **more)
        self._silence = HangingResponse(seconds) if silent else None
        self._told: list[Callable[[Response], None]] = []

    def then(self, tell: Callable[[Response], None]) -> None:
        """Have somebody told once the effect has happened."""
        self._told.append(tell)

    def settle(self, answer: Response) -> None:
        """The effect has happened, and this would have been the answer."""
        for tell in self._told:
            tell(answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say what is to be said, or nothing."""
        if self._silence is None:
            await super().__call__(scope, receive, send)
        else:
            await self._silence(scope, receive, send)


class DrippingResponse(LostAnswer):
    """The true answer, one byte at a time."""

    def __init__(self, answer: Response, pause: float) -> None:
        super().__init__(answer.body, answer.status_code, media_type=answer.media_type or "application/json")
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send byte by byte until all is sent or the caller has given up."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for byte in bytes(self.body):
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            if await _gone(receive, self._pause):
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EndlessResponse(LostAnswer):
    """Far more than any answer has, as JSON that never closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until enough is enough or the caller has given up."""
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        headers.append((b"content-type", b"application/json"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id":"', "more_body": True})
        for _ in range(ENDLESS_BYTES // _CHUNK):
            await send({"type": "http.response.body", "body": b"x" * _CHUNK, "more_body": True})
            if await _gone(receive, 0.001):
                return
        await send({"type": "http.response.body", "body": b'"}', "more_body": False})


async def _gone(receive: Receive, seconds: float) -> bool:
    """Has the caller given up within so many seconds?"""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return False
    return True


def cut_connection(client: tuple[str, int | str]) -> bool:
    """Shut down this process's end of the connection from `client` with a reset; True when it was found.

    ASGI has no way to drop a connection without an answer, so the socket is looked up among our descriptors.
    """
    peer = (client[0], int(client[1]))
    for name in os.listdir("/dev/fd"):
        connection = _socket_copy(name)
        if connection is None:
            continue
        with connection:
            try:
                if connection.getpeername()[:2] != peer:
                    continue
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            return True
    return False


def _socket_copy(descriptor: str) -> socket.socket | None:
    try:
        copy = os.dup(int(descriptor))
    except OSError:
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
