"""Whose a held order is, whose turn, how it stands against its target, and who looks at it: ready to be shown in a row.

`work_cell` makes the facts display-ready, the memoised components show them. All of them also say in words what they show.
"""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from backend.domain.hold_clock import Bucket, Turn
from backend.domain.providers import provider_name
from backend.domain.teamwork import SNOOZE_WORDS, SnoozeEvent, Viewer, Work
from dashboard.components.marks import shape
from dashboard.components.times import full, moment, span_of
from dashboard.components.words import count

TURNS = {Turn.US: "Our turn", Turn.CUSTOMER: "Customer's turn", Turn.PROVIDER: "Provider's turn"}
BUCKETS = {Bucket.OK: "In time", Bucket.AT_RISK: "At risk", Bucket.OVERDUE: "Overdue", Bucket.PAUSED: "Clock stopped"}


@dataclass
class WorkCell:
    """The desk's side of a held order in words. `turn` and `bucket` are codes, for their shapes; `due` is what is left in
    business time, `age` what was used up. `initials` and `viewers` are of the people who look at it, but for oneself."""

    held: bool = False
    assignee: str = ""
    initials: str = ""
    mine: bool = False
    assigned: str = ""
    turn: str = "us"
    turn_word: str = ""
    turn_hint: str = ""
    by_hand: bool = False
    bucket: str = "ok"
    bucket_word: str = ""
    age: str = ""
    due: str = ""
    due_hint: str = ""
    snoozed: bool = False
    snooze: str = ""
    woken: str = ""
    viewers: str = ""
    viewers_short: str = ""
    version: int = 0


def work_cell(work: Work, *, me: int, now: datetime) -> WorkCell:
    """The facts in words, for the person `me`."""
    looking = [viewer for viewer in work.viewers if viewer.user_id != me]
    return WorkCell(
        held=work.held,
        assignee=work.assignee,
        initials=initials(work.assignee),
        mine=bool(me) and work.assignee_id == me,
        assigned=_assigned(work, now),
        turn=str(work.turn),
        turn_word=turn_word(work),
        turn_hint=_turn_hint(work),
        by_hand=bool(work.turn_by),
        bucket=str(work.bucket),
        bucket_word=BUCKETS[work.bucket],
        age=span_of(work.age_seconds) if work.held else "",
        due=_due(work) if work.held else "",
        due_hint=_due_hint(work) if work.held else "",
        snoozed=work.snoozed,
        snooze=_snooze(work) if work.snoozed else "",
        woken=work.woken_why,
        viewers=names(looking),
        viewers_short=_short(looking),
        version=work.version,
    )


