"""Named places where a test makes this process stumble, so that what a crash leaves behind can be seen.

Off unless `HOLDFAST_FAILPOINTS` arms some, and refused outside demo mode. One is written `place=action`, several are
separated by semicolons: `claim.after_commit=kill:0.2@7; call.sent=stop:3`. Actions: `kill` (SIGKILL to this process),
`stop:SECONDS` (SIGSTOP, and SIGCONT later), `raise`, and `drop_reply` where an answer can be lost. `:CHANCE` follows the
action where not every pass is to be struck, `@SEED` makes the strikes of a process repeatable.
"""

import hashlib
import itertools
import logging
import os
import re
import signal
import subprocess
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

INBOX_BEFORE_COMMIT = "inbox.before_commit"  # a message is written down, and that is not committed yet
INBOX_AFTER_COMMIT = "inbox.after_commit"  # it is kept, and nobody was told so
WAKE_BEFORE = "wake.before"  # steps are promised and due, and no worker knows
CLAIM_AFTER_COMMIT = (
    "claim.after_commit"  # claim and intent are committed (one transaction), the worker does not know yet
)
INTENT_AFTER_COMMIT = "intent.after_commit"  # it knows, and is about to speak to the provider
CALL_SENT = "call.sent"  # the request has left, no answer was read
CALL_REPLIED = "call.replied"  # the answer was read, and nothing was written down
OUTCOME_BEFORE_COMMIT = "outcome.before_commit"  # the outcome is written, and that is not committed yet
OUTCOME_COMMIT_LOST = "outcome.commit_lost"  # it is committed, and the worker does not know yet
SWEEP_MID_BATCH = "sweep.mid_batch"  # the sweep has marked what it hands out, and handed out nothing
AUDIT_BEFORE_LINK = "audit.before_link"  # a person's action is carried out, and is not in the audit yet

PLACES = (
    INBOX_BEFORE_COMMIT,
    INBOX_AFTER_COMMIT,
    WAKE_BEFORE,
    CLAIM_AFTER_COMMIT,
    INTENT_AFTER_COMMIT,
    CALL_SENT,
    CALL_REPLIED,
    OUTCOME_BEFORE_COMMIT,
    OUTCOME_COMMIT_LOST,
    SWEEP_MID_BATCH,
    AUDIT_BEFORE_LINK,
)
WITH_REPLY = (INBOX_AFTER_COMMIT, CLAIM_AFTER_COMMIT, CALL_SENT, CALL_REPLIED, OUTCOME_COMMIT_LOST)
"""Where an answer is on its way that can be lost: a provider's, or the database's word that it has committed."""

_WRITTEN = re.compile(
    r"(?P<place>[a-z_.]+)=(?:(?P<action>kill|raise|drop_reply)|stop:(?P<seconds>[0-9.]+))"
    r"(?::(?P<chance>[0-9.]+))?(?:@(?P<seed>[0-9]+))?"
)


class Struck(RuntimeError):
    """What the action `raise` raises."""


class ReplyDropped(ConnectionError):
    """What the action `drop_reply` raises: what was asked for has happened, its answer never came."""


@dataclass(frozen=True)
class Failpoint:
    """One armed place; of those who pass it, the share `chance` is struck."""

    place: str
    action: str
    seconds: float = 0.0
    chance: float = 1.0
    seed: int = 0
    _passes: "itertools.count[int]" = field(default_factory=itertools.count, compare=False, repr=False)

    def strike(self) -> None:
        if not self._is_struck():
            return
        log.warning("failpoint %s: %s", self.place, self.action)
        match self.action:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                _stop_for(self.seconds)
            case "drop_reply":
                raise ReplyDropped(f"the reply was dropped at {self.place}")
            case _:
                raise Struck(f"struck at {self.place}")

    def _is_struck(self) -> bool:
        """By a draw that depends on nothing but seed, place and how many have passed."""
        drawn = hashlib.blake2b(f"{self.seed}:{self.place}:{next(self._passes)}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn) < self.chance * 2**64


_armed: dict[str, Failpoint] = {}


def parse(text: str) -> tuple[Failpoint, ...]:
    """Failpoints from their written form; raises ValueError with a sentence that says what is wrong."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    found = tuple(_read(part) for part in parts)
    if len({one.place for one in found}) < len(found):
        raise ValueError("a place may be named only once")
    return found


def arm(text: str) -> None:
    """Arm this process's failpoints, and no others; an empty text disarms them all."""
    _armed.clear()
    _armed.update({one.place: one for one in parse(text)})
    if _armed:
        log.warning("failpoints are armed: %s", text)


def hit(place: str) -> None:
    """Pass a place. Does nothing unless it is armed; else whatever its action does."""
    failpoint = _armed.get(place)
    if failpoint is not None:
        failpoint.strike()


def is_armed(place: str) -> bool:
    """For places that cost something to watch."""
    return place in _armed


def _read(part: str) -> Failpoint:
    written = _WRITTEN.fullmatch(part)
    if written is None:
        raise ValueError(f"{part!r} is not place=action[:chance][@seed], as in claim.after_commit=kill:0.2@7")
    place, action = written["place"], written["action"] or "stop"
    if place not in PLACES:
        raise ValueError(f"there is no place {place!r}; there are {', '.join(PLACES)}")
    if action == "drop_reply" and place not in WITH_REPLY:
        raise ValueError(f"no reply can be lost at {place}; one can at {', '.join(WITH_REPLY)}")
    seconds, chance = float(written["seconds"] or 0), float(written["chance"] or 1)
    if not 0 <= chance <= 1 or seconds > 60:
        raise ValueError(f"in {part!r} the chance must be from 0 to 1, and a stop may last 60 seconds")
    return Failpoint(place, action, seconds, chance, int(written["seed"] or 0))


def _stop_for(seconds: float) -> None:
    """Stop this whole process as the system does with one that it puts aside; a child wakes it up again."""
    subprocess.Popen(["/bin/sh", "-c", f"sleep {seconds:g}; kill -CONT {os.getpid()}"], start_new_session=True)
    os.kill(os.getpid(), signal.SIGSTOP)
