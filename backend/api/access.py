"""Who asks: the bearer token, looked at in the same transaction as what it is used for. Cookies mean nothing here."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend.api.threads import Threads
from backend.domain.errors import TokenRefused
from backend.services import accounts
from backend.services.run import in_unit_of_work

T = TypeVar("T")

_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An API token with one role, from `holdfast token create --role ROLE`.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]


class Desk:
    """Calls services for the holder of one token."""

    def __init__(self, threads: Threads, token: str) -> None:
        self._threads = threads
        self._token = token

    async def ask(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run `service(session, *args, actor=…, **kwargs)`; raises `TokenRefused` for a token nobody gave out."""
        return await self._threads.run(
            partial(in_unit_of_work, accounts.for_token, self._token, service, *args, **kwargs)
        )


async def desk(request: Request, credentials: Credentials) -> Desk:
    """The desk of whoever sent a bearer token; raises `TokenRefused` where none was sent."""
    if credentials is None:
        raise TokenRefused
    return Desk(request.app.state.threads.admin, credentials.credentials)


AtDesk = Annotated[Desk, Depends(desk)]
