"""How this installation is, for monitoring: checks that must hold, and counts. Ages are in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that must hold for this installation to work, and how it stands, in a sentence."""

    name: str
    ok: bool
    sentence: str


@dataclass(frozen=True)
class Vitals:
    """Counts for monitoring; ages in seconds (`sweep_age_seconds` is None while no worker is registered).

    `refused_messages` are by (provider, reason); `recent_attempts` are the newest thousand by outcome;
    `breakers` are by provider that ever failed, with whether it is down.
    """

    held_by_kind: dict[str, int]
    due_steps: int
    in_doubt_steps: int
    oldest_due_seconds: float
    unhandled_messages: int
    parked_messages: int
    quarantined_messages: int
    refused_messages: dict[tuple[str, str], int]
    recent_attempts: dict[str, int]
    breakers: dict[str, bool]
    sweep_age_seconds: float | None
    sending_paused: bool
