"""A restored backup, and the pause of everything that is sent until a person says go.

A backup knows nothing of what was done after it: paid steps are due again, and orders, numbers and decisions are gone.
So whatever is not finished asks its provider first, which goes on by itself during the pause; nothing else leaves.
"""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from backend import clock, settings
from backend.domain import breakers as pacing
from backend.domain.desk import ActionDone
from backend.domain.errors import NotPossible
from backend.domain.permissions import SYSTEM, Actor, Area, Level
from backend.domain.sending import SendingPreview, SendingView
from backend.services import audit, clicks
from backend.store import breakers, db
from backend.store import sending as store
from backend.store.tables import Sending

log = logging.getLogger(__name__)

SKIPPED_ORDER_NUMBERS = 10_000
SKIPPED_DOCUMENT_NUMBERS = 1_000
FRESH_TRIES = 8
SENT_AGAIN = timedelta(days=90)


def restored(
    session: Session,
    *,
    actor: Actor = SYSTEM,
    cause: str,
    skip_orders: int = SKIPPED_ORDER_NUMBERS,
    skip_documents: int = SKIPPED_DOCUMENT_NUMBERS,
) -> ActionDone:
    """The database is one from a backup: doubt what is unfinished, pause sending, leave out numbers that may be taken."""
    actor.require(Area.INTEGRATIONS, Level.ACT, "pause sending")
    why = clicks.reasoned(cause, "pause sending", kept_in="the audit")
    store.lock(session)
    lost_from = store.last_sign_of_life(session)
    doubted = store.begin_epoch(session, cause=why, lost_from=lost_from, tries=FRESH_TRIES)
    row = store.read(session)
    zone = ZoneInfo(settings.current().time_zone)
    first = (row.lost_from or clock.now()).astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range((clock.now().astimezone(zone).date() - first).days + 1)]
    store.skip_numbers(session, days, orders=skip_orders, documents=skip_documents)
    details = {"epoch": row.epoch, "steps": doubted, "lost_from": str(row.lost_from)}
    skipped = {"skipped": [skip_orders, skip_documents]}
    audit.write_down(session, "restored", actor=actor, reason=why, details=details | skipped)
    log.warning("restored from a backup (%s): sending is paused, %d steps are asked for first", why, doubted)
    return ActionDone(f"Sending is paused. {doubted} unfinished steps ask their provider first.")


def why_maybe_known(session: Session, placed_at: datetime) -> str:
    """Why a fresh order may have been worked on before, under a number that is lost; empty where it cannot have been.

    However old it is, it may have been sent late; after a while nobody sends what was sent before.
    """
    row = store.read(session)
    if row.restored_at is None or placed_at > row.restored_at or clock.now() > row.restored_at + SENT_AGAIN:
        return ""
    return f"It was placed on {_shown(placed_at)}, before the database was restored from a backup on {_shown(row.restored_at)}."


def state(session: Session, *, actor: Actor) -> SendingView:
    """Whether anything is sent, for everybody who sees orders."""
    actor.require(Area.ORDERS, Level.VIEW, "see how things are")
    row = store.read(session)
    return SendingView(
        row.paused_at is not None, row.cause, row.paused_at, row.lost_from, actor.may(Area.INTEGRATIONS, Level.ACT)
    )


def pause(session: Session) -> str:
    """That nothing is sent, in a sentence; empty while everything is sent as it is due."""
    row = store.read(session)
    if row.paused_at is None:
        return ""
    return (
        f"Nothing has been sent since {_shown(row.paused_at)}: the database was restored from a backup ({row.cause.rstrip('.')})."
        " An administrator lets it go on."
    )


def preview_go(session: Session, *, actor: Actor) -> SendingPreview:
    """What going on would do, and what is known and unknown by now."""
    actor.require(Area.INTEGRATIONS, Level.ACT, "let sending go on")
    row = store.read(session)
    questions = store.questions(session)
    return SendingPreview(
        effects=_effects(row, questions),
        waiting=questions.waiting,
        asking=questions.asking,
        found=questions.found,
        unknown=questions.unknown,
        epoch=row.epoch,
        token=clicks.mint(actor),
        refusal=_refusal(row),
    )


def go(session: Session, *, actor: Actor, epoch: int, token: str, reason: str) -> ActionDone:
    """Let sending go on; `epoch` is the one that was previewed. What waited goes on in turns."""
    actor.require(Area.INTEGRATIONS, Level.ACT, "let sending go on")
    row = store.lock(session)
    if clicks.carried_out(session, None, "sending_go", token, actor):
        return ActionDone("Sending goes on already.", repeated=True)
    if refusal := _refusal(row):
        raise NotPossible(refusal)
    if row.epoch != epoch:
        raise NotPossible("The database was restored once more since you looked. Look again at what is known.")
    why = clicks.reasoned(reason, "let sending go on", kept_in="the audit")
    questions = store.questions(session)
    store.go_on(session)
    waiting = store.due(session)
    turns = [pacing.turn(place, len(waiting)) * settings.current().retry_scale for place in range(len(waiting))]
    breakers.make_due(session, waiting, turns)
    for step_id, turn in zip(waiting, turns, strict=True):
        if turn == 0:
            db.wake_after_commit(session, step_id)
    details = {"epoch": epoch, **vars(questions)}
    audit.write_down(session, "sending_go", actor=actor, reason=why, token=token, details=details)
    log.warning("%s lets sending go on: %s", actor.name, why)
    return ActionDone(f"Sending goes on. {len(waiting)} steps had waited.")


def _refusal(row: Sending) -> str:
    return "" if row.paused_at is not None else "Sending is not paused."


def _effects(row: Sending, questions: store.Questions) -> tuple[str, ...]:
    since = _shown(row.lost_from) if row.lost_from else "the backup"
    found = [
        f"{questions.waiting} steps that wait are carried out, in turns.",
        f"{questions.found} steps had been done before, as their providers say; they are not done again.",
    ]
    if questions.asking:
        found.append(f"{questions.asking} steps are still being asked for; they go on asking and send nothing before.")
    if questions.unknown:
        found.append(
            f"{questions.unknown} steps stay with a person: nobody can be asked whether they were done before."
            " Mails are among them: they are sent again only from their order's page."
        )
    found.append(
        f"What colleagues decided after {since} (holds, refunds, cancellations) is not known here any more:"
        " look at the providers' own lists first."
    )
    return tuple(found)


def _shown(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(settings.current().time_zone)).strftime("%d %B %Y, %H:%M (%Z)")
