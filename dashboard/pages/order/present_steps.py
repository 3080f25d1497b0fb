"""From promised calls and their tries to what the page shows of them."""

from datetime import datetime
from typing import Any

from backend.domain.desk import AttemptView, OrderView, StepView
from backend.domain.steps import StepState
from dashboard.components.times import moment, time_of_day, until
from dashboard.components.words import count, word
from dashboard.pages.order.cards import Exchange, StepCard, Try
from dashboard.pages.order.present import payload

_STATES: dict[str, tuple[str, str]] = {
    StepState.READY: ("moving", "Due"),
    StepState.RUNNING: ("moving", "Running"),
    StepState.HELD: ("held", "Waits behind the hold"),
    StepState.WAITING: ("waiting", "Waits for an answer"),
    StepState.DONE: ("good", "Done"),
    StepState.PARKED: ("bad", "Failed"),
    StepState.CANCELLED: ("cancelled", "Called off"),
}
_MOODS = {
    "succeeded": "good",
    "success": "good",
    "done": "good",
    "ok": "good",
    "waiting": "waiting",
    "in_doubt": "waiting",
}


def steps(order: OrderView, opened: int, now: datetime) -> list[StepCard]:
    """All steps in the order they were promised; only the opened one brings its tries."""
    return [_step(step, step.id == opened, now) for step in order.steps]


def state_of(step: StepView) -> tuple[str, str]:
    """How a step stands: the mood for its sign, and the words."""
    if step.in_doubt:
        return "waiting", "In doubt: may or may not have happened"
    if step.state == StepState.READY and step.attempts:
        return _STATES[StepState.READY][0], "Will be tried again"
    return _STATES.get(step.state, ("idle", word(step.state)))


def _step(step: StepView, opened: bool, now: datetime) -> StepCard:
    mood, state = state_of(step)
    return StepCard(
        id=step.id,
        label=step.label,
        mood=mood,
        state=state,
        provider=word(step.provider) if step.provider else "",
        used=f"attempt {step.attempts} of {step.allowed}" if step.attempts else "not tried yet",
        next_try=f"next try {until(step.next_try_at, now)}" if step.next_try_at and step.attempts else "",
        error=step.error,
        key=step.key,
        can_retry=step.can_retry,
        open=opened,
        tries=[_try(attempt) for attempt in step.tries] if opened else [],
    )


def _try(attempt: AttemptView) -> Try:
    took = f", {_milliseconds(attempt.duration_ms)}" if attempt.duration_ms is not None else ""
    asked = " · asked the provider first" if attempt.asked_first else ""
    return Try(
        title=f"Attempt {attempt.number}",
        at=f"{moment(attempt.started_at)}:{time_of_day(attempt.started_at, seconds=True)[-2:]}{took}{asked}",
        mood=_MOODS.get(attempt.outcome, "bad" if attempt.outcome else "moving"),
        outcome=word(attempt.outcome) if attempt.outcome else "Running",
        error=attempt.error,
        exchanges=[_exchange(exchange) for exchange in attempt.exchanges],
    )


def _exchange(exchange: dict[str, Any]) -> Exchange:
    status = exchange.get("status")
    took = exchange.get("duration_ms")
    return Exchange(
        line=f"{exchange.get('method', '')} {exchange.get('url', '')}".strip(),
        status=str(status) if status else "no answer",
        took=_milliseconds(int(took)) if took is not None else "",
        request=payload(exchange.get("request")),
        response=payload(exchange.get("response")),
    )


def _milliseconds(length: int) -> str:
    return f"{length:,} ms" if length < 10_000 else count(length // 1000, "second")
