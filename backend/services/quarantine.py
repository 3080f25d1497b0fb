"""The quarantine: look at what could not be used, mend and replay it, or discard it with a reason.

What was received is kept as it came; a mended payload lies beside it with who and why. A replayed message waits as if it
had just come in and takes the same way as any other, so it becomes an order at most once whoever clicks how often.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from backend import clock
from backend.domain import quarantine, strict_json
from backend.domain.desk import ActionDone
from backend.domain.errors import AlreadyDone, InvalidInput, NotFound, NotPossible
from backend.domain.permissions import Actor, Area, Level
from backend.domain.quarantine import (
    CauseCount,
    Decision,
    DecisionView,
    PayloadCheck,
    QuarantinePage,
    QuarantineRow,
    QuarantineView,
    RefusedCount,
)
from backend.ports.registry import Adapters
from backend.services import audit, clicks, payload_checks, payload_views
from backend.store import inbox, orders
from backend.store import quarantine as store
from backend.store.tables import InboxDecision, InboxMessage

MAX_PAGE = 200
MAX_BYTES = 256 * 1024
MOST_AT_ONCE = 500
REFUSED_FOR = timedelta(days=7)


def quarantine_page(
    session: Session,
    *,
    actor: Actor,
    provider: str = "",
    cause: str = "",
    discarded: bool = False,
    cursor: str = "",
    size: int = 50,
) -> QuarantinePage:
    """Messages that could not be used, or that were discarded, newest first. Raises `InvalidInput` for a foreign cursor."""
    actor.require(Area.QUARANTINE, Level.VIEW, "see the quarantine")
    verdict = "discarded" if discarded else "quarantined"
    size = min(max(1, size), MAX_PAGE)
    found = store.page(session, verdict, provider=provider, cause=cause, after=_read_cursor(cursor), limit=size + 1)
    rows, more = found[:size], len(found) > size
    counts = store.counts(session, verdict, provider=provider)
    made = _decisions(session, rows)
    since = clock.now() - REFUSED_FOR
    return QuarantinePage(
        messages=tuple(_row(row, made[row.id], masked=_masked(actor)) for row in rows),
        next_cursor=f"{rows[-1].received_at.isoformat()}~{rows[-1].id}" if more else "",
        total=counts.get(cause, 0) if cause else sum(counts.values()),
        discarded=sum(store.counts(session, "discarded").values()),
        causes=tuple(CauseCount(*pair) for pair in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        providers=tuple(store.providers(session, verdict)),
        refused=tuple(RefusedCount(*values) for values in store.refused(session, since)),
    )


def message(session: Session, message_id: str, *, actor: Actor) -> QuarantineView:
    """One message with its payload laid out and its problems at their places; raises `NotFound`."""
    actor.require(Area.QUARANTINE, Level.VIEW, "see the quarantine")
    row = _get(session, message_id)
    received = payload_views.received(row)
    mended = store.mended_body(session, row.id) if row.mended else None
    masked = _masked(actor)
    text = payload_views.laid_out(mended if mended is not None else received, masked=masked)
    order = orders.number_of(session, row.order_id) if row.order_id is not None else ""
    return QuarantineView(
        id=str(row.id),
        area=row.area,
        provider=row.provider,
        topic=row.topic,
        event_id=row.event_id,
        received_at=row.received_at,
        verdict=row.verdict,
        cause=row.cause,
        problems=quarantine.located(payload_views.sentences(row, masked=masked), text),
        text=text,
        received=payload_views.laid_out(received, masked=masked),
        masked=masked,
        duplicates=row.duplicates,
        body_bytes=row.body_bytes,
        decisions=tuple(_decision(made) for made in _decisions(session, [row])[row.id]),
        order_number=order,
        version=row.decisions,
        token=clicks.mint(actor),
    )


def check(session: Session, message_id: str, text: str, *, actor: Actor, adapters: Adapters) -> PayloadCheck:
    """What is still wrong with a payload as it was typed, or what would become of it. Nothing is stored."""
    actor.require(Area.QUARANTINE, Level.ACT, "mend messages")
    row = _get(session, message_id)
    problems, effects = payload_checks.problems_and_effects(session, row, _bytes(text), adapters)
    return PayloadCheck(quarantine.located(problems, text), effects)


def replay(
    session: Session,
    message_id: str,
    *,
    actor: Actor,
    adapters: Adapters,
    version: int,
    token: str,
    text: str | None = None,
    reason: str = "",
) -> ActionDone:
    """Have a message handled anew, with `text` for its payload where it was mended; a mended one needs a reason.

    Raises `InvalidInput` with what is still wrong, and `AlreadyDone` when somebody else has decided meanwhile.
    """
    actor.require(Area.QUARANTINE, Level.ACT, "replay messages")
    row = _locked(session, message_id)
    if clicks.carried_out(session, None, "replay", token, actor):
        return ActionDone("This message is being handled already.", repeated=True)
    _check_open(session, row, version, "quarantined")
    body = _bytes(text) if text is not None else payload_views.received(row)
    mended = text is not None and not _same(body, payload_views.received(row))
    why = clicks.reasoned(reason, "mend this message", kept_in="the message's history") if mended else reason.strip()
    problems, _ = payload_checks.problems_and_effects(session, row, body, adapters)
    if problems:
        raise InvalidInput(problems)
    decision = Decision.MENDED if mended else Decision.REPLAYED
    _decide(session, row, decision, actor=actor, token=token, reason=why, body=text if mended else None)
    return ActionDone("The mended message is handled now." if mended else "The message is handled again.")


def replay_cause(
    session: Session, *, cause: str, provider: str = "", actor: Actor, adapters: Adapters, token: str
) -> ActionDone:
    """Have all messages of one cause handled anew as they were received, where nothing is wrong with them any more."""
    actor.require(Area.QUARANTINE, Level.ACT, "replay messages")
    if clicks.carried_out(session, None, "replay_cause", token, actor):
        return ActionDone("These messages are being handled already.", repeated=True)
    replayed = left = 0
    for found in store.page(session, "quarantined", provider=provider, cause=cause, limit=MOST_AT_ONCE):
        row = store.get(session, found.id, lock=True)
        if row is None or row.verdict != "quarantined":
            continue
        problems, _ = payload_checks.problems_and_effects(session, row, payload_views.current(session, row), adapters)
        if problems:
            left += 1
            continue
        store.decide(session, row, Decision.REPLAYED, actor=actor, at=clock.now())
        replayed += 1
    audit.write_down(
        session, "replay_cause", actor=actor, token=token, details={"cause": cause, "replayed": replayed, "left": left}
    )
    inbox.tell_listeners(session)
    rest = (
        f" {left} still {'has' if left == 1 else 'have'} problems and {'stays' if left == 1 else 'stay'} here."
        if left
        else ""
    )
    return ActionDone(f"{replayed} of {replayed + left} are handled again.{rest}")


def discard(session: Session, message_id: str, *, actor: Actor, version: int, token: str, reason: str) -> ActionDone:
    """Put a message aside for good, with a reason; it is kept, and can be restored."""
    actor.require(Area.QUARANTINE, Level.ACT, "discard messages")
    why = clicks.reasoned(reason, "discard this message", kept_in="the message's history")
    row = _locked(session, message_id)
    if clicks.carried_out(session, None, "discard", token, actor):
        return ActionDone("This message was already discarded.", repeated=True)
    _check_open(session, row, version, "quarantined")
    _decide(session, row, Decision.DISCARDED, actor=actor, token=token, reason=why)
    return ActionDone("Discarded. It is kept under “Discarded”, and can be restored.")


def restore(
    session: Session, message_id: str, *, actor: Actor, version: int, token: str, reason: str = ""
) -> ActionDone:
    """Bring a discarded message back into quarantine."""
    actor.require(Area.QUARANTINE, Level.ACT, "restore messages")
    row = _locked(session, message_id)
    if clicks.carried_out(session, None, "restore", token, actor):
        return ActionDone("This message was already restored.", repeated=True)
    _check_open(session, row, version, "discarded")
    _decide(session, row, Decision.RESTORED, actor=actor, token=token, reason=reason.strip())
    return ActionDone("The message is in quarantine again.")


def _decide(
    session: Session,
    row: InboxMessage,
    decision: Decision,
    *,
    actor: Actor,
    token: str,
    reason: str,
    body: str | None = None,
) -> None:
    store.decide(session, row, decision, actor=actor, at=clock.now(), reason=reason, body=body)
    details = {"message": str(row.id), "provider": row.provider, "decision": str(decision)}
    audit.write_down(session, _ACTIONS[decision], actor=actor, token=token, reason=reason, details=details)
    inbox.tell_listeners(session)


_ACTIONS: dict[Decision, str] = {
    Decision.MENDED: "replay",
    Decision.REPLAYED: "replay",
    Decision.DISCARDED: "discard",
    Decision.RESTORED: "restore",
}


def _check_open(session: Session, row: InboxMessage, version: int, verdict: str) -> None:
    """Raise `AlreadyDone`, naming whoever decided meanwhile, or `NotPossible` where nobody did and it is settled."""
    if row.verdict == verdict and row.decisions == version:
        return
    made = store.decisions(session, [row.id])
    if made and row.decisions != version:
        last = made[-1]
        raise AlreadyDone("This message", last.actor_name, how=last.kind, ago=clicks.ago(last.at))
    raise NotPossible(f"This message is {row.verdict}; look at it again.")


def _get(session: Session, message_id: str) -> InboxMessage:
    return _found(store.get(session, _id(message_id)))


def _locked(session: Session, message_id: str) -> InboxMessage:
    return _found(store.get(session, _id(message_id), lock=True))


def _found(row: InboxMessage | None) -> InboxMessage:
    """Only what was in quarantine once is shown here: other messages are nobody's to look at."""
    if row is None or (row.verdict not in ("quarantined", "discarded") and not row.decisions):
        raise NotFound("There is no such message in quarantine.")
    return row


