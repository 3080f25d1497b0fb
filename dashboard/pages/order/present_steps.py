"""From promised calls and their tries to what the page shows of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from backend.domain.desk import StepView
from backend.domain.order_page import AttemptsTab, TryView
from backend.domain.steps import StepState
from dashboard.components.money import told
from dashboard.components.times import day, moment, seconds_until, time_of_day, until
from dashboard.components.words import count, number, word
from dashboard.pages.order.cards import Exchange, StepCard, Try
from dashboard.pages.order.present import payload

Revealed = Mapping[int, Sequence[dict[str, Any]]]
"""By attempt: what was said, with personal data, where a person asked to see it in this view."""

_STATES: dict[str, tuple[str, str]] = {
    StepState.READY: ("moving", "Due"),
    StepState.RUNNING: ("moving", "Running"),
    StepState.HELD: ("held", "Waits behind the hold"),
    StepState.WAITING: ("waiting", "Waits for an answer"),
    StepState.DONE: ("good", "Done"),
    StepState.PARKED: ("bad", "Failed"),
    StepState.CANCELLED: ("cancelled", "Called off"),
}
_OUTCOMES = {"ok": "Succeeded"}
_MOODS = {
    "succeeded": "good",
    "success": "good",
    "done": "good",
    "ok": "good",
    "waiting": "waiting",
    "in_doubt": "waiting",
}


def steps(tab: AttemptsTab, revealed: Revealed, now: datetime) -> list[StepCard]:
    """All calls in the order they were promised; only the opened one brings its tries."""
    return [
        _step(step, [_try(attempt, revealed) for attempt in tab.tries] if step.id == tab.opened else None, now)
        for step in tab.steps
    ]


def open_steps(found: Iterable[StepView], now: datetime) -> list[StepCard]:
    """Calls that have not come to a good end, without their tries."""
    return [_step(step, None, now) for step in found]


def state_of(step: StepView) -> tuple[str, str]:
    """How a step stands: the mood for its sign, and the words."""
    if step.in_doubt:
        return "waiting", "In doubt: may or may not have happened"
    if step.state == StepState.READY and step.attempts:
        return _STATES[StepState.READY][0], "Will be tried again"
    return _STATES.get(step.state, ("idle", word(step.state)))


def _step(step: StepView, tries: list[Try] | None, now: datetime) -> StepCard:
    mood, state = state_of(step)
    return StepCard(
        id=step.id,
        label=step.label,
        mood=mood,
        state=state,
        provider=word(step.provider) if step.provider else "",
        used=f"attempt {step.attempts} of {step.allowed}" if step.attempts else "not tried yet",
        next_try=f"next try {until(step.next_try_at, now)}" if step.next_try_at and step.attempts else "",
        left=seconds_until(step.next_try_at, now) if step.next_try_at and step.attempts else "",
        error=told(step.error),
        key=step.key,
        can_retry=step.can_retry,
        open=tries is not None,
        tries=tries or [],
    )


def _try(attempt: TryView, revealed: Revealed) -> Try:
    took = f", {_milliseconds(attempt.duration_ms)}" if attempt.duration_ms is not None else ""
    asked = " · asked the provider first" if attempt.asked_first else ""
    shown = revealed.get(attempt.id)
    return Try(
        id=attempt.id,
        title=f"Attempt {attempt.number}",
        at=f"{moment(attempt.started_at)}:{time_of_day(attempt.started_at, seconds=True)[-2:]}{took}{asked}",
        mood=_MOODS.get(attempt.outcome, "bad" if attempt.outcome else "moving"),
        outcome=_OUTCOMES.get(attempt.outcome, word(attempt.outcome)) if attempt.outcome else "Running",
        error=told(attempt.error),
        worker=attempt.worker,
        exchanges=[_exchange(exchange) for exchange in (shown if shown is not None else attempt.exchanges)],
        revealable=attempt.kept_until is not None and shown is None,
        revealed=shown is not None,
        kept=f"kept until {day(attempt.kept_until)}" if attempt.kept_until is not None else "",
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
    return f"{number(length)} ms" if length < 10_000 else count(length // 1000, "second")
