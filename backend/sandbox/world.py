"""Everything the sandbox's parts share: one object, made at start and handed to each of them."""

from starlette.requests import Request
from starlette.responses import Response

from backend.sandbox import stage
from backend.sandbox.agenda import Agenda
from backend.sandbox.config import SandboxConfig
from backend.sandbox.delivery import Delivery
from backend.sandbox.faults import Call, Faults
from backend.sandbox.ids import Ids
from backend.sandbox.journal import Journal
from backend.sandbox.late import LateEffects
from backend.sandbox.references import References
from backend.sandbox.stage import Broken, Effect
from backend.sandbox.store import Store


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
        self.late = LateEffects(self.references, self.store.commit)
        self.delivery = Delivery(self.agenda, self.faults, self.references, config.holdfast_url, config.pace)

    async def meet(self, call: Call, effect: Effect, broken: Broken) -> Response:
        """Answer one provider call under whatever fault is set for it.

        `effect(refusal)` does the work and answers, or refuses in the provider's words when `refusal` names one of
        the refusals in `faults.REFUSALS`. `broken(status)` is the provider's answer when it does not work at all.
        """
        fault = self.faults.strike(call)
        with self.delivery.noting_early_ones() as early:
            if fault is None:
                answer = effect(None)
            else:
                answer = await stage.play(fault, call, effect, broken, self.late)
        await self.delivery.first_tries_of(early)
        return answer

    async def close(self) -> None:
        """Stop sending and write everything down."""
        self.late.drop()
        await self.agenda.stop()
        await self.delivery.close()
        self.store.close()


def world_of(request: Request) -> World:
    """The world that a request came to."""
    world: World = request.app.state.world
    return world
