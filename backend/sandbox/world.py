"""Everything the sandbox's parts share: one object, made at start and handed to each of them."""

import asyncio
import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from backend.sandbox.agenda import Agenda
from backend.sandbox.config import SandboxConfig
from backend.sandbox.connection import CutResponse, HangingResponse
from backend.sandbox.delivery import Delivery
from backend.sandbox.faults import BUSY, MACHINE_FAULTS, REFUSALS, Call, Faults, delay_of
from backend.sandbox.ids import Ids
from backend.sandbox.journal import Journal
from backend.sandbox.references import References
from backend.sandbox.store import Store

log = logging.getLogger("sandbox")

Effect = Callable[[str | None], Response]
# The provider's own answer for a status: 429, 500 or 503.
Broken = Callable[[int], Response]


class World:
    """State, clockwork and fault control of one sandbox."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.store = Store(config.home / "sandbox.sqlite3")
        self.ids = Ids(self.store, config.seed)
        self.references = References(self.store)
        self.journal = Journal(self.store, self.references)
        self.faults = Faults(self.store, self.references, config.seed)
        self.agenda = Agenda(self.store)
        self.delivery = Delivery(self.agenda, config.holdfast_url, config.pace)

    async def meet(self, call: Call, effect: Effect, broken: Broken) -> Response:
        """Answer one provider call under whatever fault is set for it.

        `effect(refusal)` does the work and answers, or refuses in the provider's words when `refusal` names one of
        the refusals in `faults.REFUSALS`. `broken(status)` is the provider's answer when it does not work at all.
        """
        fault = self.faults.strike(call)
        if fault is None:
            return effect(None)
        kind = fault["fault"]
        if kind in REFUSALS:
            return effect(kind)
        if kind in MACHINE_FAULTS:
            return await self._stumble(fault, effect, broken)
        answer = effect(None)
        if answer.status_code >= 400:
            return answer
        if kind == "accept_then_500":
            return broken(500)
        return CutResponse() if kind == "accept_then_cut" else HangingResponse(delay_of(fault))

    async def _stumble(self, fault: dict[str, object], effect: Effect, broken: Broken) -> Response:
        if fault["fault"] == "error_5xx":
            return broken(500)
        if fault["fault"] in BUSY:
            answer = broken(BUSY[str(fault["fault"])])
            answer.headers["Retry-After"] = f"{delay_of(fault):g}"
            return answer
        if fault["fault"] == "connection_cut":
            return CutResponse()
        await asyncio.sleep(delay_of(fault))
        return effect(None)

    async def close(self) -> None:
        """Stop sending and write everything down."""
        await self.agenda.stop()
        await self.delivery.close()
        self.store.close()


def world_of(request: Request) -> World:
    """The world that a request came to."""
    world: World = request.app.state.world
    return world
