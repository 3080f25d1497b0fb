"""A client that speaks to the application without a network between them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.types import ASGIApp

ELSEWHERE = ("203.0.113.9", 50000)
HERE = ("127.0.0.1", 50000)


class Client:
    """Sends one request after the other, or many at once; `client` is the address that the application sees."""

    def __init__(self, app: ASGIApp, client: tuple[str, int] = ELSEWHERE) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        self._http = httpx.AsyncClient(transport=transport, base_url="https://desk.example", trust_env=False)

    def request(self, method: str, url: str, **given: Any) -> httpx.Response:
        return asyncio.run(self._http.request(method, url, **given))

    def get(self, url: str, **given: Any) -> httpx.Response:
        return self.request("GET", url, **given)

    def post(self, url: str, **given: Any) -> httpx.Response:
        return self.request("POST", url, **given)

    def at_once(self, requests: list[dict[str, Any]]) -> list[httpx.Response]:
        """The answers to POSTs that are all sent before the first is answered."""

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*(self._http.post(**given) for given in requests))

        return asyncio.run(all_of_them())


async def in_pieces(size: int, count: int) -> AsyncIterator[bytes]:
    """A body that comes in pieces and does not say how long it is."""
    for _ in range(count):
        yield b"x" * size