def initials(name: str) -> str:
    """`SM` for Sofia Marin."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    ends = [parts[0], parts[-1]] if len(parts) > 1 else parts
    return "".join(part[0].upper() for part in ends)


def names(people: list[Viewer]) -> str:
    """`Priya Nair`, `Priya Nair and Ben Ito`, `Priya Nair and 2 others`."""
    if len(people) > 2:
        return f"{people[0].name} and {len(people) - 1} others"
    return " and ".join(person.name for person in people)


def _short(people: list[Viewer]) -> str:
    more = f" +{len(people) - 1}" if len(people) > 1 else ""
    return initials(people[0].name) + more if people else ""


def _assigned(work: Work, now: datetime) -> str:
    if not work.assignee:
        return "Nobody has it"
    if work.claim_until is not None:
        left = max(1, round((work.claim_until - now).total_seconds() / 60))
        return f"claimed; free again after {count(left, 'minute')} without work on it"
    return f"assigned by {work.assigned_by}" if work.assigned_by != work.assignee else "assigned"


def turn_word(work: Work) -> str:
    """Whose turn it is: ours, the customer's, or a provider's by its name."""
    if work.turn is Turn.PROVIDER and work.turn_provider:
        return f"{provider_name(work.turn_provider)}'s turn"
    return TURNS[work.turn]


def _turn_hint(work: Work) -> str:
    said = f", as {work.turn_by} says" if work.turn_by else ""
    stands = "" if work.turn is Turn.US else "; the clock stands still meanwhile"
    return f"{turn_word(work)}{said}{stands}"


def _due(work: Work) -> str:
    if work.bucket is Bucket.PAUSED:
        return "stopped"
    left = work.target_seconds - work.age_seconds
    return f"{span_of(left)} left" if left > 0 else f"{span_of(-left)} over"


def _due_hint(work: Work) -> str:
    used = f"{span_of(work.age_seconds)} of {span_of(work.target_seconds)} business time used up"
    due = f", due {full(work.due_at)}" if work.due_at is not None else ""
    return f"{BUCKETS[work.bucket]}: {used}{due}"


def _snooze(work: Work) -> str:
    until = moment(work.snooze_until) if work.snooze_until is not None else ""
    if not work.snooze_event:
        return f"until {until}, by {work.snoozed_by}"
    event = SnoozeEvent(work.snooze_event)
    if event is SnoozeEvent.PROVIDER and work.snooze_provider:
        what = f"{provider_name(work.snooze_provider)} answers again"
    else:
        what = SNOOZE_WORDS[event]
    return f"until {what}, at the latest {until}, by {work.snoozed_by}"


@rx.memo
def turn_mark(*, turn: rx.Var[str], word: rx.Var[str], hint: rx.Var[str]) -> rx.Component:
    """Whose turn it is: an arrow towards us, a person, or a plug."""
    sign = rx.match(
        turn,
        ("customer", rx.icon("user", aria_hidden="true")),
        ("provider", rx.icon("plug", aria_hidden="true")),
        rx.icon("hand", aria_hidden="true"),
    )
    return rx.el.span(
        sign, word, title=hint, class_name="turn " + turn, custom_attrs={"data-testid": "turn", "data-turn": turn}
    )


@rx.memo
def due_mark(*, bucket: rx.Var[str], word: rx.Var[str], due: rx.Var[str], hint: rx.Var[str]) -> rx.Component:
    """What is left of the target, by shape, word and colour."""
    sign = rx.match(
        bucket, ("overdue", shape("triangle")), ("at_risk", shape("half")), ("paused", shape("bars")), shape("ring")
    )
    return rx.el.span(
        sign,
        rx.el.span(word, class_name=rx.cond((bucket == "overdue") | (bucket == "at_risk"), "word", "sr")),
        due,
        title=hint,
        class_name="due " + bucket,
        custom_attrs={"data-testid": "due", "data-bucket": bucket},
    )


@rx.memo
def assignee_mark(*, name: rx.Var[str], letters: rx.Var[str], mine: rx.Var[bool], hint: rx.Var[str]) -> rx.Component:
    """Whose it is, as initials with the whole name for who asks; an empty ring for nobody's."""
    return rx.cond(
        name != "",
        rx.el.span(
            rx.el.span(letters, aria_hidden="true"),
            rx.el.span(name, ", ", hint, class_name="sr"),
            title=name + ", " + hint,
            class_name=rx.cond(mine, "face mine", "face"),
            custom_attrs={"data-testid": "assignee"},
        ),
        rx.el.span(
            rx.el.span("Nobody has it", class_name="sr"),
            title="Nobody has it",
            class_name="face nobody",
            custom_attrs={"data-testid": "assignee"},
        ),
    )


@rx.memo
def viewers_mark(*, short: rx.Var[str], people: rx.Var[str]) -> rx.Component:
    """Who else looks at it now; nothing while nobody does."""
    return rx.cond(
        short != "",
        rx.el.span(
            rx.icon("eye", aria_hidden="true"),
            rx.el.span(short, aria_hidden="true"),
            rx.el.span(people, " looking at it now", class_name="sr"),
            title=people + " looking at it now",
            class_name="looking",
            custom_attrs={"data-testid": "viewers"},
        ),
        rx.fragment(),
    )
