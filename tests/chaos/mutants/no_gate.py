"""Nobody asks whether a hold is open."""

from typing import Any

from backend.services import flow, holds
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def open_always(*_: Any) -> bool:
        return True

    put_in_place_of(holds, "gate", open_always)
    put_in_place_of(flow, "gate", open_always)
