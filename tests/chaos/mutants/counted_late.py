"""A try is counted when its outcome is written, not when it is claimed."""

from typing import Any

from backend.store import steps
from backend.store.steps import Claim
from tests.chaos.mutants.patching import put_in_place_of
from tests.chaos.mutants.rewriting import replaced

_end_attempt = steps.end_attempt


def apply() -> None:
    replaced("attempts = steps.attempts + 1,", "")

    def ended(session: Any, claim: Claim, *arguments: Any, **facts: Any) -> Any:
        session.connection().exec_driver_sql("update steps set attempts = attempts + 1 where id = %s", (claim.step_id,))
        return _end_attempt(session, claim, *arguments, **facts)

    put_in_place_of(steps, "end_attempt", ended)
