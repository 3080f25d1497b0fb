"""The provider is asked at once, although it may not see yet what it has accepted."""

from typing import Any

from backend.services import steps
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def none(*_: Any) -> float:
        return 0.0

    put_in_place_of(steps, "_grace", none)
