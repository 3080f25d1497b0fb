"""One try of a step: what is to be done, by whom and under which claim, and what came of it."""

from dataclasses import dataclass
from typing import Any

from backend.domain.holds import HoldKind
from backend.domain.retries import NextMove, Outcome, before_repeat
from backend.domain.steps import StepKind
from backend.services.breakers import FREE, Admission
from backend.services.step_handlers import Handler, Provider
from backend.store import steps
from backend.store.tables import Step

RESTORED = "The database was restored from a backup, and nobody can be asked whether this had been done before."


@dataclass(frozen=True)
class Job:
    """`claimed`: when, on this process's own clock. `restored`: the doubt comes from a restored backup.

    `only_ask`: the order is held, or nothing is sent: what may have happened is found out, but nothing new is sent.
    """

    order_id: int
    claim: steps.Claim
    kind: StepKind
    key: str
    provider: Provider
    request: Any
    move: NextMove
    claimed: float
    only_ask: bool = False
    restored: bool = False
    admission: Admission = FREE


@dataclass(frozen=True)
class Ending:
    """`proven`: a rejection is the provider's word that nothing happened. `disproved`: it was asked, and nothing had.

    `found`: it was asked, and it had been done; nothing was sent. `final`: a person looks before it is tried again.
    """

    outcome: Outcome
    value: Any = None
    error: str = ""
    category: HoldKind = HoldKind.PROVIDER_UNAVAILABLE
    retry_after: float = 0.0
    proven: bool = True
    disproved: bool = False
    found: bool = False
    final: bool = False


class Unprepared(Exception):
    """What was to be sent could not be prepared: everything is rolled back, and only that is written down."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.error)
        self.ending = ending


def next_move(job: Job, handler: Handler, step: Step) -> NextMove:
    """Whether the step's own call is made, or asked for first, or neither can be done."""
    since, guarantees = job.claim.since_first_sent, job.provider.guarantees(job.kind)
    move = before_repeat(guarantees, in_doubt=step.in_doubt, since_first_sent=since, restored=job.restored)
    return NextMove.CALL if move is NextMove.ASK and handler.ask is None else move
