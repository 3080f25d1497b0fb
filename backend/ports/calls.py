"""One call to the outside: what every port method is given, what it records, and the four ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.domain.holds import HoldKind


@dataclass(frozen=True)
class Original:
    """What was said with the personal data in it, secrets masked all the same; sealed wherever it is kept."""

    url: str
    request: Any
    response: Any


@dataclass(frozen=True)
class Exchange:
    """One HTTP (or SMTP) exchange as it may be shown to staff: secrets and personal data are already masked.

    `original`, where there is one, is for who may see the personal data, and asks to.
    """

    method: str
    url: str
    request: Any
    status: int | None
    response: Any
    duration_ms: int
    original: Original | None = field(default=None, repr=False)

    def masked(self) -> dict[str, Any]:
        """As it is written beside the attempt: nothing in it is secret or personal."""
        return {name: value for name, value in vars(self).items() if name != "original"}


@dataclass
class Call:
    """The frame of one attempt.

    `key` is the step's idempotency key and is sent wherever the provider takes one. `deadline` is a moment of
    `clock.monotonic()`: the call must have ended by then, and adapters check it again just before sending. `exchanges`
    collects what was said, for the attempt's record.
    """

    key: str
    deadline: float
    exchanges: list[Exchange] = field(default_factory=list)


class ProviderError(Exception):
    """A call that did not succeed. `sentence` is for staff; `code` is the provider's own code where it gave one."""

    def __init__(self, provider: str, sentence: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(f"{provider}: {sentence}")
        self.provider = provider
        self.sentence = sentence
        self.code = code
        self.status = status


class NotSent(ProviderError):
    """Proven never to have reached the provider (refused, DNS, TLS, connect time-out): try again freely."""


class OutcomeUnknown(ProviderError):
    """It may have taken effect (time-out or cut after sending, 5xx, unreadable answer): ask, or repeat with the same key."""


class Mismatch(OutcomeUnknown):
    """The answer shows another amount or currency than was asked for: it took effect, rightly or wrongly.

    A person looks before anything is tried again; then the provider is asked anew, and nothing is sent under a new key.
    """

    category = HoldKind.PAYMENT_MISMATCH


class Deferred(ProviderError):
    """The provider said "later" (429, 503 with Retry-After): wait `retry_after` seconds; this is not a failure."""

    def __init__(
        self, provider: str, sentence: str, *, retry_after: float, code: str = "", status: int | None = None
    ) -> None:
        super().__init__(provider, sentence, code=code, status=status)
        self.retry_after = retry_after


class Rejected(ProviderError):
    """The provider said no, with a reason; `category` decides what staff are told."""

    def __init__(
        self,
        provider: str,
        sentence: str,
        *,
        category: HoldKind = HoldKind.PROVIDER_REFUSED,
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(provider, sentence, code=code, status=status)
        self.category = category


class SignatureRefused(Exception):
    """An inbound message that is not authentic. The text says why, for our log only; the sender learns nothing."""


class CannotVerify(Exception):
    """Whether an inbound message is authentic cannot be told right now (the sender's keys are out of reach): ask again."""


class UnusablePayload(Exception):
    """An authentic inbound message that cannot be used; `problems` are sentences, each with where and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class InboundMessage:
    """A webhook exactly as received: header names in lower case, the raw body's bytes, and when it came (epoch seconds)."""

    headers: Mapping[str, str]
    body: bytes
    received: float