def _id(message_id: str) -> UUID:
    try:
        return UUID(message_id)
    except ValueError as error:
        raise NotFound("There is no such message in quarantine.") from error


def _bytes(text: str) -> bytes:
    try:
        body = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(["The payload contains half a character, which no JSON text may."]) from error
    if len(body) > MAX_BYTES:
        raise InvalidInput([f"The payload has {len(body):,} bytes; at most {MAX_BYTES:,} are taken."])
    return body


def _same(one: bytes, other: bytes) -> bool:
    """Whether two payloads say the same, however they are laid out."""
    try:
        return bool(strict_json.read(one) == strict_json.read(other))
    except InvalidInput:
        return one == other


def _read_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        moment, row_id = cursor.split("~")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at, UUID(row_id)
    except ValueError as error:
        raise InvalidInput(["The cursor is not one we gave out; begin again without it."]) from error


def _masked(actor: Actor) -> bool:
    """Who may only look needs no customer's data for it."""
    return not actor.may(Area.QUARANTINE, Level.ACT)


def _decisions(session: Session, rows: list[InboxMessage]) -> dict[UUID, list[InboxDecision]]:
    made: dict[UUID, list[InboxDecision]] = defaultdict(list)
    for one in store.decisions(session, [row.id for row in rows if row.decisions]):
        made[one.message_id].append(one)
    return made


def _decision(made: InboxDecision) -> DecisionView:
    return DecisionView(made.kind, made.actor_name, made.at, made.reason)


def _row(row: InboxMessage, made: list[InboxDecision], *, masked: bool) -> QuarantineRow:
    return QuarantineRow(
        id=str(row.id),
        provider=row.provider,
        topic=row.topic,
        event_id=row.event_id,
        received_at=row.received_at,
        verdict=row.verdict,
        cause=row.cause,
        problems=tuple(payload_views.sentences(row, masked=masked)),
        body_bytes=row.body_bytes,
        duplicates=row.duplicates,
        decided=_decision(made[-1]) if made else None,
    )
