"""Whoever comes back with an outcome may write it, whether the step is still theirs or not."""

from typing import Any

from backend.store import steps
from backend.store.steps import Claim
from backend.store.tables import Step
from tests.chaos.mutants.patching import put_in_place_of

_end_attempt = steps.end_attempt
_settle = steps._settle


def apply() -> None:
    def ended(session: Any, claim: Claim, *arguments: Any, **facts: Any) -> Step:
        step = _end_attempt(session, claim, *arguments, **facts)
        object.__setattr__(claim, "fence", step.fence)
        return step

    def settled(session: Any, claim: Claim, **values: Any) -> Any:
        session.connection().exec_driver_sql("update steps set state = 'running' where id = %s", (claim.step_id,))
        return _settle(session, claim, **values)

    put_in_place_of(steps, "end_attempt", ended)
    put_in_place_of(steps, "_settle", settled)
