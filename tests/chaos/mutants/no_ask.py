"""After a doubtful outcome the step is simply sent again; nobody asks the provider first."""

from typing import Any

from backend.domain.retries import NextMove
from backend.services import steps
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def never(*_: Any, **__: Any) -> NextMove:
        return NextMove.CALL

    put_in_place_of(steps, "next_move", never)
