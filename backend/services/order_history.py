"""The timeline tab: what happened, with a step's tries in one line and the webhooks that came for the order."""

from typing import Any

from sqlmodel import Session

from backend.domain.history import PICKED, Happening, Show, Trying, changes_in, fold_steps
from backend.domain.order_page import Look, TimelineTab
from backend.domain.payload_words import in_words
from backend.domain.permissions import ActorKind
from backend.domain.providers import provider_name
from backend.domain.steps import StepState
from backend.domain.timeline import TimelineKind, Weight
from backend.services import corrections
from backend.store import history
from backend.store.tables import Order

MOST_LINES = 1_000
WEBHOOK = "webhook:received"

_VERDICTS = {
    "accepted": "taken in",
    "ignored": "it concerns nothing that is done here, so nothing was changed",
    "parked": "it waits for what it belongs to",
    "rejected": "refused",
    "quarantined": "put into quarantine",
    "discarded": "discarded",
    "received": "kept, and not handled yet",
}


def timeline_tab(session: Session, order: Order, look: Look) -> TimelineTab:
    """The newest lines first. Webhooks themselves are there where they are asked for, or where one is remarkable."""
    picked, most = PICKED[look.show], min(max(1, look.lines), MOST_LINES)
    read = history.read(session, order.id, picked, routine=look.routine, limit=most + 1, webhooks=_webhooks(look))
    more, found = len(read.entries) > most, read.entries[:most]
    told = corrections.data_of(session, order.id, found)
    lines = [_line(entry, told[entry.id]) for entry in found]
    since = found[-1].at if more else None
    lines += [_message(message) for message in read.messages[:most] if since is None or message.received_at >= since]
    lines.sort(key=lambda line: line.at, reverse=True)
    return TimelineTab(lines=tuple(fold_steps(lines)), routine_count=read.folded, more=more)


def _webhooks(look: Look) -> str | None:
    """Which webhooks belong to what is picked out."""
    if look.show not in (Show.EVERYTHING, Show.WEBHOOKS):
        return None
    return "all" if look.routine or look.show is Show.WEBHOOKS else "remarkable"


def _line(entry: history.Entry, data: dict[str, Any]) -> Happening:
    step = entry.step
    return Happening(
        id=str(entry.id),
        at=entry.at,
        kind=entry.kind,
        weight=entry.weight,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor=entry.actor_name,
        text=entry.text,
        step_id=entry.step_id,
        note_id=_whole(entry.data.get("note_id")),
        changes=changes_in(data),
        trying=_trying(step) if step is not None and entry.kind == TimelineKind.STEP_FAILED else None,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _trying(step: history.Standing) -> Trying | None:
    """How a step stands that is being tried again, or of which nobody knows whether it took effect."""
    again = step.state in (StepState.READY, StepState.RUNNING, StepState.HELD) and step.attempts > 0
    if not again and not step.in_doubt:
        return None
    return Trying(
        attempts=step.attempts,
        allowed=step.allowed,
        next_try_at=step.due_at if step.state == StepState.READY else None,
        running=step.state == StepState.RUNNING,
        in_doubt=step.in_doubt,
    )


def _message(message: history.Message) -> Happening:
    """A webhook as it came in, with what became of it in words."""
    name = provider_name(message.provider)
    text = f"{name} sent “{message.topic or 'a message'}”: {_VERDICTS.get(message.verdict, message.verdict)}."
    if message.duplicates:
        times = "once more" if message.duplicates == 1 else f"{message.duplicates} more times"
        text += f" It came {times}; the repeats changed nothing."
    if message.problems:
        text += f" {' '.join(in_words(str(problem)).sentence for problem in message.problems)}"
    loud = message.verdict in ("rejected", "quarantined", "parked", "received")
    return Happening(
        id=f"in-{message.id}",
        at=message.received_at,
        kind=WEBHOOK,
        weight=Weight.PROBLEM if loud else Weight.ROUTINE,
        actor_kind=ActorKind.PROVIDER,
        actor_id=f"provider:{message.provider}",
        actor=name,
        text=text,
        webhook=True,
    )
