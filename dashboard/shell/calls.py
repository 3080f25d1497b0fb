"""The one way from a handler to a service: in a thread, in one unit of work, as the signed-in person.

The person is read anew in that same transaction, so rights that were taken away a moment ago are gone.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from backend.domain.errors import NotSignedIn
from backend.services import accounts
from backend.services.run import in_unit_of_work
from dashboard.shell import sessions

T = TypeVar("T")

# Fewer than the database pool has connections, so that waiting happens here and not inside a transaction.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="service")


async def ask(service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run `service(session, *args, actor=<the person>, **kwargs)`; raises what the service raises.

    Services are synchronous: called on the event loop they would stop every other person's screen.
    """
    visit = sessions.current()
    token = visit.token
    for_them = partial(accounts.for_session, browser_zone=visit.zone)
    run = partial(contextvars.copy_context().run, in_unit_of_work, for_them)
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, partial(run, token, service, *args, **kwargs))
    except NotSignedIn:
        sessions.forget(token)
        raise
