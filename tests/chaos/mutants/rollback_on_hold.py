"""When a failed step is to hold its order, the transaction that says so is rolled back."""

from typing import Any

from backend.domain.holds import HoldSource
from backend.services import holds
from tests.chaos.mutants.patching import put_in_place_of

_place = holds.place


def apply() -> None:
    def place(*arguments: Any, source: HoldSource, **facts: Any) -> None:
        _place(*arguments, source=source, **facts)
        if source is HoldSource.STEP:
            raise RuntimeError("rolled back")

    put_in_place_of(holds, "place", place)
