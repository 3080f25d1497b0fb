"""The parts of a cancellation, in their order, and how each of them can stand."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    STOP = "stop"
    LABEL = "label"
    AUTHORIZATION = "authorization"
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    RESTOCK = "restock"
    RETURN = "return"
    TELL = "tell"


class PartState(StrEnum):
    DONE = "done"
    NOT_NEEDED = "not_needed"
    RUNNING = "running"  # promised, and not settled yet; or a person is waited for
    FAILED = "failed"  # it ended without success: a hold says what to do
    TO_COME = "to_come"


LABELS: dict[Part, str] = {
    Part.STOP: "Stop what has not begun",
    Part.LABEL: "Void the shipping label",
    Part.AUTHORIZATION: "Void the authorization",
    Part.REFUND: "Pay the money back",
    Part.CREDIT_NOTE: "Issue the credit note",
    Part.RESTOCK: "Give the goods back to stock",
    Part.RETURN: "Agree the parcel's return",
    Part.TELL: "Tell the customer",
}


@dataclass(frozen=True)
class Standing:
    """How a part stands; `detail` is a sentence or empty, `step_id` the step behind it, where there is one."""

    state: PartState
    detail: str = ""
    step_id: int | None = None

    @property
    def settled(self) -> bool:
        """Whether the sequence may go on to the next part."""
        return self.state in (PartState.DONE, PartState.NOT_NEEDED)
