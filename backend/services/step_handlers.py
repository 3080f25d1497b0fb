"""What a kind of step consists of: who is asked, with what, and what its success means for the order.

`prepare` and `apply` run inside transactions, `call` and `ask` outside of any.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlmodel import Session

from backend.domain.retries import Guarantees
from backend.domain.steps import StepKind
from backend.ports.calls import Call
from backend.ports.registry import Adapters
from backend.store.tables import Order, Step


class Provider(Protocol):
    """What all adapters have in common."""

    name: str

    def guarantees(self, kind: StepKind) -> Guarantees: ...


class NotNeeded(Exception):
    """Raised by `prepare`: there is nothing to do (any more); the sentence says why. The step is then done."""


@dataclass(frozen=True)
class Success:
    """What a step came to: `result` is kept with the step, `sentence` goes to the timeline; `waiting` for a webhook."""

    result: dict[str, Any]
    sentence: str
    waiting: bool = False


@dataclass(frozen=True)
class Handler:
    """`ask` answers None when the provider has no trace of the call; handlers without one are repeated by key."""

    provider: Callable[[Adapters, Order], Provider | None]
    prepare: Callable[[Session, Order, Step], Any]
    call: Callable[[Any, Any, Call], Any]
    apply: Callable[[Session, Order, Step, Any], Success]
    ask: Callable[[Any, Any, Call], Any] | None = None
