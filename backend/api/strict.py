"""JSON bodies of the admin API are read by the same strict reader as everything else from outside."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from backend.domain import strict_json
from backend.domain.errors import InvalidInput


class StrictRequest(Request):
    async def json(self) -> Any:
        """The body's value; a body that is no acceptable JSON is answered with 400 and the reason."""
        try:
            return strict_json.read(await self.body())
        except InvalidInput as error:
            raise HTTPException(400, error.sentence) from error


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly
