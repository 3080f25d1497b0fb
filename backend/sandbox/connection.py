"""Answers that never arrive: cut or hanging connections, as a caller meets them when a network or a server dies."""

import asyncio
import os
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LostAnswer(Response):
    """An answer that the caller never gets."""


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
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    continue
        except TimeoutError:
            cut_connection(scope["client"])


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
