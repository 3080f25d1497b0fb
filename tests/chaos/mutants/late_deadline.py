"""The deadline of a call counts from when the worker gets to it, not from its claim."""

from typing import Any

from backend import clock, settings
from backend.ports.calls import Call
from backend.services import steps
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def call(*, key: str, deadline: float) -> Any:
        return Call(key=key, deadline=clock.monotonic() + settings.current().step_deadline)

    put_in_place_of(steps, "Call", call)
