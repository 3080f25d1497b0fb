"""Asking a provider's breaker before a call, and telling it what came of the call.

Steps of a provider that is down wait without being counted and without a word on the timeline; one incident and one
mail speak for all of them.
"""

import logging
import secrets
from dataclasses import dataclass

from sqlmodel import Session

from backend import clock, settings
from backend.domain import breakers as rules
from backend.domain.breakers import Health
from backend.domain.providers import provider_name
from backend.domain.steps import StepKind
from backend.store import breakers, db, incidents, steps
from backend.store.tables import Order

log = logging.getLogger(__name__)

PROVIDER_DOWN = "provider_down"
"""The category of a breaker's incident."""
PATIENCE = 30.0
"""Who waits for a provider is called when it is back; this is how long until a step looks by itself, at least."""
SAME_INCIDENT_SECONDS = 600.0
"""A provider that fails again so soon has the same incident, which staff know of."""


@dataclass(frozen=True)
class Admission:
    """Whether a call may be made now. `wait`: no, look again in so many seconds. `probe`: it finds out for all others.

    `shaky`: the last calls before it failed, so that a good answer is news.
    """

    wait: float | None = None
    probe: bool = False
    shaky: bool = False


FREE = Admission()


def admit(session: Session, provider: str, claim: steps.Claim, *, lost_after: float) -> Admission:
    """Ask before a call; `lost_after`: seconds after which a call counts as lost with its worker."""
    if provider not in claim.ailing:
        return FREE
    if breakers.take_probe(session, provider, claim.step_id, lost_after):
        return Admission(probe=True)
    # If it closes at this moment, either this is seen here, or the step is seen by who calls the waiting ones.
    standing = breakers.standing(session, provider)
    if standing is None or standing.closed:
        return Admission(shaky=True)
    return Admission(wait=standing.until_probe + _scaled(PATIENCE * (1 + _chance())))


def stand_by(session: Session, provider: str, claim: steps.Claim, wait: float) -> None:
    """The step waits for its provider: it is not counted, and its timeline stays silent."""
    sentence = f"Waits until {provider_name(provider)} answers again; nothing was sent."
    steps.wait_for(session, claim, provider, delay=wait, sentence=sentence)


def hear(
    session: Session, order: Order, step_id: int, provider: str, admission: Admission, news: Health
) -> float | None:
    """Tell what came of a call. Seconds until its step may try again, uncounted, if it was a probe in vain."""
    if admission.probe:
        return _probed(session, step_id, provider, news)
    if news is Health.UP and admission.shaky:
        breakers.forget_failures(session, provider)
    elif news is Health.DOWN:
        down = breakers.count_failure(session, provider, order.id)
        if down is not None and rules.is_down(down.failures, down.orders):
            _open(session, order, provider, "does not answer; its steps wait and go on by themselves when it does")
    elif news is Health.LOCKED_OUT and breakers.count_failure(session, provider, order.id) is not None:
        _open(session, order, provider, "does not accept our key; its steps wait until an administrator has renewed it")
    return None


def _probed(session: Session, step_id: int, provider: str, news: Health) -> float | None:
    if news is Health.UP:
        if breakers.close(session, provider, step_id):
            _closed(session, provider)
        return None
    failed = news in (Health.DOWN, Health.LOCKED_OUT)
    pause = _scaled(rules.pause_before_probe(breakers.failed_probes(session, provider) + int(failed)))
    breakers.probe_again(session, provider, step_id, pause=pause, failed=failed)
    incidents.seen(session, provider, PROVIDER_DOWN)
    return pause * (1.5 + _chance() / 2) if failed else None


def _open(session: Session, order: Order, provider: str, why: str) -> None:
    if not breakers.open_(session, provider, _scaled(rules.pause_before_probe(0))):
        return
    title = f"{provider_name(provider)} {why}."
    log.warning("%s", title)
    incident = incidents.open_(session, provider, PROVIDER_DOWN, title, same_within=SAME_INCIDENT_SECONDS)
    if incident is not None:
        steps.promise(session, order, StepKind.MAIL_INCIDENT, at=clock.now(), subject=str(incident))


def _closed(session: Session, provider: str) -> None:
    """Those who waited go on: a few at once, the others one after the other."""
    waiting = breakers.waiting(session, provider)
    turns = [rules.turn(place, len(waiting)) for place in range(len(waiting))]
    breakers.make_due(session, waiting, [_scaled(turn) for turn in turns])
    for step_id, turn in zip(waiting, turns, strict=True):
        if turn == 0:
            db.wake_after_commit(session, step_id)
    name = provider_name(provider)
    words = f"{name} did not answer for {{}} s."
    lasted = incidents.close(session, provider, PROVIDER_DOWN, words)
    log.warning("%s answers again after %.0f s; %d steps had waited", name, lasted or 0, len(waiting))


def _scaled(seconds: float) -> float:
    return seconds * settings.current().retry_scale


def _chance() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
