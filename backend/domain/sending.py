"""What services tell of sending: whether it is paused after a restored backup, and what letting it go on would do."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SendingView:
    """Whether everything that would be sent outside waits, why, and since when; `may_go`: this person may end that."""

    paused: bool
    cause: str
    paused_at: datetime | None
    lost_from: datetime | None
    may_go: bool


@dataclass(frozen=True)
class SendingPreview:
    """What letting sending go on would do. `waiting` steps would be carried out; of those that may have been done before
    a restored backup, `asking` are still being found out about, `found` had been done, `unknown` need a person.
    """

    effects: tuple[str, ...]
    waiting: int
    asking: int
    found: int
    unknown: int
    epoch: int
    token: str
    refusal: str = ""
