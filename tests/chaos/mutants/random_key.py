"""The key names the attempt, not the intention: each try has one of its own."""

import secrets
from typing import Any

from backend.ports.calls import Call
from backend.services import steps
from tests.chaos.mutants.patching import put_in_place_of


def apply() -> None:
    def call(*, key: str, deadline: float) -> Any:
        return Call(key=f"{key}:{secrets.token_hex(3)}", deadline=deadline)

    put_in_place_of(steps, "Call", call)
