"""When a failed call is tried again: three outcomes of failure, backoff with full jitter, and the question to ask first."""

from dataclasses import dataclass
from enum import StrEnum

from backend.domain.steps import StepRule


class Outcome(StrEnum):
    """What one attempt came to."""

    OK = "ok"
    NOT_SENT = "not_sent"  # proven never to have reached the provider: try again freely
    IN_DOUBT = "in_doubt"  # it may or may not have taken effect: ask, then repeat only with the same key
    REJECTED = "rejected"  # the provider said no, with a reason: a person looks
    DEFERRED = "deferred"  # the provider said "later": wait as told, which is not a failure
    UNFINISHED = "unfinished"  # the worker died or was paused in mid-attempt: treated as in doubt


LATER = frozenset({408, 425, 429})
"""Answers of HTTP that say "later", with or without a time; 503 says so only with one."""
LOCKED_OUT = frozenset({401, 403})
"""Our key is not accepted: an administrator must act, whatever the call was about."""


def outcome_of_answer(status: int, *, when_told: bool) -> Outcome:
    """What an answer with an HTTP status says of a call. `when_told`: it came with a Retry-After.

    Only a 4xx is the provider's word that nothing happened; a 5xx may come from something behind which it did. What else
    leaves it open: redirects (which are never followed) and everything that is no final answer.
    """
    if 200 <= status < 300:
        return Outcome.OK
    if status in LATER or (status == 503 and when_told):
        return Outcome.DEFERRED
    return Outcome.REJECTED if 400 <= status < 500 else Outcome.IN_DOUBT


@dataclass(frozen=True)
class Guarantees:
    """What a provider promises about one of its calls; every adapter declares it.

    `key_seconds`: how long it remembers our idempotency key (None: it takes no key). `can_ask`: whether it can be
    asked for our reference. `answer_lag`: seconds until such a question surely sees an accepted call.
    """

    key_seconds: float | None
    can_ask: bool
    answer_lag: float = 0.0
    caches_errors: bool = False
    key_binds: bool = True


class NextMove(StrEnum):
    """What to do before a step that may have taken effect is run again."""

    CALL = "call"  # send it (again)
    ASK = "ask"  # ask the provider for our reference first
    HOLD = "hold"  # neither key nor question: a person must find out


def before_repeat(
    guarantees: Guarantees, *, in_doubt: bool, since_first_sent: float, restored: bool = False
) -> NextMove:
    """How a step may be run when an earlier attempt may have been accepted.

    A key is trusted for half the time the provider remembers it; after that, or without one, the provider is asked.
    `restored`: the doubt comes from a restored backup, so that it probably was accepted, and without an error.
    """
    if not in_doubt:
        return NextMove.CALL
    if guarantees.can_ask:
        return NextMove.ASK
    trusted = guarantees.key_binds or not restored
    if trusted and guarantees.key_seconds is not None and since_first_sent < guarantees.key_seconds / 2:
        return NextMove.CALL
    return NextMove.HOLD


def backoff(rule: StepRule, attempt: int, chance: float) -> float:
    """Seconds until the next try: full jitter over an exponential ceiling; `chance` is uniform in [0, 1)."""
    ceiling = min(rule.cap, rule.base_delay * 2.0 ** min(attempt - 1, 20))
    return ceiling * chance
