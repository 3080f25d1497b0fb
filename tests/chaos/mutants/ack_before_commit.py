"""The sender is told that its message is kept before it is."""

import threading
from typing import Any

from backend.services import inbox
from backend.services.inbox import Receipt, Verdict
from tests.chaos.mutants.patching import put_in_place_of

_take_in = inbox.take_in


def apply() -> None:
    def told_first(*message: Any) -> Receipt:
        threading.Timer(0.05, _take_in, message).start()
        return Receipt(Verdict.ACCEPTED)

    put_in_place_of(inbox, "take_in", told_first)
